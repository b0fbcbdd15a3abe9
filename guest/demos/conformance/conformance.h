/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the parts of the conformance guest share: verdicts by clause of docs/interface.md, and the
 * partner, another VM that does what the tester asks for.
 */
#ifndef DEMO_CONFORMANCE_H
#define DEMO_CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFORMANCE_S  1000000000ull /* ns */
#define CONFORMANCE_MS 1000000ull

/* Begins the tests of a clause, and prints the verdict on the one before. */
void clause(const char *name);

/* Of the current clause: what must hold; the first thing that does not is printed. */
bool expect(bool good, const char *what);
bool expect_equal(int64_t value, int64_t expected, const char *what);

/* The current clause is about something that is not there. */
void not_applicable(const char *why);

/* Prints the last verdict and the sum. */
void clause_report(void);

/* The chapters, in this order. */
void test_general(uint64_t tree);
void test_calls(void);
void test_information(void);
void test_region(void);
void test_partner_messages(void);
void test_receiving(void);
void test_hand_over(void); /* a part of the one before */
void test_tunnels(void);
void test_packets(void);
void test_scheduling(void);
void test_tasks(void);
void test_decisions(void);
void test_life(void);

/* Names that the description gives to what the tester shares with its partner. */
#define PARTNER_NAME      "partner"
#define PARTNER_TUNNEL    "shared"   /* both write */
#define PARTNER_READ_ONLY "readonly" /* the partner only reads */

/* What the partner can be asked for. */
enum partner_work {
	PARTNER_HELLO,     /* it says so itself, when it has started */
	PARTNER_ECHO,      /* the same message back */
	PARTNER_SLEEP,     /* takes no messages for `value` ns */
	PARTNER_BURST,     /* sends `value` messages, numbered from 0 */
	PARTNER_NOTE,      /* counts it if its value is the next one; no answer */
	PARTNER_NOTED,     /* answers how many of those came in order, and forgets them */
	PARTNER_RING,      /* rings the tunnel's doorbell `value` times */
	PARTNER_WAIT_RING, /* waits for doorbells, and answers how many it heard */
	PARTNER_ADD,       /* adds `value` to each word of the tunnel, and rings */
	PARTNER_SEND_MAC,  /* answers its packet device's address */
	PARTNER_PACKETS,   /* sends `value` packets back to whom they came from */
	PARTNER_SPIN,      /* computes for `value` ns */
	PARTNER_READS,     /* answers the first word of the tunnel that it may only read */
	PARTNER_WRITES,    /* writes to the tunnel that it may only read */
	PARTNER_RESET,     /* asks for a reset */
	PARTNER_OFF,       /* turns itself off */
};

struct partner_message {
	uint32_t work;
	uint32_t number;
	uint64_t value;
};

/* The partner's VM, or -1; whether it and the tester can send to each other. */
int partner_vm(void);
bool partner_is_there(void);

/* Waits for the partner's first message after a start. */
bool partner_wait_hello(void);

/* Sends a request without waiting for an answer; its result. */
int64_t partner_tell(enum partner_work work, uint64_t value);

/* Sends one and waits for the answer: its value, or UINT64_MAX if none came. */
uint64_t partner_ask(enum partner_work work, uint64_t value);

/* Waits for a message of the partner's: false if none comes. */
bool partner_hear(struct partner_message *message);

/* What the partner does all its life. */
_Noreturn void partner_run(void);

/* From outside of any call: what the architecture's part tests. */
void machine_test_discovery(void);
void machine_test_registers(void);
void machine_test_call_errors(void);
void machine_test_immediate(void);

#endif
