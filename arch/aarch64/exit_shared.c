/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exits that only vCPUs on shared CPUs have: a guest that waits gives its core away.
 */
#include "arch/aarch64/context_shared.h"
#include "arch/aarch64/exit.h"
#include "arch/aarch64/regs.h"
#include "arch/aarch64/sharing.h"
#include "arch/include/arch_cpu.h"
#include "arch/include/arch_vcpu.h"
#include "hyp/core/cpu.h"
#include "hyp/core/shared.h"
#include "hyp/core/shared_types.h"
#include "hyp/core/vcpu.h"

/* ISS of a trapped WFI and the like (D24.2, class 0x01). */
#define ISS_WFE   BIT(0)
#define ISS_TIMED BIT(1)

static void wait(struct vcpu *vcpu, uint64_t until)
{
	if (!arch_vcpu_has_interrupt(vcpu))
		shared_wait(vcpu, until);
}

void exit_shared_suspend(struct vcpu *vcpu)
{
	wait(vcpu, ARCH_NEVER);
}

/* WFIT's register holds a time of the guest's virtual counter. */
static uint64_t until(const struct vcpu *vcpu, uint64_t esr)
{
	const unsigned reg = (unsigned)bits_get(esr, 5, 5);

	if (!(esr & ISS_TIMED))
		return ARCH_NEVER;
	return (reg == 31 ? 0 : vcpu->arch.x[reg]) + vcpu->time_offset;
}

/* All of them are hints, which may end at any time: the guest goes on behind them. */
struct vcpu *exit_shared_handle(struct vcpu *vcpu, uint64_t esr)
{
	if (ESR_CLASS(esr) == ESR_FP) {
		context_shared_use_fp(vcpu);
		return vcpu;
	}
	vcpu->exits[EXIT_CAUSE_WAIT]++;
	exit_skip_instruction(esr);
	if (esr & ISS_WFE)
		shared_spins(vcpu);
	else
		wait(vcpu, until(vcpu, esr));
	return cpu_attend(vcpu);
}

struct vcpu *exit_shared_culprit(struct vcpu *vcpu)
{
	struct vcpu *culprit = vcpu->shared->context.culprit;

	vcpu->shared->context.culprit = 0;
	return culprit ? culprit : vcpu;
}
