/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of RISC-V.
 */
#include "guest/lib/riscv64/counter.h"
