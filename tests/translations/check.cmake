# SPDX-License-Identifier: BSD-3-Clause
# Every text of the demo's window is in its translation, and translated:  cmake -DLUPDATE=… -DSOURCE=… -DWORK=… -P check.cmake
set(translation ${WORK}/qnetpool-demo_zh_CN.ts)
file(COPY ${SOURCE}/demo/translations/qnetpool-demo_zh_CN.ts DESTINATION ${WORK})
execute_process(COMMAND ${LUPDATE} -silent -no-obsolete -locations none -recursive ${SOURCE}/demo -ts ${translation}
    COMMAND_ERROR_IS_FATAL ANY)
file(READ ${SOURCE}/demo/translations/qnetpool-demo_zh_CN.ts committed)
file(READ ${translation} updated)
string(REGEX MATCH "<source>[^<]*</source>[^<]*<translation type=\"unfinished\"" unfinished "${updated}")
if(unfinished)
    message(FATAL_ERROR "not translated: ${unfinished}")
endif()
if(NOT committed STREQUAL updated)
    message(FATAL_ERROR "demo/translations is not what lupdate makes of the sources: see demo/CMakeLists.txt")
endif()
