# Every third-party package, where it comes from, and how it is linked. ARCHITECTURE.md says why each is there.
# Static where the recording path needs it, so that a short program does not pay for loading libraries; DuckDB, libgit2, libcurl and libpq are loaded
# when they are first used (os/shared_library.hpp) and only their headers are needed here.
find_package(Threads REQUIRED)

find_library(RUNLAKE_CRYPTO_A NAMES libcrypto.a REQUIRED)
add_library(runlake_crypto INTERFACE)
target_link_libraries(runlake_crypto INTERFACE ${RUNLAKE_CRYPTO_A} Threads::Threads ${CMAKE_DL_LIBS})

find_library(RUNLAKE_Z_A NAMES libz.a REQUIRED)
add_library(runlake_zlib INTERFACE)
target_link_libraries(runlake_zlib INTERFACE ${RUNLAKE_Z_A})

find_library(RUNLAKE_DEFLATE_A NAMES libdeflate.a REQUIRED)
add_library(runlake_deflate INTERFACE)
target_link_libraries(runlake_deflate INTERFACE ${RUNLAKE_DEFLATE_A})

find_library(RUNLAKE_YAML_A NAMES libyaml-cpp.a REQUIRED)
find_library(RUNLAKE_YAML_SO NAMES libyaml-cpp.so REQUIRED)
add_library(runlake_yaml INTERFACE)
# Debian's archive is not position independent enough for a shared library: those take the shared one.
target_link_libraries(runlake_yaml INTERFACE $<IF:$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>,${RUNLAKE_YAML_A},${RUNLAKE_YAML_SO}>)

find_package(nlohmann_json REQUIRED)

# Headers alone: libpq is loaded when it is first used, and Boost.Math is nothing else.
find_path(RUNLAKE_LIBPQ_INCLUDE libpq-fe.h PATH_SUFFIXES postgresql REQUIRED)
find_path(RUNLAKE_BOOST_INCLUDE boost/math/distributions/non_central_t.hpp REQUIRED)

# DuckDB: a system's own by DUCKDB_ROOT, else what tools/setup put into .deps/duckdb.
set(DUCKDB_ROOT "$ENV{DUCKDB_ROOT}" CACHE PATH "Folder of a DuckDB to use: include/duckdb.h and lib/libduckdb.so, or both in it")
find_path(RUNLAKE_DUCKDB_INCLUDE duckdb.h HINTS ${DUCKDB_ROOT} ${PROJECT_SOURCE_DIR}/.deps/duckdb PATH_SUFFIXES include NO_DEFAULT_PATH REQUIRED)
find_file(RUNLAKE_DUCKDB_LIBRARY libduckdb.so HINTS ${DUCKDB_ROOT} ${PROJECT_SOURCE_DIR}/.deps/duckdb PATH_SUFFIXES lib NO_DEFAULT_PATH REQUIRED)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/lib/runlake)
file(CREATE_LINK ${RUNLAKE_DUCKDB_LIBRARY} ${PROJECT_BINARY_DIR}/lib/runlake/libduckdb.so SYMBOLIC)

if(RUNLAKE_BUILD_TESTS)
    find_package(GTest REQUIRED)
endif()
