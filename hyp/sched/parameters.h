/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a real-time entity asks for.
 */
#ifndef HYP_SCHED_PARAMETERS_H
#define HYP_SCHED_PARAMETERS_H

#include <stdint.h>

/* Ticks. 0 < capacity <= deadline <= period, period at most 2^40. */
struct sched_parameters {
	uint64_t period, capacity, deadline;
};

#endif
