/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts QEMU for an image, with its consoles on pipes and its monitor on two sockets.
 */
#ifndef TOOLS_QEMU_H
#define TOOLS_QEMU_H

#include <stdbool.h>
#include <sys/types.h>

#include "tools/machine.h"

struct qemu_options {
	const char *cpu;  /* instead of the board's; NULL: the board's */
	bool raw_image;   /* boot PATH.img as a boot loader would, instead of PATH.elf */
	bool count;       /* one instruction is one nanosecond, and idle time takes none */
	bool debug;       /* wait for a debugger on TCP port 1234 */
	char **arguments; /* further ones for QEMU, NULL-terminated */
};

struct qemu {
	pid_t pid;
	int input;    /* to the board's first UART */
	int output;   /* from it */
	int debugger; /* what the hypervisor tells its debugger */
};

/*
 * Starts QEMU, paused after a power-off, with monitor sockets at the paths control and public.
 * Returns false after a message.
 */
bool qemu_start(struct qemu *qemu, const struct machine *machine,
	const struct qemu_options *options, const char *control, const char *public);

#endif
