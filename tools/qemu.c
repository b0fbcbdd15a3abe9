/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's command line and its process.
 */
#include "tools/qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/arena.h"
#include "tools/message.h"

#define DEBUGGER_FD 3 /* in QEMU's process */

/* A growing, NULL-terminated list of arguments. */
struct arguments {
	char **list;
	unsigned count;
};

static void add(struct arguments *arguments, const char *text)
{
	arguments->list = arena_grow(arguments->list, arguments->count + 1, sizeof(char *));
	arguments->list[arguments->count++] = (char *)text;
}

static void add_two(struct arguments *arguments, const char *option, const char *value)
{
	add(arguments, option);
	add(arguments, value);
}

static char **command_line(const struct machine *machine, const struct qemu_options *options,
	const char *control, const char *public)
{
	struct arguments line = {arena_alloc(1, sizeof(char *)), 0};

	add(&line, machine->qemu.binary);
	add_two(&line, "-machine", machine->qemu.machine);
	add_two(&line, "-cpu", options->cpu ? options->cpu : machine->qemu.cpu);
	add_two(&line, "-smp", arena_text("%u", machine->cpus));
	add_two(&line, "-m", arena_text("%" PRIu64 "k", machine->qemu.memory / 1024));
	add_two(&line, "-kernel",
		arena_text("%s.%s", machine->path, options->raw_image ? "img" : "elf"));
	add_two(&line, "-display", "none");
	add_two(&line, "-nic", "none");
	add_two(&line, "-chardev", "stdio,id=serial,signal=off");
	add_two(&line, "-serial", "chardev:serial");
	add_two(&line, "-qmp", arena_text("unix:%s,server=on,wait=off", control));
	add_two(&line, "-qmp", arena_text("unix:%s,server=on,wait=off", public));
	add_two(&line, "-action", "reboot=shutdown,shutdown=pause");
	if (machine->debugger) {
		add_two(&line, "-chardev",
			arena_text("file,id=debugger,path=/dev/fd/%d", DEBUGGER_FD));
		add_two(&line, "-semihosting-config", "enable=on,target=native,chardev=debugger");
	}
	if (options->count)
		add_two(&line, "-icount", "shift=0,sleep=off");
	add(&line, "-S"); /* until its monitor is listened to, or a debugger says so */
	if (options->debug)
		add(&line, "-s");
	for (const char **more = machine->qemu.arguments; more && *more; more++)
		add(&line, *more);
	for (char **more = options->arguments; more && *more; more++)
		add(&line, *more);
	return line.list;
}

/* In the child: what it reads and writes, and signals as a program expects them. */
_Noreturn static void become_qemu(char **line, int input, int output, int debugger)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0); /* Ctrl-C at the terminal is for orlop */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(input, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	if (debugger == DEBUGGER_FD)
		fcntl(debugger, F_SETFD, 0);
	else
		dup2(debugger, DEBUGGER_FD);
	execvp(line[0], line);
	fprintf(stderr, "%s: error: it cannot be started: %s\n    to mend: make setup\n", line[0],
		strerror(errno));
	_exit(127);
}

bool qemu_start(struct qemu *qemu, const struct machine *machine,
	const struct qemu_options *options, const char *control, const char *public)
{
	char **line = command_line(machine, options, control, public);
	int input[2], output[2], debugger[2];

	unlink(control);
	unlink(public);
	if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0 ||
		pipe2(debugger, O_CLOEXEC) != 0 || (qemu->pid = fork()) < 0) {
		message_error(message_file(line[0]), "end other programs",
			"it cannot be started: %s", strerror(errno));
		return false;
	}
	if (qemu->pid == 0)
		become_qemu(line, input[0], output[1], debugger[1]);
	close(input[0]);
	close(output[1]);
	close(debugger[1]);
	qemu->input = input[1];
	qemu->output = output[0];
	qemu->debugger = debugger[0];
	return true;
}
