/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AIA: what the physical side (aia.c) and the guests' side (aia_guest.c) know of each other.
 */
#ifndef RISCV64_AIA_H
#define RISCV64_AIA_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;
struct vm;

/* The hypervisor's own identities in the supervisor-level files. */
#define AIA_EIID_KICK    1
#define AIA_EIID_CONSOLE 2

/* Where the hypervisor has the guest interrupt file of the vCPU, which has one and is `home`. */
uint64_t aia_file(const struct vcpu *vcpu);

/*
 * Makes identity `eiid` pending in the vCPU's guest interrupt file; 0 does nothing, nor does any
 * identity where the vCPU has no file. If the vCPU may move, the caller holds vm->arch.lock.
 */
void aia_send(const struct vcpu *vcpu, uint32_t eiid);

/* Selects guest interrupt file `file` of this hart for vsireg; 0: none. */
void aia_select_file(unsigned file);

/* Puts the selected file into its state after reset. vsiselect is any afterwards. */
void aia_clear_file(void);

/* Aims the physical sources that go to the vCPU at where it is; under vm->arch.lock. */
void aia_guest_aim(const struct vcpu *vcpu);

/* Sets the mode of a physical source; inactive, it is neither pending nor enabled (AIA 4.5.2). */
void aia_set_source(uint32_t source, uint32_t mode);

/* The guests' side; the caller of aia_guest_set_line and aia_guest_raise holds vm->arch.lock. */
void aia_guest_reset(struct vm *vm);
void aia_guest_set_line(struct vm *vm, uint32_t irq, bool high);
void aia_guest_raise(struct vm *vm, uint32_t irq);
uint32_t aia_guest_read(struct vcpu *vcpu, uint64_t offset);
void aia_guest_write(struct vcpu *vcpu, uint64_t offset, uint32_t value);

#endif
