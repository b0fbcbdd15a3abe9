/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The board's firmware, called by SMC.
 */
#ifndef AARCH64_FIRMWARE_H
#define AARCH64_FIRMWARE_H

#include <stdint.h>

/* A call by the SMC calling convention with up to three parameters; returns x0. */
int64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

#endif
