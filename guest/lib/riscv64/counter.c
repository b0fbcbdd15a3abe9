/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of retired instructions, for measurements.
 */
#include "guest/lib/riscv64/counter.h"

#include "guest/lib/riscv64/exception.h"

void counter_init(void)
{
	system_write(stvec, (uint64_t)counter_vector);
}
