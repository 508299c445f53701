# SPDX-License-Identifier: BSD-3-Clause
# The demo as it is started, without a display: what it answers and refuses, and with which exit code.
#
#   cmake -DDEMO=<executable> -P options.cmake

foreach(variable DISPLAY WAYLAND_DISPLAY QT_QPA_PLATFORM)
    unset(ENV{${variable}})
endforeach()
set(ENV{LC_ALL} C.UTF-8) # of another encoding, Qt says a word about it

# expect(exit-code stream pattern option...): where stream is output or error, and the other one is empty.
function(expect code stream pattern)
    execute_process(COMMAND ${DEMO} ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE error TIMEOUT 30)
    string(CONCAT both "${output}" "${error}")
    if(NOT result STREQUAL code OR NOT ${stream} MATCHES "${pattern}" OR NOT both STREQUAL ${stream})
        message(FATAL_ERROR "qnetpool-demo ${ARGN}: exit code ${result}, not ${code} with \"${pattern}\" as its ${stream}:\n${both}")
    endif()
endfunction()

expect(0 output "^Usage: qnetpool-demo.*\nPools:\n.*--client.*\nScenarios:\n" --help)
expect(0 output "^Usage: qnetpool-demo" -h)
expect(0 output "^qnetpool-demo [0-9]+\\.[0-9]+\\.[0-9]+\n$" --version)
expect(0 output "--client FIELD=VALUE\n.*sizing\\.minimumCapacity=n.*--server FIELD=VALUE\n.*allowedPeers=list" --fields)

set(see "\nSee qnetpool-demo --help\\.\n$")
expect(2 error "^qnetpool-demo: Unknown option 'nonsense'\\.${see}" --headless --nonsense)
expect(2 error "^qnetpool-demo: --rate: \"x\" is not a number from 0 to 100000${see}" --headless --rate x)
expect(2 error "^qnetpool-demo: --client: sizing\\.maximumCapacity: \"0\" is not a whole number from 1 to 65536${see}" --headless
    --client maximumCapacity=0)
expect(2 error "^qnetpool-demo: --scenario: tls-failure needs --tls 2${see}" --headless --scenario tls-failure)

expect(2 error "^qnetpool-demo: client: the port of host localhost is 0${see}" --headless --role client --connect localhost:0)

# An address of no host (it is reserved for documentation) is well formed, but cannot be listened on.
expect(2 error "^qnetpool-demo: server: cannot listen on 192\\.0\\.2\\.1" --headless --role server --listen 192.0.2.1:0)
expect(0 output "\"failed\":0.*\"capacity\":7," --headless --seconds 1 --client sizing.minimumCapacity=7 --client maximumCapacity=7
    --server setupThreads=1)
