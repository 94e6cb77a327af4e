# SPDX-License-Identifier: Apache-2.0
# find_package(azattest): the target azattest::azattest. The header needs nothing but the C library.
include("${CMAKE_CURRENT_LIST_DIR}/azattestTargets.cmake")
