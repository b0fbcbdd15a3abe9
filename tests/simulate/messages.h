/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages under random schedules, sizes and restarts, against a model.
 */
#ifndef TESTS_SIMULATE_MESSAGES_H
#define TESTS_SIMULATE_MESSAGES_H

#include <stdint.h>

struct messages_result {
	uint64_t accepted, received, died, refused, restarts, waits, steps;
};

/*
 * Four VMs on three CPUs, one of which three of them share (one in real time), send to each other
 * until `goal` messages were accepted, and then until each that runs has received all that is its;
 * it fails (assert) at the first message that is lost, doubled, out of order or not as it was sent,
 * at a wrong answer, and if a VM sleeps over a message. The same seed does the same.
 */
struct messages_result messages_run(uint64_t seed, uint64_t goal);

#endif
