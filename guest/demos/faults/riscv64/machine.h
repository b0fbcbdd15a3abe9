/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge needs of RISC-V.
 */
#include "guest/lib/riscv64/attempt.h"
