/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler's events in words.
 */
#include "hyp/trace/trace.h"

#define TRACE_EVENT_WORDS(symbol, words) words,

const char *trace_sched_words(unsigned event)
{
	static const char *const words[] = {TRACE_SCHED_EVENTS(TRACE_EVENT_WORDS)};

	return words[event - TRACE_SWITCH];
}
