/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finds a running machine, connects to its monitor and reads its hypervisor's memory.
 */
#include "tools/link.h"

#include <string.h>

#include "tools/message.h"

#define QMP_TIMEOUT_MS 10000u

bool link_open(struct link *link, const char *name)
{
	if (!instance_find(&link->instance, name) ||
		!machine_read(&link->machine, link->instance.image))
		return false;
	if (qmp_open(&link->qmp, link->instance.qmp, QMP_TIMEOUT_MS))
		return true;
	message_error(message_file(link->instance.qmp), "wait until the other one has finished",
		"QEMU does not answer: another orlop stats may be talking to it");
	return false;
}

void link_close(struct link *link)
{
	qmp_close(&link->qmp);
}

/*
 * Stops the machine. *ran: it did run, and not stand still for another reason (a debugger, its
 * end). QEMU sends the event STOP before its answer, and only if it ran.
 */
static bool stop(struct qmp *qmp, bool *ran)
{
	bool gone = false;
	json_t *event;

	*ran = false;
	if (!qmp_command(qmp, "stop", NULL))
		return false;
	while (!gone && (event = qmp_event(qmp, &gone))) {
		const char *name = json_string_value(json_object_get(event, "event"));

		*ran = *ran || (name && strcmp(name, "STOP") == 0);
		json_decref(event);
	}
	return true;
}

bool link_read_still(struct link *link, struct records *records)
{
	bool ran, good;

	if (!stop(&link->qmp, &ran))
		return false;
	good = records_read(records, &link->qmp, &link->machine);
	return (!ran || qmp_command(&link->qmp, "cont", NULL)) && good;
}
