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

void comm_sample(const char *kind, uint64_t before, uint64_t after)
{
	print("sample %s %lx %lx\n", kind, before, after);
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
	print("comm: done\n");
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
	print("comm: done\n");
#endif
	power_off();
}
