/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes struct plan with all its tables, as the hypervisor reads it.
 */
#ifndef TOOLS_PLAN_IMAGE_H
#define TOOLS_PLAN_IMAGE_H

#include <stdint.h>

#include "tools/hyp_layout.h"

/* How much the plan takes, which the layout must know before anything has an address. */
uint64_t plan_image_size(const struct hyp_layout *layout);

/* Writes layout->plan_size bytes. */
void plan_image_write(const struct hyp_layout *layout, uint8_t *bytes);

#endif
