/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated UART as a PL011 r1p5 (DDI 0183). Output takes no time, so the transmit FIFO is
 * always empty; there is no clock, so a receive timeout has always passed already.
 */
#include "hyp/devices/uart.h"

#include "arch/include/arch_irq.h"
#include "hyp/core/console.h"
#include "hyp/core/vm.h"
#include "lib/bits.h"

#define DR    0x00u
#define RSR   0x04u
#define FR    0x18u
#define MIS   0x40u
#define ICR   0x44u
#define IDS   0xfe0u
#define DEPTH 32u /* of the receive FIFO, as the guest sees it */

#define LCR_H_FEN BIT(4)
#define CR_UARTEN BIT(0)
#define CR_LBE    BIT(7)
#define CR_TXE    BIT(8)
#define CR_RXE    BIT(9)
#define INT_RX    BIT(4)
#define INT_TX    BIT(5)
#define INT_RT    BIT(6)
#define INT_OE    BIT(10)
#define RSR_OE    BIT(3)

/* Registers that hold what was written, in struct uart's array. */
enum { R_RSR, R_ILPR, R_IBRD, R_FBRD, R_LCR_H, R_CR, R_IFLS, R_IMSC, R_RIS, R_DMACR, R_COUNT };
_Static_assert(R_COUNT == UART_REGISTERS, "as many registers as struct uart has");

static const struct stored {
	uint16_t offset, writable;
} stored[R_COUNT] = {
	[R_RSR] = {RSR, 0}, /* a write clears it, whatever is written */
	[R_ILPR] = {0x20, 0xff},
	[R_IBRD] = {0x24, 0xffff},
	[R_FBRD] = {0x28, 0x3f},
	[R_LCR_H] = {0x2c, 0xff},
	[R_CR] = {0x30, 0xff87},
	[R_IFLS] = {0x34, 0x3f},
	[R_IMSC] = {0x38, 0x7ff},
	[R_RIS] = {0x3c, 0},
	[R_DMACR] = {0x48, 0x7},
};

/* PeriphID0 to 3, PCellID0 to 3: part 0x011 of designer 0x41, revision 3 (r1p5). */
static const uint8_t ids[] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

/*
 * Out of reset the UART would be off (3.3.8), but software that speaks before it has a driver
 * (an early console) expects it as a boot loader leaves it: on.
 */
void uart_reset(struct uart *uart)
{
	*uart = (struct uart){0};
	uart->registers[R_CR] = CR_UARTEN | CR_TXE | CR_RXE;
	uart->registers[R_LCR_H] = 0x60; /* 8 bits, no FIFO */
	uart->registers[R_IFLS] = 0x12;  /* both levels at half, as after reset */
}

static bool is_on(const struct uart *uart, uint64_t direction)
{
	return (uart->registers[R_CR] & CR_UARTEN) && (uart->registers[R_CR] & direction);
}

static unsigned depth(const struct uart *uart)
{
	return uart->registers[R_LCR_H] & LCR_H_FEN ? DEPTH : 1;
}

/* Characters in the receive FIFO that raise its interrupt: IFLS chooses 1/8 to 7/8 (3.3.9). */
static unsigned receive_level(const struct uart *uart)
{
	static const uint8_t levels[8] = {4, 8, 16, 24, 28, 28, 28, 28};

	return depth(uart) == 1 ? 1 : levels[bits_get(uart->registers[R_IFLS], 3, 3)];
}

static void set_pending(struct uart *uart, uint64_t interrupts)
{
	uart->registers[R_RIS] |= (uint16_t)interrupts;
}

static void clear_pending(struct uart *uart, uint64_t interrupts)
{
	uart->registers[R_RIS] &= (uint16_t)~interrupts;
}

/*
 * A line that stays high is told again after each access: where the hypervisor is not asked at the
 * guest's end of interrupt, it would not be noticed otherwise.
 */
static void update_line(struct vm *vm)
{
	struct uart *uart = &vm->uart;
	bool high = (uart->registers[R_RIS] & uart->registers[R_IMSC]) != 0;

	if (high || uart->line)
		arch_virq_set_line(vm, vm->plan->console_irq, high);
	uart->line = high;
}

/* Without a FIFO, and with it from its level on, the receive interrupt; below it the timeout's. */
static bool receive(struct uart *uart, char c)
{
	if (uart->input_count == UART_INPUT_SIZE) {
		uart->registers[R_RSR] |= RSR_OE;
		set_pending(uart, INT_OE);
		return false;
	}
	uart->input[(uart->input_first + uart->input_count++) % UART_INPUT_SIZE] = c;
	set_pending(uart, uart->input_count >= receive_level(uart) ? INT_RX : INT_RT);
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
	if (uart->input_count < receive_level(uart))
		clear_pending(uart, INT_RX);
	if (uart->input_count == 0)
		clear_pending(uart, INT_RT);
	else if (uart->input_count < receive_level(uart))
		set_pending(uart, INT_RT);
	return c;
}

static void write_data(struct vm *vm, char c)
{
	struct uart *uart = &vm->uart;

	if (!is_on(uart, CR_TXE))
		return;
	if (!(uart->registers[R_CR] & CR_LBE))
		console_vm_put(vm, c);
	else if (is_on(uart, CR_RXE))
		receive(uart, c);
	set_pending(uart, INT_TX);
}

/* In loopback the modem's lines come from CR's outputs (3.3.8), else a terminal is there. */
static uint64_t modem_lines(uint64_t control)
{
	if (!(control & CR_LBE))
		return 0x7;
	return bits_get(control, 11, 1) | bits_get(control, 10, 1) << 1 |
	       bits_get(control, 12, 1) << 2 | bits_get(control, 13, 1) << 8;
}

static uint64_t flags(const struct uart *uart)
{
	uint64_t empty = uart->input_count == 0, full = uart->input_count >= depth(uart);

	return modem_lines(uart->registers[R_CR]) | empty << 4 | full << 6 | BIT(7);
}

static uint64_t read_register(struct uart *uart, unsigned offset)
{
	switch (offset) {
	case DR:
		return read_data(uart);
	case FR:
		return flags(uart);
	case MIS:
		return uart->registers[R_RIS] & uart->registers[R_IMSC];
	}
	if (offset >= IDS && offset % 4 == 0)
		return ids[(offset - IDS) / 4];
	for (unsigned i = 0; i < R_COUNT; i++) {
		if (stored[i].offset == offset)
			return uart->registers[i];
	}
	return 0;
}

/* Switching the FIFOs off or on empties them. */
static void empty_input(struct uart *uart)
{
	uart->input_count = 0;
	clear_pending(uart, INT_RX | INT_RT);
}

static void store(struct uart *uart, unsigned offset, uint64_t value)
{
	for (unsigned i = 0; i < R_COUNT; i++) {
		const struct stored *to = &stored[i];

		if (to->offset != offset)
			continue;
		if (i == R_LCR_H && ((uart->registers[i] ^ value) & LCR_H_FEN))
			empty_input(uart);
		if (i == R_RSR || to->writable)
			uart->registers[i] = (uint16_t)(value & to->writable);
	}
}

static void write_register(struct vm *vm, unsigned offset, uint64_t value)
{
	if (offset == DR)
		write_data(vm, (char)value);
	else if (offset == ICR)
		clear_pending(&vm->uart, value & 0x7ff);
	else
		store(&vm->uart, offset, value);
}

/* Registers are 16 bits wide at most; between them, and at no register, reads give 0. */
enum mmio_result uart_access(struct vm *vm, struct mmio_access *access)
{
	unsigned offset = access->address & (PLAN_PAGE_SIZE - 1);
	uint64_t mask;

	if (access->size > 4 || access->address % access->size != 0)
		return MMIO_DENIED;
	mask = BIT(8 * access->size) - 1;
	if (access->is_write)
		write_register(vm, offset, access->value & mask);
	else
		access->value = read_register(&vm->uart, offset) & mask;
	update_line(vm);
	return MMIO_DONE;
}

bool uart_input(struct vm *vm, char c)
{
	bool taken = is_on(&vm->uart, CR_RXE) && receive(&vm->uart, c);

	update_line(vm);
	return taken;
}
