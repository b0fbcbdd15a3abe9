/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carries out on this CPU what the scheduler (hyp/sched/) decides.
 *
 * A vCPU has a home, vcpu->cpu: the CPU that it runs on or ran on last. Whoever wants something of
 * it posts that to its home, whose own CPU does it in shared_next. A best-effort vCPU moves only by
 * being picked by another CPU, and only that one then changes its home.
 */
#include "hyp/core/shared.h"

#include "abi/hypercall.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_irq.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/console_queue.h"
#include "hyp/core/cpu.h"
#include "hyp/core/hyp.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"
#include "hyp/trace/trace.h"
#include "lib/bits.h"

#define POSTS_AT_ONCE 4u

#define POLLS_PER_S 1000u  /* of a UART that is full */
#define SENDS_PER_S 20000u /* to one that is not */

static struct shared_vcpu *record_of(struct sched_entity *entity)
{
	return (struct shared_vcpu *)entity; /* its first member */
}

static uint32_t state_of(const struct vcpu *vcpu)
{
	return __atomic_load_n(&vcpu->state, __ATOMIC_ACQUIRE);
}

/*
 * Posts `bits` for `vcpu` to its CPU, without a kick: cpu_attend or a kick must follow. Returns
 * false if something had been posted already, and that has not been seen to.
 */
static bool post(struct vcpu *vcpu, uint32_t bits)
{
	struct shared_vcpu *record = vcpu->shared;
	struct shared_cpu *home;

	if (__atomic_fetch_or(&record->posted, bits, __ATOMIC_SEQ_CST) != 0)
		return false; /* its home has not come to it yet */
	home = __atomic_load_n(&vcpu->cpu, __ATOMIC_SEQ_CST)->shared;
	record->next_posted = __atomic_load_n(&home->posted, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&home->posted, &record->next_posted, record, true,
		__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		lock_relax();
	return true;
}

static bool is_posted(const struct cpu *cpu)
{
	struct shared_vcpu *const volatile *posted = &cpu->shared->posted;

	return *posted != 0; /* relaxed: each turn of the loop asks again */
}

static bool is_deaf(const struct cpu *cpu, const struct vcpu *vcpu)
{
	return vcpu->shared->parameters.period == 0 &&
	       __atomic_load_n(&cpu->shared->filter, __ATOMIC_SEQ_CST) == IRQ_FILTER_REAL_TIME;
}

/*
 * While a real-time vCPU that nobody may disturb runs there, no kick for a best-effort one comes:
 * whatever another CPU asks for, and however often, takes none of its time (set_filter).
 */
void shared_wake(struct vcpu *vcpu)
{
	const struct cpu *home;

	if (!post(vcpu, SHARED_POSTED_WAKE))
		return; /* whoever posted first kicks its home, or is on it and attends */
	home = __atomic_load_n(&vcpu->cpu, __ATOMIC_SEQ_CST);
	if (!is_deaf(home, vcpu))
		arch_irq_kick(home);
}

/* A VM's vCPUs are one behind the other; most are at home with their neighbours. */
void shared_stop(const struct vm *vm)
{
	struct vcpu *vcpu = vm_vcpu(vm, 0);
	const struct vcpu *end = vcpu + vm->plan->vcpu_count;
	const struct cpu *kicked = 0, *home;

	for (; vcpu != end; vcpu++) {
		if (vcpu->shared && !post(vcpu, SHARED_POSTED_WAKE))
			continue;
		home = __atomic_load_n(&vcpu->cpu, __ATOMIC_SEQ_CST);
		if (home == kicked || (vcpu->shared && is_deaf(home, vcpu)))
			continue;
		arch_irq_kick(home);
		kicked = home;
	}
}

void shared_arrived(struct vcpu *vcpu, uint32_t irq, bool fast)
{
	trace_write(&vcpu->cpu->trace, TRACE_ARRIVED, vcpu->number, irq);
	post(vcpu, fast ? SHARED_POSTED_FAST : SHARED_POSTED_WAKE);
}

/* The scheduler learns of a vCPU when it starts. */
static void introduce(struct cpu *cpu, struct vcpu *vcpu)
{
	const struct plan_vm *vm = vcpu->vm->plan;
	struct shared_vcpu *record = vcpu->shared;
	const struct sched_traits traits = {
		.number = (uint8_t)vcpu->number,
		.slot = record->slot,
		.preemptable = vm->preemptable != 0,
		.policy = vm->irq_policy,
		.fast_interval = vm->fast_interval_ticks,
		.ends_jobs = shared_is_task(vcpu),
	};

	if (record->parameters.period != 0) {
		sched_add_real_time(
			&cpu->shared->sched, &record->entity, &traits, &record->parameters);
	} else {
		sched_add_best_effort(
			&cpu->shared->sched, &record->entity, &traits, vcpu->plan->affinity);
	}
	record->filter = record->parameters.period != 0 && !vm->preemptable ? IRQ_FILTER_REAL_TIME
									    : IRQ_FILTER_NONE;
	record->known = true;
}

static void take_one(struct cpu *cpu, struct vcpu *vcpu, uint32_t bits, uint64_t now)
{
	struct shared_vcpu *record = vcpu->shared;

	if (state_of(vcpu) == VCPU_OFF)
		return;
	if (!record->known)
		introduce(cpu, vcpu);
	if (shared_is_leaving(vcpu->vm, record)) {
		shared_add_leaver(cpu, vcpu);
		record->special |= SHARED_NOT_READY;
	}
	if (state_of(vcpu) == VCPU_STARTING)
		record->special |= SHARED_NOT_READY;
	if (record->has_clock && !sched_wants(&record->entity) &&
		(!record->stopped_ticks || now < record->stopped_ticks))
		record->stopped_ticks = now;
	if (bits & SHARED_POSTED_FAST)
		sched_wake_fast(&cpu->shared->sched, &record->entity, now);
	else
		sched_wake(&cpu->shared->sched, &record->entity, now);
}

/* Whom there is more to be seen to than the core. */
RARELY static void hand_over_special(struct cpu *here, struct vcpu *to, uint64_t now)
{
	take_one(here, to, SHARED_POSTED_WAKE, now);
	if (to->shared->known)
		sched_yield_to(&here->shared->sched, &to->shared->entity, now);
}

/* On its own CPU there is nothing to post: what is to be done is done here. */
FLATTEN void shared_hand_over(struct vcpu *from, struct vcpu *to)
{
	struct shared_vcpu *record = to->shared;
	struct cpu *here = from->cpu;

	if (__builtin_expect(__atomic_load_n(&to->cpu, __ATOMIC_SEQ_CST) != here, 0))
		shared_wake(to);
	else if (to == from)
		return;
	else if (__builtin_expect((record->special & ~SHARED_TOLD) != 0, 0))
		hand_over_special(here, to, arch_cpu_ticks());
	else
		sched_hand_over(&here->shared->sched, &record->entity, arch_cpu_ticks());
}

void shared_hand_over_interrupted(struct vcpu *from, struct vcpu *to)
{
	if (__atomic_load_n(&to->cpu, __ATOMIC_SEQ_CST) == from->cpu && arch_vcpu_has_interrupt(to))
		shared_hand_over(from, to);
}

/* What was posted to a vCPU's home just before it moved away goes after it. */
static void take_first(struct cpu *cpu, struct shared_queue *queue)
{
	struct shared_vcpu *record = queue->first;
	uint32_t bits;

	queue->first = record->next_posted;
	bits = __atomic_exchange_n(&record->posted, 0, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&record->vcpu->cpu, __ATOMIC_SEQ_CST) == cpu) {
		take_one(cpu, record->vcpu, bits, arch_cpu_ticks());
	} else {
		post(record->vcpu, bits);
		arch_irq_kick(record->vcpu->cpu);
	}
}

/* Some of what was posted: for the rest another decision follows. */
RARELY static void take_posted(struct cpu *cpu)
{
	struct shared_cpu *shared = cpu->shared;
	unsigned left = POSTS_AT_ONCE;

	shared_sort_posts(shared);
	for (; left > 0 && shared->urgent.first; left--)
		take_first(cpu, &shared->urgent);
	for (; left > 0 && shared->others.first; left--)
		take_first(cpu, &shared->others);
	shared_keep_posts(shared);
}

/* Gives this CPU's registers to `next`, or to nobody. */
static void load(struct cpu *cpu, struct vcpu *next)
{
	struct vcpu *loaded = cpu->vcpu;

	cpu->vcpu = arch_vcpu_switch(loaded, next);
	if (next)
		__atomic_store_n(&next->shared->loaded, 1, __ATOMIC_RELAXED);
	if (loaded)
		__atomic_store_n(&loaded->shared->loaded, 0, __ATOMIC_RELEASE);
}

/* No longer keeps the registers of a vCPU that another CPU may pick. */
RARELY static void unload(struct cpu *cpu)
{
	if (cpu->vcpu && cpu->vcpu->shared->migrates)
		load(cpu, 0);
}

/*
 * Its last home is about to unload it, and waits for nothing before that; nor must we keep the
 * registers of one that its CPU may want at the same time.
 */
RARELY static void fetch(struct cpu *cpu, struct vcpu *vcpu)
{
	unload(cpu);
	while (__atomic_load_n(&vcpu->shared->loaded, __ATOMIC_ACQUIRE))
		lock_relax();
	arch_vcpu_move(vcpu, cpu);
	__atomic_store_n(&vcpu->cpu, cpu, __ATOMIC_SEQ_CST);
}

RARELY static void start(struct cpu *cpu, struct vcpu *vcpu)
{
	struct shared_vcpu *record = vcpu->shared;

	arch_vcpu_start(vcpu, vcpu->start_pc, vcpu->start_argument);
	if (shared_is_task(vcpu))
		arch_vcpu_set_stack(vcpu, record->stack);
	cpu->vcpu = vcpu;
	__atomic_store_n(&record->loaded, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&vcpu->state, VCPU_ON, __ATOMIC_RELEASE);
	trace_write(&cpu->trace, TRACE_VCPU_START, vcpu->number, vcpu->start_pc);
}

/* With a clock of its own, a VM does not see the time that it wanted the core and had it not. */
static void set_clock(struct cpu *cpu, struct shared_vcpu *record, uint64_t now)
{
	if (record->stopped_ticks && now > record->stopped_ticks) {
		if (cpu->vcpu == record->vcpu)
			load(cpu, 0); /* what is loaded has the old offset */
		record->vcpu->time_offset += now - record->stopped_ticks;
	}
	record->stopped_ticks = 0;
}

/* Returns not 0 if something was posted before the filter was seen, so that a kick is needed. */
static ALWAYS_INLINE uintptr_t change_filter(
	struct cpu *cpu, struct shared_cpu *shared, uint8_t filter)
{
	if (shared->filter == filter)
		return 0;
	__atomic_store_n(&shared->filter, filter, __ATOMIC_SEQ_CST);
	arch_irq_filter(cpu, filter);
	return (uintptr_t)__atomic_load_n(&shared->posted, __ATOMIC_SEQ_CST);
}

static void set_filter(struct cpu *cpu, uint8_t filter)
{
	if (change_filter(cpu, cpu->shared, filter) != 0)
		arch_irq_kick(cpu);
}

/*
 * VMs with a region are told of each dispatch, once: also of a vCPU that goes on where it stopped,
 * as nobody else wanted the core meanwhile. `from` was loaded, or NULL.
 */
static ALWAYS_INLINE void tell_dispatch(struct vcpu *from, struct vcpu *to, uint64_t now)
{
	struct shared_vcpu *record = to->shared;
	const struct shared_vcpu *lost = from && from != to ? from->shared : 0;

	if (HYP_COMM && ((record->special | (lost ? lost->special : 0)) & SHARED_TOLD) &&
		(lost || record->told != record->entity.stats.dispatches))
		comm_dispatched(lost ? from : 0, to, now, sched_until(&to->cpu->shared->sched));
	record->told = record->entity.stats.dispatches;
}

static void end_receiving(struct vcpu *vcpu)
{
	if (HYP_COMM && vcpu->shared->receives)
		comm_goes_on(vcpu);
}

/*
 * Makes ready to enter whom the scheduler chose, if either it or the one that is loaded is special.
 * Returns NULL if the scheduler is to choose again.
 */
RARELY static struct vcpu *prepare(struct cpu *cpu, struct shared_vcpu *record, uint64_t now)
{
	struct vcpu *vcpu = record->vcpu, *from = cpu->vcpu;

	if (vcpu->cpu != cpu)
		fetch(cpu, vcpu);
	if (shared_is_leaving(vcpu->vm, record)) {
		if (from != vcpu)
			unload(cpu); /* others may wait for it, all the steps long */
		shared_leave(cpu, vcpu);
		return 0;
	}
	set_clock(cpu, record, now);
	end_receiving(vcpu);
	if (state_of(vcpu) == VCPU_STARTING) {
		record->told = ~0ull; /* chosen before its VM was restored, perhaps */
		tell_dispatch(from, vcpu, now);
		if (cpu->vcpu) /* which is no longer `from` if that may move */
			load(cpu, 0);
		else
			start(cpu, vcpu);
		return 0; /* a step each, and one more to enter */
	}
	if (cpu->vcpu != vcpu) {
		load(cpu, vcpu);
		record->began_ticks = now;
	}
	tell_dispatch(from, vcpu, now);
	record->special &= ~SHARED_NOT_READY;
	return vcpu;
}

/*
 * A vCPU that others may pick must not keep its registers here while we sleep. What has been kept
 * of posts (shared_keep_posts) kicks nobody.
 */
RARELY static void idle(struct cpu *cpu)
{
	unload(cpu);
	set_filter(cpu, IRQ_FILTER_NONE);
	if (!is_posted(cpu))
		arch_cpu_wait();
	arch_irq_poll(cpu);
}

RARELY static void tell_others(struct cpu *cpu)
{
	const uint64_t slots = sched_reported(&cpu->shared->sched);
	uint64_t cpus = sched_kicks(&cpu->shared->sched);

	for (; cpus; cpus &= cpus - 1)
		arch_irq_kick(cpu_at(bits_lowest(cpus)));
	if (slots)
		realtime_happened(cpu, slots);
}

/* A clock of its own stands from the moment that the vCPU has to wait for the core. */
RARELY static void stop_clock(
	struct shared_vcpu *record, const struct sched_entity *next, uint64_t now)
{
	if (record->has_clock && &record->entity != next && sched_wants(&record->entity) &&
		!record->stopped_ticks)
		record->stopped_ticks = now;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/*
 * Some of what waits for the UART is sent. While more waits, again after what the UART takes
 * meanwhile; if it takes it at once, soon, or without a pause where nobody wants the CPU. It is
 * best effort's time that this takes.
 */
RARELY static uint64_t send_output(bool is_idle, uint64_t now)
{
	const bool takes_more = console_send();
	const uint64_t rate = takes_more ? SENDS_PER_S : POLLS_PER_S;

	if (console_queue_count == 0)
		return ARCH_NEVER;
	return takes_more && is_idle ? now : now + hyp_plan->timer_frequency / rate;
}

RARELY static struct vcpu *stop_leaver(struct cpu *cpu)
{
	unload(cpu);
	shared_stop_leaver(cpu);
	arch_irq_poll(cpu);
	return 0;
}

/*
 * What follows a decision in any case: also if it concerns nobody, or a vCPU that is not ready to
 * enter, moves between CPUs, has a clock of its own, or may spin. Returns NULL if another decision
 * is to follow.
 */
static struct vcpu *follow(struct cpu *cpu, struct sched_entity *entity, uint64_t now)
{
	const bool is_spare = !entity || !sched_is_real_time(entity);
	struct vcpu *vcpu = 0;
	uint64_t until;

	if (sched_has_news(&cpu->shared->sched))
		tell_others(cpu);
	if (cpu->vcpu)
		stop_clock(cpu->vcpu->shared, entity, now);
	if (is_spare && cpu->shared->leavers)
		return stop_leaver(cpu);
	if (entity)
		vcpu = prepare(cpu, record_of(entity), now);
	if (entity && !vcpu) {
		arch_irq_poll(cpu); /* between two steps of work, as between two guests */
		return 0;
	}
	until = sched_until(&cpu->shared->sched);
	until = until < SCHED_NEVER ? until : ARCH_NEVER;
	if (console_queue_count != 0 && is_spare)
		until = earlier(until, send_output(!entity, now));
	if (vcpu && vcpu->shared->may_spin)
		until = earlier(until, shared_watch_spinning(vcpu->shared, now));
	arch_timer_arm(until);
	if (vcpu)
		set_filter(cpu, vcpu->shared->filter);
	if (vcpu && vm_has_upcalls(vcpu->vm))
		comm_upcall(vcpu);
	if (!vcpu)
		idle(cpu);
	return vcpu;
}

static ALWAYS_INLINE struct vcpu *switch_told(struct vcpu *from, struct vcpu *to, uint64_t now)
{
	tell_dispatch(from, to, now);
	return from == to ? to : arch_vcpu_switch(from, to);
}

RARELY static struct vcpu *switch_kicked(struct vcpu *from, struct vcpu *to, uint64_t now)
{
	if (is_posted(to->cpu))
		arch_irq_kick(to->cpu);
	end_receiving(to);
	return switch_told(from, to, now);
}

/* A switch that is told to the VMs, or in which something was posted while the filter changed. */
NEVER_INLINE FLATTEN static struct vcpu *switch_and_tell(
	struct vcpu *from, struct vcpu *to, uint64_t now)
{
	if (__builtin_expect(is_posted(to->cpu) || to->shared->receives, 0))
		return switch_kicked(from, to, now);
	return switch_told(from, to, now);
}

/* Whatever has come due, and whoever is to run. */
RARELY static struct vcpu *decide(void)
{
	struct cpu *cpu = arch_cpu_here();
	struct vcpu *vcpu;
	uint64_t now;

	do {
		if (is_posted(cpu))
			take_posted(cpu);
		now = arch_cpu_ticks();
		vcpu = follow(cpu, sched_pick(&cpu->shared->sched, now), now);
	} while (!vcpu);
	shared_attend_soon(cpu);
	return vcpu;
}

/*
 * The usual decision ends here: a vCPU that needs nothing but that its registers are loaded, if
 * they are not. At the first sign of anything else `decide` goes on.
 */
static ALWAYS_INLINE struct vcpu *enter(struct sched_entity *entity, uint64_t now)
{
	struct shared_vcpu *record = record_of(entity);
	struct vcpu *vcpu, *loaded;
	uint64_t special;
	struct cpu *cpu;

	if (__builtin_expect(!record, 0))
		return decide();
	vcpu = record->vcpu;
	cpu = vcpu->cpu;
	loaded = cpu->vcpu;
	if (__builtin_expect(!loaded, 0))
		return decide();
	special = record->special | loaded->shared->special;
	if (__builtin_expect((special & ~SHARED_TOLD) != 0, 0))
		return decide(); /* also if `cpu` is another one: who moves is special */
	arch_timer_arm(sched_until(&cpu->shared->sched));
	special |= change_filter(cpu, cpu->shared, record->filter);
	if (__builtin_expect(special != 0, 0))
		return switch_and_tell(loaded, vcpu, now);
	return vcpu == loaded ? vcpu : arch_vcpu_switch(loaded, vcpu);
}

/* As `enter`, from one best-effort vCPU, which ran and is loaded, to another: with its filter. */
static ALWAYS_INLINE struct vcpu *enter_turn(const struct sched_cpu *sched,
	struct sched_entity *from, struct sched_entity *to, uint64_t now)
{
	const uint64_t special = record_of(to)->special | record_of(from)->special;

	if (__builtin_expect((special & ~SHARED_TOLD) != 0, 0))
		return decide();
	arch_timer_arm(sched_until(sched));
	if (__builtin_expect(special != 0, 0))
		return switch_and_tell(record_of(from)->vcpu, record_of(to)->vcpu, now);
	return arch_vcpu_switch(record_of(from)->vcpu, record_of(to)->vcpu);
}

/* The same as any other call, and a decision. */
RARELY static struct vcpu *yield(struct vcpu *vcpu)
{
	if (is_posted(vcpu->cpu))
		take_posted(vcpu->cpu); /* who has just woken comes first, too */
	realtime_yield(vcpu, &(const uint64_t){HYPERCALL_NEXT_TURN});
	return decide();
}

FLATTEN struct vcpu *shared_yield(struct vcpu *vcpu)
{
	struct sched_cpu *const sched = &vcpu->cpu->shared->sched;
	const uint64_t now = arch_cpu_ticks();
	struct sched_entity *const from = &vcpu->shared->entity, *to;

	if (__builtin_expect(is_posted(vcpu->cpu) || console_queue_count != 0, 0))
		return yield(vcpu);
	to = sched_done_usual(sched, now);
	return __builtin_expect(!to, 0) ? yield(vcpu) : enter_turn(sched, from, to, now);
}

/* Ways of their own, so that none needs more registers than are free. */
NEVER_INLINE FLATTEN static struct vcpu *next_real_time(struct sched_cpu *sched, uint64_t now)
{
	return enter(sched_pick_usual_real_time(sched, now), now);
}

NEVER_INLINE FLATTEN static struct vcpu *next_turn(struct sched_cpu *sched, uint64_t now)
{
	struct sched_entity *const from = sched_running(sched);
	struct sched_entity *const to = sched_pick_usual_turn(sched, now);

	return __builtin_expect(!to, 0) ? decide() : enter_turn(sched, from, to, now);
}

FLATTEN struct vcpu *shared_next(struct cpu *cpu)
{
	struct sched_cpu *const sched = &cpu->shared->sched;
	const uint64_t now = arch_cpu_ticks();

	if (__builtin_expect(is_posted(cpu), 0))
		return decide();
	if (sched_has_real_time(sched, now))
		return next_real_time(sched, now);
	if (__builtin_expect(console_queue_count != 0, 0))
		return decide();
	if (sched_is_due(sched, now))
		return next_turn(sched, now);
	return enter(sched_pick_usual_best_effort(sched, now), now);
}

/* A clock of its own goes on while the vCPU waits, up to the moment that it wants to run again. */
FLATTEN void shared_wait(struct vcpu *vcpu, uint64_t until)
{
	const uint64_t end = earlier(until, arch_vcpu_timer(vcpu));

	__atomic_store_n(&vcpu->shared->suspended, false, __ATOMIC_RELAXED);
	if (vcpu->shared->has_clock && end != ARCH_NEVER)
		vcpu->shared->stopped_ticks = end;
	sched_block(&vcpu->cpu->shared->sched, end, arch_cpu_ticks());
}

void shared_suspend(struct vcpu *vcpu)
{
	shared_wait(vcpu, ARCH_NEVER);
	__atomic_store_n(&vcpu->shared->suspended, true, __ATOMIC_RELAXED);
}
