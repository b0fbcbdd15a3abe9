/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ten million messages under random schedules, sizes and restarts of either side: simulate-messages
 * [HOW_MANY [FIRST_SEED]], in runs of a hundred thousand, each with another plan.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/simulate/messages.h"

#define RUN 100000u

int main(int count, char **arguments)
{
	const uint64_t goal = count > 1 ? strtoull(arguments[1], NULL, 0) : 10000000;
	uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 0) : 1;
	struct messages_result all = {0};

	for (; all.accepted < goal; seed++) {
		const struct messages_result run = messages_run(seed, RUN);

		all.accepted += run.accepted;
		all.received += run.received;
		all.died += run.died;
		all.refused += run.refused;
		all.restarts += run.restarts;
		all.waits += run.waits;
	}
	printf("%" PRIu64 " messages accepted: %" PRIu64 " received, %" PRIu64
	       " accepted by a VM that restarted before it read them; none lost, doubled or out of "
	       "order; %" PRIu64 " calls refused, %" PRIu64 " waited, %" PRIu64 " restarts\n",
		all.accepted, all.received, all.died, all.refused, all.waits, all.restarts);
	return 0;
}
