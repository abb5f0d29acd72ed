# The Debian package, by CPack: one package with the binary, DuckDB, the library and its headers.
set(CPACK_PACKAGE_NAME runlake)
set(CPACK_PACKAGE_VENDOR "The Runlake authors")
# Debian wants an address; .invalid is reserved for none (RFC 6761). Who publishes packages puts theirs here and into packaging/changelog.in.
set(CPACK_PACKAGE_CONTACT "The Runlake authors <runlake@packages.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "records every run of a pipeline and answers questions about them")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Runlake records what ran, with what, and what came out, without ever stopping
the program it watches, and answers questions about it from an embedded
database. It keeps everything in files of the project it is used in.")
# What the binaries are linked with is found by dpkg-shlibdeps. libgit2 and libcurl are loaded when first used: without libgit2 the code reference of
# a run stays empty, without libcurl nothing is sent; recording and querying work. So they are recommended, which apt installs unless told not to.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libgit2-1.5, libcurl4")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libpq5")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# The library is for others to link with: their packages learn from shlibs what to depend on, and the loader's cache learns of it by the trigger.
configure_file(${PROJECT_SOURCE_DIR}/packaging/shlibs.in ${PROJECT_BINARY_DIR}/packaging/shlibs @ONLY)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/triggers ${PROJECT_BINARY_DIR}/packaging/shlibs)
# DuckDB's library comes with symbols that nobody needs to run it.
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/packaging/strip.cmake ${PROJECT_SOURCE_DIR}/packaging/overrides.cmake)
set(CPACK_RUNLAKE_OVERRIDES ${PROJECT_SOURCE_DIR}/packaging/lintian-overrides)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
    set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
endif()
set(CPACK_RUNLAKE_STRIP ${CMAKE_STRIP})
include(CPack)
