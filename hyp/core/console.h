/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor's console: its own lines, and those of the VMs that share it, each with its
 * speaker's name before it. Input goes to one VM; the escape key moves it to the next.
 */
#ifndef HYP_CORE_CONSOLE_H
#define HYP_CORE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hyp/core/console_queue.h"
#include "hyp/core/extent.h"

struct vm;

#define CONSOLE_LINE_SIZE  120u
#define CONSOLE_ESCAPE_KEY 0x1d /* Ctrl-] */

/* A VM's unfinished line; guarded by the console's lock. */
struct console_line {
	uint8_t length;
	uint8_t shown;    /* characters of `text` that stand on the open line, if it is this VM's */
	uint8_t sequence; /* how far into a terminal's escape sequence the text's end is */
	uint8_t sequence_at; /* where in the text that sequence begins */
	bool returned;       /* a CR came, and what follows it is not known yet */
	bool continued;      /* the line's beginning went out already, when `text` was full */
	bool coloured;       /* the text sets colours or the like */
	char text[CONSOLE_LINE_SIZE];
};

/* Prepares what the plan names for output. Uses nothing else of the plan: it is not checked yet. */
void console_init(void);

/* Gives input to the first VM that takes it; the VMs' records and the interrupts are ready. */
void console_start_input(void);

/* For the last words of a CPU that may hold the console already: whoever writes now, writes. */
void console_break_lock(void);

/* One line of the hypervisor's own; the format of lib/format.h, without the line's end. */
void console_print(const char *text, ...);

/*
 * What a VM says. Its lines appear whole: at once character by character for the VM that has the
 * input (so that its prompts are seen), else when they end, are full, or at console_vm_flush.
 */
void console_vm_put(struct vm *vm, char c);
void console_vm_flush(struct vm *vm);

/*
 * The first characters of `text`, as console_vm_put. Returns how many: at least one, but not more
 * than some tens, and none behind one that made a line appear, so that a call is short; 0 if
 * console_has_room says no.
 */
size_t console_vm_write(struct vm *vm, const char *text, size_t count);

/*
 * Where CPUs are shared, what is said waits for the UART in memory. Whether a VM may say some lines
 * more; it shall come again if not (console_make_room). All that was said is kept, but for the
 * hypervisor's own lines when there is no room even for those.
 */
static inline bool console_has_room(void)
{
	return !HYP_SHARED || console_queue_has_room();
}

/*
 * Sends some of what waits, as far as the UART takes it at once. Returns whether it may take more
 * at once.
 */
bool console_send(void);

/* As console_has_room, of one who is to come again: if there is none, it helps to make some. */
static inline bool console_make_room(void)
{
	if (console_has_room())
		return true;
	console_send();
	return false;
}

/* At the end of everything: sends all of it. */
void console_send_all(void);

/* `vm` has halted: it cannot take input any more. */
void console_vm_halted(const struct vm *vm);

/* The hypervisor's UART has input: passes it on. Called on the CPU that its interrupt goes to. */
void console_input(void);

#endif
