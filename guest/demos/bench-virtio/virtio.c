/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the hypervisor does for a packet between two virtio network devices: a VM sends packets one
 * by one and counts instructions, the other one sleeps and has buffers for all of them. The figures
 * are read by tests/bench/virtio.py. One source for both; -DVIRTIO_RECEIVER is the other one.
 */
#include "bench-comm/machine.h"
#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/memory.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"
#include "lib/string.h"
