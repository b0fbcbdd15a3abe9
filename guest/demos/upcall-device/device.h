/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Devices with a level-triggered interrupt, which stays until it is cleared.
 */
#ifndef DEMO_DEVICE_H
#define DEMO_DEVICE_H

struct device {
	const char *name;
	void (*raise)(void);
	void (*clear)(void);
};

extern const struct device device_uart, device_rtc;
#endif
