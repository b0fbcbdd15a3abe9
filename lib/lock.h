/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket lock: first come, first served, so the wait is bounded by the holders before us.
 * Order in which locks are taken, outermost first: the console's input_lock, tasks_lock
 * (realtime.c), vm->lock, those of hyp/comm (region.h), vm->arch.lock, intc_lock (arch), the
 * console's lock, and the lock of the best-effort queue (hyp/sched/).
 */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include <stdint.h>

/* Words: the smallest that every architecture has atomic additions of. */
struct lock {
	uint32_t next, serving;
};

/* Wait hint of the CPU; each architecture has one, and none needs a header for it. */
static inline void lock_relax(void)
{
#if defined(LOCK_RELAX)
	__asm__ volatile(LOCK_RELAX ::: "memory");
#endif
}

/* For the few places where a call would cost too much. */
static inline void lock_take_inline(struct lock *lock)
{
	uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_RELAXED);

	if (__builtin_expect(__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) == ticket, 1))
		return;
	do
		lock_relax();
	while (__atomic_load_n(&lock->serving, __ATOMIC_ACQUIRE) != ticket);
}

void lock_take(struct lock *lock);

/* Only the holder writes `serving`, so a plain increment with release order is enough. */
static inline void lock_release(struct lock *lock)
{
	__atomic_store_n(&lock->serving, lock->serving + 1, __ATOMIC_RELEASE);
}

#endif
