# Language level, warnings and sanitizers, as two INTERFACE targets that every target of ours links privately.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 99)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

add_library(runlake_settings INTERFACE)
target_include_directories(runlake_settings INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
target_compile_definitions(runlake_settings INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
configure_file(${PROJECT_SOURCE_DIR}/cmake/version.hpp.in ${PROJECT_BINARY_DIR}/generated/core/version.hpp @ONLY)

add_library(runlake_warnings INTERFACE)
target_compile_options(runlake_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wno-missing-field-initializers
    # GCC 12 warns falsely of a string put before another one as soon as it optimises.
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
    $<$<BOOL:${RUNLAKE_WERROR}>:-Werror>)

# RUNLAKE_SANITIZE: "address,undefined" or "thread"; applies to everything.
set(RUNLAKE_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(RUNLAKE_SANITIZE)
    add_compile_options(-fsanitize=${RUNLAKE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    # With them GCC warns falsely of what may not have been set, more often the more it optimises (its manual says so).
    add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    add_link_options(-fsanitize=${RUNLAKE_SANITIZE})
    # An empty optional that is read, an element past a vector's end: undefined behaviour that the sanitizers do not see.
    add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# libFuzzer needs every file to count its branches; the fuzzers alone link its main().
if(RUNLAKE_BUILD_FUZZERS)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
