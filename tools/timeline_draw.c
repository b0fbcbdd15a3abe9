/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Draws a timeline as SVG: for each shared CPU a band with a row for each vCPU that may run on it.
 * Shapes carry every meaning, colours only help: real-time vCPUs have cool ones, best-effort ones
 * warm ones, of palettes made to be told apart by colour-blind readers (Okabe and Ito; Tol). Red
 * is a missed deadline and nothing else.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/arena.h"
#include "tools/timeline_page.h"

static const char *const cool[] = {
	"#0072b2", "#009e73", "#56b4e9", "#332288", "#44aa99", "#6699cc", "#117733", "#8899dd"};
static const char *const warm[] = {
	"#e69f00", "#cc79a7", "#b8860b", "#882255", "#ddaa77", "#aa7744", "#e8b8d0", "#c2a200"};

#define HUES   (sizeof(cool) / sizeof(cool[0]))
#define LABELS 11u /* on the axis, at most */
#define NOBODY RECORDING_NO_VCPU

static double *top_of(const struct timeline_page *page, unsigned cpu, unsigned vcpu)
{
	return &page->tops[cpu * page->recording->vcpu_count + vcpu];
}

static void choose_colours(struct timeline_page *page)
{
	const struct recording *recording = page->recording;
	unsigned real_time = 0, best_effort = 0;

	for (unsigned i = 0; i < recording->vcpu_count; i++) {
		if (!recording->vcpus[i].is_shared)
			continue;
		page->colours[i] = recording->vcpus[i].class == RECORDING_BEST_EFFORT
					   ? warm[best_effort++ % HUES]
					   : cool[real_time++ % HUES];
	}
}

/* Whether a vCPU has a row in the CPU's band: it belongs there, or was there. */
static bool has_row(const struct timeline *timeline, unsigned cpu, unsigned vcpu)
{
	const struct recording_vcpu *one = &timeline->recording->vcpus[vcpu];

	if (!one->is_shared || !(one->affinity >> cpu % 64 & 1))
		return false;
	if (one->affinity == 1ull << cpu % 64)
		return true;
	for (size_t i = 0; i < timeline->span_count; i++) {
		if (timeline->spans[i].cpu == cpu && timeline->spans[i].vcpu == vcpu)
			return true;
	}
	return false;
}

static bool is_first(const struct recording_vcpu *vcpu)
{
	return vcpu->class != RECORDING_BEST_EFFORT;
}

/* Places the rows: by CPU, of each the real-time vCPUs first. */
static void place_rows(struct timeline_page *page)
{
	const struct recording *recording = page->recording;
	double at = PAGE_TOP;

	for (unsigned cpu = 0; cpu < recording->cpu_count; cpu++) {
		if (!timeline_has_cpu(page->timeline, cpu))
			continue;
		at += PAGE_STRIP;
		for (unsigned n = 0; n < 2 * recording->vcpu_count; n++) {
			unsigned vcpu = n % recording->vcpu_count;

			if (is_first(&recording->vcpus[vcpu]) != (n < recording->vcpu_count) ||
				!has_row(page->timeline, cpu, vcpu))
				continue;
			*top_of(page, cpu, vcpu) = at;
			at += PAGE_ROW;
		}
		at += PAGE_GAP;
	}
	page->axis = at - PAGE_GAP + 4;
	page->height = page->axis + PAGE_AXIS + timeline_marks_legend_height();
}

static void print_head(const struct timeline_page *page)
{
	fprintf(page->file,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\">\n"
		"<title>Schedule of %s</title>\n"
		"<style>\n"
		"text { font-family: 'Inter', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif;"
		" font-size: 12px; fill: #222; }\n"
		".title { font-size: 19px; font-weight: 600; }\n"
		".cpu { font-size: 13px; font-weight: 600; }\n"
		".note, .tick { font-size: 10.5px; fill: #666; }\n"
		".tick { text-anchor: middle; }\n"
		".share { text-anchor: end; }\n"
		".bad { font-size: 10.5px; font-weight: 600; fill: #cc0000; text-anchor: end; }\n"
		".grid { stroke: #e4e4e4; }\n"
		".base { stroke: #b8b8b8; }\n"
		".strip { fill: #f4f4f4; }\n"
		".unknown { fill: url(#unknown); }\n"
		".wait { fill-opacity: 0.45; }\n"
		".exhausted { fill: url(#exhausted); }\n"
		".release, .deadline { stroke: #222; stroke-width: 1.1; fill: #222; }\n"
		".miss { stroke: #cc0000; stroke-width: 2.2; fill: none; }\n"
		".budget-end { fill: #222; }\n"
		".quantum-end { fill: #fff; stroke: #222; stroke-width: 1.2; }\n"
		".arrived { stroke: #7b1fa2; stroke-width: 1.4; }\n"
		".fast { fill: #7b1fa2; }\n"
		".moved { stroke: #777; stroke-dasharray: 2 2; stroke-width: 0.8; fill: none; }\n"
		"</style>\n"
		"<defs>\n"
		"<pattern id=\"unknown\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 6L6 0\" stroke=\"#cccccc\"/></pattern>\n"
		"<pattern id=\"exhausted\" width=\"4\" height=\"4\" "
		"patternUnits=\"userSpaceOnUse\">"
		"<path d=\"M0 0L4 4\" stroke=\"#888888\"/></pattern>\n"
		"</defs>\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#ffffff\"/>\n",
		PAGE_WIDTH, page->height, PAGE_WIDTH, page->height,
		timeline_page_escaped(page->recording->name));
}

static unsigned count_marks(const struct timeline *timeline, unsigned kind)
{
	unsigned count = 0;

	for (size_t i = 0; i < timeline->mark_count; i++)
		count += timeline->marks[i].kind == kind;
	return count;
}

static void print_title(const struct timeline_page *page)
{
	const struct timeline *timeline = page->timeline;
	unsigned misses = count_marks(timeline, TRACE_DEADLINE_MISS);

	timeline_page_text(page, PAGE_MARGIN, 36, "title",
		arena_text("Schedule of %s", timeline_page_escaped(page->recording->name)));
	timeline_page_text(page, PAGE_MARGIN, 55, "note",
		arena_text("%s from %s on. Best-effort quantum %s. %s",
			timeline_page_length(page, timeline->to - timeline->from),
			timeline_page_moment(page, timeline->from),
			timeline_page_length(page, page->recording->quantum),
			misses ? "" : "No missed deadline is recorded."));
	if (misses)
		timeline_page_text(page, PAGE_RIGHT + 68, 36, "bad",
			arena_text("%u deadline%s missed", misses, misses == 1 ? "" : "s"));
}

/* The distance of labels: 1, 2 or 5 times a power of ten, in ns. */
static uint64_t label_step(uint64_t window_ns)
{
	uint64_t step = 1;

	for (unsigned i = 0; window_ns / step >= LABELS; i++)
		step = step * (i % 3 == 1 ? 5 : 4) / 2;
	return step;
}

/* Vertical lines with the time under them, in ms, or in s where the window is long. */
static void print_axis(const struct timeline_page *page)
{
	const struct timeline *timeline = page->timeline;
	uint64_t from = timeline_ns(timeline, timeline->from);
	uint64_t to = timeline_ns(timeline, timeline->to);
	uint64_t step = label_step(to - from), unit = step >= 100000000 ? 1000000000 : 1000000;
	int decimals = 0;

	for (uint64_t part = unit; part > step; part /= 10)
		decimals++;
	for (uint64_t at = (from + step - 1) / step * step; at <= to; at += step) {
		double x = PAGE_LEFT +
			   (double)(at - from) * (PAGE_RIGHT - PAGE_LEFT) / (double)(to - from);

		fprintf(page->file,
			"<line class=\"grid\" x1=\"%.2f\" x2=\"%.2f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
			x, x, PAGE_TOP, page->axis);
		timeline_page_text(page, x, page->axis + 15, "tick",
			arena_text("%.*f", decimals, (double)at / (double)unit));
	}
	fprintf(page->file,
		"<line class=\"base\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
		PAGE_LEFT, PAGE_RIGHT, page->axis, page->axis);
	timeline_page_text(page, PAGE_MARGIN, page->axis + 15, "note",
		arena_text("%s since the counter's zero", unit == 1000000 ? "ms" : "s"));
}

/* Everything that the CPU did, in one line, and what had been forgotten. */
static void print_strip(const struct timeline_page *page, unsigned cpu, double top)
{
	const struct timeline *timeline = page->timeline;
	const struct recording_cpu *one = &page->recording->cpus[cpu];
	uint64_t busy = 0;

	timeline_page_text(page, PAGE_MARGIN, top + 22, "cpu", arena_text("CPU %u", one->number));
	fprintf(page->file,
		"<rect class=\"strip\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"12\"/>\n",
		PAGE_LEFT, top + 12, PAGE_RIGHT - PAGE_LEFT);
	for (size_t i = 0; i < timeline->span_count; i++) {
		const struct timeline_span *span = &timeline->spans[i];

		if (span->cpu != cpu || (span->kind != TIMELINE_RAN && span->kind != TIMELINE_IDLE))
			continue;
		if (span->kind == TIMELINE_RAN)
			busy += span->to - span->from;
		timeline_marks_bar(page, span, span->kind == TIMELINE_RAN ? "on" : "idle",
			span->kind == TIMELINE_RAN ? page->colours[span->vcpu] : "#f4f4f4",
			top + 12, 12);
	}
	timeline_page_text(page, PAGE_WIDTH - PAGE_MARGIN, top + 22, "share",
		arena_text(
			"%.1f %%", 100 * (double)busy / (double)(timeline->to - timeline->from)));
}

/* Of a task that has ended only its jobs tell what it was. */
static const char *task_words(const struct timeline_page *page, unsigned vcpu)
{
	const struct timeline *timeline = page->timeline;

	for (size_t i = 0; i < timeline->mark_count; i++) {
		const struct timeline_mark *mark = &timeline->marks[i];

		if (mark->vcpu == vcpu && mark->kind == TRACE_RELEASE && mark->value > mark->at)
			return arena_text("ended; jobs due within %s",
				timeline_page_short(page, mark->value - mark->at));
	}
	return "no task";
}

/* A vCPU's name, and of a task its number, by which its guest knows it. */
static const char *name_words(const struct timeline_page *page, unsigned vcpu)
{
	const struct recording *recording = page->recording;
	const struct recording_vcpu *one = &recording->vcpus[vcpu];
	unsigned before = 0;

	if (one->class != RECORDING_TASK)
		return timeline_page_name(page, vcpu);
	for (unsigned i = 0; i < recording->vcpu_count; i++) {
		const struct recording_vcpu *other = &recording->vcpus[i];

		before += other->class == RECORDING_TASK && other->index < one->index &&
			  strcmp(other->vm, one->vm) == 0;
	}
	return arena_text("%s, task %u", timeline_page_name(page, vcpu), before);
}

/* What a vCPU may have, or what it is. */
static const char *limits_words(const struct timeline_page *page, unsigned vcpu)
{
	const struct recording_vcpu *one = &page->recording->vcpus[vcpu];
	const char *words;

	if (one->period == 0)
		return one->class == RECORDING_TASK ? task_words(page, vcpu) : "best effort";
	words = arena_text("%s each %s", timeline_page_short(page, one->capacity),
		timeline_page_short(page, one->period));
	if (one->period == one->deadline)
		return words;
	return arena_text("%s, within %s", words, timeline_page_short(page, one->deadline));
}

/* What a row is for, in the margins. */
static void print_label(const struct timeline_page *page, unsigned cpu, unsigned vcpu, double top)
{
	const struct timeline *timeline = page->timeline;

	fprintf(page->file, "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\" fill=\"%s\"/>\n",
		PAGE_MARGIN, top + 11, page->colours[vcpu]);
	timeline_page_text(page, PAGE_MARGIN + 14, top + 19, "name", name_words(page, vcpu));
	timeline_page_text(page, PAGE_MARGIN + 14, top + 32, "note", limits_words(page, vcpu));
	timeline_page_text(page, PAGE_WIDTH - PAGE_MARGIN, top + PAGE_BASE - 3, "share",
		arena_text("%.1f %%", 100 * (double)timeline_ran(timeline, cpu, vcpu) /
					      (double)(timeline->to - timeline->from)));
}

static void print_spans(const struct timeline_page *page, unsigned cpu, unsigned vcpu, double top)
{
	const struct timeline *timeline = page->timeline;

	for (size_t i = 0; i < timeline->span_count; i++) {
		const struct timeline_span *span = &timeline->spans[i];

		if (span->cpu != cpu || span->vcpu != vcpu)
			continue;
		if (span->kind == TIMELINE_RAN)
			timeline_marks_bar(page, span, "run", page->colours[vcpu],
				top + PAGE_BASE - PAGE_BAR, PAGE_BAR);
		else if (span->kind == TIMELINE_WAITED)
			timeline_marks_bar(
				page, span, "wait", page->colours[vcpu], top + PAGE_BASE - 4, 4);
		else
			timeline_marks_bar(page, span, "exhausted", NULL, top + PAGE_BASE - 6, 6);
	}
}

/* What the ring had forgotten, or what was before the CPU started. */
static void print_unknown(const struct timeline_page *page, unsigned cpu, double top, double height)
{
	const struct timeline *timeline = page->timeline;
	uint64_t known =
		timeline->recorded[cpu] < timeline->to ? timeline->recorded[cpu] : timeline->to;

	if (known > timeline->from)
		fprintf(page->file,
			"<rect class=\"unknown\" x=\"%.1f\" y=\"%.1f\" width=\"%.2f\" "
			"height=\"%.1f\"><title>nothing is recorded of CPU %u before "
			"%s</title></rect>\n",
			PAGE_LEFT, top, timeline_page_x(page, known) - PAGE_LEFT, height,
			page->recording->cpus[cpu].number, timeline_page_moment(page, known));
}

static void print_row(struct timeline_page *page, unsigned cpu, unsigned vcpu)
{
	const struct recording *recording = page->recording;
	double top = *top_of(page, cpu, vcpu);

	if (top == 0)
		return;
	fprintf(page->file, "<g id=\"cpu%u-%s-%u\" class=\"row\">\n", recording->cpus[cpu].number,
		timeline_page_escaped(recording->vcpus[vcpu].vm), recording->vcpus[vcpu].index);
	fprintf(page->file,
		"<line class=\"base\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
		PAGE_LEFT, PAGE_RIGHT, top + PAGE_BASE, top + PAGE_BASE);
	print_unknown(page, cpu, top + PAGE_BASE - PAGE_BAR, PAGE_BAR);
	print_label(page, cpu, vcpu, top);
	print_spans(page, cpu, vcpu, top);
	timeline_marks_row(page, cpu, vcpu, top);
	fprintf(page->file, "</g>\n");
}

static void print_cpus(struct timeline_page *page)
{
	const struct recording *recording = page->recording;
	double top = PAGE_TOP;

	for (unsigned cpu = 0; cpu < recording->cpu_count; cpu++) {
		if (!timeline_has_cpu(page->timeline, cpu))
			continue;
		fprintf(page->file, "<g id=\"cpu%u\" class=\"strip\">\n",
			recording->cpus[cpu].number);
		print_strip(page, cpu, top);
		print_unknown(page, cpu, top + 12, 12);
		fprintf(page->file, "</g>\n");
		top += PAGE_STRIP + PAGE_GAP;
		for (unsigned vcpu = 0; vcpu < recording->vcpu_count; vcpu++) {
			print_row(page, cpu, vcpu);
			if (*top_of(page, cpu, vcpu) > 0)
				top += PAGE_ROW;
		}
	}
}

/* A vCPU that goes on on another CPU: from where it stopped to where it goes on. */
static void print_moves(const struct timeline_page *page)
{
	const struct timeline *timeline = page->timeline;
	const struct recording *recording = page->recording;
	const struct timeline_span **last = arena_alloc(recording->vcpu_count + 1, sizeof(*last));

	for (size_t i = 0; i < timeline->span_count; i++) {
		const struct timeline_span *span = &timeline->spans[i], *before;

		if (span->kind != TIMELINE_RAN)
			continue;
		before = last[span->vcpu];
		last[span->vcpu] = span;
		if (!before || before->cpu == span->cpu ||
			!has_row(timeline, span->cpu, span->vcpu) ||
			!has_row(timeline, before->cpu, span->vcpu))
			continue;
		fprintf(page->file,
			"<path class=\"moved\" d=\"M%.2f %.1fL%.2f %.1f\"><title>%s moves from CPU "
			"%u "
			"to CPU %u</title></path>\n",
			timeline_page_x(page, before->to),
			*top_of(page, before->cpu, span->vcpu) + PAGE_BASE - PAGE_BAR / 2,
			timeline_page_x(page, span->from),
			*top_of(page, span->cpu, span->vcpu) + PAGE_BASE - PAGE_BAR / 2,
			timeline_page_name(page, span->vcpu), recording->cpus[before->cpu].number,
			recording->cpus[span->cpu].number);
	}
}

void timeline_draw(FILE *file, const struct timeline *timeline)
{
	const struct recording *recording = timeline->recording;
	size_t rows = (size_t)recording->cpu_count * recording->vcpu_count;
	struct timeline_page page = {.file = file,
		.timeline = timeline,
		.recording = recording,
		.colours = arena_alloc(recording->vcpu_count + 1, sizeof(*page.colours)),
		.tops = arena_alloc(rows + 1, sizeof(*page.tops))};

	choose_colours(&page);
	place_rows(&page);
	print_head(&page);
	print_title(&page);
	timeline_page_text(&page, PAGE_WIDTH - PAGE_MARGIN, PAGE_TOP - 4, "note share", "ran");
	print_axis(&page);
	print_cpus(&page);
	print_moves(&page);
	timeline_marks_legend(&page, page.axis + PAGE_AXIS);
	fprintf(file, "</svg>\n");
}
