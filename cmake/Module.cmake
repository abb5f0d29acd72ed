# runlake_module(NAME SOURCES a.cpp ... [USES core os ...] [LINKS target ...]): one folder of src/ as the static library runlake_NAME.
# USES names modules, LINKS third-party targets (private).
function(runlake_module name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
    add_library(runlake_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(runlake_${name} PUBLIC runlake_settings PRIVATE runlake_warnings ${ARG_LINKS})
    foreach(used ${ARG_USES})
        target_link_libraries(runlake_${name} PUBLIC runlake_${used})
    endforeach()
endfunction()

# runlake_test(NAME SOURCES ... USES core ...): a GoogleTest binary of tests/unit or tests/property, and its CTest entry.
function(runlake_test name)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;LINKS" ${ARGN})
    add_executable(${name} ${ARG_SOURCES})
    target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PRIVATE runlake_settings GTest::gmock GTest::gtest_main ${ARG_LINKS})
    foreach(used ${ARG_USES})
        target_link_libraries(${name} PRIVATE runlake_${used})
    endforeach()
    # Optimizing the tests themselves took half of the time that building everything takes; what they test stays optimized.
    target_compile_options(${name} PRIVATE $<$<CONFIG:Release>:-O0>)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 1800 ENVIRONMENT "RUNLAKE_LIB_DIR=${PROJECT_BINARY_DIR}/lib/runlake")
endfunction()
