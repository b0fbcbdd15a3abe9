/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extended services, one function each in a table by number.
 */
#include "hyp/core/hypercall.h"

#include "abi/hypercall.h"
#include "hyp/core/comm.h"
#include "hyp/core/console.h"
#include "hyp/core/extent.h"
#include "hyp/core/shared.h"
#include "hyp/core/vcpu.h"
#include "hyp/core/vm.h"

static int64_t info_get_id(struct vcpu *vcpu, const uint64_t *args)
{
	(void)args;
	return vcpu->vm->plan->id;
}

static int64_t version(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return HYPERCALL_INTERFACE_VERSION;
}

/*
 * The text comes in registers, so that the hypervisor needs no way into the guest's memory. The
 * lowest byte of a word is the first one in ours, too.
 */
static int64_t console_write(struct vcpu *vcpu, const uint64_t *args)
{
	if (args[0] > HYPERCALL_CONSOLE_MAX)
		return HYPERCALL_INVALID_PARAMETER;
	return (int64_t)console_vm_write(vcpu->vm, (const char *)&args[1], args[0]);
}

static int64_t missing(struct vcpu *vcpu, const uint64_t *args)
{
	(void)vcpu;
	(void)args;
	return HYPERCALL_NOT_SUPPORTED;
}

static hypercall_service *const quick_services[HYPERCALL_QUICK_COUNT] = {
	[HYPERCALL_INFO_GET_ID] = info_get_id,
	[HYPERCALL_INFO_GET_VERSION] = version,
	[HYPERCALL_CONSOLE_WRITE] = console_write,
	[HYPERCALL_INFO_GET_REGION] = HYP_COMM ? comm_get_region : missing,
	[HYPERCALL_IPC_RING] = HYP_COMM ? comm_ring : missing,
};

/* Those from HYPERCALL_QUICK_COUNT on, where there are any. */
#define OTHER(number) ((number)-HYPERCALL_QUICK_COUNT)

static hypercall_service *const other_services[OTHER(HYPERCALL_COUNT)] = {
	[OTHER(HYPERCALL_SCHED_YIELD)] = HYP_SHARED ? realtime_yield : missing,
	[OTHER(HYPERCALL_SCHED_PASS_PARAM)] = HYP_SHARED ? realtime_pass_param : missing,
	[OTHER(HYPERCALL_RT_CREATE_APP)] = HYP_SHARED ? realtime_create : missing,
	[OTHER(HYPERCALL_RT_LAUNCH_APP)] = HYP_SHARED ? realtime_launch : missing,
	[OTHER(HYPERCALL_RT_DELETE_APP)] = HYP_SHARED ? realtime_delete : missing,
	[OTHER(HYPERCALL_RT_REPORT)] = HYP_SHARED ? realtime_report : missing,
	[OTHER(HYPERCALL_RT_NEXT_EVENT)] = HYP_SHARED ? realtime_next_event : missing,
	[OTHER(HYPERCALL_IPC_SEND_MSG)] = HYP_COMM ? comm_send_message : missing,
	[OTHER(HYPERCALL_IPC_RECV_MSG)] = HYP_COMM ? comm_receive_message : missing,
	[OTHER(HYPERCALL_IPC_CREATE_TUNNEL)] = HYP_COMM ? comm_create_tunnel : missing,
	[OTHER(HYPERCALL_IO_SEND_MAC)] = HYP_COMM ? comm_set_mac : missing,
	[OTHER(HYPERCALL_IO_SEND_PACKETS)] = HYP_COMM ? comm_send_packets : missing,
	[OTHER(HYPERCALL_UPCALL_SET)] = HYP_COMM ? comm_upcall_set : missing,
	[OTHER(HYPERCALL_UPCALL_END)] = HYP_COMM ? comm_upcall_end : missing,
};

int64_t hypercall_quick(struct vcpu *vcpu, const uint64_t *args, uint64_t number)
{
	vcpu->exits[EXIT_CAUSE_HYPERCALL]++;
	return quick_services[number](vcpu, args);
}

int64_t hypercall_slow(struct vcpu *vcpu, const uint64_t *args, uint64_t number)
{
	vcpu->exits[EXIT_CAUSE_HYPERCALL]++;
	if (__builtin_expect((HYP_SHARED || HYP_COMM) && number < HYPERCALL_COUNT, 1))
		return other_services[OTHER(number)](vcpu, args);
	return HYPERCALL_NOT_SUPPORTED;
}

int64_t hypercall_handle(struct vcpu *vcpu, const uint64_t *args, uint64_t number)
{
	return number < HYPERCALL_QUICK_COUNT ? hypercall_quick(vcpu, args, number)
					      : hypercall_slow(vcpu, args, number);
}
