/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output that waits for the UART. Where several vCPUs share a CPU nobody may wait for a UART with
 * all others behind him, so what is said is kept here, and sent while the UART takes it. All is
 * called with the console's lock held. shared_absent.c stands in for it.
 */
#ifndef HYP_CORE_CONSOLE_QUEUE_H
#define HYP_CORE_CONSOLE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

/* Keeps `c`, for console_queue_send. Returns false if there is no room. */
bool console_queue_put(char c);

/* Sends what the UART takes at once; with `all`, waits until it has taken everything. */
void console_queue_send(bool all);

/* Characters that the UART has not taken yet. */
extern uint32_t console_queue_count;

/* Whether some lines more have room. */
bool console_queue_has_room(void);

#endif
