/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real-time VM that offers two services and starts neither: another VM does, and ends them
 * (rt-client).
 */
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/realtime/realtime.h"

#define SERVICES 2

static struct service {
	REALTIME_STACK(2048);
	volatile uint64_t jobs;
} services[SERVICES];

static void service_run(void *argument)
{
	struct service *service = argument;

	for (;;) {
		service->jobs++;
		realtime_end_job();
	}
}

static int service_create(struct service *service)
{
	return realtime_create(&(struct realtime_task){service_run, service, service->stack,
		sizeof(service->stack), 5000000, 500000, 5000000});
}

int main(uint64_t tree)
{
	unsigned running = SERVICES;

	(void)tree;
	console_init(CONSOLE_AUTO);
	realtime_init();
	for (unsigned i = 0; i < SERVICES; i++) {
		if (service_create(&services[i]) != (int)i)
			print("rt-services: FAILED: service %u cannot be registered\n", i);
	}
	print("rt-services: ready\n");
	while (running > 0) {
		struct realtime_event event;

		realtime_wait_event(&event, 0);
		if (!(event.what >> REALTIME_ENDS & 1))
			continue;
		print("rt-services: service %u was ended after %lu jobs\n", event.task,
			services[event.task].jobs);
		running--;
	}
	print("rt-services: done\n");
	power_off();
}
