# SPDX-License-Identifier: Apache-2.0
# The build for Windows by GCC of mingw-w64 (tests/windows/toolchain.cmake).
# Windows 10; printf as C11 has it; what the C library lacks, before every source; no DLL of the compiler's.
add_compile_definitions(_WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN __USE_MINGW_ANSI_STDIO=1)
add_compile_options(-include ${CMAKE_SOURCE_DIR}/core/os/windows/missing.h
  -Wno-float-conversion) # isfinite, as its header has it
set(os_libraries ws2_32)
add_link_options(-static -fstack-protector-strong)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a .dll.a)

# windows_exports(TARGET MAP): the global names of a version script as a module definition, which for whoever
# has another compiler lies beside the library.
function(windows_exports target map)
  file(READ ${CMAKE_SOURCE_DIR}/${map} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${map})
  string(REGEX MATCHALL "(azattest|OSSL)_[a-z_0-9]+" names "${text}")
  list(JOIN names "\n  " names)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${target}.def CONTENT "EXPORTS\n  ${names}\n")
  target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/${target}.def)
endfunction()
