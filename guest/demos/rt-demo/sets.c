/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sets of tasks: 60 %, 70 % with one that overruns, 90 %, 10 % with one that faults.
 */
#include "demo.h"

#define DEMO_THREE   1
#define DEMO_OVERRUN 2
#define DEMO_EIGHT   3
#define DEMO_FAULT   4
#ifndef DEMO_SET
#define DEMO_SET DEMO_THREE
#endif

static const struct demo_parameters demo_parameters[] = {
#if DEMO_SET == DEMO_EIGHT
	{5000, 500, 5000, DEMO_ENDS_JOBS},
	{8000, 800, 8000, DEMO_ENDS_JOBS},
	{10000, 1000, 10000, DEMO_ENDS_JOBS},
	{10000, 1500, 10000, DEMO_ENDS_JOBS},
	{20000, 2000, 20000, DEMO_ENDS_JOBS},
	{20000, 2500, 20000, DEMO_ENDS_JOBS},
	{25000, 2500, 25000, DEMO_ENDS_JOBS},
	{40000, 5000, 40000, DEMO_ENDS_JOBS},
#elif DEMO_SET == DEMO_FAULT
	{10000, 1000, 10000, DEMO_FAULTS},
#else
	{10000, 2000, 10000, DEMO_ENDS_JOBS},
	{20000, 6000, 20000, DEMO_ENDS_JOBS},
	{5000, 500, 5000, DEMO_ENDS_JOBS},
#endif
#if DEMO_SET == DEMO_OVERRUN
	{10000, 1000, 10000, DEMO_OVERRUNS},
#endif
};

unsigned demo_set(const struct demo_parameters **set)
{
	_Static_assert(sizeof(demo_parameters) / sizeof(demo_parameters[0]) <= DEMO_TASKS_MOST,
		"DEMO_TASKS_MOST");
	*set = demo_parameters;
	return sizeof(demo_parameters) / sizeof(demo_parameters[0]);
}
