/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits: from the cause to the core's struct exit and back into the guest's registers. This is the
 * only place that moves the guest's program counter.
 */
#include "arch/riscv64/exit.h"

#include "abi/hypercall.h"
#include "arch/riscv64/context.h"
#include "arch/riscv64/firmware.h"
#include "arch/riscv64/guarded.h"
#include "arch/riscv64/irq.h"
#include "arch/riscv64/regs.h"
#include "arch/riscv64/upcall.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/hypercall.h"
#include "hyp/core/mmio.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"

/* Called by exit.S: first halves, which return the second one or NULL, and second ones. */
typedef struct vcpu *exit_second_half(struct vcpu *vcpu);
exit_second_half *exit_load(struct vcpu *vcpu);
exit_second_half *exit_store(struct vcpu *vcpu);
exit_second_half exit_call_rest, exit_yield, exit_sync_rest, exit_attend;
struct vcpu *exit_called(struct vcpu *vcpu, int64_t result);
_Noreturn void exit_panic(uint64_t cause, uint64_t pc, uint64_t value);

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
#ifdef ARCH_FIXED_TEMPORARIES
#define SAVED_REGISTERS 0x0003fc07u
#else
#define SAVED_REGISTERS 0xf003fce7u
#endif

static bool is_saved(unsigned reg)
{
	return (SAVED_REGISTERS >> reg & 1) != 0;
}

/* cpu_attend, without a step between where it is frequent. */
static inline struct vcpu *attend(struct vcpu *vcpu)
{
	return vcpu_is_shared(vcpu) ? shared_next(vcpu->cpu) : cpu_attend(vcpu);
}

static void skip(unsigned length)
{
	csr_write(CSR_SEPC, csr_read(CSR_SEPC) + length);
}

/* htval holds the address shifted right by 2, and stval its lowest bits (priv, htval). */
static uint64_t fault_address(void)
{
	return csr_read(CSR_HTVAL) << 2 | (csr_read(CSR_STVAL) & 3);
}

static uint64_t extend(uint64_t value, const struct access *access)
{
	const unsigned unused = 64 - 8 * access->size;

	value <<= unused;
	return access->is_signed ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

/*
 * Lets a device answer an access by one of the guest's registers that is saved. Only MMIO_DONE has
 * an effect on the guest, which includes the step to the next instruction.
 */
static inline enum mmio_result emulate(
	struct vcpu *vcpu, uint64_t address, const struct access *access)
{
	struct mmio_access mmio = {
		.address = address, .size = access->size, .is_write = access->is_write};
	uint64_t *reg = &vcpu->arch.x[access->reg];
	enum mmio_result result;

	if (address & (access->size - 1u))
		return MMIO_DENIED;
	if (access->is_write)
		mmio.value = *reg & ~0ull >> (64 - 8 * access->size);
	result = mmio_dispatch(vcpu, &mmio);
	if (result != MMIO_DONE)
		return result;
	if (access->is_write)
		trace_write(&vcpu->cpu->trace, TRACE_MMIO_WRITE, vcpu->number, address);
	else if (access->reg != 0)
		*reg = extend(mmio.value, access);
	skip(access->length);
	return MMIO_DONE;
}

/* Any access that the hart has decoded, by a register that is saved. */
RARELY static exit_second_half *quick_access(struct vcpu *vcpu, uint64_t htinst)
{
	struct access access;
	enum mmio_result result;

	if (!access_decode_transformed(htinst, &access) || !is_saved(access.reg))
		return exit_sync_rest;
	result = emulate(vcpu, fault_address(), &access);
	if (result == MMIO_DONE)
		return 0;
	return result == MMIO_BUSY ? exit_attend : exit_sync_rest;
}

/*
 * LW and SW by one of a0-a7, as htinst has them: all but the register's lower bits and bit 1, which
 * tells the length.
 */
#define WORD_MASK  0x000ff07du
#define WORD_LOAD  0x00002001u
#define WORD_STORE 0x00002021u
#define ARGUMENTS  10u

static inline bool is_argument(unsigned reg)
{
	return reg - ARGUMENTS < 8;
}

/*
 * The registers of the VM's interrupt controller are words and the most frequent to be emulated, so
 * they are found without a search. `address` is in no other region if this says so.
 */
static inline bool is_controller(const struct vm *vm, uint64_t address)
{
	return address - vm->arch.intc_base < vm->arch.intc_size;
}

/*
 * The frequent exceptions but for calls (exit.S), with only ra, sp and a0-a7 saved. Whatever is not
 * plain success has had no effect on the guest, and is done from the start by the second half, or
 * is to be made again by the guest (MMIO_BUSY).
 */
exit_second_half *exit_load(struct vcpu *vcpu)
{
	const uint64_t htinst = csr_read(CSR_HTINST), address = csr_read(CSR_HTVAL) << 2;
	const unsigned reg = (unsigned)bits_get(htinst, 7, 5);
	const struct vm *vm = vcpu->vm;

	if ((htinst & WORD_MASK) != WORD_LOAD || !is_argument(reg) || (csr_read(CSR_STVAL) & 3) ||
		!is_controller(vm, address))
		return quick_access(vcpu, htinst);
	vcpu->exits[EXIT_CAUSE_INTC]++;
	vcpu->arch.x[reg] =
		(uint64_t)(int32_t)irq_controller->read(vcpu, address - vm->arch.intc_base);
	skip(2 + (unsigned)(htinst & 2));
	return 0;
}

exit_second_half *exit_store(struct vcpu *vcpu)
{
	const uint64_t htinst = csr_read(CSR_HTINST), address = csr_read(CSR_HTVAL) << 2;
	const unsigned reg = (unsigned)bits_get(htinst, 20, 5);
	const struct vm *vm = vcpu->vm;

	if ((htinst & WORD_MASK) != WORD_STORE || !is_argument(reg) || (csr_read(CSR_STVAL) & 3) ||
		!is_controller(vm, address))
		return quick_access(vcpu, htinst);
	vcpu->exits[EXIT_CAUSE_INTC]++;
	skip(2 + (unsigned)(htinst & 2));
	irq_controller->write(vcpu, address - vm->arch.intc_base, (uint32_t)vcpu->arch.x[reg]);
	return 0;
}

RARELY static struct vcpu *stop(
	struct vcpu *vcpu, const char *what, uint64_t cause, uint64_t address)
{
	const struct fault fault = {.what = what, .syndrome = cause, .address = address};

	return vm_fault(vcpu, &fault);
}

/*
 * Whether the walk of the guest's own page table faulted. Where the hart does not say what it did:
 * an explicit access has the page offset of the guest's own address.
 */
static bool is_walk(const struct page_fault *fault)
{
	if (fault->htinst == 0)
		return ((fault->address ^ fault->value) & 0xfff) != 0;
	return fault->htinst == HTINST_WALK_READ || fault->htinst == HTINST_WALK_WRITE;
}

/* A hart need not say what the instruction was. */
uint64_t exit_fetch(void)
{
	const struct guarded state = guarded_enter();
	const int low = guarded_fetch(state.sepc);
	const int high = low < 0 ? -1 : guarded_fetch(state.sepc + 2);

	guarded_leave(&state);
	return high < 0 ? 0 : (uint64_t)low | (uint64_t)high << 16;
}

/* Where the hart does not say what it executed: fetches it. Returns false if it cannot. */
static bool fetch_access(struct access *access)
{
	const struct guarded state = guarded_enter();
	int low = guarded_fetch(state.sepc), high = 0;

	if (low >= 0 && (low & 3) == 3)
		high = guarded_fetch(state.sepc + 2);
	guarded_leave(&state);
	return low >= 0 && high >= 0 && access_decode((uint32_t)low | (uint32_t)high << 16, access);
}

static bool decode(const struct page_fault *fault, struct access *access)
{
	if (fault->cause == CAUSE_FETCH_GUEST_PAGE || is_walk(fault))
		return false;
	if (fault->htinst != 0)
		return access_decode_transformed(fault->htinst, access);
	return fetch_access(access);
}

static const char *words(const struct page_fault *fault, bool decoded)
{
	if (is_walk(fault))
		return "its page tables lie where it has no memory";
	if (fault->cause == CAUSE_FETCH_GUEST_PAGE)
		return "it executes where it has no memory";
	if (!decoded)
		return "access to an address where it has nothing, by an instruction that cannot "
		       "be emulated";
	return fault->cause == CAUSE_STORE_GUEST_PAGE
		       ? "write to an address where it has nothing, or may only read"
		       : "read of an address where it has nothing";
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

RARELY static struct vcpu *handle_page_fault(struct vcpu *vcpu, uint64_t cause)
{
	const struct page_fault fault = {
		.cause = cause,
		.address = fault_address(),
		.value = csr_read(CSR_STVAL),
		.htinst = csr_read(CSR_HTINST),
	};
	enum mmio_result result = MMIO_NO_DEVICE;
	struct access access;
	bool decoded;

	/* The VM is being stopped and has been cut off from its memory: that is why we are here. */
	if (__atomic_load_n(&vcpu->vm->state, __ATOMIC_ACQUIRE) != VM_RUNNING)
		return cpu_attend(vcpu);
	decoded = decode(&fault, &access);
	if (decoded)
		result = emulate(vcpu, fault.address, &access);
	if (result == MMIO_DONE)
		return vcpu;
	if (result == MMIO_BUSY)
		return cpu_attend(vcpu);
	if (result == MMIO_NO_DEVICE && vcpu->vm->plan->stray_access == PLAN_STRAY_FAULT)
		return stop(vcpu, words(&fault, decoded), cause, fault.address);
	vcpu->exits[EXIT_CAUSE_FAULT]++;
	exception_inject(vcpu, access_fault_of(cause), fault.value);
	return vcpu;
}

/*
 * What waits, on a shared CPU; else what only a hypervisor may do, or a feature that guests are not
 * given: it is not there.
 */
RARELY static struct vcpu *handle_virtual_instruction(struct vcpu *vcpu)
{
	const uint64_t instruction = csr_read(CSR_STVAL);

	if (vcpu_is_shared(vcpu) && context_stalls(vcpu, instruction)) {
		skip(4);
		return cpu_attend(vcpu);
	}
	if (!vcpu_is_shared(vcpu) && vm_has_upcalls(vcpu->vm) && upcall_waits(vcpu, instruction)) {
		skip(4);
		return cpu_attend(vcpu);
	}
	vcpu->exits[EXIT_CAUSE_SYSTEM]++;
	trace_write(&vcpu->cpu->trace, TRACE_SYSTEM, vcpu->number, instruction);
	exception_inject(vcpu, CAUSE_ILLEGAL, instruction);
	return vcpu;
}

/* On a shared CPU they come here: it may be the first of floating point. */
RARELY static struct vcpu *handle_illegal(struct vcpu *vcpu)
{
	if (context_give_fp(vcpu))
		return vcpu;
	vcpu->exits[EXIT_CAUSE_SYSTEM]++;
	exception_inject(vcpu, CAUSE_ILLEGAL, csr_read(CSR_STVAL));
	return vcpu;
}

static int64_t sbi_error_of(int64_t result)
{
	switch (result) {
	case HYPERCALL_NOT_SUPPORTED:
		return SBI_NOT_SUPPORTED;
	case HYPERCALL_DENIED:
		return SBI_DENIED;
	case HYPERCALL_INVALID_PARAMETER:
		return SBI_INVALID_PARAM;
	default:
		return SBI_FAILED;
	}
}

/* Of a call that was not made for its caller, which steps behind it unless it is made again. */
static void fail(struct vcpu *vcpu, int64_t result)
{
	if (result == HYPERCALL_REPEAT)
		return;
	skip(4);
	vcpu->arch.x[10] = (uint64_t)sbi_error_of(result);
	vcpu->arch.x[11] = (uint64_t)result;
}

static ALWAYS_INLINE struct vcpu *attend_call(struct vcpu *vcpu)
{
	if (!vcpu_is_shared(vcpu))
		return cpu_attend(vcpu);
	context_ran(vcpu);
	return shared_next(vcpu->cpu);
}

RARELY static struct vcpu *fail_call(struct vcpu *vcpu, int64_t result)
{
	fail(vcpu, result);
	return attend_call(vcpu);
}

/* After one of the calls from HYPERCALL_QUICK_COUNT on; another vCPU may have the CPU. */
struct vcpu *exit_called(struct vcpu *vcpu, int64_t result)
{
	if (__builtin_expect(result < 0, 0))
		return fail_call(vcpu, result);
	skip(4);
	vcpu->arch.x[10] = SBI_SUCCESS;
	vcpu->arch.x[11] = (uint64_t)result;
	return attend_call(vcpu);
}

/* SCHED_YIELD for HYPERCALL_NEXT_TURN. */
struct vcpu *exit_yield(struct vcpu *vcpu)
{
	if (!vcpu_is_shared(vcpu))
		return exit_called(
			vcpu, hypercall_slow(vcpu, &vcpu->arch.x[10], HYPERCALL_SCHED_YIELD));
	vcpu->exits[EXIT_CAUSE_HYPERCALL]++;
	skip(4);
	vcpu->arch.x[10] = SBI_SUCCESS;
	vcpu->arch.x[11] = HYPERCALL_OK;
	return shared_yield(vcpu);
}

struct vcpu *exit_call_rest(struct vcpu *vcpu)
{
	skip(4);
	return sbi_handle(vcpu) ? vcpu : cpu_attend(vcpu);
}

__attribute__((cold)) struct vcpu *exit_sync_rest(struct vcpu *vcpu)
{
	const uint64_t cause = csr_read(CSR_SCAUSE);

	switch (cause) {
	case CAUSE_FETCH_GUEST_PAGE:
	case CAUSE_LOAD_GUEST_PAGE:
	case CAUSE_STORE_GUEST_PAGE:
		return handle_page_fault(vcpu, cause);
	case CAUSE_VIRTUAL_INSTRUCTION:
		return handle_virtual_instruction(vcpu);
	case CAUSE_ILLEGAL:
		if (vcpu_is_shared(vcpu))
			return handle_illegal(vcpu);
		/* fall through */
	default:
		return stop(vcpu, "an exception that is not the hypervisor's came to it", cause,
			ADDRESS_NONE);
	}
}

struct vcpu *exit_attend(struct vcpu *vcpu)
{
	return attend(vcpu);
}

_Noreturn void exit_panic(uint64_t cause, uint64_t pc, uint64_t value)
{
	console_print(
		"exception in the hypervisor: cause 0x%lx pc 0x%lx value 0x%lx", cause, pc, value);
	hyp_panic(__FILE__, __LINE__, "this is a bug of the hypervisor");
}
