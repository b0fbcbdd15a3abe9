/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Do registers leak from one VM to another, or get lost, when two share a core? One guest plants
 * numbers that are easy to recognise in every register that it can reach, and lets the core go,
 * again and again. The other one looks: at what it finds when it starts, and at its own numbers
 * each time it has the core again.
 */
#include "leak.h"

#include <stddef.h>

#include "guest/lib/console.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"

#ifndef LEAK_SECONDS
#define LEAK_SECONDS 3
#endif
#define LEAK_ROUNDS 40 /* at least, on a host that has other work */

#ifdef LEAK_PLANT
#define LEAK_NAME "leak-plant"
#define LEAK_FOR  (LEAK_SECONDS + 1)
#else
#define LEAK_NAME "leak-look"
#define LEAK_FOR  LEAK_SECONDS
#endif

#define SEED_PLANT 0x504c414e54ull
#define SEED_LOOK  0x4c4f4f4bull

#define YIELD_NS     50000
#define SPIN_SHORT   2000
#define SPIN_LONG    20000000 /* longer than a quantum */
#define LONG_EVERY   64
#define REPORTS_MOST 10
#define BITS_ENOUGH  12 /* that a register must hold for its number to be recognised */

static struct {
	uint64_t mask;   /* bits that hold what is written to them */
	uint64_t before; /* the register as it was found */
} places[LEAK_REGISTERS_MOST];

static uint64_t values[LEAK_REGISTERS_MOST];
static unsigned failures;

/* SplitMix64's finalizer (Steele, Lea, Flood 2014). */
static uint64_t number(uint64_t seed, uint64_t round, unsigned i)
{
	uint64_t z = seed * 0x9e3779b97f4a7c15 + round * 0xd1b54a32d192ed03 + i;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* What is planted: one of two numbers for each register, so that it can be told from others. */
static uint64_t planted(uint64_t round, unsigned i)
{
	return round & 1 ? ~number(SEED_PLANT, 0, i) : number(SEED_PLANT, 0, i);
}

static void report(const char *what, unsigned i, uint64_t value, uint64_t expected)
{
	if (failures++ < REPORTS_MOST)
		print("leak: FAILED: %s %s: 0x%lx, not 0x%lx in bits 0x%lx\n",
			leak_registers[i].name, what, value, expected, places[i].mask);
}

static bool write_bits(unsigned i, uint64_t value)
{
	const struct leak_register *reg = &leak_registers[i];
	uint64_t ignored;

	return leak_attempt(
		reg->write, (value & reg->allowed) | (places[i].before & ~reg->allowed), &ignored);
}

/* Which of its bits hold both a 0 and a 1; none if the register does not exist. */
static void probe(unsigned i)
{
	const struct leak_register *reg = &leak_registers[i];
	uint64_t ones, zeros;

	if (!write_bits(i, ~0ull) || !leak_attempt(reg->read, 0, &ones))
		return;
	if (!write_bits(i, 0) || !leak_attempt(reg->read, 0, &zeros))
		return;
	places[i].mask = ones & ~zeros & reg->allowed;
	write_bits(i, places[i].before);
}

static unsigned count_bits(uint64_t word)
{
	unsigned count = 0;

	for (; word; word &= word - 1)
		count++;
	return count;
}

static bool is_planted(unsigned i, uint64_t value)
{
	const uint64_t mask = places[i].mask;

	return count_bits(mask) >= BITS_ENOUGH && ((value & mask) == (planted(0, i) & mask) ||
							  (value & mask) == (planted(1, i) & mask));
}

/* The very first thing: what others may have left. */
static void look_around(void)
{
	leak_begin();
	for (unsigned i = 0; i < leak_register_count; i++)
		leak_attempt(leak_registers[i].read, 0, &places[i].before);
}

/* Returns how many registers there are. */
static unsigned find_registers(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < leak_register_count; i++) {
		probe(i);
		if (places[i].mask)
			count++;
		else
			print(LEAK_NAME ": not there: %s\n", leak_registers[i].name);
		if (is_planted(i, places[i].before))
			report("at the start holds another VM's number", i, places[i].before, 0);
	}
	return count;
}

static void write_one(unsigned i, uint64_t value)
{
	const struct leak_register *reg = &leak_registers[i];

	if (places[i].mask)
		reg->write((value & reg->allowed) | (places[i].before & ~reg->allowed));
}

/* All but `late` get their numbers; that one gets the next round's first. */
static void fill(uint64_t (*value_of)(uint64_t round, unsigned i), uint64_t round, unsigned late)
{
	for (unsigned i = 0; i < leak_register_count; i++)
		write_one(i, value_of(i == late ? round + 1 : round, i));
}

/* First all are read, then those that the guest needs are as they were. */
static void collect(void)
{
	for (unsigned i = 0; i < leak_register_count; i++) {
		if (places[i].mask)
			values[i] = leak_registers[i].read(0);
	}
	for (unsigned i = 0; i < leak_register_count; i++) {
		if (places[i].mask)
			leak_registers[i].write(places[i].before);
	}
}

static void compare(uint64_t (*value_of)(uint64_t round, unsigned i), uint64_t round)
{
	for (unsigned i = 0; i < leak_register_count; i++) {
		const uint64_t mask = places[i].mask, expected = value_of(round, i);

		if (((values[i] ^ expected) & mask) == 0)
			continue;
		report(is_planted(i, values[i]) ? "holds another VM's number" : "has changed", i,
			values[i], expected);
	}
}

static bool pass_time(uint64_t seed, uint64_t round)
{
	if (round % LONG_EVERY == LONG_EVERY - 1)
		return leak_wait(seed, false, SPIN_LONG);
	if (round % 4 == 3)
		return leak_wait(seed, false, SPIN_SHORT);
	return leak_wait(seed, true, YIELD_NS);
}

/*
 * Each guest looks at its own; only what the one that looks expects is unlike what is planted. One
 * register is written by itself, after others have had the core: so nothing but itself tells that
 * it has to be kept.
 */
static uint64_t go_round(uint64_t (*value_of)(uint64_t round, unsigned i), uint64_t seconds)
{
	const uint64_t end = timer_now() + seconds * timer_frequency();
	uint64_t round = 0;

	for (; timer_now() < end || round < LEAK_ROUNDS; round++) {
		const unsigned late = (unsigned)(round / 4 % leak_register_count);
		bool kept;

		fill(value_of, round, late);
		kept = pass_time(value_of(round, LEAK_REGISTERS_MOST), round);
		write_one(late, value_of(round, late));
		kept &= pass_time(value_of(round, LEAK_REGISTERS_MOST), round);
		collect();
		compare(value_of, round);
		if (!kept && failures++ < REPORTS_MOST)
			print("leak: FAILED: a general register has changed\n");
	}
	return round;
}

#ifdef LEAK_PLANT
static uint64_t own(uint64_t round, unsigned i)
{
	return planted(round, i);
}
#else
static uint64_t own(uint64_t round, unsigned i)
{
	return number(SEED_LOOK, round, i);
}
#endif

int main(uint64_t tree)
{
	unsigned count;
	uint64_t rounds;

	(void)tree;
	look_around();
	console_init(CONSOLE_AUTO);
	count = find_registers();
	print(LEAK_NAME ": %u registers; %u of those asked for are not there\n", count,
		leak_register_count - count);
	rounds = go_round(own, LEAK_FOR);
	print(LEAK_NAME ": %s: %lu rounds, %u registers, %u failures\n", failures ? "FAIL" : "PASS",
		rounds, count, failures);
	power_off();
}
