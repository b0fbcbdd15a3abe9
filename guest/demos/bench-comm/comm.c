/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What both sides have in common.
 */
#include "comm.h"

#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/region.h"
#include "guest/lib/start.h"

static struct {
	const char *kind;
	uint64_t before, after;
} samples[COMM_SAMPLES];
static unsigned sample_count;

void comm_sample(const char *kind, uint64_t before, uint64_t after)
{
	if (sample_count == COMM_SAMPLES) {
		print("comm: failed: too many samples\n");
		return;
	}
	samples[sample_count].kind = kind;
	samples[sample_count].before = before;
	samples[sample_count++].after = after;
}

int main(uint64_t tree)
{
	(void)tree;
	console_init(CONSOLE_AUTO);
	irq_init();
	if (!region_init()) {
		print("comm: failed: there is no region\n");
		power_off();
	}
#if defined(COMM_VIRTIO_SERVER)
	comm_virtio_server();
#elif defined(COMM_VIRTIO_CLIENT)
	comm_virtio_client();
#elif defined(COMM_SERVER)
	if (region_get()->tunnel_count)
		comm_tunnel_server();
	else
		comm_messages_server();
#else
	if (region_get()->tunnel_count)
		comm_tunnel_client();
	else
		comm_messages_client((unsigned)region_find_vm("server"));
#endif
	for (unsigned i = 0; i < sample_count; i++)
		print("sample %s %lx %lx\n", samples[i].kind, samples[i].before, samples[i].after);
	if (sample_count != 0)
		print("comm: done\n");
	power_off();
}
