# What `cmake --install` puts where: binary, DuckDB beside it, library, headers, pkg-config, CMake package, man pages, completions, docs.
# Rules for what a build does not have are left out, so that a build without the library or for another machine still installs.
include(CMakePackageConfigHelpers)

# DuckDB is ours to ship unless the system's own was chosen.
if(NOT DUCKDB_ROOT)
    install(FILES ${RUNLAKE_DUCKDB_LIBRARY} DESTINATION lib/runlake COMPONENT runtime)
else()
    install(CODE "file(CREATE_LINK \"${RUNLAKE_DUCKDB_LIBRARY}\" \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/runlake/libduckdb.so\" SYMBOLIC)" COMPONENT runtime)
endif()

# Man pages and completions say what the binary itself says, so they are made by running it.
if(EXISTS ${PROJECT_SOURCE_DIR}/src/cli/man.cpp AND NOT CMAKE_CROSSCOMPILING)
    set(pages ${PROJECT_BINARY_DIR}/pages)
    file(GLOB cli_docs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/cli/*.md)
    add_custom_command(OUTPUT ${pages}/stamp
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${pages}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${pages}/man1
        COMMAND runlake __man ${PROJECT_SOURCE_DIR}/docs/cli ${pages}/man1
        COMMAND find ${pages}/man1 -name *.1 -exec gzip -9n {} +
        COMMAND runlake completion bash > ${pages}/runlake.bash
        COMMAND runlake completion zsh > ${pages}/_runlake
        COMMAND runlake completion fish > ${pages}/runlake.fish
        COMMAND ${CMAKE_COMMAND} -E touch ${pages}/stamp
        DEPENDS runlake ${cli_docs} VERBATIM COMMENT "Writing man pages and completions")
    add_custom_target(runlake_pages ALL DEPENDS ${pages}/stamp)
    install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT runtime FILES_MATCHING PATTERN "*.1.gz")
    install(FILES ${pages}/runlake.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME runlake COMPONENT runtime)
    install(FILES ${pages}/_runlake DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT runtime)
    install(FILES ${pages}/runlake.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT runtime)
endif()

# The library for C and C++ programs: target runlake_shared of src/capi.
if(TARGET runlake_shared)
    set_target_properties(runlake_shared PROPERTIES EXPORT_NAME runlake)
    install(TARGETS runlake_shared EXPORT runlakeTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT development
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    install(DIRECTORY include/runlake DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")
    install(EXPORT runlakeTargets NAMESPACE runlake:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/runlake COMPONENT development)
    configure_package_config_file(cmake/runlakeConfig.cmake.in ${PROJECT_BINARY_DIR}/runlakeConfig.cmake
        INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/runlake)
    write_basic_package_version_file(${PROJECT_BINARY_DIR}/runlakeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
    install(FILES ${PROJECT_BINARY_DIR}/runlakeConfig.cmake ${PROJECT_BINARY_DIR}/runlakeConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/runlake COMPONENT development)
    configure_file(cmake/runlake.pc.in ${PROJECT_BINARY_DIR}/runlake.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/runlake.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endif()

install(FILES README.md SECURITY.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
# TeX finds it with TEXMFHOME or TEXINPUTS set to this folder, or beside a paper.
install(FILES share/latex/runlake.sty DESTINATION ${CMAKE_INSTALL_DATADIR}/texmf/tex/latex/runlake COMPONENT runtime)
configure_file(packaging/changelog.in ${PROJECT_BINARY_DIR}/changelog.Debian @ONLY)
find_program(RUNLAKE_GZIP gzip)
if(RUNLAKE_GZIP)
    execute_process(COMMAND ${RUNLAKE_GZIP} -9nfk ${PROJECT_BINARY_DIR}/changelog.Debian)
    install(FILES ${PROJECT_BINARY_DIR}/changelog.Debian.gz DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
endif()
install(FILES packaging/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT runtime)
