/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the judge needs of AArch64.
 */
#include "guest/lib/aarch64/attempt.h"
