/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Output that waits for the UART. Where several vCPUs share a CPU nobody may wait for a UART with
 * all others behind him, so what is said is kept here, and sent while the UART takes it. All is
 * called with the console's lock held. There where HYP_SHARED is 1 (extent.h).
 */
#ifndef HYP_CORE_CONSOLE_QUEUE_H
#define HYP_CORE_CONSOLE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Keeps `text`, for console_queue_send. Returns how many of its characters there was room for. */
size_t console_queue_put(const char *text, size_t count);

/*
 * Sends what the UART takes at once, a few characters at most. Returns whether more waits and the
 * UART may take more at once.
 */
bool console_queue_send(void);

/* The first shared CPU shall send what waits, if anything does. */
void console_queue_tell(void);

/* Characters that the UART has not taken yet. */
extern uint32_t console_queue_count;

/* Whether some lines more have room. */
bool console_queue_has_room(void);

#endif
