/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake architecture: the machine, and CPUs as threads or as the test itself.
 */
#include "arch/fake/fake.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "arch/include/arch_uart.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/console.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

struct fake fake;

/* Of the thread: the CPU that it is, and where fake_run waits for it. */
static _Thread_local struct cpu *this_cpu;
static _Thread_local jmp_buf *way_out;

static int ram_file = -1;

static uint8_t *map(void *at, int flags, uint64_t offset, size_t size_bytes)
{
	void *mapped = mmap(at, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | flags, ram_file,
		(off_t)offset);

	assert(mapped != MAP_FAILED);
	return mapped;
}

/* RAM is a file, so that windows are further mappings of its pages. */
static uint8_t *map_ram(void)
{
	const size_t size_bytes = FAKE_RAM_PAGES * PLAN_PAGE_SIZE;

	ram_file = memfd_create("ram", 0);
	assert(ram_file >= 0 && ftruncate(ram_file, size_bytes) == 0);
	return map(NULL, 0, 0, size_bytes);
}

void fake_reset(void)
{
	uint8_t *ram = fake.ram ? fake.ram : map_ram();

	fake = (struct fake){.uart_room = ~0u, .sleep_limit = ~0ull >> 1};
	fake.ram = ram;
	memset(fake.ram, 0xa5, FAKE_RAM_PAGES * PLAN_PAGE_SIZE);
	pthread_mutex_init(&fake.mutex, NULL);
	pthread_cond_init(&fake.changed, NULL);
	this_cpu = NULL;
	way_out = NULL;
}

enum fake_end fake_run(void (*body)(void *context), void *context)
{
	jmp_buf *volatile outer = way_out;
	jmp_buf here;
	int end;

	way_out = &here;
	end = setjmp(here);
	if (end == 0)
		body(context);
	way_out = outer;
	return (enum fake_end)end;
}

_Noreturn static void leave(enum fake_end end)
{
	assert(way_out);
	longjmp(*way_out, (int)end);
}

/* Ends the machine: the first reason stands, sleeping CPUs wake up to leave. */
_Noreturn static void end_machine(enum fake_end end)
{
	pthread_mutex_lock(&fake.mutex);
	if (fake.end == FAKE_RETURNED)
		fake.end = end;
	pthread_cond_broadcast(&fake.changed);
	pthread_mutex_unlock(&fake.mutex);
	leave(end);
}

static bool has_ended(void)
{
	bool ended;

	pthread_mutex_lock(&fake.mutex);
	ended = fake.end != FAKE_RETURNED;
	pthread_mutex_unlock(&fake.mutex);
	return ended;
}

void fake_become(const struct cpu *cpu)
{
	this_cpu = cpu ? cpu_at(cpu_index(cpu)) : NULL;
}

bool fake_take_kick(const struct cpu *cpu)
{
	bool *kicked = &fake.kicked[cpu_index(cpu)];
	bool taken;

	pthread_mutex_lock(&fake.mutex);
	taken = *kicked;
	*kicked = false;
	pthread_mutex_unlock(&fake.mutex);
	return taken;
}

uint8_t *fake_ram_at(uint64_t pa)
{
	assert(pa >= FAKE_RAM_BASE && pa < FAKE_RAM_BASE + FAKE_RAM_PAGES * PLAN_PAGE_SIZE);
	return fake.ram + (pa - FAKE_RAM_BASE);
}

/* The CPU */

void arch_cpu_init(struct cpu *cpu)
{
	assert(cpu_index(cpu) < FAKE_CPUS);
	fake_become(cpu);
}

static void start_secondary(void *index)
{
	hyp_start_secondary((unsigned)(uintptr_t)index);
}

static void *thread_main(void *index)
{
	fake_run(start_secondary, index);
	return NULL;
}

int64_t arch_cpu_start(const struct cpu *cpu)
{
	unsigned index = cpu_index(cpu);

	fake.cpus_started++;
	if (fake.start_result != 0 || !fake.threads)
		return fake.start_result;
	fake.started[index] = true;
	return pthread_create(&fake.thread[index], NULL, thread_main, (void *)(uintptr_t)index);
}

enum fake_end fake_join(void)
{
	for (unsigned i = 0; i < FAKE_CPUS; i++) {
		if (fake.started[i])
			pthread_join(fake.thread[i], NULL);
		fake.started[i] = false;
	}
	return fake.end;
}

/*
 * With no thread to wait for, time moves to what the timer was armed for, if it was: that is what
 * ends the sleep of a shared CPU.
 */
static bool skip_to_timer(void)
{
	const uint64_t timer = fake.timer[cpu_index(this_cpu)];

	if (fake.threads || !this_cpu->shared || timer == ARCH_NEVER || timer > fake.sleep_limit)
		return false;
	if (timer > fake.ticks)
		fake.ticks = timer;
	return true;
}

void arch_cpu_wait(void)
{
	const bool *kicked = &fake.kicked[cpu_index(this_cpu)];
	bool awake;

	if (!*kicked && skip_to_timer())
		return;
	pthread_mutex_lock(&fake.mutex);
	while (fake.threads && !*kicked && fake.end == FAKE_RETURNED)
		pthread_cond_wait(&fake.changed, &fake.mutex);
	awake = *kicked;
	pthread_mutex_unlock(&fake.mutex);
	if (!awake)
		leave(fake.threads ? FAKE_STOPPED : FAKE_IDLE);
}

bool arch_cpu_wait_bounded(void)
{
	if (fake.out_of_reach)
		return false;
	arch_cpu_wait();
	return true;
}

uint64_t arch_cpu_ticks(void)
{
	return __atomic_load_n(&fake.ticks, __ATOMIC_RELAXED);
}

struct cpu *arch_cpu_here(void)
{
	return this_cpu;
}

uint64_t arch_timer_frequency(void)
{
	return fake.frequency;
}

void arch_timer_arm(uint64_t ticks)
{
	fake.timer[cpu_index(this_cpu)] = ticks;
}

_Noreturn void arch_system_off(void)
{
	end_machine(FAKE_OFF);
}

_Noreturn void arch_cpu_halt(void)
{
	end_machine(FAKE_HALTED);
}

/* vCPUs and VMs */

void arch_vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t argument)
{
	vcpu->arch.pc = pc;
	vcpu->arch.argument = argument;
	vcpu->arch.starts++;
}

void arch_vcpu_park(struct vcpu *vcpu)
{
	vcpu->arch.parks++;
	vcpu->arch.timer = 0;
	vcpu->arch.interrupt = false;
}

struct vcpu *arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	assert(from == this_cpu->vcpu && from != to);
	if (from)
		from->shared->context.saves++;
	if (to) {
		assert(to->cpu == this_cpu && to->state == VCPU_ON);
		to->shared->context.loads++;
		to->cpu->vcpu = to;
	}
	return to;
}

bool arch_vcpu_has_interrupt(struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->arch.interrupt, __ATOMIC_ACQUIRE);
}

uint64_t arch_vcpu_timer(const struct vcpu *vcpu)
{
	return vcpu->arch.timer ? vcpu->arch.timer : ARCH_NEVER;
}

void arch_vcpu_set_stack(struct vcpu *vcpu, uint64_t address)
{
	vcpu->arch.stack = address;
}

void arch_vcpu_move(struct vcpu *vcpu, const struct cpu *to)
{
	assert(to == this_cpu && vcpu->cpu != to && vcpu->cpu->vcpu != vcpu);
	vcpu->arch.moves++;
}

uint64_t arch_vcpu_pc(const struct vcpu *vcpu)
{
	return vcpu->arch.pc;
}

/* Between two steps the CPU sees what was asked of it: a kick, or that its VM was cut off. */
_Noreturn void arch_vcpu_enter(struct vcpu *vcpu)
{
	if (!fake.guest)
		leave(FAKE_ENTERED);
	for (;;) {
		assert(vcpu->cpu == this_cpu && vcpu->state == VCPU_ON);
		assert(!vcpu->shared || this_cpu->vcpu == vcpu);
		if (has_ended())
			leave(FAKE_STOPPED);
		if (fake_take_kick(this_cpu) ||
			__atomic_load_n(&vcpu->vm->arch.cut, __ATOMIC_ACQUIRE)) {
			arch_irq_poll(vcpu->cpu);
			vcpu = cpu_attend(vcpu);
		} else {
			vcpu = fake.guest(vcpu);
		}
	}
}

void arch_vm_cut(struct vm *vm)
{
	vm->arch.cuts++;
	__atomic_store_n(&vm->arch.cut, true, __ATOMIC_RELEASE);
}

void arch_vm_join(struct vm *vm)
{
	vm->arch.joins++;
	__atomic_store_n(&vm->arch.cut, false, __ATOMIC_RELEASE);
}

void arch_vm_reset_irqs(struct vm *vm, unsigned first, unsigned count)
{
	assert(count > 0 && first + count <= vm->plan->vcpu_count);
	vm->arch.irq_resets += first == 0;
	vm->arch.line = false;
	vm->arch.lines = 0;
}

void *arch_window_open(struct cpu *cpu, unsigned slot, uint64_t pa, unsigned count)
{
	assert(cpu == this_cpu && slot < 2 && count > 0 && count <= PLAN_WINDOW_PAGES / 2);
	assert(fake.windows[cpu_index(cpu)][slot] == 0 && pa % PLAN_PAGE_SIZE == 0);
	fake.windows[cpu_index(cpu)][slot] = count;
	fake_ram_at(pa + count * PLAN_PAGE_SIZE - 1);
	return fake_ram_at(pa);
}

void arch_window_close(
	struct cpu *cpu, unsigned slot, unsigned count, const char *written, size_t bytes)
{
	assert(bytes <= count * PLAN_PAGE_SIZE && (written || bytes == 0));
	assert(fake.windows[cpu_index(cpu)][slot] == count);
	fake.windows[cpu_index(cpu)][slot] = 0;
}

/* A window's page, with one that is never mapped behind it: who leaves the page is caught. */
static uint8_t *window_page(const struct cpu *cpu, unsigned index)
{
	static uint8_t *windows;

	if (!windows)
		windows = mmap(NULL, 2ull * FAKE_CPUS * PLAN_WINDOW_PAGES * PLAN_PAGE_SIZE,
			PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert(windows != MAP_FAILED && index < PLAN_WINDOW_PAGES);
	return windows + 2 * (cpu_index(cpu) * PLAN_WINDOW_PAGES + index) * PLAN_PAGE_SIZE;
}

void *arch_window_page(struct cpu *cpu, unsigned index, uint64_t pa)
{
	assert(cpu == this_cpu && pa % PLAN_PAGE_SIZE == 0);
	fake_ram_at(pa);
	fake.window_pages[cpu_index(cpu)] |= (uint16_t)(1u << index);
	return map(window_page(cpu, index), MAP_FIXED, pa - FAKE_RAM_BASE, PLAN_PAGE_SIZE);
}

void arch_window_drop(struct cpu *cpu, unsigned index, unsigned count)
{
	assert(cpu == this_cpu);
	for (unsigned end = index + count; index < end; index++) {
		if (fake.window_pages[cpu_index(cpu)] & 1u << index)
			mprotect(window_page(cpu, index), PLAN_PAGE_SIZE, PROT_NONE);
		fake.window_pages[cpu_index(cpu)] &= (uint16_t) ~(1u << index);
	}
}

bool arch_vcpu_upcall(struct vcpu *vcpu, uint64_t entry, uint64_t *pc, uint64_t *state)
{
	if (vcpu->arch.closed) {
		vcpu->arch.nudges++;
		return false;
	}
	*pc = vcpu->arch.pc;
	*state = FAKE_STATE;
	vcpu->arch.pc = entry;
	vcpu->arch.upcalls++;
	return true;
}

bool arch_vcpu_upcall_end(struct vcpu *vcpu, uint32_t irq)
{
	(void)vcpu;
	return irq < FAKE_UPCALL_IRQS;
}

/* Interrupts */

void arch_irq_init(void)
{
	fake.irq_inits++;
}

void arch_irq_kick(const struct cpu *cpu)
{
	pthread_mutex_lock(&fake.mutex);
	fake.kicked[cpu_index(cpu)] = true;
	pthread_cond_broadcast(&fake.changed);
	pthread_mutex_unlock(&fake.mutex);
}

/* The UART's interrupt is level-sensitive: it is there as long as input is. */
static bool has_uart_interrupt(const struct cpu *cpu)
{
	bool has;

	pthread_mutex_lock(&fake.mutex);
	has = fake.routed_cpu == cpu && fake.typed && *fake.typed != '\0';
	pthread_mutex_unlock(&fake.mutex);
	return has;
}

void arch_irq_poll(struct cpu *cpu)
{
	fake_take_kick(cpu);
	if (!has_uart_interrupt(cpu))
		return;
	console_input();
	if (has_uart_interrupt(cpu))
		arch_irq_kick(cpu);
}

void arch_irq_filter(struct cpu *cpu, enum irq_filter filter)
{
	assert(cpu == this_cpu);
	fake.filter[cpu_index(cpu)] = (int)filter;
}

void arch_irq_route_own(uint32_t irq, const struct cpu *cpu)
{
	pthread_mutex_lock(&fake.mutex);
	fake.routed_irq = irq;
	fake.routed_cpu = cpu;
	pthread_mutex_unlock(&fake.mutex);
	if (has_uart_interrupt(cpu))
		arch_irq_kick(cpu);
}

void arch_virq_set_line(struct vm *vm, uint32_t irq, bool high)
{
	vm->arch.irq = irq;
	vm->arch.line = high;
	vm->arch.lines &= ~(1ull << irq % 64);
	vm->arch.lines |= (uint64_t)high << irq % 64;
	vm->arch.raised += high;
}

/* The test's guests take what was raised, if they like: nobody is woken. */
void arch_virq_raise(struct vm *vm, uint32_t irq)
{
	__atomic_store_n(&vm->arch.edge, irq, __ATOMIC_RELAXED);
	__atomic_fetch_add(&vm->arch.edges, 1, __ATOMIC_RELEASE);
}

void arch_doorbell_init(struct arch_doorbell *doorbell, struct vm *vm, uint32_t irq)
{
	*doorbell = (struct arch_doorbell){vm, irq};
}

/* Every other time, so that both ways are gone. */
bool arch_doorbell_ring(const struct arch_doorbell *doorbell)
{
	if (!doorbell->vm || __atomic_load_n(&doorbell->vm->arch.edges, __ATOMIC_RELAXED) % 2)
		return false;
	arch_virq_raise(doorbell->vm, doorbell->irq);
	return true;
}

bool arch_bits_try(uint64_t *word, uint64_t bits, uint64_t *old)
{
	*old = __atomic_load_n(word, __ATOMIC_RELAXED);
	return !fake.hinders && __atomic_compare_exchange_n(word, old, *old | bits, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* A controller that answers a read with the address and its own kind, and knows no bytes. */
enum mmio_result arch_intc_access(struct vcpu *vcpu, struct mmio_access *access, uint32_t unit)
{
	(void)vcpu;
	if (access->size == 1)
		return MMIO_DENIED;
	if (!access->is_write)
		access->value = (uint64_t)unit << 32 | access->address;
	return MMIO_DONE;
}

/* UART and debugger */

static void append(struct fake_text *to, char c)
{
	assert(to->length < FAKE_TEXT_SIZE - 1);
	to->text[to->length++] = c;
}

void arch_debugger_put(char c)
{
	append(&fake.debugger, c);
}

void arch_uart_init(void *uart)
{
	(void)uart;
	fake.uart_inits++;
}

bool arch_uart_ready(const void *uart)
{
	static unsigned refused;

	(void)uart;
	if (fake.uart_room == 0 || refused++ < fake.uart_delay)
		return false;
	refused = 0;
	return true;
}

void arch_uart_put(void *uart, char c)
{
	(void)uart;
	assert(fake.uart_room > 0);
	if (fake.uart_room != ~0u)
		fake.uart_room--;
	append(&fake.uart, c);
}

int arch_uart_get(void *uart)
{
	int c = -1;

	(void)uart;
	pthread_mutex_lock(&fake.mutex);
	if (fake.typed && *fake.typed != '\0')
		c = (unsigned char)*fake.typed++;
	pthread_mutex_unlock(&fake.mutex);
	return c;
}

void fake_type(const char *text)
{
	const struct cpu *cpu;

	pthread_mutex_lock(&fake.mutex);
	fake.typed = text;
	cpu = fake.routed_cpu;
	pthread_mutex_unlock(&fake.mutex);
	if (cpu)
		arch_irq_kick(cpu);
}
