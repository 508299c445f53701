# SPDX-License-Identifier: BSD-3-Clause
# What others do with QNetPool: builds and runs a newcomer's program against it.
#   cmake -DWAY=<way> -DSOURCE=<source folder> -DBUILD=<build folder> -DGENERATOR=<generator> -DWORK=<folder to use>
#         -DWARNINGS_ARE_ERRORS=<ON or OFF> -P check.cmake
# Ways: installed      the built library, found as a package
#       subdirectory   by add_subdirectory(), static; then installed from there, found as a package
#       fetched        by FetchContent, shared
# The last two only configure the other kind of library: that makes no difference to what is compiled.
function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        message(FATAL_ERROR "failed with ${result}: ${ARGN}")
    endif()
endfunction()

# configure_parent(NAME OPTION...): without a word from QNetPool
function(configure_parent name)
    set(command ${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR}/parent -B ${WORK}/${name} -Werror=dev
        -DWARNINGS_ARE_ERRORS=${WARNINGS_ARE_ERRORS} ${ARGN})
    execute_process(COMMAND ${command} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
    message(STATUS "${output}")
    if(NOT result EQUAL 0 OR output MATCHES "Warning|its own summary")
        message(FATAL_ERROR "failed with ${result}, or said too much: ${command}")
    endif()
endfunction()

# build_parent(NAME): what runs, and installs nothing
function(build_parent name)
    run(${CMAKE_COMMAND} --build ${WORK}/${name})
    run(${WORK}/${name}/newcomer)
    run(${CMAKE_COMMAND} --install ${WORK}/${name} --prefix ${WORK}/${name}-prefix)
    file(GLOB_RECURSE files ${WORK}/${name}-prefix/*)
    if(files)
        message(FATAL_ERROR "installed without being asked: ${files}")
    endif()
endfunction()

function(find_package_in build)
    run(${CMAKE_COMMAND} --install ${build} --prefix ${WORK}/prefix)
    run(${CMAKE_COMMAND} -G ${GENERATOR} -S ${CMAKE_CURRENT_LIST_DIR} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix)
    run(${CMAKE_COMMAND} --build ${WORK}/build)
    run(${WORK}/build/newcomer)
endfunction()

file(REMOVE_RECURSE ${WORK})
if(WAY STREQUAL installed)
    find_package_in(${BUILD})
elseif(WAY STREQUAL subdirectory)
    configure_parent(shared -DSOURCE=${SOURCE} -DBUILD_SHARED_LIBS=ON)
    configure_parent(static -DSOURCE=${SOURCE})
    build_parent(static)
    configure_parent(static -DQNETPOOL_INSTALL=ON)
    find_package_in(${WORK}/static)
elseif(WAY STREQUAL fetched)
    # What is in the working tree, committed or not; and no more of it than the library is made of.
    set(git git -c user.name=QNetPool -c user.email= -c commit.gpgSign=false --git-dir=${WORK}/repository --work-tree=${SOURCE})
    run(git init --quiet --initial-branch=main --bare ${WORK}/repository)
    run(${CMAKE_COMMAND} -E chdir ${SOURCE} ${git} add CMakeLists.txt cmake include src)
    run(${git} commit --quiet --message "What is here")
    configure_parent(static -DREPOSITORY=${WORK}/repository)
    # Its own protections stay as they are.
    configure_parent(shared -DREPOSITORY=${WORK}/repository -DBUILD_SHARED_LIBS=ON
        "-DCMAKE_CXX_FLAGS=-O2 -D_FORTIFY_SOURCE=1 -fno-stack-protector")
    build_parent(shared)
endif()
