/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The paper's ADPCM experiment: a real-time task encodes and decodes, and notes how long each cycle
 * took. It never gives the core away: it has its capacity in each period, no more and no less.
 */
#include <stdbool.h>

#include "adpcm.h"
#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/realtime/realtime.h"

/* The paper counts in quanta: 1 in 10. They are of 30 ms. */
#ifndef CAPACITY_MS
#define CAPACITY_MS 30
#endif

#define NS_PER_MS   1000000ull
#define PERIOD_NS   (10 * CAPACITY_NS)
#define CAPACITY_NS (CAPACITY_MS * NS_PER_MS)
#define BEGIN_NS    (6000 * NS_PER_MS) /* when the other VMs have been up for a while */
#define SAMPLES     131072
#define PASSES      (CAPACITY_MS < 10 ? 4 : 15) /* over the sound, in a cycle */
#define CYCLES      (CAPACITY_MS < 10 ? 50 : 20)
#define CLARITY     1000 /* how much stronger the sound is than what decoding adds to it */

static int16_t sound[SAMPLES], heard[SAMPLES];
static uint8_t codes[SAMPLES / 2];
static uint64_t encoding[CYCLES], decoding[CYCLES];
static unsigned cycles_done;
static bool good;

/* A tone that gets louder and softer, and a little noise. */
static void make_sound(void)
{
	int32_t x = 8000 * 16, y = 0;
	uint32_t noise = 1;

	for (unsigned i = 0; i < SAMPLES; i++) {
		noise = noise * 1664525 + 1013904223;
		x -= y >> 4;
		y += x >> 4;
		sound[i] = (int16_t)((x >> 4) * (int32_t)(256 + i / 64 % 512) / 768 +
				     (int32_t)(noise >> 24) - 128);
	}
}

static void check_sound(void)
{
	uint64_t signal = 0, noise = 0;

	for (unsigned i = 0; i < SAMPLES; i++) {
		int64_t off = heard[i] - sound[i];

		signal += (uint64_t)((int64_t)sound[i] * sound[i]);
		noise += (uint64_t)(off * off);
	}
	good = signal > noise * CLARITY;
}

static void encode_all(void)
{
	for (unsigned i = 0; i < PASSES; i++) {
		struct adpcm coder = {0};

		adpcm_encode(&coder, sound, codes, SAMPLES);
	}
}

static void decode_all(void)
{
	for (unsigned i = 0; i < PASSES; i++) {
		struct adpcm decoder = {0};

		adpcm_decode(&decoder, codes, heard, SAMPLES);
	}
}

static void cycle_loop(void *argument)
{
	(void)argument;
	for (unsigned i = 0; i < CYCLES; i++) {
		uint64_t begin = timer_now(), middle, end;

		encode_all();
		middle = timer_now();
		decode_all();
		end = timer_now();
		encoding[i] = middle - begin;
		decoding[i] = end - middle;
		__atomic_store_n(&cycles_done, i + 1, __ATOMIC_RELEASE);
	}
}

static void print_times(const char *name, const uint64_t *ticks)
{
	for (unsigned i = 0; i < CYCLES; i++)
		print("%s %lu\n", name, timer_ticks_to_ns(ticks[i]) / 1000);
}

static uint64_t ticks_of(uint64_t ns)
{
	return ns / 1000 * timer_frequency() / 1000000;
}

int main(uint64_t tree)
{
	static REALTIME_STACK(2048);
	int task;

	(void)tree;
	console_init(CONSOLE_AUTO);
	realtime_init();
	make_sound();
	task = realtime_create(&(struct realtime_task){
		.function = cycle_loop,
		.stack = stack,
		.stack_bytes = sizeof(stack),
		.period_ns = PERIOD_NS,
		.capacity_ns = CAPACITY_NS,
		.deadline_ns = PERIOD_NS,
	});
	realtime_sleep_until(ticks_of(BEGIN_NS));
	if (task < 0 || realtime_launch((unsigned)task) < 0) {
		print("adpcm: failed: the task was refused\n");
		power_off();
	}
	while (__atomic_load_n(&cycles_done, __ATOMIC_ACQUIRE) < CYCLES)
		realtime_sleep_until(timer_now() + ticks_of(100 * NS_PER_MS));
	check_sound();
	print_times("encoding", encoding);
	print_times("decoding", decoding);
	print(good ? "adpcm: done\n" : "adpcm: failed: the sound came out wrong\n");
	power_off();
}
