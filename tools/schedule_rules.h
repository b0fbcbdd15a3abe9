/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules that shared CPUs have to keep.
 */
#ifndef TOOLS_SCHEDULE_RULES_H
#define TOOLS_SCHEDULE_RULES_H

#include "tools/tree.h"

#define SCHEDULE_RULES_MASKS 8u /* different affinity masks of best-effort vCPUs */

/*
 * Checks all of them, admission included. After schedule_plan, once the VMs' settings have been
 * read; root is the description's.
 */
void schedule_rules_check(const struct system *system, const struct tree *root);

#endif
