/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts and ends the tasks of another VM, VM 0 (rt-services), or tries to.
 */
#include "guest/lib/check.h"
#include "guest/lib/console.h"
#include "guest/lib/hypercall.h"
#include "guest/lib/power.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#define CLIENT_SERVICES_VM 0
#define CLIENT_PATIENCE_S  10
#define CLIENT_RUN_MS      100

static int64_t client_launch(unsigned task)
{
	return hypercall(HYPERCALL_RT_LAUNCH_APP, CLIENT_SERVICES_VM, task, 0, 0, 0);
}

static int64_t client_delete(unsigned task)
{
	return hypercall(HYPERCALL_RT_DELETE_APP, CLIENT_SERVICES_VM, task, 0, 0, 0);
}

static void client_expect(int64_t result, int64_t expected, const char *what)
{
	check_equal((uint64_t)result, (uint64_t)expected, what);
}

static void client_sleep(uint64_t ms)
{
	uint64_t end = timer_now() + ms * timer_frequency() / 1000;

	for (uint64_t now; (now = timer_now()) < end;)
		hypercall(HYPERCALL_SCHED_YIELD, timer_ticks_to_ns(end - now) + 1, 0, 0, 0, 0);
}

/* The services are there once their VM has come up. */
static int64_t client_launch_when_ready(unsigned task)
{
	uint64_t end = timer_now() + CLIENT_PATIENCE_S * timer_frequency();
	int64_t result;

	while ((result = client_launch(task)) == HYPERCALL_WRONG_STATE && timer_now() < end)
		client_sleep(1);
	return result;
}

static void client_control(void)
{
	client_expect(client_launch_when_ready(0), 0, "launch of the first service");
	client_expect(client_launch(0), HYPERCALL_WRONG_STATE, "launch while it runs");
	client_expect(client_launch_when_ready(1), 0, "launch of the second service");
	client_sleep(CLIENT_RUN_MS);
	client_expect(client_delete(0), 0, "end of the first service");
	client_expect(client_delete(0), HYPERCALL_WRONG_STATE, "end of what has ended");
	client_expect(client_launch(0), HYPERCALL_WRONG_STATE, "launch of what has ended");
	client_expect(client_delete(1), 0, "end of the second service");
}

static void client_denied(void)
{
	client_expect(client_launch(0), HYPERCALL_DENIED, "launch of another VM's service");
	client_expect(client_delete(0), HYPERCALL_DENIED, "end of another VM's service");
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	check_init("rt-client");
#ifdef CLIENT_DENIED
	client_denied();
	(void)client_control;
#else
	client_control();
	(void)client_denied;
#endif
	client_expect(client_launch(99), HYPERCALL_INVALID_PARAMETER, "launch of no service");
	client_expect(hypercall(HYPERCALL_RT_LAUNCH_APP, 99, 0, 0, 0, 0),
		HYPERCALL_INVALID_PARAMETER, "launch in no VM");
	client_expect(hypercall(HYPERCALL_RT_CREATE_APP, 0, 0, 10000000, 1000000, 10000000),
		HYPERCALL_NO_ROOM, "a task of a VM without tasks");
	client_expect(hypercall(HYPERCALL_RT_NEXT_EVENT, 0, 0, 0, 0, 0), HYPERCALL_EMPTY,
		"events of a VM without tasks");
	check_report();
	power_off();
}
