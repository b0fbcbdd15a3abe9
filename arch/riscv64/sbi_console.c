/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SBI's consoles for guests: the debug console (SBI 2.0, chapter 12), which takes its text from the
 * guest's memory, and input for the legacy console.
 */
#include "arch/riscv64/sbi.h"

#include "abi/plan.h"
#include "hyp/core/console.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

enum { DBCN_WRITE, DBCN_READ, DBCN_WRITE_BYTE };

/* Bytes in one call; SBI lets the guest ask again for the rest. */
#define COUNT_MOST 256u
#define WRITE_MOST 40u

/* Of the emulated 16550, by which input comes. */
#define UART_RBR      0
#define UART_LSR      5
#define UART_LSR_DATA 1

/* Writing vsatp takes effect at once, without a fence between Bare and others (priv, satp). */
struct sbi_memory sbi_memory_open(void)
{
	const struct sbi_memory memory = {guarded_enter(), csr_read(CSR_VSATP)};

	csr_write(CSR_VSATP, 0);
	csr_set(CSR_HSTATUS, HSTATUS_SPVP);
	return memory;
}

void sbi_memory_close(const struct sbi_memory *memory)
{
	csr_write(CSR_VSATP, memory->vsatp);
	guarded_leave(&memory->trap);
}

static uint64_t read_uart(struct vm *vm, uint64_t offset)
{
	struct mmio_access access = {.address = offset, .size = 1};

	return uart_access(vm, &access) == MMIO_DONE ? access.value : 0;
}

int64_t sbi_console_get(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	int64_t c = -1;

	if (vm->plan->console_irq == 0)
		return -1;
	lock_take(&vm->lock);
	if (read_uart(vm, UART_LSR) & UART_LSR_DATA)
		c = (int64_t)read_uart(vm, UART_RBR);
	lock_release(&vm->lock);
	return c;
}

/*
 * Returns how many bytes of `count` were passed: fewer where the guest's memory ends, or if it is
 * to come again with the rest.
 */
static uint64_t write(struct vcpu *vcpu, uint64_t address, uint64_t count, bool *is_good)
{
	const struct sbi_memory memory = sbi_memory_open();
	char text[WRITE_MOST];
	uint64_t read = 0;

	*is_good = true;
	while (*is_good && read < count && read < sizeof(text)) {
		const int byte = guarded_load_byte(address + read);

		*is_good = byte >= 0;
		if (*is_good)
			text[read++] = (char)byte;
	}
	sbi_memory_close(&memory);
	*is_good |= read > 0;
	return console_vm_write(vcpu->vm, text, read);
}

/* The same; a character is not taken from the input before there is a place for it. */
static uint64_t read(struct vcpu *vcpu, uint64_t address, uint64_t count, bool *is_good)
{
	const struct sbi_memory memory = sbi_memory_open();
	uint64_t done = 0;

	*is_good = true;
	while (done < count) {
		int64_t c;

		*is_good = guarded_store_byte(address + done, 0) == 0;
		if (!*is_good)
			break;
		c = sbi_console_get(vcpu);
		if (c < 0)
			break;
		guarded_store_byte(address + done++, (uint8_t)c);
	}
	sbi_memory_close(&memory);
	return done;
}

struct sbi_result sbi_console(struct vcpu *vcpu, uint64_t function, const uint64_t *args)
{
	const uint64_t count = args[0] < COUNT_MOST ? args[0] : COUNT_MOST, address = args[1];
	uint64_t done;
	bool is_good;

	if (function == DBCN_WRITE_BYTE) {
		console_vm_put(vcpu->vm, (char)args[0]);
		return (struct sbi_result){SBI_SUCCESS, 0};
	}
	if (function > DBCN_WRITE_BYTE)
		return (struct sbi_result){SBI_NOT_SUPPORTED, 0};
	if (args[2] != 0) /* the upper half of an address of 128 bits */
		return (struct sbi_result){SBI_INVALID_PARAM, 0};
	if (function == DBCN_WRITE) {
		done = write(vcpu, address, count, &is_good);
	} else {
		done = read(vcpu, address, count, &is_good);
	}
	if (!is_good && done == 0)
		return (struct sbi_result){SBI_INVALID_PARAM, 0};
	return (struct sbi_result){SBI_SUCCESS, (int64_t)done};
}
