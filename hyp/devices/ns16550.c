/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An emulated National Semiconductor PC16550D for a VM's shared console, with registers of one
 * byte, one after the other. Section numbers are those of its data sheet. What the guest sends
 * leaves at once, so the transmitter is always empty.
 */
#include "hyp/devices/uart.h"

#include "arch/include/arch_irq.h"
#include "hyp/core/console.h"
#include "hyp/core/vm.h"
#include "lib/bits.h"

#define RBR 0u /* read, and THR when written; DLL while LCR_DLAB */
#define IER 1u /* DLM while LCR_DLAB */
#define IIR 2u /* read, and FCR when written */
#define LCR 3u
#define MCR 4u
#define LSR 5u
#define MSR 6u
#define SCR 7u

#define IER_RECEIVED BIT(0)
#define IER_EMPTY    BIT(1)
#define IER_LINE     BIT(2)
#define FCR_ENABLE   BIT(0)
#define FCR_CLEAR    BIT(1) /* the receiver's FIFO */
#define LCR_DLAB     BIT(7)
#define MCR_LOOP     BIT(4)
#define LSR_DATA     BIT(0)
#define LSR_OVERRUN  BIT(1)
#define LSR_EMPTY    (BIT(5) | BIT(6)) /* THR and shift register */

/* Causes in IIR, by priority (8.6, table III). */
#define IIR_LINE     0x6
#define IIR_RECEIVED 0x4
#define IIR_TIMEOUT  0xc
#define IIR_EMPTY    0x2
#define IIR_NONE     0x1
#define IIR_FIFOS    0xc0

/* What is kept, in struct uart's array. */
enum { R_IER, R_FCR, R_LCR, R_MCR, R_SCR, R_DLL, R_DLM, R_EMPTY, R_OVERRUN, R_COUNT };
_Static_assert(R_COUNT <= UART_REGISTERS, "struct uart has room for the registers");

/* As a boot loader leaves it: 8 bits, at the speed that the device tree's clock makes 115200. */
void uart_reset(struct uart *uart)
{
	*uart = (struct uart){0};
	uart->registers[R_LCR] = 0x03;
	uart->registers[R_MCR] = 0x03;
	uart->registers[R_DLL] = 2;
}

static bool has(const struct uart *uart, unsigned index, uint64_t bits)
{
	return (uart->registers[index] & bits) != 0;
}

/* Characters that make the receiver's interrupt; below it is the timeout's (8.4, 8.11). */
static unsigned receive_level(const struct uart *uart)
{
	static const uint8_t levels[4] = {1, 4, 8, 14};

	return has(uart, R_FCR, FCR_ENABLE) ? levels[bits_get(uart->registers[R_FCR], 6, 2)] : 1;
}

static unsigned cause(const struct uart *uart)
{
	if (has(uart, R_IER, IER_LINE) && uart->registers[R_OVERRUN])
		return IIR_LINE;
	if (has(uart, R_IER, IER_RECEIVED) && uart->input_count >= receive_level(uart))
		return IIR_RECEIVED;
	if (has(uart, R_IER, IER_RECEIVED) && uart->input_count > 0)
		return IIR_TIMEOUT;
	if (has(uart, R_IER, IER_EMPTY) && uart->registers[R_EMPTY])
		return IIR_EMPTY;
	return IIR_NONE;
}

/*
 * A line that stays high is told again after each access: where the hypervisor is not asked at the
 * guest's end of interrupt, it would not be noticed otherwise.
 */
static void update_line(struct vm *vm)
{
	struct uart *uart = &vm->uart;
	const bool high = cause(uart) != IIR_NONE;

	if (high || uart->line)
		arch_virq_set_line(vm, vm->plan->console_irq, high);
	uart->line = high;
}

static bool receive(struct uart *uart, char c)
{
	if (uart->input_count == UART_INPUT_SIZE) {
		uart->registers[R_OVERRUN] = 1;
		return false;
	}
	uart->input[(uart->input_first + uart->input_count++) % UART_INPUT_SIZE] = c;
	return true;
}

static uint64_t read_data(struct uart *uart)
{
	uint64_t c;

	if (uart->input_count == 0)
		return 0;
	c = (unsigned char)uart->input[uart->input_first];
	uart->input_first = (uart->input_first + 1) % UART_INPUT_SIZE;
	uart->input_count--;
	return c;
}

/* Filling the transmitter ends its interrupt, and that it is empty again makes the next (8.6). */
static void write_data(struct vm *vm, char c)
{
	struct uart *uart = &vm->uart;

	uart->registers[R_EMPTY] = 0;
	update_line(vm);
	if (has(uart, R_MCR, MCR_LOOP))
		receive(uart, c);
	else
		console_vm_put(vm, c);
	uart->registers[R_EMPTY] = 1;
}

/* Reading it ends the transmitter's interrupt, if that is what it tells (8.6, table III). */
static uint64_t read_cause(struct uart *uart)
{
	const unsigned why = cause(uart);

	if (why == IIR_EMPTY)
		uart->registers[R_EMPTY] = 0;
	return why | (has(uart, R_FCR, FCR_ENABLE) ? IIR_FIFOS : 0);
}

static uint64_t read_line_status(struct uart *uart)
{
	const uint64_t overrun = uart->registers[R_OVERRUN] ? LSR_OVERRUN : 0;

	uart->registers[R_OVERRUN] = 0;
	return overrun | LSR_EMPTY | (uart->input_count > 0 ? LSR_DATA : 0);
}

/* In loopback the modem's lines come from MCR's outputs (8.7), else a terminal is there. */
static uint64_t modem_status(const struct uart *uart)
{
	const uint64_t control = uart->registers[R_MCR];

	if (!(control & MCR_LOOP))
		return 0xb0;
	return bits_get(control, 1, 1) << 4 | bits_get(control, 0, 1) << 5 |
	       bits_get(control, 2, 1) << 6 | bits_get(control, 3, 1) << 7;
}

/* Switching the FIFOs off or on empties them, too (8.4); bits 7:6 and 0 are kept. */
static void write_fifo_control(struct uart *uart, uint64_t value)
{
	if ((value & FCR_CLEAR) || ((value ^ uart->registers[R_FCR]) & FCR_ENABLE))
		uart->input_count = 0;
	uart->registers[R_FCR] = value & FCR_ENABLE ? value & 0xc1 : 0;
}

static void write_enables(struct uart *uart, uint64_t value)
{
	if (value & ~(uint64_t)uart->registers[R_IER] & IER_EMPTY)
		uart->registers[R_EMPTY] = 1;
	uart->registers[R_IER] = value & 0xf;
}

static uint64_t read_register(struct uart *uart, unsigned offset)
{
	switch (offset) {
	case RBR:
		return has(uart, R_LCR, LCR_DLAB) ? uart->registers[R_DLL] : read_data(uart);
	case IER:
		return uart->registers[has(uart, R_LCR, LCR_DLAB) ? R_DLM : R_IER];
	case IIR:
		return read_cause(uart);
	case LCR:
		return uart->registers[R_LCR];
	case MCR:
		return uart->registers[R_MCR];
	case LSR:
		return read_line_status(uart);
	case MSR:
		return modem_status(uart);
	case SCR:
		return uart->registers[R_SCR];
	default:
		return 0;
	}
}

static void write_register(struct vm *vm, unsigned offset, uint64_t value)
{
	struct uart *uart = &vm->uart;
	const bool divisor = has(uart, R_LCR, LCR_DLAB);

	switch (offset) {
	case RBR:
		if (divisor)
			uart->registers[R_DLL] = (uint16_t)value;
		else
			write_data(vm, (char)value);
		break;
	case IER:
		if (divisor)
			uart->registers[R_DLM] = (uint16_t)value;
		else
			write_enables(uart, value);
		break;
	case IIR:
		write_fifo_control(uart, value);
		break;
	case LCR:
		uart->registers[R_LCR] = (uint16_t)value;
		break;
	case MCR:
		uart->registers[R_MCR] = value & 0x1f;
		break;
	case SCR:
		uart->registers[R_SCR] = (uint16_t)value;
		break;
	}
}

/* The registers are bytes. Behind them reads give 0 and writes do nothing. */
enum mmio_result uart_access(struct vm *vm, struct mmio_access *access)
{
	const unsigned offset = access->address & (PLAN_PAGE_SIZE - 1);

	if (access->size != 1)
		return MMIO_DENIED;
	if (access->is_write)
		write_register(vm, offset, access->value & 0xff);
	else
		access->value = read_register(&vm->uart, offset);
	update_line(vm);
	return MMIO_DONE;
}

bool uart_input(struct vm *vm, char c)
{
	const bool taken = !has(&vm->uart, R_MCR, MCR_LOOP) && receive(&vm->uart, c);

	update_line(vm);
	return taken;
}
