/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole system for a person to read: memory, owners, cores, settings, sizes.
 */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stdio.h>

#include "tools/image.h"

void report_print(FILE *out, const struct image *image);

/* orlop report FILE.yaml [--hyp FILE] [--boards FOLDER] */
int report_command(int argc, char **argv);

#endif
