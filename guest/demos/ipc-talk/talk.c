/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two VMs, "sender" and "receiver", that talk while one or both are restarted again and again by
 * TALK_RESTARTS, and while others may disturb them. What was accepted must come once and in order,
 * until the receiver is restarted; what outlives a restart is kept in their tunnel.
 */
#include <stdbool.h>

#include "guest/lib/console.h"
#include "guest/lib/irq.h"
#include "guest/lib/message.h"
#include "guest/lib/power.h"
#include "guest/lib/print.h"
#include "guest/lib/start.h"
#include "guest/lib/timer.h"
#include "guest/lib/tunnel.h"

#ifndef TALK_RESTARTS
#define TALK_RESTARTS 0 /* of each side */
#endif
#ifndef TALK_MESSAGES
#define TALK_MESSAGES 3000 /* in the last life of the sender */
#endif
#define TALK_LIFE  400 /* messages between two restarts, more or less */
#define TALK_WORDS 8
#define TALK_MS    1000000ull
#define TALK_END   0xffffffffu

/* In the tunnel. */
struct talk_memory {
	uint32_t sender_lives, receiver_lives;
	uint32_t accepted; /* in this life of the sender; one more may have been */
	uint32_t is_done;
	uint32_t checked; /* by the receiver, in all its lives */
};

struct talk_message {
	uint32_t life, number;
	uint64_t words[TALK_WORDS - 1];
};

static volatile struct talk_memory *talk_memory;

static uint64_t talk_word(uint32_t life, uint32_t number, unsigned i)
{
	return ((uint64_t)life << 32 | number) * 0x9e3779b97f4a7c15 + i;
}

static size_t talk_bytes(uint32_t number)
{
	return 8 + number * 7 % TALK_WORDS * 8;
}

/* Sends one for as long as it takes; a receiver that does not run will again, if it is not done. */
static void talk_send(unsigned receiver, uint32_t life, uint32_t number)
{
	struct talk_message message = {life, number, {0}};
	int64_t result;

	for (unsigned i = 0; i < TALK_WORDS - 1; i++)
		message.words[i] = talk_word(life, number, i);
	while (!talk_memory->is_done &&
		(result = message_send(receiver, &message, talk_bytes(number), 20 * TALK_MS)) !=
			HYPERCALL_OK) {
		if (result == HYPERCALL_NOT_RUNNING)
			region_wait(REGION_EVENT_STATE, TALK_MS);
		else if (result != HYPERCALL_FULL)
			print("talk: failed: sending\n");
	}
}

static void talk_run_sender(unsigned receiver)
{
	uint32_t life = ++talk_memory->sender_lives;
	uint32_t messages = life <= TALK_RESTARTS ? TALK_LIFE + life * 31 % 100 : TALK_MESSAGES;

	talk_memory->accepted = 0;
	for (uint32_t number = 0; number < messages; number++) {
		talk_send(receiver, life, number);
		talk_memory->accepted = number + 1;
	}
	if (life <= TALK_RESTARTS)
		power_reset();
	while (!talk_memory->is_done) {
		talk_send(receiver, life, TALK_END);
		region_wait(REGION_EVENT_MESSAGE, 10 * TALK_MS);
	}
}

static struct {
	uint32_t life, next;
	bool knows; /* where it is in the sender's numbers */
	uint32_t checked, foreign;
} talk;

static void talk_check(const struct talk_message *message, size_t bytes)
{
	bool good = bytes == talk_bytes(message->number);

	for (unsigned i = 0; good && i < bytes / 8 - 1; i++)
		good = message->words[i] == talk_word(message->life, message->number, i);
	if (!good)
		print("talk: failed: message %u of life %u is damaged\n", message->number,
			message->life);
	if (message->life != talk.life) {
		/* A life of which this one saw the beginning is seen to its end. */
		if (message->life < talk.life || (talk.knows && message->number != 0))
			print("talk: failed: life %u begins with %u after life %u\n", message->life,
				message->number, talk.life);
		talk.life = message->life;
	} else if (talk.knows && message->number != talk.next) {
		print("talk: failed: %u came, not %u\n", message->number, talk.next);
	}
	talk.knows = true;
	talk.next = message->number + 1;
	talk.checked++;
}

static void talk_run_receiver(unsigned sender)
{
	uint32_t life = ++talk_memory->receiver_lives;
	uint32_t most = life <= TALK_RESTARTS ? TALK_LIFE + life * 17 % 100 : 0;
	uint64_t data[REGION_OUTBOX_BYTES / 8];
	unsigned from;

	while (most == 0 || talk.checked < most) {
		int64_t bytes = message_receive(&from, data, sizeof(data), REGION_FOREVER);
		const struct talk_message *message = (const struct talk_message *)data;

		if (from != sender || bytes < 8) {
			talk.foreign++;
		} else if (message->number == TALK_END) {
			talk_memory->is_done = 1;
			break;
		} else {
			talk_check(message, (size_t)bytes);
		}
	}
	talk_memory->checked += talk.checked;
	if (!talk_memory->is_done)
		power_reset();
	print("talk: done: %u messages in %u and %u lives, %u of others\n", talk_memory->checked,
		talk_memory->sender_lives, talk_memory->receiver_lives, talk.foreign);
}

int main(uint64_t tree)
{
	int sender, receiver;
	struct tunnel tunnel;

	(void)tree;
	console_init(CONSOLE_AUTO);
	irq_init();
	if (!region_init() || tunnel_open(&tunnel, "lives") != HYPERCALL_OK) {
		print("talk: failed: there is no tunnel\n");
		power_off();
	}
	talk_memory = tunnel.memory;
	sender = region_find_vm("sender");
	receiver = region_find_vm("receiver");
	if ((int)region_get()->vm == sender)
		talk_run_sender((unsigned)receiver);
	else
		talk_run_receiver((unsigned)sender);
	power_off();
}
