# Cross-compiling for arm64 with Debian's compiler; libraries come from the folder that tools/cross-arm64 fills.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

get_filename_component(arm64_root "${CMAKE_CURRENT_LIST_DIR}/../.deps/arm64" ABSOLUTE)
set(CMAKE_FIND_ROOT_PATH ${arm64_root}/root)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_C_FLAGS_INIT "-isystem ${arm64_root}/root/usr/include -isystem ${arm64_root}/root/usr/include/aarch64-linux-gnu")
set(CMAKE_CXX_FLAGS_INIT "${CMAKE_C_FLAGS_INIT}")

# pkg-config is this machine's, what it finds is not.
set(ENV{PKG_CONFIG_LIBDIR} ${arm64_root}/root/usr/lib/aarch64-linux-gnu/pkgconfig:${arm64_root}/root/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${arm64_root}/root)

set(RUNLAKE_DUCKDB_INCLUDE ${arm64_root}/duckdb CACHE PATH "")
set(RUNLAKE_DUCKDB_LIBRARY ${arm64_root}/duckdb/libduckdb.so CACHE FILEPATH "")
