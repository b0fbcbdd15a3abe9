/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One physical line is open at a time, and only for the VM that has the input. Who else speaks
 * ends it first; its owner then begins it again from its text, so a line's last showing is whole.
 */
#include "hyp/core/console.h"

#include <stdarg.h>
#include <stddef.h>

#include "abi/hypercall.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "arch/include/arch_uart.h"
#include "hyp/core/comm.h"
#include "hyp/core/console_queue.h"
#include "hyp/core/extent.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "lib/format.h"

#define OWN_NAME    "orlop"
#define UART_POLLS  1000000u /* more than a character takes at any speed in use */
#define INPUT_BOUND 64u      /* characters taken in one go; the interrupt comes again for more */
#define ESCAPE      '\033'

/* Of console_vm_write, in characters that are only kept; others are more work. */
#define WORK_MOST      HYPERCALL_CONSOLE_MAX
#define WORK_OF_OTHERS 5u

enum sequence { SEQUENCE_NONE, SEQUENCE_ESCAPE, SEQUENCE_CSI };

struct console {
	struct lock input_lock; /* taking input and moving the focus; order in lib/lock.h */
	struct lock lock;       /* output and everything below */
	struct vm *focus;       /* has the input; written under both locks */
	struct vm *open;        /* whose unfinished line stands on the UART, or NULL */
	uint32_t lost;          /* characters that the UART did not take, until that is said */
};

static struct console console;

/* What was said under the lock begins to go to the UART, as far as that takes it. */
static void unlock(void)
{
	if (HYP_SHARED)
		console_queue_send();
	lock_release(&console.lock);
}

/* An empty line; what stands in its text means nothing. */
static void reset_line(struct console_line *line)
{
	line->length = line->shown = 0;
	line->sequence = SEQUENCE_NONE;
	line->returned = line->continued = line->coloured = false;
}

static void put_uart_one(char c)
{
	unsigned polls = console.lost > 0 ? 1 : UART_POLLS;

	while (!arch_uart_ready(hyp_plan->console_uart)) {
		if (--polls == 0) {
			console.lost++;
			return;
		}
	}
	arch_uart_put(hyp_plan->console_uart, c);
}

static void put_uart(void *context, const char *text, size_t count)
{
	(void)context;
	for (; count > 0; count--)
		put_uart_one(*text++);
}

static void put_queue(void *context, const char *text, size_t count)
{
	(void)context;
	console.lost += (uint32_t)(count - console_queue_put(text, count));
}

static void put_debugger(void *context, const char *text, size_t count)
{
	(void)context;
	for (; count > 0; count--)
		arch_debugger_put(*text++);
}

static void put_nowhere(void *context, const char *text, size_t count)
{
	(void)context;
	(void)text;
	(void)count;
}

/* Where everything goes; written once, by console_init. */
static format_put *put = put_nowhere;

static void put_format(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	format(put, NULL, text, args);
	va_end(args);
}

static void put_text(const char *text)
{
	size_t count = 0;

	while (text[count] != '\0')
		count++;
	put(NULL, text, count);
}

/* Another speaks: the open line ends, and with it colours that it may have set. */
static void cut_open_line(void)
{
	if (!console.open)
		return;
	put_text(console.open->console.coloured ? "\033[0m\r\n" : "\r\n");
	console.open = NULL;
}

/* Makes the cursor stand at the beginning of a new line. */
static void new_line(void)
{
	uint32_t lost = console.lost;

	cut_open_line();
	if (lost == 0 || !arch_uart_ready(hyp_plan->console_uart) || !console_has_room())
		return;
	console.lost = 0;
	put_format("[" OWN_NAME "] the UART took too long: %u characters lost\r\n", lost);
}

static void put_prefix(const struct vm *vm)
{
	put_text("[");
	put_text(vm->plan->name);
	put_text(vm->console.continued ? "]+ " : "] ");
}

/* Brings what is known of the VM's line onto the UART and leaves that line open. */
static void show(struct vm *vm)
{
	struct console_line *line = &vm->console;

	if (console.open != vm) {
		new_line();
		put_prefix(vm);
		console.open = vm;
		line->shown = 0;
	}
	put(NULL, line->text + line->shown, (size_t)(line->length - line->shown));
	line->shown = line->length;
}

/* Of a VM without the input: what follows would become the sequence's rest. */
static void drop_half_sequence(struct vm *vm)
{
	struct console_line *line = &vm->console;

	if (vm == console.focus || line->sequence == SEQUENCE_NONE)
		return;
	line->length = line->sequence_at;
	line->sequence = SEQUENCE_NONE;
}

static void end_line(struct vm *vm)
{
	drop_half_sequence(vm);
	show(vm);
	put_text("\r\n");
	console.open = NULL;
	reset_line(&vm->console);
}

/* Without the input a full text becomes a line of its own, else it has been shown already. */
static void make_room(struct vm *vm)
{
	struct console_line *line = &vm->console;

	show(vm);
	if (vm != console.focus) {
		put_text("\r\n");
		console.open = NULL;
	}
	line->length = line->shown = 0;
	line->continued = true;
}

/* A CR that no LF follows: the guest writes over its line, from behind the name on. */
static void write_over(struct vm *vm)
{
	bool coloured;

	if (vm != console.focus) {
		end_line(vm);
		return;
	}
	show(vm);
	put_text("\r");
	coloured = vm->console.coloured;
	reset_line(&vm->console);
	vm->console.coloured = coloured;
	put_prefix(vm);
}

/* ECMA-48: ESC, intermediates, final; or ESC [, parameters, final. What is left after `c`. */
static enum sequence sequence_after(unsigned sequence, char c)
{
	if (c == ESCAPE)
		return SEQUENCE_ESCAPE;
	if (sequence == SEQUENCE_ESCAPE && c == '[')
		return SEQUENCE_CSI;
	if (sequence == SEQUENCE_ESCAPE && c >= 0x20 && c < 0x30)
		return SEQUENCE_ESCAPE;
	if (sequence == SEQUENCE_CSI && c >= 0x20 && c < 0x40)
		return SEQUENCE_CSI;
	return SEQUENCE_NONE;
}

/*
 * An escape sequence is shown when it is complete, so that nobody's line falls into it. Of a VM
 * without the input only colours pass: a terminal answers some of the others, and its answer
 * would go to whom the input belongs; others move the cursor into somebody's line.
 */
static void add(struct vm *vm, char c)
{
	struct console_line *line = &vm->console;
	unsigned before;

	if (line->length == CONSOLE_LINE_SIZE) {
		drop_half_sequence(vm);
		make_room(vm);
	}
	if (c == ESCAPE)
		line->sequence_at = line->length;
	line->text[line->length++] = c;
	line->coloured |= line->sequence == SEQUENCE_CSI && c == 'm';
	before = line->sequence;
	line->sequence = sequence_after(before, c);
	if (before != SEQUENCE_NONE && line->sequence == SEQUENCE_NONE && c != 'm' &&
		vm != console.focus)
		line->length = line->sequence_at;
}

/* What is whole of a line that is shown while it grows. */
static void show_whole(struct vm *vm)
{
	const struct console_line *line = &vm->console;

	if (vm == console.focus && line->sequence == SEQUENCE_NONE && line->length > line->shown)
		show(vm);
}

/* Returns how much work it was, in plain characters. */
static unsigned say(struct vm *vm, char c)
{
	struct console_line *line = &vm->console;
	unsigned work = WORK_OF_OTHERS;

	if (c == '\n') {
		end_line(vm);
		return WORK_MOST;
	}
	if (c == '\r') {
		line->returned = line->length > 0 || line->continued;
		return 1;
	}
	if (line->returned || line->length == CONSOLE_LINE_SIZE)
		work = WORK_MOST;
	show_whole(vm);
	if (line->returned)
		write_over(vm);
	add(vm, c);
	return work;
}

/* The first characters that make nothing appear yet. Returns how many of them there are. */
static size_t keep(struct console_line *line, const char *text, size_t count)
{
	char *to = line->text + line->length;
	size_t kept = 0;

	if (line->returned || line->sequence != SEQUENCE_NONE)
		return 0;
	if (count > CONSOLE_LINE_SIZE - line->length)
		count = CONSOLE_LINE_SIZE - line->length;
	for (; kept < count && (unsigned char)text[kept] >= ' '; kept++)
		to[kept] = text[kept];
	line->length += (uint8_t)kept;
	return kept;
}

size_t console_vm_write(struct vm *vm, const char *text, size_t count)
{
	size_t done = 0, work = 0;

	if (!console_make_room())
		return 0;
	if (count > WORK_MOST)
		count = WORK_MOST;
	lock_take(&console.lock);
	while (done < count && work < WORK_MOST) {
		const size_t kept = keep(&vm->console, text + done, count - done);

		done += kept;
		work += kept;
		if (done < count)
			work += say(vm, text[done++]);
	}
	show_whole(vm);
	unlock();
	return done;
}

void console_vm_put(struct vm *vm, char c)
{
	lock_take(&console.lock);
	say(vm, c);
	show_whole(vm);
	unlock();
}

void console_vm_flush(struct vm *vm)
{
	lock_take(&console.lock);
	if (vm->console.length > 0 || console.open == vm)
		end_line(vm);
	unlock();
}

void console_print(const char *text, ...)
{
	va_list args;

	va_start(args, text);
	lock_take(&console.lock);
	new_line();
	put_text("[" OWN_NAME "] ");
	format(put, NULL, text, args);
	put_text("\r\n");
	if (HYP_SHARED)
		console_queue_tell();
	lock_release(&console.lock);
	va_end(args);
}

bool console_send(void)
{
	bool more;

	lock_take(&console.lock);
	more = console_queue_send();
	lock_release(&console.lock);
	return more;
}

void console_send_all(void)
{
	if (!HYP_SHARED)
		return;
	lock_take(&console.lock);
	while (console_queue_count != 0)
		console_queue_send();
	lock_release(&console.lock);
}

void console_break_lock(void)
{
	console.lock = (struct lock){0};
}

void console_init(void)
{
	console = (struct console){0};
	if (hyp_plan->console == PLAN_CONSOLE_UART) {
		arch_uart_init(hyp_plan->console_uart);
		put = HYP_SHARED && hyp_plan->sched_common ? put_queue : put_uart;
	} else if (hyp_plan->console == PLAN_CONSOLE_DEBUGGER) {
		put = put_debugger;
	} else {
		put = put_nowhere;
	}
}

static bool takes_input(const struct vm *vm)
{
	return (vm->plan->console_irq != 0 || (HYP_COMM && comm_has_console(vm))) &&
	       __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) != VM_HALTED;
}

/* The first VM after `vm` (NULL: of all) that takes input, `vm` itself as the last; or NULL. */
static struct vm *next_taker(const struct vm *vm)
{
	unsigned first = vm ? (unsigned)(vm - vm_at(0)) + 1 : 0;

	for (unsigned i = 0; i < hyp_plan->vm_count; i++) {
		struct vm *next = vm_at((first + i) % hyp_plan->vm_count);

		if (takes_input(next))
			return next;
	}
	return NULL;
}

/* Under input_lock. The UART's interrupt follows, so that it disturbs no other VM. */
static void set_focus(struct vm *vm)
{
	lock_take(&console.lock);
	console.focus = vm;
	unlock();
	if (vm)
		arch_irq_route_own(hyp_plan->console_irq, vm_vcpu(vm, 0)->cpu);
}

/* Under input_lock. Says where input goes, and shows the prompt that may wait there. */
static void move_focus(void)
{
	struct vm *vm = next_taker(console.focus);

	set_focus(vm);
	if (!vm) {
		console_print("no VM takes input");
		return;
	}
	console_print("input goes to %s", vm->plan->name);
	lock_take(&console.lock);
	if (vm->console.length > 0)
		show(vm);
	unlock();
}

static bool has_input(void)
{
	return hyp_plan->console == PLAN_CONSOLE_UART && hyp_plan->console_irq != 0;
}

void console_start_input(void)
{
	struct vm *vm;

	if (!has_input())
		return;
	vm = next_taker(NULL);
	set_focus(vm);
	if (vm && next_taker(vm) != vm)
		console_print("input goes to %s, Ctrl-] moves it", vm->plan->name);
}

void console_vm_halted(const struct vm *vm)
{
	if (!has_input())
		return;
	lock_take(&console.input_lock);
	if (console.focus == vm && next_taker(vm))
		move_focus();
	lock_release(&console.input_lock);
}

/* A VM that is being stopped gets nothing: whoever resets its UART holds no lock. */
static void pass_on(struct vm *vm, char c)
{
	if (!vm)
		return;
	lock_take(&vm->lock);
	if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) == VM_RUNNING &&
		!(HYP_COMM && comm_console_input(vm, c)) && vm->plan->console_irq != 0)
		uart_input(vm, c);
	lock_release(&vm->lock);
}

/* After the focus moved, what else has come is left to the CPU that the interrupt now goes to. */
void console_input(void)
{
	lock_take(&console.input_lock);
	for (unsigned left = INPUT_BOUND; left > 0; left--) {
		const struct vm *before = console.focus;
		int c = arch_uart_get(hyp_plan->console_uart);

		if (c < 0)
			break;
		if (c != CONSOLE_ESCAPE_KEY) {
			pass_on(console.focus, (char)c);
			continue;
		}
		move_focus();
		if (console.focus != before)
			break;
	}
	lock_release(&console.input_lock);
}
