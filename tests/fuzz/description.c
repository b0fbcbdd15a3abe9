/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: descriptions, from the bytes of the YAML file to the finished plan, on the test
 * board of tests/config/. run.sh builds it and makes the folder in which it runs.
 */
#include "tools/arena.h"
#include "tools/message.h"
#include "tools/planner.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	planner_load_text("fuzz.yaml", bytes, size, "boards", "build/boards");
	arena_release();
	message_reset();
	return 0;
}
