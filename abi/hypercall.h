/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that a guest can make of the hypervisor. AArch64: HVC #0 by the SMC calling convention
 * (Arm DEN0028), 64-bit fast calls of the vendor-hypervisor range: number in x0, parameters from
 * x1, results from x0. A call that does not exist returns HYPERCALL_NOT_SUPPORTED.
 * RISC-V: ECALL by the SBI specification, an extension of the range of firmware-specific ones:
 * HYPERCALL_EXTENSION in a7, number in a6, parameters from a0; then a0 holds SBI's error code and
 * a1 the result, which is one of the codes below when a0 is not 0.
 */
#ifndef ABI_HYPERCALL_H
#define ABI_HYPERCALL_H

#define HYPERCALL_BASE 0xc6000000 /* SMCCC 6.1: fast, 64 bits, owner 6 */

#define HYPERCALL_SBI_ID    0x4f524c                        /* as SBI implementation: "ORL" */
#define HYPERCALL_EXTENSION (0x0a000000 + HYPERCALL_SBI_ID) /* SBI, extension space */

/*
 * Calls that return at once, to the vCPU that made them.
 *
 * INFO_GET_ID () -> the VM's number; the null call of the measurements.
 * INFO_GET_VERSION () -> major << 16 | minor of this interface.
 * CONSOLE_WRITE (count 0..HYPERCALL_CONSOLE_MAX, 5 words of text) -> how many were taken, the first
 * of the text: the rest is to be sent again. 0 if the UART is slower than its guests.
 * INFO_GET_REGION () -> guest-physical address of the VM's communication region (abi/region.h), or
 * HYPERCALL_EMPTY if it has none.
 * IPC_RING (index of an open tunnel) -> 0. Rings its doorbell: the other side's region_tunnel.rings
 * goes up, and it gets its region's interrupt. Nothing waits for anybody. Errors: INVALID_PARAMETER
 * (no such tunnel), WRONG_STATE (this side is not open), NOT_RUNNING (the other side is not).
 */
#define HYPERCALL_INFO_GET_ID      0
#define HYPERCALL_INFO_GET_VERSION 1
#define HYPERCALL_CONSOLE_WRITE    2
#define HYPERCALL_INFO_GET_REGION  3
#define HYPERCALL_IPC_RING         4
#define HYPERCALL_QUICK_COUNT      5 /* those are below this number */

/*
 * Time. Durations are in nanoseconds. These calls may let another vCPU have the core before they
 * return. SCHED_* on a core that only one vCPU has, and all of them where no core is shared, are
 * HYPERCALL_NOT_SUPPORTED.
 *
 * SCHED_YIELD (duration) -> 0. A task: its job is done, and the call returns at its next release,
 * but not before `duration` from now. Any other vCPU is idle: until an interrupt, but at most for
 * `duration` if that is not 0; the first vCPU of a VM with tasks also until something else than the
 * end of a job has happened to one of them. For HYPERCALL_NEXT_TURN, the shortest duration, it
 * waits until all others that wait for its core have had their turn, and for nothing else.
 *
 * SCHED_PASS_PARAM (parameter, value) -> 0. Tells how the guest schedules.
 *
 * RT_CREATE_APP (entry, stack, period, capacity, deadline) -> number of the task, from 0. Of a VM
 * with tasks, by itself: registers a task on one of its task vCPUs that is free. It will start at
 * `entry` as a further CPU of the VM would, with its number as argument (x0, a1) and `stack` as
 * stack pointer. Durations are rounded to ticks of the board's counter in the task's favour.
 * RT_LAUNCH_APP (VM, task) -> 0. Starts a registered task: its first job is released now.
 * RT_DELETE_APP (VM, task) -> 0. Ends it and gives its share of the core back.
 * RT_REPORT (task, enum hypercall_report) -> how often that has happened. By the VM itself.
 * RT_NEXT_EVENT () -> task | what happened to it since the last call << 8, or HYPERCALL_EMPTY.
 */
#define HYPERCALL_SCHED_YIELD      5
#define HYPERCALL_SCHED_PASS_PARAM 6
#define HYPERCALL_RT_CREATE_APP    7
#define HYPERCALL_RT_LAUNCH_APP    8
#define HYPERCALL_RT_DELETE_APP    9
#define HYPERCALL_RT_REPORT        10
#define HYPERCALL_RT_NEXT_EVENT    11

#define HYPERCALL_NEXT_TURN 1 /* SCHED_YIELD */

/*
 * Communication; HYPERCALL_NOT_SUPPORTED where the description gives no VM a region. A timeout is
 * in ns, 0: none, HYPERCALL_FOREVER. A vCPU that has its core for itself never waits in the
 * hypervisor: a call that would have to returns at once, and is made again after WFI. On a shared
 * core it waits as in WFI, until the timeout, an interrupt, or what it waits for, and returns
 * HYPERCALL_WAITED: the caller looks what has come of it.
 *
 * IPC_SEND_MSG (VM, bytes, timeout) -> 0. Sends the first bytes of region_vcpu.outbox of the vCPU
 * that calls. Errors: NO_VM, DENIED (the receiver's description does not name the sender), TOO_BIG
 * (for the receiver's slots), NOT_RUNNING, FULL; WAITED: make it again. IPC_RECV_MSG (timeout) ->
 * how many messages wait in the region's ring, at least 1; EMPTY; WAITED: look at the ring.
 * IPC_CREATE_TUNNEL (VM, which of the tunnels with it, from 0) -> its index in the region's table.
 * The caller's side is open from now on, until the VM is stopped. Errors: NO_VM, DENIED.
 * IO_SEND_MAC (address, first byte lowest) -> 0. Sets the MAC address of the VM's packet device. An
 * address of a group is an invalid parameter, one that another device of the network has is DENIED.
 * IO_SEND_PACKETS () -> how many packets of the region's ring were taken; the call is made again
 * for the rest, which is not lost.
 *
 * Of a VM whose interrupts come by upcall (docs/upcall.md); of any other they are DENIED.
 * UPCALL_SET (entry, or 0: no upcalls any more) -> 0. For the vCPU that calls: where it goes on
 * when an interrupt is injected. UPCALL_END (interrupt) -> 0. A level-triggered interrupt of a
 * device has been served: it may come again, and does if the device still wants it. Of any other
 * interrupt of the VM it does nothing. INVALID_PARAMETER: the VM has no such interrupt.
 */
#define HYPERCALL_IPC_SEND_MSG      12
#define HYPERCALL_IPC_RECV_MSG      13
#define HYPERCALL_IPC_CREATE_TUNNEL 14
#define HYPERCALL_IO_SEND_MAC       15
#define HYPERCALL_IO_SEND_PACKETS   16
#define HYPERCALL_UPCALL_SET        17
#define HYPERCALL_UPCALL_END        18
#define HYPERCALL_COUNT             19
#define HYPERCALL_COMM_FIRST        HYPERCALL_IPC_SEND_MSG

#define HYPERCALL_FOREVER 0xffffffffffffffff

/*
 * SCHED_PASS_PARAM. What the guest's own scheduler is, and its mode, are numbers of the guest's
 * own, which are kept. DEADLINE is that of the current job, in ns from now: the task gives way to
 * those that are due earlier, and is late after it. One before the task's own is an invalid
 * parameter.
 */
#define HYPERCALL_PARAM_SCHEDULER 0
#define HYPERCALL_PARAM_MODE      1
#define HYPERCALL_PARAM_DEADLINE  2

/* RT_REPORT, and from bit 8 on a bit for each in RT_NEXT_EVENT's result. */
#define HYPERCALL_REPORT_JOBS        0 /* jobs released; in an event: a job ended */
#define HYPERCALL_REPORT_MISSES      1 /* deadlines missed */
#define HYPERCALL_REPORT_EXHAUSTIONS 2 /* budgets used up */
#define HYPERCALL_REPORT_ENDS        3 /* the task was deleted */

#define HYPERCALL_CONSOLE_MAX 40 /* bytes; the first is the lowest of the first word */

#define HYPERCALL_INTERFACE_VERSION 0x00010000

#define HYPERCALL_OK                0
#define HYPERCALL_NOT_SUPPORTED     (-1)
#define HYPERCALL_DENIED            (-2) /* the description does not allow it */
#define HYPERCALL_INVALID_PARAMETER (-3)
#define HYPERCALL_NO_ROOM           (-4) /* every task's vCPU is in use */
#define HYPERCALL_REFUSED           (-5) /* a deadline could be missed, or the reserve not kept */
#define HYPERCALL_WRONG_STATE       (-6) /* the task is not registered or runs already; not open */
#define HYPERCALL_EMPTY             (-7)
#define HYPERCALL_NO_VM             (-8)  /* there is no VM of that number */
#define HYPERCALL_FULL              (-9)  /* the receiver's ring */
#define HYPERCALL_TOO_BIG           (-10) /* for the receiver's slots */
#define HYPERCALL_NOT_RUNNING       (-11) /* the other VM is stopped or restarts */
#define HYPERCALL_WAITED            (-12) /* the call has waited, and done nothing else */

#endif
