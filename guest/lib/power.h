/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of a guest's life.
 */
#ifndef GUEST_LIB_POWER_H
#define GUEST_LIB_POWER_H

/* Turns the whole guest off. */
_Noreturn void power_off(void);

/* Asks for a reset; what that means is the VM's policy. */
_Noreturn void power_reset(void);

#endif
