/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's calls (abi/hypercall.h) as functions. Without a hypervisor they return
 * HYPERCALL_NOT_SUPPORTED.
 */
#ifndef GUEST_LIB_HYPERCALL_H
#define GUEST_LIB_HYPERCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/hypercall.h"

/* True if a hypervisor answers that speaks this major version of the interface. */
bool hypercall_present(void);

/* The number of the VM that the guest runs in, from 0. */
int64_t hypercall_get_id(void);

/* Writes at most HYPERCALL_CONSOLE_MAX bytes to the VM's console; returns how many, or an error. */
int64_t hypercall_console_write(const char *text, size_t count);

/* Any call, by its number in abi/hypercall.h; parameters that it does not have are ignored. */
int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

/*
 * The same with fewer parameters, in as few instructions as it takes:
 * int64_t hypercall1(uint64_t number, uint64_t a) and
 * int64_t hypercall3(uint64_t number, uint64_t a, uint64_t b, uint64_t c).
 */
#include "guest_inline.h"

#endif
