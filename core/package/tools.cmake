# SPDX-License-Identifier: Apache-2.0
# What project() needs itself, asked for before it: it would give up at the first that is missing, without the line
# that installs it, and of a run without compiler CMake keeps a cache with which no later one succeeds.
set(needed_packages)
# tool(PACKAGE PROGRAM...): one of them, or the package counts as missing.
function(tool package)
  find_program(program NAMES ${ARGN} NO_CACHE)
  if(NOT program)
    set(needed_packages ${needed_packages} ${package} PARENT_SCOPE)
  endif()
endfunction()

if(NOT CMAKE_C_COMPILER AND NOT CMAKE_TOOLCHAIN_FILE AND NOT DEFINED ENV{CC} AND NOT DEFINED ENV{CMAKE_TOOLCHAIN_FILE})
  tool("gcc;libc6-dev" cc gcc clang)
endif()
if(NOT CMAKE_MAKE_PROGRAM AND CMAKE_GENERATOR STREQUAL Ninja)
  tool(ninja-build ninja ninja-build samu)
elseif(NOT CMAKE_MAKE_PROGRAM AND CMAKE_GENERATOR STREQUAL "Unix Makefiles")
  tool(make gmake make)
endif()
if(needed_packages)
  tool(pkg-config pkg-config pkgconf)
  list(JOIN needed_packages " " line)
  message(FATAL_ERROR "What the build needs first is missing. On Debian and Ubuntu:\n  apt install ${line}\n")
endif()
