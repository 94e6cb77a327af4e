# SPDX-License-Identifier: Apache-2.0
# Part of `cmake --install`: the configuration, adapted to the prefix. What the administrator edited stays: the
# pristine text is kept in share/azattest, and only a file that equals the last one is replaced.
# In: source, scratch, libdir, sysconfdir, and CMAKE_INSTALL_PREFIX.
set(prefix "${CMAKE_INSTALL_PREFIX}")
if(IS_ABSOLUTE "${sysconfdir}")
  set(etc "${sysconfdir}")
elseif(prefix STREQUAL "/usr") # as the Filesystem Hierarchy Standard has it
  set(etc "/${sysconfdir}")
else()
  set(etc "${prefix}/${sysconfdir}")
endif()
if(IS_ABSOLUTE "${libdir}")
  set(modules "${libdir}/ossl-modules")
else()
  set(modules "${prefix}/${libdir}/ossl-modules")
endif()

# The installed fragment names the installed module: OpenSSL looks only into its own directory, which is
# another one for every prefix but the distribution's, and passes over what it does not find.
file(READ "${source}/openssl.cnf.d/azattest.cnf" fragment)
string(REPLACE "#module  = /usr/local/lib/ossl-modules" "module   = ${modules}" fragment "${fragment}")
string(REPLACE "/usr/local/etc" "${etc}" fragment "${fragment}")
# Removed in the end: what root leaves in the build is in the way of the next install by somebody else.
file(WRITE "${scratch}/azattest.cnf" "${fragment}")

set(pristine "$ENV{DESTDIR}${prefix}/share/azattest/azattest.cnf")
set(installed "$ENV{DESTDIR}${etc}/ssl/openssl.cnf.d/azattest.cnf")
set(edited OFF)
if(EXISTS "${installed}")
  file(READ "${installed}" now)
  set(before "${fragment}")
  if(EXISTS "${pristine}")
    file(READ "${pristine}" before)
  endif()
  if(NOT now STREQUAL before AND NOT now STREQUAL fragment)
    set(edited ON)
  endif()
endif()
# Removed first: file(INSTALL) takes files of the same second for the same.
file(REMOVE "${pristine}")
file(INSTALL "${scratch}/azattest.cnf" DESTINATION "${prefix}/share/azattest")
if(edited)
  message(STATUS "Kept, since it was edited: ${installed} (new text: ${pristine})")
else()
  file(REMOVE "${installed}")
  file(INSTALL "${scratch}/azattest.cnf" DESTINATION "${etc}/ssl/openssl.cnf.d")
endif()
file(REMOVE_RECURSE "${scratch}")
# Where the units look, which is the same whatever the prefix; outside of a prefix of its own nothing is made.
if(etc STREQUAL "/etc")
  file(MAKE_DIRECTORY "$ENV{DESTDIR}/etc/azattest")
endif()
