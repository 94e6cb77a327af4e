# SPDX-License-Identifier: Apache-2.0
# What the build needs from outside, found by pkg-config: all that is missing is named at once, with the line
# that installs it on Debian and Ubuntu.
set(needed_packages)
find_program(PKG_CONFIG_EXECUTABLE NAMES pkg-config pkgconf)
if(NOT PKG_CONFIG_EXECUTABLE)
  list(APPEND needed_packages pkg-config)
else()
  find_package(PkgConfig REQUIRED)
endif()

# needs(VARIABLE DEBIAN-PACKAGE MODULE...): the target PkgConfig::VARIABLE, or the package counts as missing.
function(needs variable package)
  if(PKG_CONFIG_EXECUTABLE)
    pkg_check_modules(${variable} QUIET IMPORTED_TARGET ${ARGN})
  endif()
  if(NOT TARGET PkgConfig::${variable})
    set(needed_packages ${needed_packages} ${package} PARENT_SCOPE)
  endif()
endfunction()

# wanted(OPTION PART): does a part whose option is ON, OFF or AUTO belong to the build? AUTO: when nothing is
# missing for it; what is missing is said either way. Call it behind the part's own needs().
function(wanted option part)
  list(REMOVE_DUPLICATES needed_packages)
  list(JOIN needed_packages " " line)
  if(${option} STREQUAL AUTO AND needed_packages)
    message(STATUS "${part}: left out; for it: apt install ${line} (then -D${option}=ON)")
    set(${option}_WANTED OFF PARENT_SCOPE)
    set(needed_packages "" PARENT_SCOPE)
  elseif(${option})
    set(${option}_WANTED ON PARENT_SCOPE)
  else()
    set(${option}_WANTED OFF PARENT_SCOPE)
    set(needed_packages "" PARENT_SCOPE)
  endif()
endfunction()

# needs_are_met(): ends the configuration when something is missing.
function(needs_are_met)
  if(needed_packages)
    list(REMOVE_DUPLICATES needed_packages)
    list(JOIN needed_packages " " line)
    # CMake breaks lines but indented ones, and this one is there to be copied.
    message(FATAL_ERROR "What the build needs is missing or too old. On Debian and Ubuntu:\n  apt install ${line}\n")
  endif()
endfunction()
