/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time, as guests ask for it: the calls from HYPERCALL_SCHED_YIELD on (Hellfire's extended
 * services, table 4.1 of the dissertation).
 *
 * A VM with tasks has a vCPU for each, which is real-time and off until the task is launched; the
 * VM needs no scheduler. A task is registered only if all that is promised on its CPU can still be
 * kept (hyp/sched/admission.h). That takes a while, so it is done in steps: the caller makes the
 * same call again until it has an answer, and meanwhile the core is scheduled as always.
 */
#include "abi/hypercall.h"
#include "arch/include/arch_cpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/hypercall.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"
#include "lib/bits.h"

#define NS_PER_S     1000000000ull
#define LAPSES_PER_S 10u

/* Guards all tasks' records and the applicants of all CPUs. */
static struct lock tasks_lock;

RARELY static uint64_t many_ticks_of(uint64_t ns, bool round_up)
{
	const uint64_t frequency = hyp_plan->timer_frequency;
	const uint64_t rest = ns % NS_PER_S * frequency;
	uint64_t ticks;

	if (__builtin_mul_overflow(ns / NS_PER_S, frequency, &ticks) || ticks >> 61)
		return 1ull << 62;
	return ticks + rest / NS_PER_S + (round_up && rest % NS_PER_S != 0);
}

/*
 * Whole ticks; what is lost or added is for the caller to choose. At most 2^62. Below 2^32 neither
 * the product nor what is added to it overflows.
 */
static ALWAYS_INLINE uint64_t ticks_of(uint64_t ns, bool round_up)
{
	const uint64_t frequency = hyp_plan->timer_frequency;

	if (__builtin_expect(((ns | frequency) >> 32) != 0, 0))
		return many_ticks_of(ns, round_up);
	return (ns * frequency + (round_up ? NS_PER_S - 1 : 0)) / NS_PER_S;
}

static uint64_t from_now(uint64_t ns)
{
	return ns ? arch_cpu_ticks() + ticks_of(ns, true) : 0;
}

/* The vCPU of task `index` of a VM, or NULL. */
static struct vcpu *task_of(const struct vm *vm, uint64_t index)
{
	const uint32_t count = (uint32_t)vm->plan->vcpu_count - vm->plan->task_first;

	return index < count ? vm_vcpu(vm, vm->plan->task_first + (unsigned)index) : 0;
}

/* Something happened to a task that its manager wants to know: it wakes, or does not sleep next. */
static void tell_manager(const struct vm *vm)
{
	struct vcpu *manager = vm_vcpu(vm, 0);

	if (!manager->shared)
		return;
	__atomic_store_n(&manager->shared->news, 1, __ATOMIC_RELEASE);
	shared_wake(manager);
}

/* Whether something happened since the vCPU asked or was about to sleep last. */
static bool take_news(struct vcpu *vcpu)
{
	if (__builtin_expect(__atomic_load_n(&vcpu->shared->news, __ATOMIC_RELAXED) == 0, 1))
		return false;
	return __atomic_exchange_n(&vcpu->shared->news, 0, __ATOMIC_ACQUIRE) != 0;
}

bool shared_wait_for(struct vcpu *vcpu, uint64_t ns)
{
	if (arch_vcpu_has_interrupt(vcpu) || take_news(vcpu))
		return false;
	shared_wait(vcpu, ns == HYPERCALL_FOREVER ? ARCH_NEVER : from_now(ns));
	return true;
}

int64_t realtime_yield(struct vcpu *vcpu, const uint64_t *args)
{
	const uint64_t until = from_now(args[0]);

	if (!vcpu->shared)
		return HYPERCALL_NOT_SUPPORTED;
	if (sched_is_real_time(&vcpu->shared->entity))
		sched_done(&vcpu->cpu->shared->sched, until, arch_cpu_ticks());
	else if (args[0] == HYPERCALL_NEXT_TURN)
		sched_done(&vcpu->cpu->shared->sched, 0, arch_cpu_ticks());
	else if (!arch_vcpu_has_interrupt(vcpu) && !take_news(vcpu))
		shared_wait(vcpu, until ? until : ARCH_NEVER);
	return HYPERCALL_OK;
}

int64_t realtime_pass_param(struct vcpu *vcpu, const uint64_t *args)
{
	if (!vcpu->shared)
		return HYPERCALL_NOT_SUPPORTED;
	switch (args[0]) {
	case HYPERCALL_PARAM_SCHEDULER:
		vcpu->shared->scheduler = args[1];
		return HYPERCALL_OK;
	case HYPERCALL_PARAM_MODE:
		vcpu->shared->mode = args[1];
		return HYPERCALL_OK;
	case HYPERCALL_PARAM_DEADLINE:
		if (!sched_is_real_time(&vcpu->shared->entity))
			return HYPERCALL_WRONG_STATE;
		return sched_set_deadline(&vcpu->cpu->shared->sched,
			       arch_cpu_ticks() + ticks_of(args[1], false), arch_cpu_ticks())
			       ? HYPERCALL_OK
			       : HYPERCALL_INVALID_PARAMETER;
	default:
		return HYPERCALL_INVALID_PARAMETER;
	}
}

static struct vcpu *free_task(const struct vm *vm)
{
	struct vcpu *vcpu;

	for (unsigned i = 0; (vcpu = task_of(vm, i)) != 0; i++) {
		if (vcpu->shared->task == SHARED_TASK_FREE)
			return vcpu;
	}
	return 0;
}

/*
 * To whole ticks, so that the task gets no less than it asked for, and with the hypervisor's own
 * work for it. Returns false if there is no such task.
 */
static bool read_parameters(struct sched_parameters *parameters, const uint64_t *args)
{
	const uint64_t period = ticks_of(args[2], false), capacity = ticks_of(args[3], true);
	const uint64_t deadline = ticks_of(args[4], false);

	*parameters = (struct sched_parameters){period, capacity, deadline};
	if (capacity == 0 || capacity > deadline || deadline > period || period >> 40)
		return false;
	parameters->capacity = admission_capacity(capacity, hyp_plan->switch_ticks);
	return true;
}

/* All that is promised on the CPU, and the new one behind it. Returns how many. */
static unsigned collect(struct cpu *cpu, const struct sched_parameters *parameters)
{
	struct sched_parameters *set = cpu->shared->set;
	unsigned count = 0;

	for (unsigned i = 0; i < cpu->shared->real_time_count; i++) {
		const struct shared_vcpu *record = cpu->shared->real_time[i];

		if (record->parameters.period != 0)
			set[count++] = record->parameters;
	}
	set[count++] = *parameters;
	return count;
}

static bool is_same(const struct sched_parameters *a, const struct sched_parameters *b)
{
	return a->period == b->period && a->capacity == b->capacity && a->deadline == b->deadline;
}

/*
 * One after the other, in turns: who asks while another one's test goes on is next. One that does
 * not come back for its answer is forgotten.
 */
static bool is_turn_of(struct shared_cpu *shared, struct vcpu *applicant)
{
	const uint64_t now = arch_cpu_ticks();

	if (shared->applicant && shared->applicant != applicant &&
		now - shared->applied_ticks < hyp_plan->timer_frequency / LAPSES_PER_S) {
		if (!shared->next_applicant)
			shared->next_applicant = applicant;
		return false;
	}
	if (shared->applicant != applicant)
		shared->candidate.period = 0;
	shared->applicant = applicant;
	shared->applied_ticks = now;
	return true;
}

static void end_turn(struct shared_cpu *shared)
{
	shared->applicant = shared->next_applicant;
	shared->next_applicant = 0;
	shared->candidate.period = 0;
	shared->applied_ticks = arch_cpu_ticks();
}

/* One step of the test for `parameters` on the task's CPU, for the vCPU that asks. */
static enum admission_result admit(
	struct vcpu *applicant, struct cpu *cpu, const struct sched_parameters *parameters)
{
	struct shared_cpu *shared = cpu->shared;
	enum admission_result result;

	if (!is_turn_of(shared, applicant))
		return ADMISSION_MORE;
	if (!is_same(parameters, &shared->candidate)) {
		shared->candidate = *parameters;
		admission_begin(&shared->admission, shared->set, collect(cpu, parameters),
			cpu->plan->real_time_share, hyp_plan->switch_ticks, hyp_plan->masked_ticks);
	}
	result = admission_step(&shared->admission);
	if (result != ADMISSION_MORE)
		end_turn(shared);
	return result;
}

static int64_t create(struct vcpu *vcpu, const uint64_t *args)
{
	struct sched_parameters parameters;
	struct shared_vcpu *record;
	enum admission_result result;
	struct vcpu *task;

	if (!read_parameters(&parameters, args))
		return HYPERCALL_INVALID_PARAMETER;
	task = free_task(vcpu->vm);
	if (!task)
		return HYPERCALL_NO_ROOM;
	record = task->shared;
	result = admit(vcpu, cpu_at(task->plan->cpu), &parameters);
	if (result == ADMISSION_MORE)
		return HYPERCALL_REPEAT;
	if (result == ADMISSION_REFUSED)
		return HYPERCALL_REFUSED;
	record->parameters = parameters;
	record->entry = args[0];
	record->stack = args[1];
	record->task = SHARED_TASK_REGISTERED;
	record->entity.stats = (struct sched_stats){0}; /* of the task, not of its vCPU */
	record->entity.reports = 0;
	return (int64_t)task->plan->index - vcpu->vm->plan->task_first;
}

/* The task that a caller means and may control, or NULL with the reason in `error`. */
static struct vcpu *find_task(const struct vcpu *caller, const uint64_t *args, int64_t *error)
{
	const struct vm *vm;
	struct vcpu *task;

	*error = HYPERCALL_INVALID_PARAMETER;
	if (args[0] >= hyp_plan->vm_count)
		return 0;
	vm = vm_at((unsigned)args[0]);
	task = task_of(vm, args[1]);
	if (!task)
		return 0;
	*error = HYPERCALL_DENIED;
	if (!(vm->plan->controllers >> caller->vm->plan->id & 1))
		return 0;
	*error = HYPERCALL_WRONG_STATE;
	return task->shared->task == SHARED_TASK_REGISTERED ? task : 0;
}

static int64_t launch(struct vcpu *vcpu, const uint64_t *args)
{
	int64_t error;
	struct vcpu *task = find_task(vcpu, args, &error);

	if (!task)
		return error;
	return vcpu_start(task, task->shared->entry, args[1]) == VCPU_STARTED
		       ? HYPERCALL_OK
		       : HYPERCALL_WRONG_STATE;
}

static void forget_task(struct shared_vcpu *record)
{
	record->parameters = (struct sched_parameters){0};
	record->task = SHARED_TASK_FREE;
	__atomic_fetch_or(&record->entity.reports, 1u << HYPERCALL_REPORT_ENDS, __ATOMIC_RELEASE);
}

static int64_t delete (struct vcpu *vcpu, const uint64_t *args)
{
	int64_t error;
	struct vcpu *task = find_task(vcpu, args, &error);

	if (!task)
		return error;
	if (__atomic_load_n(&task->state, __ATOMIC_ACQUIRE) == VCPU_OFF) {
		forget_task(task->shared);
		tell_manager(task->vm);
		return HYPERCALL_OK;
	}
	task->shared->task = SHARED_TASK_ENDING; /* its own CPU takes it off */
	vcpu_kick(task);
	return HYPERCALL_OK;
}

int64_t realtime_report(struct vcpu *vcpu, const uint64_t *args)
{
	const struct vcpu *task = task_of(vcpu->vm, args[0]);
	const struct sched_stats *stats;

	if (!task)
		return HYPERCALL_INVALID_PARAMETER;
	stats = &task->shared->entity.stats;
	switch (args[1]) {
	case HYPERCALL_REPORT_JOBS:
		return (int64_t)stats->jobs;
	case HYPERCALL_REPORT_MISSES:
		return (int64_t)stats->misses;
	case HYPERCALL_REPORT_EXHAUSTIONS:
		return (int64_t)stats->budget_ends;
	default:
		return HYPERCALL_INVALID_PARAMETER;
	}
}

int64_t realtime_next_event(struct vcpu *vcpu, const uint64_t *args)
{
	struct vcpu *task;

	(void)args;
	if (vcpu->shared)
		take_news(vcpu);
	for (unsigned i = 0; (task = task_of(vcpu->vm, i)) != 0; i++) {
		const uint32_t reports =
			__atomic_exchange_n(&task->shared->entity.reports, 0, __ATOMIC_ACQUIRE);

		if (reports)
			return (int64_t)((uint64_t)reports << 8 | i);
	}
	return HYPERCALL_EMPTY;
}

static int64_t call_locked(hypercall_service *call, struct vcpu *vcpu, const uint64_t *args)
{
	int64_t result;

	lock_take(&tasks_lock);
	result = call(vcpu, args);
	lock_release(&tasks_lock);
	return result;
}

int64_t realtime_create(struct vcpu *vcpu, const uint64_t *args)
{
	return call_locked(create, vcpu, args);
}

int64_t realtime_launch(struct vcpu *vcpu, const uint64_t *args)
{
	return call_locked(launch, vcpu, args);
}

int64_t realtime_delete(struct vcpu *vcpu, const uint64_t *args)
{
	return call_locked(delete, vcpu, args);
}

void realtime_off(struct vcpu *task)
{
	lock_take(&tasks_lock);
	if (task->shared->task == SHARED_TASK_ENDING) {
		forget_task(task->shared);
		tell_manager(task->vm);
	}
	lock_release(&tasks_lock);
}

void shared_vm_left(struct vm *vm)
{
	struct vcpu *task;

	lock_take(&tasks_lock);
	for (unsigned i = 0; (task = task_of(vm, i)) != 0; i++) {
		forget_task(task->shared);
		task->shared->entity.reports = 0;
	}
	lock_release(&tasks_lock);
}

/* Of the ends of jobs, which are so many, a manager reads when it likes. */
void realtime_happened(struct cpu *cpu, uint64_t slots)
{
	for (; slots; slots &= slots - 1) {
		const struct shared_vcpu *record = cpu->shared->real_time[bits_lowest(slots)];
		const struct vm *vm = record->vcpu->vm;
		const uint32_t reports = __atomic_load_n(&record->entity.reports, __ATOMIC_RELAXED);

		if (record->vcpu->plan->index >= vm->plan->task_first &&
			(reports & ~(1u << HYPERCALL_REPORT_JOBS)) != 0)
			tell_manager(vm);
	}
}
