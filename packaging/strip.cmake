# Run by CPack over the staged files: takes the symbols out of DuckDB's library.
file(GLOB_RECURSE libraries ${CPACK_TEMPORARY_DIRECTORY}/*libduckdb.so)
foreach(library ${libraries})
    execute_process(COMMAND ${CPACK_RUNLAKE_STRIP} --strip-unneeded ${library} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
