/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits: from the cause to the core's struct exit and back into the guest's registers. This is the
 * only place that moves the guest's program counter.
 */
#include "arch/riscv64/exit.h"

#include "abi/hypercall.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/regs.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* Called by exit.S. */
bool exit_sync(struct vcpu *vcpu, uint64_t cause);
struct vcpu *exit_sync_rest(struct vcpu *vcpu);
struct vcpu *exit_attend(struct vcpu *vcpu);
_Noreturn void exit_panic(uint64_t cause, uint64_t pc, uint64_t value);

/* Registers: a0, a6, a7. */
#define A0 10
#define A6 16
#define A7 17

/* htinst of an access by the walk of the guest's own page table (priv, pseudoinstructions). */
#define HTINST_WALK_READ  0x3000u
#define HTINST_WALK_WRITE 0x3020u

/* What a guest page fault tells. */
struct page_fault {
	uint64_t cause;
	uint64_t address; /* guest-physical */
	uint64_t value;   /* stval: the guest's virtual address */
	uint64_t htinst;
};

/* The guest's registers that exit.S has saved when a first half runs; x0 counts as one. */
static bool is_saved(unsigned reg)
{
	return (1u << reg & 0x0003fc07u) != 0;
}

static void skip(unsigned length)
{
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + length);
}

/* htval holds the address shifted right by 2, and stval its lowest bits (priv, htval). */
static struct page_fault read_page_fault(uint64_t cause)
{
	const uint64_t value = csr_read(CSR_STVAL);

	return (struct page_fault){
		.cause = cause,
		.address = csr_read(CSR_HTVAL) << 2 | (value & 3),
		.value = value,
		.htinst = csr_read(CSR_HTINST),
	};
}

static uint64_t extend(uint64_t value, const struct access *access)
{
	const unsigned unused = 64 - 8 * access->size;

	return access->is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

/* Lets a device answer; the guest's register must be saved. Does nothing if there is no answer. */
static enum mmio_result emulate(
	struct vcpu *vcpu, const struct page_fault *fault, const struct access *access)
{
	struct exit exit = {
		.kind = EXIT_MMIO,
		.mmio = {
			.address = fault->address,
			.size = access->size,
			.is_write = access->is_write,
		},
	};

	trace_write(&vcpu->cpu->trace, access->is_write ? TRACE_MMIO_WRITE : TRACE_MMIO_READ,
		vcpu->number, fault->address);
	if (fault->address & (access->size - 1u))
		return MMIO_DENIED;
	if (access->is_write)
		exit.mmio.value = vcpu->arch.x[access->reg] & (~0ull >> (64 - 8 * access->size));
	vcpu_handle_exit(vcpu, &exit);
	if (exit.mmio_result == MMIO_DONE) {
		if (!access->is_write && access->reg != 0)
			vcpu->arch.x[access->reg] = extend(exit.mmio.value, access);
		skip(access->length);
	}
	return exit.mmio_result;
}

/* The result is a word of the core's; what SBI calls an error goes with it. */
static int64_t sbi_error_of(int64_t result)
{
	if (result >= 0)
		return SBI_SUCCESS;
	return result == HYPERCALL_NOT_SUPPORTED ? SBI_NOT_SUPPORTED : SBI_INVALID_PARAM;
}

static void hypercall(struct vcpu *vcpu)
{
	struct exit exit = {
		.kind = EXIT_HYPERCALL,
		.hypercall = {
			.number = vcpu->arch.x[A6],
			.args = &vcpu->arch.x[A0],
		},
	};

	trace_write(&vcpu->cpu->trace, TRACE_HYPERCALL, vcpu->number, exit.hypercall.number);
	skip(4);
	vcpu_handle_exit(vcpu, &exit);
	vcpu->arch.x[A0] = (uint64_t)sbi_error_of(exit.hypercall.result);
	vcpu->arch.x[A0 + 1] = (uint64_t)exit.hypercall.result;
}

static bool emulate_at_once(struct vcpu *vcpu, uint64_t cause)
{
	const struct page_fault fault = read_page_fault(cause);
	struct access access;

	return access_decode_transformed(fault.htinst, &access) && is_saved(access.reg) &&
	       emulate(vcpu, &fault, &access) == MMIO_DONE;
}

/*
 * The frequent exits, with only ra, sp and a0-a7 saved. Whatever is not plain success is done
 * again, from the start, by the second half.
 */
bool exit_sync(struct vcpu *vcpu, uint64_t cause)
{
	switch (cause) {
	case CAUSE_VS_ECALL:
		if (vcpu->arch.x[A7] != HYPERCALL_EXTENSION)
			return false;
		hypercall(vcpu);
		return true;
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return emulate_at_once(vcpu, cause);
	default:
		return false;
	}
}

static struct vcpu *stop(struct vcpu *vcpu, const char *what, const struct page_fault *fault)
{
	struct exit exit = {
		.kind = EXIT_FAULT,
		.fault = {.what = what, .syndrome = fault->cause, .address = fault->address},
	};

	/* A VM that is being stopped has lost its memory (arch_vm_cut): that is not its fault. */
	if (__atomic_load_n(&vcpu->vm->state, __ATOMIC_ACQUIRE) != VM_RUNNING)
		return cpu_attend(vcpu);
	return vcpu_handle_exit(vcpu, &exit);
}

/* Where the hart does not say what it executed: fetches it. Returns false if that is not possible. */
static bool fetch_access(const struct page_fault *fault, struct access *access)
{
	const struct guarded state = guarded_enter();
	int low = guarded_fetch(state.sepc), high = 0;

	if (low >= 0 && (low & 3) == 3)
		high = guarded_fetch(state.sepc + 2);
	guarded_leave(&state);
	/* The fault of an explicit access has the page offset of the guest's own address. */
	return low >= 0 && high >= 0 && ((fault->address ^ fault->value) & 0xfff) == 0 &&
	       access_decode((uint32_t)low | (uint32_t)high << 16, access);
}

static bool decode(const struct page_fault *fault, struct access *access)
{
	if (fault->cause == CAUSE_FETCH_GUEST_PAGE)
		return false;
	if (fault->htinst != 0)
		return access_decode_transformed(fault->htinst, access);
	return fetch_access(fault, access);
}

static const char *words(const struct page_fault *fault, bool decoded)
{
	if (fault->htinst == HTINST_WALK_READ || fault->htinst == HTINST_WALK_WRITE)
		return "its page tables lie where it has no memory";
	if (fault->cause == CAUSE_FETCH_GUEST_PAGE)
		return "it executes where it has no memory";
	if (!decoded)
		return "access to an address where it has nothing, by an instruction that cannot be emulated";
	return fault->cause == CAUSE_STORE_GUEST_PAGE ? "write to an address where it has nothing" :
							"read of an address where it has nothing";
}

/* The guest's exception for a page fault of the second stage: no memory there, an access fault. */
static unsigned access_fault_of(uint64_t cause)
{
	switch (cause) {
	case CAUSE_FETCH_GUEST_PAGE:
		return CAUSE_FETCH_ACCESS;
	case CAUSE_LOAD_GUEST_PAGE:
		return CAUSE_LOAD_ACCESS;
	default:
		return CAUSE_STORE_ACCESS;
	}
}

static struct vcpu *handle_page_fault(struct vcpu *vcpu, uint64_t cause)
{
	const struct page_fault fault = read_page_fault(cause);
	struct access access;
	const bool decoded = decode(&fault, &access);
	enum mmio_result result = MMIO_NO_DEVICE;

	if (decoded)
		result = emulate(vcpu, &fault, &access);
	if (result == MMIO_DONE)
		return vcpu;
	if (result == MMIO_NO_DEVICE && vcpu->vm->plan->stray_access == PLAN_STRAY_FAULT)
		return stop(vcpu, words(&fault, decoded), &fault);
	vcpu->exits[EXIT_CAUSE_FAULT]++;
	exception_inject(vcpu, access_fault_of(cause), fault.value);
	return vcpu;
}

struct vcpu *exit_sync_rest(struct vcpu *vcpu)
{
	const uint64_t cause = csr_read(CSR_SCAUSE);

	switch (cause) {
	case CAUSE_VS_ECALL:
		skip(4);
		return sbi_handle(vcpu) ? vcpu : cpu_attend(vcpu);
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return handle_page_fault(vcpu, cause);
	case CAUSE_VIRTUAL_INSTRUCTION:
		/* What only a hypervisor may do, or a feature that guests are not given. */
		vcpu->exits[EXIT_CAUSE_SYSTEM]++;
		trace_write(&vcpu->cpu->trace, TRACE_SYSTEM, vcpu->number, csr_read(CSR_STVAL));
		exception_inject(vcpu, CAUSE_ILLEGAL, csr_read(CSR_STVAL));
		return vcpu;
	default: {
		const struct page_fault fault = {.cause = cause, .address = ADDRESS_NONE};

		return stop(vcpu, "an exception that its hart should not have sent to us", &fault);
	}
	}
}

struct vcpu *exit_attend(struct vcpu *vcpu)
{
	return cpu_attend(vcpu);
}

_Noreturn void exit_panic(uint64_t cause, uint64_t pc, uint64_t value)
{
	console_print("exception in the hypervisor: cause 0x%lx pc 0x%lx value 0x%lx", cause, pc, value);
	hyp_panic(__FILE__, __LINE__, "this is a bug of the hypervisor");
}
