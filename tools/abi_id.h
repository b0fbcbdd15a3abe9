/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * By what the tool knows that a hypervisor, or an image that it reads, means the same as itself by
 * every table: a sum over the headers that define them, which the build takes.
 */
#ifndef TOOLS_ABI_ID_H
#define TOOLS_ABI_ID_H

#include <stdint.h>

extern const uint32_t abi_id;

#endif
