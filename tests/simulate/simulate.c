/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simulate [COUNT [FIRST]]: so many random sets, from this number on (engine.h). Ends with status 1
 * at the first that goes wrong, with its number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/simulate/engine.h"

static void print(uint64_t done, uint64_t admitted, const struct engine_result *sums, char end)
{
	printf("%" PRIu64 " sets, %" PRIu64 " admitted and simulated: %" PRIu64 " jobs, %" PRIu64
	       " decisions%c",
		done, admitted, sums->jobs, sums->decisions, end);
	fflush(stdout);
}

int main(int count, char **arguments)
{
	const uint64_t sets = count > 1 ? strtoull(arguments[1], NULL, 0) : 1000000;
	const uint64_t first = count > 2 ? strtoull(arguments[2], NULL, 0) : 0;
	struct engine_result sums = {0};
	uint64_t admitted = 0;

	for (uint64_t i = 0; i < sets; i++) {
		const char *wrong = engine_check(first + i, &sums);

		if (wrong) {
			printf("\nset %" PRIu64 ": %s\n", first + i, wrong);
			return 1;
		}
		admitted += sums.admitted;
		if (isatty(STDOUT_FILENO) && i % 4096 == 0)
			print(i, admitted, &sums, '\r');
	}
	print(sets, admitted, &sums, '\n');
	printf("no deadline missed, none refused without need, budgets and reserve kept\n");
	return 0;
}
