/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command check. For a finished image it proves isolation from the image's bytes alone: it
 * shares no code with what builds images, only the formats (abi/, the architecture's layout.h).
 */
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

/* Prints what has been shown to out, or the errors. Returns whether isolation holds. */
bool verify_image(const char *path, FILE *out);

/* orlop check IMAGE.elf | FILE.yaml [--boards FOLDER] */
int verify_command(int argc, char **argv);

#endif
