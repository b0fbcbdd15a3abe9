/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages between VMs (docs/interface.md, section 8); after region_init. Results are 0 or more, or
 * an error of abi/hypercall.h. How one waits is in region.h.
 */
#ifndef GUEST_LIB_MESSAGE_H
#define GUEST_LIB_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "guest/lib/region.h"

/*
 * Sends a message; 0: it will be received, once. HYPERCALL_FULL: within the timeout the receiver
 * had no room. HYPERCALL_NO_VM, _DENIED, _TOO_BIG, _NOT_RUNNING.
 */
int64_t message_send(unsigned vm, const void *data, size_t bytes, uint64_t timeout_ns);

/*
 * Receives the oldest message into `data`: its size. *sender: the number of the VM that sent it.
 * HYPERCALL_EMPTY: within the timeout none came. HYPERCALL_TOO_BIG: it has more bytes than `room`,
 * and stays where it is. HYPERCALL_DENIED: the VM cannot receive messages.
 */
int64_t message_receive(unsigned *sender, void *data, size_t room, uint64_t timeout_ns);

/*
 * The same without a copy: the oldest message, which stays where it is until message_done; NULL if
 * there is none.
 */
const struct region_message *message_next(void);
void message_done(void);

/* Waits until there is a message: 0, or HYPERCALL_EMPTY or _DENIED. */
int64_t message_wait(uint64_t timeout_ns);

#endif
