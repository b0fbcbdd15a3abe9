/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A machine that `orlop run` has started, reached from another process through QEMU's monitor.
 */
#ifndef TOOLS_LINK_H
#define TOOLS_LINK_H

#include <stdbool.h>

#include "tools/instance.h"
#include "tools/machine.h"
#include "tools/qmp.h"
#include "tools/records.h"

struct link {
	struct instance instance;
	struct machine machine;
	struct qmp qmp;
};

/* Finds the machine called `name`, or the only one if it is NULL; false after a message. */
bool link_open(struct link *link, const char *name);
void link_close(struct link *link);

/*
 * Reads the hypervisor's memory while the machine stands still, so that all of it is of one moment;
 * it goes on afterwards if it ran. Its clock stands meanwhile, too. False after a message.
 */
bool link_read_still(struct link *link, struct records *records);

#endif
