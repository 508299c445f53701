# SPDX-License-Identifier: BSD-3-Clause
# What makes an overflow harder to exploit, as Debian builds its packages: for the library alone, and only what the compiler and
# the linker know. Flags of the user, who may want more or less of it, stay as they are.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)

# What the user says: a target's own options would override it.
function(qnetpool_users_flags result)
    get_directory_property(definitions COMPILE_DEFINITIONS)
    get_directory_property(options COMPILE_OPTIONS)
    get_directory_property(link_options LINK_OPTIONS)
    string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
    set(${result} "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${configuration}} ${CMAKE_SHARED_LINKER_FLAGS} ${definitions} ${options} ${link_options}"
        PARENT_SCOPE)
endfunction()

# Fortified functions need optimisation. Some compilers define it by themselves.
function(qnetpool_can_fortify users_flags result)
    if(users_flags MATCHES "_FORTIFY_SOURCE")
        set(${result} OFF PARENT_SCOPE)
        return()
    endif()
    set(configuration ${CMAKE_BUILD_TYPE})
    if(CMAKE_CONFIGURATION_TYPES)
        set(configuration Release)
    endif()
    set(CMAKE_TRY_COMPILE_CONFIGURATION ${configuration})
    string(TOUPPER "${configuration}" configuration)
    string(MD5 flags "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${configuration}}") # with others, it is asked again
    check_cxx_source_compiles("
        #if !defined __OPTIMIZE__ || defined _FORTIFY_SOURCE
        #error
        #endif
        int main() {}" QNETPOOL_CAN_FORTIFY_${flags})
    set(${result} ${QNETPOOL_CAN_FORTIFY_${flags}} PARENT_SCOPE)
endfunction()

# qnetpool_harden(LIBRARY OBJECTS): the library, and what it is made of
function(qnetpool_harden library objects)
    qnetpool_users_flags(users_flags)
    if(users_flags MATCHES "-fsanitize=")
        return() # which finds more, and is in the way
    endif()
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection -mbranch-protection=standard)
        string(REGEX REPLACE "^-[fm]([a-z]+-(clash-)?protect[a-z]+).*" "\\1" kind ${flag})
        if(users_flags MATCHES ${kind})
            continue()
        endif()
        string(MAKE_C_IDENTIFIER QNETPOOL_HAS${flag} known)
        check_cxx_compiler_flag(${flag} ${known})
        if(${known})
            target_compile_options(${objects} PRIVATE ${flag})
        endif()
    endforeach()
    qnetpool_can_fortify("${users_flags}" can_fortify)
    if(can_fortify AND CMAKE_CONFIGURATION_TYPES)
        target_compile_definitions(${objects} PRIVATE $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:_FORTIFY_SOURCE=2>)
    elseif(can_fortify)
        target_compile_definitions(${objects} PRIVATE _FORTIFY_SOURCE=2)
    endif()
    foreach(keyword relro now)
        check_linker_flag(CXX -Wl,-z,${keyword} QNETPOOL_HAS_Z_${keyword})
        if(QNETPOOL_HAS_Z_${keyword} AND NOT users_flags MATCHES "-z,(norelro|lazy)")
            target_link_options(${library} PRIVATE -Wl,-z,${keyword})
        endif()
    endforeach()
endfunction()
