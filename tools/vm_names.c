/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names in a description: what is one, and which VM one means.
 */
#include "tools/vm_names.h"

#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/schema.h"

#define NAME_FIRST "abcdefghijklmnopqrstuvwxyz"
#define NAME_REST  NAME_FIRST "0123456789-"

bool vm_names_check(const char *name, struct place place, const char *what)
{
	if (*name && strchr(NAME_FIRST, *name) && strspn(name, NAME_REST) == strlen(name) &&
		strlen(name) < PLAN_NAME_SIZE)
		return true;
	message_error(place,
		"write a lower-case letter, then lower-case letters, digits and '-', at "
		"most 23 characters in all",
		"'%s' is not a name for %s", name, what);
	return false;
}

bool vm_names_find(const struct system *system, const struct tree *said, unsigned *vm)
{
	const char *names = "", *near;

	for (*vm = 0; *vm < system->vm_count; (*vm)++) {
		if (strcmp(system->vms[*vm].name, said->text) == 0)
			return true;
		names = arena_text("%s%s%s", names, *names ? " " : "", system->vms[*vm].name);
	}
	near = schema_nearest(names, said->text);
	message_error(said->place,
		near ? arena_text("did you mean '%s'?", near) : arena_text("name a VM: %s", names),
		"there is no VM '%s'", said->text);
	return false;
}
