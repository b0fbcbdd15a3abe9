/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reconstructs the schedule: goes through the events as they happened and keeps for each CPU who
 * runs, and for each vCPU whether it wants to.
 */
#include "tools/timeline.h"

#include <inttypes.h>

#include "tools/arena.h"
#include "tools/message.h"

#define NS_PER_S          1000000000u
#define DEFAULT_WINDOW_NS 50000000u
#define NOBODY            RECORDING_NO_VCPU
#define NEVER             UINT64_MAX

/* A CPU on the way through the events. */
struct core {
	bool known;       /* who runs on it */
	unsigned running; /* a vCPU, or NOBODY */
	uint64_t since;   /* ticks */
};

enum thread_state { BLOCKED, RUNNING, WAITING, EXHAUSTED };

/* A vCPU on that way. */
struct thread {
	enum thread_state state;
	uint64_t since;
	uint64_t
		until; /* of a real-time vCPU: when its being BLOCKED or EXHAUSTED ends by itself */
	unsigned cpu;  /* where it was then */
	bool has_job, ends_jobs; /* a job of it is released; it says when one is over */
	uint64_t released;       /* the newest one, or NEVER */
};

struct walk {
	struct timeline *timeline;
	struct core *cores;
	struct thread *threads;
};

/* Keeps what of a span lies in the window. */
static void add_span(struct timeline *timeline, struct timeline_span span)
{
	span.from = span.start > timeline->from ? span.start : timeline->from;
	span.to = span.end < timeline->to ? span.end : timeline->to;
	if (span.from >= span.to)
		return;
	timeline->spans =
		arena_grow(timeline->spans, timeline->span_count, sizeof(timeline->spans[0]));
	timeline->spans[timeline->span_count++] = span;
}

static void add_mark(struct timeline *timeline, struct timeline_mark mark)
{
	if (mark.at < timeline->from || mark.at > timeline->to)
		return;
	timeline->marks =
		arena_grow(timeline->marks, timeline->mark_count, sizeof(timeline->marks[0]));
	timeline->marks[timeline->mark_count++] = mark;
}

/* Ends what the CPU has been doing, at `now`. */
static void core_ends(struct walk *walk, unsigned cpu, uint64_t now)
{
	struct core *core = &walk->cores[cpu];

	if (core->known)
		add_span(walk->timeline,
			(struct timeline_span){.start = core->since,
				.end = now,
				.kind = core->running == NOBODY ? TIMELINE_IDLE : TIMELINE_RAN,
				.cpu = cpu,
				.vcpu = core->running});
}

static void thread_span(
	struct walk *walk, unsigned vcpu, enum timeline_kind kind, uint64_t from, uint64_t to)
{
	if (from < to)
		add_span(walk->timeline, (struct timeline_span){.start = from,
						 .end = to,
						 .kind = kind,
						 .cpu = walk->threads[vcpu].cpu,
						 .vcpu = vcpu});
}

/* What a vCPU has been doing beside running, until `now`. */
static void thread_ends(struct walk *walk, unsigned vcpu, uint64_t now)
{
	const struct thread *thread = &walk->threads[vcpu];
	uint64_t until = thread->until < now ? thread->until : now;

	if (thread->state == RUNNING)
		return;
	if (thread->state == WAITING)
		until = thread->since;
	if (thread->state == EXHAUSTED)
		thread_span(walk, vcpu, TIMELINE_EXHAUSTED, thread->since, until);
	thread_span(walk, vcpu, TIMELINE_WAITED, until, now);
}

/* From `now` on it does something else; `until`: as in struct thread. */
static void thread_becomes(struct walk *walk, const struct recording_event *event,
	enum thread_state state, uint64_t until)
{
	struct thread *thread = &walk->threads[event->vcpu];
	bool has_budget =
		walk->timeline->recording->vcpus[event->vcpu].class != RECORDING_BEST_EFFORT;

	if (thread->state == state && (state == RUNNING || state == WAITING))
		return;
	thread_ends(walk, event->vcpu, event->ticks);
	thread->state = state;
	thread->since = event->ticks;
	thread->until = has_budget ? until : NEVER;
	thread->cpu = event->cpu;
}

/* From now on the event's vCPU has the CPU, or NOBODY. Who had it and has not given it up, waits.
 */
static void core_runs(struct walk *walk, const struct recording_event *event)
{
	struct core *core = &walk->cores[event->cpu];
	struct recording_event before = *event;

	core_ends(walk, event->cpu, event->ticks);
	if (!core->known)
		walk->timeline->recorded[event->cpu] = event->ticks;
	before.vcpu = core->known ? (uint8_t)core->running : NOBODY;
	if (before.vcpu != NOBODY && before.vcpu != event->vcpu &&
		walk->threads[before.vcpu].state == RUNNING)
		thread_becomes(walk, &before, WAITING, NEVER);
	if (event->vcpu != NOBODY)
		thread_becomes(walk, event, RUNNING, NEVER);
	*core = (struct core){.known = true, .running = event->vcpu, .since = event->ticks};
}

/*
 * Before the first change of vCPU that a ring knows, only what a vCPU does itself tells who runs:
 * it has done so since the ring's first event, or there would be a change.
 */
static void core_shows(struct walk *walk, const struct recording_event *event)
{
	struct core *core = &walk->cores[event->cpu];

	if (core->known)
		return;
	*core = (struct core){.known = true,
		.running = event->vcpu,
		.since = walk->timeline->recorded[event->cpu]};
	walk->threads[event->vcpu].state = RUNNING;
}

/* It wants to run now: it does, or another one does, or it has no budget. */
static void wants(struct walk *walk, const struct recording_event *event)
{
	const struct core *core = &walk->cores[event->cpu];
	const struct thread *thread = &walk->threads[event->vcpu];
	bool has_budget =
		walk->timeline->recording->vcpus[event->vcpu].class != RECORDING_BEST_EFFORT;

	if (core->known && core->running == event->vcpu)
		thread_becomes(walk, event, RUNNING, NEVER);
	else if (has_budget && !thread->has_job)
		thread_becomes(walk, event, EXHAUSTED, NEVER);
	else
		thread_becomes(walk, event, WAITING, NEVER);
}

/* It has given the core up; its job is over with that, unless it says itself when that is so. */
static void stops(struct walk *walk, const struct recording_event *event, enum thread_state state)
{
	struct thread *thread = &walk->threads[event->vcpu];

	thread->ends_jobs = thread->ends_jobs || event->kind == TRACE_JOB_END;
	if (!thread->ends_jobs || event->kind == TRACE_JOB_END)
		thread->has_job = false;
	thread_becomes(walk, event, state, event->kind == TRACE_VCPU_STOP ? NEVER : event->value);
}

/* What an event of a vCPU says about who runs and who wants to. */
static void follow(struct walk *walk, const struct recording_event *event)
{
	switch (event->kind) {
	case TRACE_SWITCH:
	case TRACE_TURN:
		core_runs(walk, event);
		break;
	case TRACE_RELEASE:
		walk->threads[event->vcpu].has_job = true;
		wants(walk, event);
		break;
	case TRACE_WAKE:
		wants(walk, event);
		break;
	case TRACE_BLOCK:
	case TRACE_JOB_END:
	case TRACE_VCPU_STOP:
		core_shows(walk, event);
		stops(walk, event, BLOCKED);
		break;
	case TRACE_BUDGET_END:
		core_shows(walk, event);
		stops(walk, event, EXHAUSTED);
		break;
	case TRACE_HYPERCALL:
	case TRACE_FIRMWARE:
	case TRACE_MMIO_READ:
	case TRACE_MMIO_WRITE:
	case TRACE_SYSTEM:
	case TRACE_IPI:
		core_shows(walk, event);
	}
}

/* The deadline of the job that was released then, if that lies in the window. */
static struct timeline_mark *find_deadline(
	struct timeline *timeline, unsigned vcpu, uint64_t released)
{
	for (size_t i = timeline->mark_count; i-- > 0;) {
		struct timeline_mark *mark = &timeline->marks[i];

		if (mark->kind == TIMELINE_DEADLINE && mark->vcpu == vcpu &&
			mark->value == released)
			return mark;
	}
	return NULL;
}

/* The guest says that the job which it is in is due at another time. */
static void move_deadline(struct walk *walk, struct timeline_mark mark)
{
	struct timeline *timeline = walk->timeline;
	const uint64_t released = walk->threads[mark.vcpu].released;
	struct timeline_mark *old = find_deadline(timeline, mark.vcpu, released);

	if (old)
		*old = timeline->marks[--timeline->mark_count];
	mark.kind = TIMELINE_DEADLINE;
	mark.at = mark.value;
	mark.value = released;
	add_mark(timeline, mark);
}

/* A miss is noticed some time after the deadline, which it names. */
static void mark(struct walk *walk, const struct recording_event *event)
{
	struct timeline *timeline = walk->timeline;
	struct timeline_mark mark = {.at = event->ticks,
		.value = event->value,
		.kind = event->kind,
		.cpu = event->cpu,
		.vcpu = event->vcpu};

	switch (event->kind) {
	case TRACE_RELEASE:
		add_mark(timeline, mark);
		mark.at = event->value;
		mark.value = event->ticks;
		mark.kind = TIMELINE_DEADLINE;
		add_mark(timeline, mark);
		walk->threads[event->vcpu].released = event->ticks;
		break;
	case TRACE_DEADLINE_SET:
		move_deadline(walk, mark);
		break;
	case TRACE_DEADLINE_MISS:
		if (event->value < event->ticks)
			mark.at = event->value;
		add_mark(timeline, mark);
		break;
	case TRACE_TURN:
		if (event->value >= timeline->recording->vcpu_count)
			break;
		mark.vcpu = (unsigned)event->value;
		mark.kind = TRACE_QUANTUM_END;
		add_mark(timeline, mark);
		break;
	case TRACE_JOB_END:
	case TRACE_BUDGET_END:
	case TRACE_QUANTUM_END:
	case TRACE_ARRIVED:
	case TRACE_FAST:
		add_mark(timeline, mark);
	}
}

static void walk_events(struct walk *walk)
{
	const struct recording *recording = walk->timeline->recording;

	for (size_t i = 0; i < recording->event_count; i++) {
		const struct recording_event *event = &recording->events[i];

		if (!timeline_has_cpu(walk->timeline, event->cpu))
			continue;
		if (event->vcpu < recording->vcpu_count) {
			follow(walk, event);
			mark(walk, event);
		} else if (event->kind == TRACE_IDLE && event->vcpu == NOBODY) {
			core_runs(walk, event);
		}
	}
}

/* Whatever goes on does so until the last moment that is known. */
static void walk_ends(struct walk *walk)
{
	const struct recording *recording = walk->timeline->recording;

	for (unsigned i = 0; i < recording->cpu_count; i++) {
		core_ends(walk, i, walk->timeline->newest);
		if (!walk->cores[i].known)
			walk->timeline->recorded[i] = NEVER;
	}
	for (unsigned i = 0; i < recording->vcpu_count; i++)
		thread_ends(walk, i, walk->timeline->newest);
}

bool timeline_has_cpu(const struct timeline *timeline, unsigned index)
{
	return timeline->recording->cpus[index].is_shared &&
	       (!timeline->has_cpu || timeline->recording->cpus[index].number == timeline->cpu);
}

uint64_t timeline_ran(const struct timeline *timeline, unsigned cpu, unsigned vcpu)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < timeline->span_count; i++) {
		const struct timeline_span *span = &timeline->spans[i];

		if (span->kind == TIMELINE_RAN && span->cpu == cpu && span->vcpu == vcpu)
			sum += span->to - span->from;
	}
	return sum;
}

static uint64_t to_ticks(uint64_t ns, uint64_t frequency)
{
	return ns / NS_PER_S * frequency + ns % NS_PER_S * frequency / NS_PER_S;
}

uint64_t timeline_ns(const struct timeline *timeline, uint64_t ticks)
{
	uint64_t frequency = timeline->recording->frequency;

	return ticks / frequency * NS_PER_S + ticks % frequency * NS_PER_S / frequency;
}

/* A moment that was asked for; before the counter's zero: that. */
static uint64_t moment(int64_t ns, uint64_t newest, uint64_t frequency)
{
	uint64_t back = to_ticks(ns < 0 ? 0 - (uint64_t)ns : 0, frequency);

	if (ns >= 0)
		return to_ticks((uint64_t)ns, frequency);
	return back < newest ? newest - back : 0;
}

/* The first moment of each CPU's ring, and the oldest and newest moment of all. */
static bool find_extent(struct timeline *timeline, uint64_t *oldest)
{
	const struct recording *recording = timeline->recording;
	bool any = false;

	for (unsigned i = 0; i < recording->cpu_count; i++)
		timeline->recorded[i] = UINT64_MAX;
	*oldest = UINT64_MAX;
	for (size_t i = 0; i < recording->event_count; i++) {
		const struct recording_event *event = &recording->events[i];

		if (!timeline_has_cpu(timeline, event->cpu))
			continue;
		any = true;
		if (event->ticks < timeline->recorded[event->cpu])
			timeline->recorded[event->cpu] = event->ticks;
		if (event->ticks < *oldest)
			*oldest = event->ticks;
		if (event->ticks > timeline->newest)
			timeline->newest = event->ticks;
	}
	return any;
}

static const struct place window_place = {"timeline", 0, 0};

static const char *ms_text(const struct timeline *timeline, uint64_t ticks)
{
	return arena_text("%.6f ms", (double)timeline_ns(timeline, ticks) / 1e6);
}

/* The window, as far as there is something to see in it. */
static bool choose_window(
	struct timeline *timeline, const struct timeline_options *options, uint64_t oldest)
{
	uint64_t frequency = timeline->recording->frequency;
	uint64_t usual = to_ticks(DEFAULT_WINDOW_NS, frequency);
	uint64_t newest = timeline->newest, from, to = newest;
	const char *range;

	if (options->has_to)
		to = moment(options->to_ns, newest, frequency);
	from = to > usual ? to - usual : 0;
	if (options->has_from)
		from = moment(options->from_ns, newest, frequency);
	range = arena_text(
		"the trace holds %s to %s", ms_text(timeline, oldest), ms_text(timeline, newest));
	if (from >= to || from >= newest || to <= oldest) {
		message_error(window_place, arena_text("say other moments: %s", range),
			"there is nothing between %s and %s", ms_text(timeline, from),
			ms_text(timeline, to));
		return false;
	}
	if ((options->from_ns != 0 && from < oldest) || to > newest)
		message_warning(window_place, "ask for a 'trace' of more events in the description",
			"%s, and no more is shown", range);
	timeline->from = from > oldest ? from : oldest;
	timeline->to = to < newest ? to : newest;
	return true;
}

/* Says why there is nothing to show. */
static bool nothing(const struct timeline *timeline)
{
	const struct recording *recording = timeline->recording;
	bool is_shared = false, is_there = false;

	for (unsigned i = 0; i < recording->cpu_count; i++) {
		is_shared = is_shared || recording->cpus[i].is_shared;
		is_there = is_there || timeline_has_cpu(timeline, i);
	}
	if (!is_shared)
		message_error(window_place, "put several vCPUs on one CPU in the description",
			"no core is shared, so nothing is scheduled");
	else if (!is_there)
		message_error(window_place, "see orlop report for the shared cores",
			"CPU %u is none that several vCPUs share", timeline->cpu);
	else
		message_error(window_place, "let the machine run for a while",
			"nothing has happened yet");
	return false;
}

bool timeline_build(struct timeline *timeline, const struct recording *recording,
	const struct timeline_options *options)
{
	uint64_t oldest;
	struct walk walk = {.timeline = timeline,
		.cores = arena_alloc(recording->cpu_count, sizeof(*walk.cores)),
		.threads = arena_alloc(recording->vcpu_count, sizeof(*walk.threads))};

	*timeline = (struct timeline){.recording = recording,
		.has_cpu = options->has_cpu,
		.cpu = options->cpu,
		.recorded = arena_alloc(recording->cpu_count, sizeof(*timeline->recorded))};
	if (!find_extent(timeline, &oldest))
		return nothing(timeline);
	if (!choose_window(timeline, options, oldest))
		return false;
	for (unsigned i = 0; i < recording->vcpu_count; i++)
		walk.threads[i] = (struct thread){.until = NEVER,
			.released = NEVER,
			.ends_jobs = recording->vcpus[i].class == RECORDING_TASK};
	walk_events(&walk);
	walk_ends(&walk);
	return true;
}
