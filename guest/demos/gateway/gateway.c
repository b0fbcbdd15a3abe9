/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control VM of examples/gateway.yaml. Its tasks control and write telemetry into a tunnel; the
 * manager takes commands, text in messages, and answers each by a message to who sent it.
 */
#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/message.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "guest/lib/tunnel.h"
#include "guest/realtime/realtime.h"
#include "lib/string.h"
#include "plant.h"

#define COMMAND_MAX 64
#define WANTED_MOST 90000 /* thousandths of a degree */
#define SECOND_NS   1000000000ull

static struct tunnel telemetry;

static _Noreturn void fail(const char *what, int64_t error)
{
	print("gateway: FAILED: %s: error -%u\n", what, (unsigned)-error);
	power_off();
}

static void answer(unsigned to, const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	/* Who does not read his answers does without: the control goes on. */
	message_send(to, text, length, 0);
}

/* A number at the end of a command; -1: there is none, or it is too great. */
static int64_t number(const char *text, const char *end)
{
	int64_t value = 0;

	if (text == end)
		return -1;
	for (; text < end && value <= WANTED_MOST; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		value = value * 10 + *text - '0';
	}
	return value <= WANTED_MOST ? value : -1;
}

static void obey(unsigned sender, const char *command, size_t length)
{
	static const char set[] = "set ", stop[] = "stop";
	const char *end = command + length;

	while (end > command && (end[-1] == '\n' || end[-1] == ' '))
		end--;
	if ((size_t)(end - command) > sizeof(set) - 1 &&
		memcmp(command, set, sizeof(set) - 1) == 0) {
		const int64_t wanted = number(command + sizeof(set) - 1, end);

		if (wanted < 0) {
			answer(sender, "refused: not within 0 to 90000\n");
			return;
		}
		plant_set_wanted((int32_t)wanted);
		print("gateway: VM %s wants %u thousandths of a degree\n", region_vm(sender)->name,
			(unsigned)wanted);
		answer(sender, "done\n");
	} else if ((size_t)(end - command) == sizeof(stop) - 1 &&
		   memcmp(command, stop, sizeof(stop) - 1) == 0) {
		const struct plant_telemetry last = plant_get();

		print("gateway: result: %lu jobs, %u deadlines missed, %u thousandths of %u\n",
			last.jobs, last.misses, (unsigned)last.measured, (unsigned)last.wanted);
		answer(sender, "stopped\n");
		power_off();
	} else {
		answer(sender, "refused: the commands are 'set NUMBER' and 'stop'\n");
	}
}

int main(uint64_t tree)
{
	char command[COMMAND_MAX];
	int64_t error;

	(void)tree;
	console_init(CONSOLE_AUTO);
	realtime_init();
	irq_init();
	if (!region_init())
		fail("no communication region", 0);
	error = tunnel_open(&telemetry, "telemetry");
	if (error < 0)
		fail("the tunnel", error);
	error = plant_start(telemetry.memory);
	if (error < 0)
		fail("the tasks", error);
	print("gateway: the tasks run, commands are welcome\n");
	for (;;) {
		unsigned sender;
		int64_t length = message_receive(&sender, command, sizeof(command), SECOND_NS);

		if (length >= 0)
			obey(sender, command, (size_t)length);
	}
}
