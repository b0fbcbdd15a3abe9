/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text to the console.
 */
#ifndef GUEST_LIB_PRINT_H
#define GUEST_LIB_PRINT_H

/* What lib/format.h can format. Not for two CPUs at a time. */
__attribute__((format(printf, 1, 2))) void print(const char *text, ...);

#endif
