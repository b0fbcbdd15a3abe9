/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new best-effort entity joins those with the same affinity.
 */
#include "hyp/sched/class.h"

/*
 * The host tool refuses a system with more affinities than there are groups. A CPU that entities
 * may move to only from now on has not noted what it does: it is told once, as if it were idle.
 */
static uint8_t find_group(struct sched_common *common, uint64_t affinity)
{
	unsigned i = 0;

	while (i < common->group_count && common->groups[i].affinity != affinity)
		i++;
	if (i == common->group_count && i < SCHED_GROUPS) {
		common->groups[i].affinity = affinity;
		common->group_count++;
	}
	if ((affinity & (affinity - 1)) != 0) {
		common->idle |= affinity & ~common->roaming;
		__atomic_fetch_or(&common->roaming, affinity, __ATOMIC_RELAXED);
	}
	return (uint8_t)i;
}

void round_robin_add(struct sched_cpu *cpu, struct sched_entity *entity, uint64_t affinity)
{
	lock_take(&cpu->common->lock);
	entity->round_robin = (struct round_robin_entity){
		.group = find_group(cpu->common, affinity),
		.roams = (affinity & (affinity - 1)) != 0,
	};
	if (affinity == 1ull << cpu->index)
		cpu->round_robin.own = &cpu->common->groups[entity->round_robin.group];
	cpu->common->entities[entity->slot] = entity;
	cpu->unusual |= SCHED_UNUSUAL_STALE;
	lock_release(&cpu->common->lock);
}
