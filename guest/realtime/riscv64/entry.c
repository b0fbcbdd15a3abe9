/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory looks the same to all harts, translated or not: there is nothing to prepare.
 */
#include "guest/realtime/entry.h"

void entry_prepare_manager(void)
{
}
