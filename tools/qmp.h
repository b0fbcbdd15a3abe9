/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Talks to a running QEMU over its monitor protocol (QMP): one JSON object to a line, on a Unix
 * socket.
 */
#ifndef TOOLS_QMP_H
#define TOOLS_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct qmp {
	int fd; /* readable when qmp_event may find something */
	char *buffer;
	size_t used, size;
	json_t *events; /* arrived and not yet asked for */
};

/*
 * Connects to the socket at path and says hello, waiting up to timeout_ms for both. Returns false,
 * without a message, if nobody answers there.
 */
bool qmp_open(struct qmp *qmp, const char *path, unsigned timeout_ms);
void qmp_close(struct qmp *qmp);

/*
 * Has QEMU carry out command, whose arguments (or NULL) it takes over. Returns false after a
 * message if QEMU refuses it or is gone.
 */
bool qmp_command(struct qmp *qmp, const char *command, json_t *arguments);

/*
 * Reads what has arrived, without waiting, and returns the oldest event, for the caller to
 * json_decref, or NULL. *gone becomes true when QEMU has closed the connection.
 */
json_t *qmp_event(struct qmp *qmp, bool *gone);

/* Copies size bytes of the machine's physical memory at base to bytes; false after a message. */
bool qmp_read_memory(struct qmp *qmp, uint64_t base, size_t size, uint8_t *bytes);

#endif
