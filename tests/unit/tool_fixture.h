/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For the tests of what builds, checks and reports images: a planned system on a small board, a
 * hypervisor's ELF file without a hypervisor in it, and what has been said on stderr.
 */
#ifndef TESTS_TOOL_FIXTURE_H
#define TESTS_TOOL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "abi/image.h"
#include "tools/system.h"

/* The first VM: Linux on CPUs 0 and 1, shared console. The second: bare, on CPU 3, restarts. */
#define FIXTURE_LINUX   0
#define FIXTURE_CONTROL 1

#define FIXTURE_HYP_BASE 0x40200000u

/* A new system, as the planner would make it, that the test may change. */
struct system *fixture_system(void);

/*
 * The same with shared CPUs: Linux is on CPU 0 and, its second vCPU, on 0 and 1; the other VM has a
 * real-time vCPU of 2 ms (and 2 switches) in 10 ms, due after 5 ms, and two tasks, on CPU 3.
 */
#define FIXTURE_MS 62500u /* ticks */
struct system *fixture_shared_system(void);

/*
 * fixture_system with communication: both VMs have a ring for the other's messages, the tunnel
 * `telemetry`, which Linux only reads, and a port in network `lan`: Linux's is a virtio device, as
 * its message ports are (devices 0 and 1 of the plan), the other VM's are its packet rings.
 */
#define FIXTURE_TUNNEL       0x50300000u /* host-physical */
#define FIXTURE_TUNNEL_BYTES 0x10000u    /* bytes */
struct system *fixture_comm_system(void);

/* Gives the VM a device of the board by its path. */
struct board_device *fixture_device(struct system *system, unsigned vm, const char *path);

/* What a fake hypervisor's ELF file holds; a test spoils one thing of it. */
struct fixture_hyp {
	uint32_t text, constants, data, bss; /* bytes */
	struct hyp_info info;
};

/* A sound one, like the real one in its sizes. */
struct fixture_hyp fixture_hyp(void);

/* One with a scheduler. */
struct fixture_hyp fixture_shared_hyp(void);

/* One with communication. */
struct fixture_hyp fixture_comm_hyp(void);

/* Its bytes as an ELF file; *size is set. */
uint8_t *fixture_hyp_bytes(const struct fixture_hyp *hyp, size_t *size);

/* Writes bytes to a file of the test's own folder and returns its path. */
const char *fixture_file(const char *name, const void *bytes, size_t size);

/* The path of a file in the test's own folder. */
const char *fixture_path(const char *name);

/* A whole file. */
uint8_t *fixture_read(const char *path, size_t *size);

/* From now on stderr is kept; fixture_said ends that and returns it. */
void fixture_listen(void);
const char *fixture_said(void);

/* cmocka's set-up and tear-down of a test program, and of each test. */
int fixture_begin(void **state);
int fixture_end(void **state);
int fixture_release(void **state);

#endif
