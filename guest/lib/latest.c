/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The latest value, by a sequence number before and after.
 */
#include "guest/lib/latest.h"

#include "lib/string.h"

#define LATEST_TRIES 1000 /* lest a hostile writer keeps the reader for ever */

void latest_put(struct latest *latest, const void *data, size_t bytes)
{
	uint32_t sequence = __atomic_load_n(&latest->sequence, __ATOMIC_RELAXED) | 1;

	__atomic_store_n(&latest->sequence, sequence, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	latest->size_bytes = (uint32_t)bytes;
	memcpy(latest->data, data, bytes);
	/* 0 means that there is none. */
	__atomic_store_n(&latest->sequence, sequence + 1 ? sequence + 1 : 2, __ATOMIC_RELEASE);
}

int64_t latest_get(const struct latest *latest, void *data, size_t bytes)
{
	uint32_t sequence, size_bytes;

	for (unsigned i = 0; i < LATEST_TRIES; i++) {
		sequence = __atomic_load_n(&latest->sequence, __ATOMIC_ACQUIRE);
		if (sequence == 0)
			return HYPERCALL_EMPTY;
		size_bytes = __atomic_load_n(&latest->size_bytes, __ATOMIC_RELAXED);
		memcpy(data, latest->data, bytes);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (sequence % 2 == 0 &&
			sequence == __atomic_load_n(&latest->sequence, __ATOMIC_RELAXED))
			return size_bytes == bytes ? HYPERCALL_OK : HYPERCALL_WRONG_STATE;
	}
	return HYPERCALL_WRONG_STATE;
}
