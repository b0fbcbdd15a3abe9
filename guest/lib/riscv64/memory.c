/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Main memory is coherent for all harts, translated or not.
 */
#include "guest/lib/memory.h"

void memory_init_cpu(void)
{
}
