/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The report's part on time: who shares a core, why each deadline is met, what is left, and what
 * interrupts do to those that share.
 */
#ifndef TOOLS_REPORT_SCHEDULE_H
#define TOOLS_REPORT_SCHEDULE_H

#include <stdio.h>

#include "tools/system.h"

/* The analysis of each shared CPU, and how interrupts are delivered there; nothing if there is
 * none. */
void report_schedule_print(FILE *out, const struct system *system);

#endif
