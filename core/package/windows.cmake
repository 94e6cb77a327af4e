# SPDX-License-Identifier: Apache-2.0
# The build for Windows by GCC of mingw-w64 (tests/windows/toolchain.cmake).
# Windows 10; printf as C11 has it; what the C library lacks, before every source; no DLL of the compiler's.
add_compile_definitions(_WIN32_WINNT=0x0A00 WIN32_LEAN_AND_MEAN __USE_MINGW_ANSI_STDIO=1)
add_compile_options(-include ${CMAKE_SOURCE_DIR}/core/os/windows/missing.h
  -Wno-float-conversion) # isfinite, as its header has it
set(os_libraries ws2_32)
add_link_options(-static -fstack-protector-strong)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a .dll.a)
# Where only administrators write. core/package/windows.txt says to unpack there.
set(windows_folder "C:/Program Files/azattest")

# windows_exports(TARGET MAP): the global names of a version script as a module definition, which for whoever
# has another compiler lies beside the library.
function(windows_exports target map)
  file(READ ${CMAKE_SOURCE_DIR}/${map} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${map})
  string(REGEX MATCHALL "[A-Za-z][A-Za-z_0-9]*;" names "${text}")
  string(REPLACE ";;" "\n  " names "${names};")
  get_target_property(prefix ${target} PREFIX)
  get_target_property(name ${target} OUTPUT_NAME)
  if(NOT name)
    set(name ${target})
  endif()
  if(prefix STREQUAL "prefix-NOTFOUND")
    set(prefix lib)
  endif()
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${prefix}${name}.def CONTENT "LIBRARY ${prefix}${name}.dll\nEXPORTS\n  ${names}\n")
  target_sources(${target} PRIVATE ${CMAKE_BINARY_DIR}/${prefix}${name}.def)
endfunction()

# windows_zip(): `cmake --build build --target windows-zip`: azattest-windows.zip in the build, with OpenSSL of
# AZATTEST_WINDOWS_DEPS.
function(windows_zip)
  set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME windows)
  set(programs azattest azattest_command azattest_provider)
  install(TARGETS azattest azattest_command RUNTIME DESTINATION . ARCHIVE DESTINATION lib)
  install(TARGETS azattest_provider LIBRARY DESTINATION ossl-modules)
  install(FILES core/include/azattest.h DESTINATION include)
  if(TARGET azguestattestation)
    list(APPEND programs azguestattestation)
    install(TARGETS azguestattestation RUNTIME DESTINATION . ARCHIVE DESTINATION lib)
    install(FILES core/cpp/AttestationClient.h core/cpp/AttestationLibTypes.h core/cpp/AttestationLogger.h
      DESTINATION include/azguestattestation1)
  endif()
  # For compilers that want no libazattest.dll.a.
  set(def ${CMAKE_BINARY_DIR}/libazattest.def)
  set(lib ${CMAKE_BINARY_DIR}/azattest.lib)
  add_custom_command(OUTPUT ${lib} COMMAND ${CMAKE_DLLTOOL} -d ${def} -l ${lib} DEPENDS ${def} VERBATIM)
  install(FILES ${def} ${lib} DESTINATION lib)

  set(deps ${AZATTEST_WINDOWS_DEPS})
  install(PROGRAMS ${deps}/bin/openssl.exe ${deps}/bin/libcrypto-3-x64.dll ${deps}/bin/libssl-3-x64.dll DESTINATION .)
  install(FILES LICENSE DESTINATION licences/azattest)
  foreach(name openssl curl json-c tpm2-tss)
    install(DIRECTORY ${deps}/licences/${name} DESTINATION licences)
  endforeach()
  install(FILES /usr/share/doc/gcc-mingw-w64-x86-64-posix-runtime/copyright DESTINATION licences/gcc)
  install(FILES /usr/share/doc/mingw-w64-x86-64-dev/copyright DESTINATION licences/mingw-w64)

  file(READ openssl.cnf.d/azattest.cnf text)
  string(REPLACE "/usr/local/etc/ssl/openssl.cnf.d/azattest.cnf" "${windows_folder}/openssl.cnf" text "${text}")
  string(REPLACE "#module  = /usr/local/lib/ossl-modules/azattest.so" "module   = ${windows_folder}/ossl-modules/azattest.dll"
    text "${text}")
  string(REPLACE "device:/dev/tpmrm0" tbs text "${text}")
  file(CONFIGURE OUTPUT zip/openssl.cnf CONTENT "${text}" @ONLY NEWLINE_STYLE CRLF)
  configure_file(core/package/windows.txt zip/README.txt @ONLY NEWLINE_STYLE CRLF)
  install(FILES ${CMAKE_BINARY_DIR}/zip/openssl.cnf ${CMAKE_BINARY_DIR}/zip/README.txt DESTINATION .)

  set(stage ${CMAKE_BINARY_DIR}/zip/azattest)
  add_custom_target(windows-zip
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${stage}
    COMMAND ${CMAKE_COMMAND} --install ${CMAKE_BINARY_DIR} --component windows --strip --prefix ${stage}
    COMMAND ${CMAKE_COMMAND} -E tar cf ${CMAKE_BINARY_DIR}/azattest-windows.zip --format=zip azattest
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR}/zip DEPENDS ${lib} VERBATIM)
  add_dependencies(windows-zip ${programs})
endfunction()
