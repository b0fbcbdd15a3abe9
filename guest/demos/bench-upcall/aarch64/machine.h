/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counter of AArch64.
 */
#include "guest/lib/aarch64/counter.h"
