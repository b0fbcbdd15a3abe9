/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket lock: the one copy for all who need no faster one.
 */
#include "lib/lock.h"

void lock_take(struct lock *lock)
{
	lock_take_inline(lock);
}
