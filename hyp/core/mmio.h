/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Emulated registers: from a guest-physical address to the device that answers.
 */
#ifndef HYP_CORE_MMIO_H
#define HYP_CORE_MMIO_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

/* One access by a guest; the architecture decodes it and writes a read's value back. */
struct mmio_access {
	uint64_t address; /* guest-physical; a device is given the offset in its region instead */
	uint64_t value;   /* in: what is written, in the low `size` bytes; out: what was read */
	uint8_t size;     /* bytes: 1, 2, 4 or 8 */
	bool is_write;
};

enum mmio_result {
	MMIO_DONE,
	MMIO_DENIED,    /* the device has no such register at that width */
	MMIO_NO_DEVICE, /* nothing is emulated there */
	MMIO_BUSY,      /* not now: the guest shall make the access again, after cpu_attend */
};

/*
 * Finds the region in the VM's table and lets its device answer. Only with MMIO_DONE has anything
 * happened, or with MMIO_BUSY a part of it.
 */
enum mmio_result mmio_dispatch(struct vcpu *vcpu, struct mmio_access *access);

#endif
