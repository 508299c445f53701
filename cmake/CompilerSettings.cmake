# SPDX-License-Identifier: BSD-3-Clause
# How all code of this tree is compiled. Nothing of this reaches those who link the library.

add_compile_definitions(
    QT_NO_CAST_FROM_ASCII
    QT_NO_CAST_TO_ASCII
    QT_NO_CAST_FROM_BYTEARRAY
    QT_NO_URL_CAST_FROM_STRING
    QT_NO_NARROWING_CONVERSIONS_IN_CONNECT
    QT_NO_FOREACH
    QT_NO_KEYWORDS
    QT_STRICT_ITERATORS
    QT_DISABLE_DEPRECATED_BEFORE=0x060800
    QT_DISABLE_DEPRECATED_UP_TO=0x060800)

# The library is always compiled with these; everything else for those alone who work on it, to whom they are errors.
if(MSVC)
    set(qnetpool_warnings /W4)
    set(qnetpool_warnings_are_errors /WX)
else()
    set(qnetpool_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor)
    set(qnetpool_warnings_are_errors -Werror)
endif()
if(QNETPOOL_DEVELOPER)
    add_compile_options(${qnetpool_warnings} ${qnetpool_warnings_are_errors})
endif()

# Without lambda-in-connect, which takes every local variable in a test for one that is gone too early.
if(QNETPOOL_CLAZY)
    add_compile_options("SHELL:-Xclang -plugin-arg-clazy -Xclang level0,level1,no-lambda-in-connect")
endif()

if(QNETPOOL_SANITIZE)
    add_compile_options(-fsanitize=${QNETPOOL_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${QNETPOOL_SANITIZE})
endif()

if(QNETPOOL_COVERAGE)
    add_link_options(--coverage)
    find_program(GCOVR gcovr REQUIRED)
    add_custom_target(coverage-report
        COMMAND ${GCOVR} --root ${PROJECT_SOURCE_DIR} --filter ${PROJECT_SOURCE_DIR}/src/ --exclude-throw-branches
                --print-summary --fail-under-line 90 ${PROJECT_BINARY_DIR}
        COMMENT "Line coverage of src/, at least 90 %" USES_TERMINAL)
endif()
