# The preloaded library and the advisor are built from the same files for what both know: compiled
# twice, because the library must not carry sanitizers into programs, nor a library of its own.
set(POLICY_SOURCES
	check.c find.c header.c option_table.c option_value.c policy_load.c resolve.c search_path.c
	section.c text_file.c walk.c)
set(POLICY_UTIL_SOURCES addr.c array.c err.c nearest.c number.c text.c)

# What lies where, as the kernel and the loader tell it: without symbolic links.
file(REAL_PATH ${PROJECT_BINARY_DIR} build_tree)
set(installed_profiles ${CMAKE_INSTALL_FULL_DATADIR}/tcpwright/profiles)
file(RELATIVE_PATH from_program ${CMAKE_INSTALL_FULL_BINDIR} ${installed_profiles})
file(RELATIVE_PATH from_library ${CMAKE_INSTALL_FULL_LIBDIR} ${installed_profiles})
set(SEARCH_PATH_DEFINITIONS
	INSTALLED_PROFILES="${installed_profiles}"
	PROFILES_FROM_PROGRAM="${from_program}"
	PROFILES_FROM_LIBRARY="${from_library}"
	SOURCE_PROFILES="${PROJECT_SOURCE_DIR}/profiles"
	BUILD_TREE="${build_tree}")
