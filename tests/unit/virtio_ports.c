/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of virtio consoles with several ports.
 */
#include "tests/unit/virtio_ports.h"

#include <string.h>

#include "hyp/core/hypercall.h"

struct control {
	uint32_t port;
	uint16_t event, value;
};

struct world_queue ports_control_receive[WORLD_VMS], ports_control_send[WORLD_VMS];
struct world_queue ports_terminal_receive[WORLD_VMS], ports_terminal_send[WORLD_VMS];
struct world_queue ports_receive[WORLD_VMS][WORLD_VMS], ports_send[WORLD_VMS][WORLD_VMS];

/* Queues lie 1 KiB apart, then there are pages for data. */
uint64_t ports_place(unsigned index)
{
	return PAGE(0) + index * 1024;
}

void ports_control(unsigned vm, uint32_t port, uint16_t event, uint16_t value)
{
	const struct control control = {port, event, value};

	memcpy(world_at(vm, PORTS_SEND_DATA), &control, sizeof(control));
	world_add(&ports_control_send[vm],
		&(struct world_piece){PORTS_SEND_DATA, sizeof(control), 0}, 1);
	world_notify(&ports_control_send[vm]);
}

void ports_add_control_buffer(unsigned vm, unsigned slot)
{
	world_add(&ports_control_receive[vm],
		&(struct world_piece){PORTS_CONTROL_DATA + slot * 64, 64, DESC_WRITE}, 1);
}

/* The next control message is that one; its buffer goes back. */
void ports_expect(unsigned vm, uint32_t port, uint16_t event, uint16_t value, const char *name)
{
	struct control control;
	uint32_t head, written;
	const uint8_t *data;

	assert_true(world_take(&ports_control_receive[vm], &head, &written));
	data = world_at(vm, PORTS_CONTROL_DATA + head * 64);
	memcpy(&control, data, sizeof(control));
	assert_int_equal(control.port, port);
	assert_int_equal(control.event, event);
	assert_int_equal(control.value, value);
	assert_int_equal(written, sizeof(control) + strlen(name));
	assert_memory_equal(data + sizeof(control), name, strlen(name));
	ports_add_control_buffer(vm, head);
}

void ports_expect_nothing(unsigned vm)
{
	uint32_t head, written;

	assert_false(world_take(&ports_control_receive[vm], &head, &written));
}

void ports_make_queues(unsigned vm, unsigned vms)
{
	unsigned at = 0;

	ports_control_receive[vm] =
		world_queue(vm, WORLD_CONSOLE, 2, PORTS_SIZE, ports_place(at++));
	ports_control_send[vm] = world_queue(vm, WORLD_CONSOLE, 3, PORTS_SIZE, ports_place(at++));
	ports_terminal_receive[vm] =
		world_queue(vm, WORLD_CONSOLE, 0, PORTS_SIZE, ports_place(at++));
	ports_terminal_send[vm] = world_queue(vm, WORLD_CONSOLE, 1, PORTS_SIZE, ports_place(at++));
	for (unsigned i = 0; i < vms; i++) {
		if (i == vm)
			continue;
		ports_receive[vm][i] =
			world_queue(vm, WORLD_CONSOLE, 4 + 2 * i, PORTS_SIZE, ports_place(at++));
		ports_send[vm][i] =
			world_queue(vm, WORLD_CONSOLE, 5 + 2 * i, PORTS_SIZE, ports_place(at++));
	}
	for (unsigned i = 0; i < PORTS_SIZE; i++)
		ports_add_control_buffer(vm, i);
}

static const char *const names[] = {"alpha", "beta", "gamma"};

/* As a driver does: it is there, the device tells of its ports, which the driver makes. */
void ports_bring_up(unsigned vm, unsigned vms)
{
	world_negotiate(vm, WORLD_CONSOLE, PORTS_MULTIPORT);
	ports_make_queues(vm, vms);
	world_live(vm, WORLD_CONSOLE);
	ports_control(vm, 0xffffffff, DEVICE_READY, 1);
	ports_expect(vm, 0, PORT_ADD, 1, "");
	for (unsigned i = 0; i < vms; i++) {
		if (i != vm)
			ports_expect(vm, 1 + i, PORT_ADD, 1, "");
	}
	ports_expect_nothing(vm);
}

/* The guest opens its port to `peer`; `is_open`: that one's is open. */
void ports_open(unsigned vm, unsigned peer, bool is_open)
{
	ports_control(vm, 1 + peer, PORT_READY, 1);
	ports_expect(vm, 1 + peer, NAME, 1, names[peer]);
	ports_expect(vm, 1 + peer, OPEN, is_open, "");
	ports_control(vm, 1 + peer, OPEN, 1);
}

void ports_start(unsigned vms)
{
	world_start(vms);
	harness_said();
	for (unsigned vm = 0; vm < vms; vm++)
		ports_bring_up(vm, vms);
}

/* VM 0 and VM 1 have opened their ports to each other. */
void ports_start_two(void)
{
	ports_start(2);
	ports_open(0, 1, false);
	ports_open(1, 0, true);
	ports_expect(0, 2, OPEN, 1, "");
}

int64_t ports_call(unsigned vm, uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t args[6] = {a, b, c};
	struct vcpu *vcpu = vm_vcpu(vm_at(vm), 0);
	int64_t result;

	fake_become(vcpu->cpu);
	result = hypercall_handle(vcpu, args, number);
	world_check_idle();
	return result;
}
