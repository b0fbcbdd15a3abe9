/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The latest value of something, in memory that one side writes and the other only needs to read:
 * telemetry, for example. No call, no lock; the writer never waits, so real-time tasks can use it.
 */
#ifndef GUEST_LIB_LATEST_H
#define GUEST_LIB_LATEST_H

#include <stddef.h>
#include <stdint.h>

#include "abi/hypercall.h"

/* What the memory begins with, aligned to 8; the value comes behind. */
struct latest {
	uint32_t sequence; /* odd while the value is written */
	uint32_t size_bytes;
	uint8_t data[];
};

/* Writes a value; there is room for it. By one writer at a time. */
void latest_put(struct latest *latest, const void *data, size_t bytes);

/*
 * Copies the newest value, which has `bytes` bytes. 0; HYPERCALL_EMPTY: there has been none yet;
 * HYPERCALL_WRONG_STATE: it has another size, or the writer did not leave it alone for long enough.
 */
int64_t latest_get(const struct latest *latest, void *data, size_t bytes);

#endif
