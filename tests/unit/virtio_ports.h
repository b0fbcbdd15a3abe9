/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of virtio consoles with several ports, for the tests of virtio_console.c and
 * virtio_messages.c.
 */
#ifndef TESTS_VIRTIO_PORTS_H
#define TESTS_VIRTIO_PORTS_H

#include "tests/unit/virtio_world.h"

#define PAGE(n)         (WORLD_RAM + (n)*PLAN_PAGE_SIZE)
#define PORTS_MULTIPORT BIT(1) /* the feature */
#define PORTS_SIZE      16u    /* of each queue */

/* Where the drivers have their data. */
#define PORTS_CONTROL_DATA PAGE(3) /* 64 bytes for each buffer */
#define PORTS_SEND_DATA    PAGE(4)
#define PORTS_RECEIVE_DATA PAGE(5)

enum { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, OPEN, NAME };

/* Of each VM: control queues, the console's, and those of the port to each VM. */
extern struct world_queue ports_control_receive[WORLD_VMS], ports_control_send[WORLD_VMS];
extern struct world_queue ports_terminal_receive[WORLD_VMS], ports_terminal_send[WORLD_VMS];
extern struct world_queue ports_receive[WORLD_VMS][WORLD_VMS], ports_send[WORLD_VMS][WORLD_VMS];

/* Where the VM's queue `index` lies; makes all of them ready, with buffers for control messages. */
uint64_t ports_place(unsigned index);
void ports_make_queues(unsigned vm, unsigned vms);

/* The driver's control messages. */
void ports_control(unsigned vm, uint32_t port, uint16_t event, uint16_t value);
void ports_add_control_buffer(unsigned vm, unsigned slot);

/* The next one of the device is that one, or there is none. */
void ports_expect(unsigned vm, uint32_t port, uint16_t event, uint16_t value, const char *name);
void ports_expect_nothing(unsigned vm);

/* As a driver does: it is there, the device tells of its ports, which the driver makes. */
void ports_bring_up(unsigned vm, unsigned vms);

/* The guest opens its port to `peer`; `is_open`: that one's is open. */
void ports_open(unsigned vm, unsigned peer, bool is_open);

/* A machine whose drivers are up; and with VM 0 and VM 1 listening to each other. */
void ports_start(unsigned vms);
void ports_start_two(void);

/* The VM makes a call. */
int64_t ports_call(unsigned vm, uint64_t number, uint64_t a, uint64_t b, uint64_t c);

#endif
