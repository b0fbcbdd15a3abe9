/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two ends of the delivery experiment. `packets send` sends a packet in the middle of each
 * period of the machine's clock; the emulator's network hands it to the other guest when the period
 * ends, at the time that the packet says. `packets receive N` notes the clock at which each of N
 * packets is in its hands, works on each, and prints how much later than due both were,
 * in microseconds.
 */
#include "system.h"

#ifndef PERIOD_US
#define PERIOD_US 50000
#endif
#define PERIOD_NS    (PERIOD_US * 1000ull)
#define NS_PER_S     1000000000ull
#define BEGIN_NS     (13 * NS_PER_S / 2) /* before, not all VMs compute */
#define WORK_NS      1000000             /* on a packet; an instruction is a nanosecond */
#define PACKETS_MOST 4096
#define PORT         7

#define AF_INET         2
#define SOCK_DGRAM      2
#define CLOCK_MONOTONIC 1
#define SCHED_FIFO      1

struct address {
	uint16_t family, port;
	uint32_t host;
	uint64_t zero;
};

/* Port and host stand in network byte order. */
static const struct address receiver = {AF_INET, PORT << 8, 0x0100000a, 0};

static struct {
	uint32_t seen_us, done_us; /* after it was due */
} packets[PACKETS_MOST];

static void put(const char *text, unsigned long count)
{
	system_call(SYSTEM_WRITE, 1, (long)text, (long)count, 0, 0, 0);
}

static void put_number(const char *word, unsigned long length, uint32_t value)
{
	char text[12];
	unsigned at = sizeof(text);

	text[--at] = '\n';
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	put(word, length);
	put(&text[at], sizeof(text) - at);
}

static uint64_t now_ns(void)
{
	uint64_t ticks = system_ticks(), hertz = system_frequency();

	return ticks / hertz * NS_PER_S + ticks % hertz * NS_PER_S / hertz;
}

static void sleep_ns(uint64_t ns)
{
	uint64_t time[2] = {ns / NS_PER_S, ns % NS_PER_S};

	system_call(SYSTEM_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, (long)time, 0, 0, 0);
}

static void send_packets(long socket)
{
	for (;;) {
		uint64_t now = now_ns(), due = (now / PERIOD_NS + 1) * PERIOD_NS;
		uint64_t middle = due - PERIOD_NS / 2;

		if (now < middle) {
			sleep_ns(middle - now);
			system_call(SYSTEM_SENDTO, socket, (long)&due, sizeof(due), 0,
				(long)&receiver, sizeof(receiver));
		}
		now = now_ns();
		if (now < due)
			sleep_ns(due - now);
	}
}

/* Returns when the next packet was due; it is in our hands. */
static uint64_t receive(long socket)
{
	uint64_t due = 0;

	system_call(SYSTEM_RECVFROM, socket, (long)&due, sizeof(due), 0, 0, 0);
	return due;
}

static void print_packets(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		put_number("seen ", 5, packets[i].seen_us);
		put_number("delay ", 6, packets[i].done_us);
	}
	put("packets: done\n", 14);
}

/* Goes on with its work when the first `count` packets are printed. */
static void receive_packets(long socket, unsigned count)
{
	system_call(SYSTEM_BIND, socket, (long)&receiver, sizeof(receiver), 0, 0, 0);
	while (receive(socket) < BEGIN_NS)
		;
	for (unsigned i = 0;; i++) {
		const uint64_t due = receive(socket), seen = now_ns();

		system_spend(WORK_NS);
		if (i < count) {
			packets[i].seen_us = (uint32_t)((seen - due) / 1000);
			packets[i].done_us = (uint32_t)((now_ns() - due) / 1000);
		} else if (i == count) {
			print_packets(count);
		}
	}
}

/* The kernel left the number of arguments and pointers to them on the stack. */
__attribute__((used, noreturn)) void system_main(const long *stack)
{
	const char *job = (const char *)stack[2], *digits = (const char *)stack[3];
	const int priority = 1;
	unsigned count = 0;
	long socket;

	while (*digits >= '0' && *digits <= '9')
		count = count * 10 + (unsigned)(*digits++ - '0');
	if (count > PACKETS_MOST)
		count = PACKETS_MOST;
	system_call(SYSTEM_SCHED_SETSCHEDULER, 0, SCHED_FIFO, (long)&priority, 0, 0, 0);
	socket = system_call(SYSTEM_SOCKET, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
	if (*job == 's')
		send_packets(socket);
	else
		receive_packets(socket, count);
	system_call(SYSTEM_EXIT, 0, 0, 0, 0, 0, 0);
	for (;;)
		;
}

SYSTEM_START;
