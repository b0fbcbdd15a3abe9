/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vessel loses heat to its surroundings and gets some from the heater; the controller is
 * proportional and integral. Integers only: guests have no floating point.
 */
#include "plant.h"

#include "guest/lib/latest.h"
#include "guest/realtime/realtime.h"

#define PLANT_MS         1000000ull
#define PLANT_ROOM       20000 /* thousandths of a degree */
#define PLANT_HEATER_MAX 1000
#define PLANT_SCALE      1024 /* of what is added up, to lose nothing by rounding */

static struct plant_task {
	REALTIME_STACK(2048);
} vessel_task, controller_task;

static struct latest *plant_tunnel;
static int32_t plant_wanted = PLANT_ROOM;
static int32_t plant_temperature = PLANT_ROOM;
static uint32_t plant_power;
static struct plant_telemetry plant_telemetry; /* the controller's own */

/*
 * Each 5 ms. What is above the room's temperature is lost within ten seconds; at full power the
 * heater could hold 156 degrees above it.
 */
static void plant_vessel(void *argument)
{
	int64_t heat = (int64_t)PLANT_ROOM * PLANT_SCALE;

	(void)argument;
	for (;;) {
		const int64_t power = __atomic_load_n(&plant_power, __ATOMIC_RELAXED);
		const int64_t above = heat / PLANT_SCALE - PLANT_ROOM;

		heat += power * 80 - above * PLANT_SCALE / 2000;
		__atomic_store_n(
			&plant_temperature, (int32_t)(heat / PLANT_SCALE), __ATOMIC_RELAXED);
		realtime_end_job();
	}
}

static uint32_t plant_limit(int64_t power)
{
	return power < 0 ? 0 : power > PLANT_HEATER_MAX ? PLANT_HEATER_MAX : (uint32_t)power;
}

/* Each 10 ms. */
static void plant_controller(void *argument)
{
	int64_t sum = 0;

	(void)argument;
	for (;;) {
		const int32_t wanted = __atomic_load_n(&plant_wanted, __ATOMIC_RELAXED);
		const int32_t measured = __atomic_load_n(&plant_temperature, __ATOMIC_RELAXED);
		const int64_t error = wanted - measured;
		const uint32_t power = plant_limit(error / 4 + sum / 4096);

		/* The sum stands still while the heater can do no more. */
		if ((power > 0 || error > 0) && (power < PLANT_HEATER_MAX || error < 0))
			sum += error;
		__atomic_store_n(&plant_power, power, __ATOMIC_RELAXED);
		plant_telemetry.jobs++;
		plant_telemetry.wanted = wanted;
		plant_telemetry.measured = measured;
		plant_telemetry.power = power;
		latest_put(plant_tunnel, &plant_telemetry, sizeof(plant_telemetry));
		realtime_end_job();
	}
}

static int plant_create(struct plant_task *task, void (*function)(void *), uint64_t period_ms)
{
	const struct realtime_task parameters = {
		.function = function,
		.stack = task->stack,
		.stack_bytes = sizeof(task->stack),
		.period_ns = period_ms * PLANT_MS,
		.capacity_ns = period_ms * PLANT_MS / 10,
		.deadline_ns = period_ms * PLANT_MS,
	};
	const int number = realtime_create(&parameters);

	return number < 0 ? number : realtime_launch((unsigned)number);
}

int plant_start(void *tunnel)
{
	int error;

	plant_tunnel = tunnel;
	error = plant_create(&vessel_task, plant_vessel, 5);
	return error < 0 ? error : plant_create(&controller_task, plant_controller, 10);
}

void plant_set_wanted(int32_t wanted)
{
	__atomic_store_n(&plant_wanted, wanted, __ATOMIC_RELAXED);
}

struct plant_telemetry plant_get(void)
{
	struct plant_telemetry telemetry = {0};

	latest_get(plant_tunnel, &telemetry, sizeof(telemetry));
	telemetry.misses =
		(uint32_t)(realtime_count(0, REALTIME_MISSES) + realtime_count(1, REALTIME_MISSES));
	return telemetry;
}
