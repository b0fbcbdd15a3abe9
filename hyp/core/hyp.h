/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Start-up, the plan, and the end when the hypervisor itself is wrong.
 */
#ifndef HYP_CORE_HYP_H
#define HYP_CORE_HYP_H

#include "abi/plan.h"

extern const struct plan *hyp_plan; /* written once, by hyp_start */

/*
 * The first CPU arrives here from the architecture's start-up code, on its own stack and with its
 * own mapping; the others in hyp_start_secondary. Neither returns.
 */
_Noreturn void hyp_start(const struct plan *plan);
_Noreturn void hyp_start_secondary(unsigned cpu_index);

/* Our own bug, or a board that is not what the plan was made for: says why and stops this CPU. */
_Noreturn void hyp_panic(const char *file, unsigned line, const char *why);

/* Stops the hypervisor unless `x` holds. */
#define CHECK(x)                                           \
	do {                                               \
		if (!(x))                                  \
			hyp_panic(__FILE__, __LINE__, #x); \
	} while (0)

/* The same for what a person can mend: `why` is a sentence. */
#define REQUIRE(x, why)                                     \
	do {                                                \
		if (!(x))                                   \
			hyp_panic(__FILE__, __LINE__, why); \
	} while (0)

#endif
