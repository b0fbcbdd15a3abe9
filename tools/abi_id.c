/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one file that is compiled anew when any of those headers changes.
 */
#include "tools/abi_id.h"

const uint32_t abi_id = ABI_ID;
