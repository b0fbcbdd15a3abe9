/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulated UART of a shared console. Which model stands behind it (pl011.c, ...) is decided at
 * link time by the architecture's arch.mk, as the board's device tree names one.
 */
#ifndef HYP_DEVICES_UART_H
#define HYP_DEVICES_UART_H

#include <stdbool.h>
#include <stdint.h>

#include "hyp/core/mmio.h"

struct vm;

/* Input that waits for the guest: what its FIFO holds, and behind that what a person typed ahead.
 */
#define UART_INPUT_SIZE 256u

#define UART_REGISTERS 10u

/* Guarded by the lock of the VM whose console it is. */
struct uart {
	char input[UART_INPUT_SIZE];
	uint16_t input_first, input_count;
	bool line;                          /* state of the interrupt line */
	uint16_t registers[UART_REGISTERS]; /* the model names them */
};

/* State in which a boot loader would leave it. */
void uart_reset(struct uart *uart);

/* A guest's access; access->address is the offset in the UART's page. Holds vm->lock. */
enum mmio_result uart_access(struct vm *vm, struct mmio_access *access);

/* A character from outside; returns false, and drops it, when the guest cannot get it. Holds
 * vm->lock. */
bool uart_input(struct vm *vm, char c);

#endif
