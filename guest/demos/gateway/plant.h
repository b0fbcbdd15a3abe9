/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the gateway's control VM controls: a vessel with a heater, simulated, and a controller that
 * keeps its temperature. Both are real-time tasks; what they say of themselves goes into a tunnel.
 */
#ifndef GATEWAY_PLANT_H
#define GATEWAY_PLANT_H

#include <stdint.h>

/* What a reader of the tunnel finds behind struct latest; temperatures in thousandths of a degree.
 */
struct plant_telemetry {
	uint64_t jobs; /* of the controller */
	int32_t wanted, measured;
	uint32_t power;  /* of the heater, thousandths */
	uint32_t misses; /* deadlines that a task missed */
};

/* Registers and starts the tasks; 0, or an error of abi/hypercall.h. They write into `tunnel`. */
int plant_start(void *tunnel);

/* The temperature that is to be held; any task or the manager. */
void plant_set_wanted(int32_t wanted);

/* The newest telemetry. */
struct plant_telemetry plant_get(void);

#endif
