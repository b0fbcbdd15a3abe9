/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks a tree against a table of keys: form of every value, unknown and missing keys.
 */
#include "tools/schema.h"

#include <string.h>

#include "tools/arena.h"
#include "tools/message.h"
#include "tools/number.h"

#define NUMBERS (SCHEMA_SIZE | SCHEMA_NUMBER | SCHEMA_TIME | SCHEMA_SHARE)

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned less = a < b ? a : b;
	return less < c ? less : c;
}

/* Edits that make a into b (Levenshtein); words longer than 31 count as far apart. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned row[32];
	if (a_length > 31 || b_length > 31)
		return 32;
	for (unsigned j = 0; j <= b_length; j++)
		row[j] = j;
	for (unsigned i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (unsigned j = 1; j <= b_length; j++) {
			unsigned above = row[j];
			unsigned same = diagonal + (a[i - 1] != b[j - 1]);
			row[j] = smallest(above + 1, row[j - 1] + 1, same);
			diagonal = above;
		}
	}
	return row[b_length];
}

const char *schema_nearest(const char *words, const char *text)
{
	size_t text_length = strlen(text), best_length = 0;
	unsigned best = text_length > 5 ? 3 : 2;
	const char *found = NULL;
	while (*words) {
		size_t length = strcspn(words, " ");
		unsigned edits = distance(words, length, text, text_length);
		if (edits < best || (edits == best && !found)) {
			best = edits;
			found = words;
			best_length = length;
		}
		words += length + (words[length] == ' ');
	}
	return found && best < text_length ? arena_text("%.*s", (int)best_length, found) : NULL;
}

static const char *mend_word(const char *words, const char *text, const char *what)
{
	const char *word = schema_nearest(words, text);
	if (word)
		return arena_text("did you mean '%s'?", word);
	return arena_text("%s here: %s", what, words);
}

static bool is_choice(const char *choices, const char *text)
{
	size_t length = strlen(text);
	while (*choices) {
		size_t word = strcspn(choices, " ");
		if (word == length && memcmp(choices, text, length) == 0)
			return true;
		choices += word + (choices[word] == ' ');
	}
	return false;
}

static enum number_kind number_kind(unsigned forms)
{
	return forms & SCHEMA_SIZE    ? NUMBER_SIZE
	       : forms & SCHEMA_TIME  ? NUMBER_TIME
	       : forms & SCHEMA_SHARE ? NUMBER_SHARE
				      : NUMBER_PLAIN;
}

static bool check_number(struct tree *tree, enum number_kind kind)
{
	switch (number_read(tree->text, kind, &tree->number)) {
	case NUMBER_OK:
		return true;
	case NUMBER_NEGATIVE:
		message_error(tree->place, "write 0 or more", "%s is negative", tree->text);
		return false;
	case NUMBER_OVERFLOW:
		if (kind == NUMBER_SHARE)
			message_error(tree->place, "write 0% to 100%", "%s is more than 100%%",
				tree->text);
		else
			message_error(tree->place, "write less than 2^64",
				"%s does not fit in 64 bits", tree->text);
		return false;
	default:
		message_error(tree->place, number_mend(kind), "'%s' is not a %s", tree->text,
			number_words(kind));
		return false;
	}
}

static const char *form_words(unsigned forms)
{
	static const char *const words[] = {"a text", "a word", "a size", "a number", "a map",
		"a list", "a map of names", "a time", "a share"};
	const char *text = "";
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (forms & 1u << i)
			text = arena_text("%s%s%s", text, *text ? " or " : "", words[i]);
	return text;
}

static const char *tree_words(const struct tree *tree)
{
	if (tree->kind == TREE_TEXT)
		return *tree->text ? "a single value" : "nothing";
	return tree->kind == TREE_LIST ? "a list" : "a map";
}

static const char *form_mend(const struct tree *tree, unsigned forms)
{
	const bool is_single = !(forms & (SCHEMA_LIST | SCHEMA_MAP | SCHEMA_NAMED));

	if (is_single && tree->kind == TREE_TEXT && !*tree->text)
		return "write a value after the colon, or leave the key out";
	if (forms & SCHEMA_LIST)
		return "write a list in [ ], or one item a line, each after a '-'";
	if (forms & (SCHEMA_MAP | SCHEMA_NAMED))
		return "write a map in { }, or one key a line, indented below";
	return "write one value after the colon";
}

static bool wrong_form(const struct tree *tree, unsigned forms, const struct schema_key *key)
{
	const char *name = tree->key ? arena_text("'%s'", tree->key)
				     : arena_text("an item of '%s'", key->name);
	message_error(tree_place(tree), form_mend(tree, forms), "%s has to be %s, and here is %s",
		name, form_words(forms), tree_words(tree));
	return false;
}

static bool check_text(struct tree *tree, unsigned forms, const struct schema_key *key)
{
	if (!*tree->text || !(forms & (SCHEMA_TEXT | SCHEMA_CHOICE | NUMBERS)))
		return wrong_form(tree, forms, key);
	bool chosen = forms & SCHEMA_CHOICE && is_choice(key->choices, tree->text);
	if (forms & NUMBERS && !chosen)
		return check_number(tree, number_kind(forms));
	if (forms & SCHEMA_CHOICE && !chosen) {
		message_error(tree->place,
			mend_word(key->choices, tree->text,
				forms & SCHEMA_LIST ? "allowed, besides a list in [ ],"
						    : "allowed"),
			"'%s' is not a value of '%s'", tree->text, key->name);
		return false;
	}
	return true;
}

static const char *key_words(const struct schema_key *keys)
{
	const char *words = "";
	for (; keys->name; keys++)
		words = arena_text("%s%s%s", words, *words ? " " : "", keys->name);
	return words;
}

static void check_map(struct tree *map, const struct schema_key *keys);

static bool check_value(struct tree *tree, unsigned forms, const struct schema_key *key);

static void check_items(struct tree *tree, const struct schema_key *key)
{
	for (struct tree *item = tree->first; item; item = item->next)
		item->bad = !check_value(item, key->items, key);
}

static bool check_value(struct tree *tree, unsigned forms, const struct schema_key *key)
{
	if (tree->kind == TREE_TEXT)
		return check_text(tree, forms, key);
	if (tree->kind == TREE_LIST && forms & SCHEMA_LIST)
		check_items(tree, key);
	else if (tree->kind == TREE_MAP && forms & SCHEMA_NAMED)
		check_items(tree, key);
	else if (tree->kind == TREE_MAP && forms & SCHEMA_MAP)
		check_map(tree, key->map);
	else
		return wrong_form(tree, forms, key);
	return true;
}

static const struct schema_key *find_key(const struct schema_key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (strcmp(keys->name, name) == 0)
			return keys;
	return NULL;
}

static void check_child(struct tree *child, const struct schema_key *keys)
{
	const struct schema_key *key = find_key(keys, child->key);
	if (key) {
		child->bad = !check_value(child, key->forms, key);
		return;
	}
	message_error(child->key_place, mend_word(key_words(keys), child->key, "known keys"),
		"unknown key '%s'", child->key);
	child->bad = true;
}

static bool has(const struct tree *map, const char *name)
{
	for (const struct tree *child = map->first; child; child = child->next)
		if (strcmp(child->key, name) == 0)
			return true;
	return false;
}

static void check_map(struct tree *map, const struct schema_key *keys)
{
	for (struct tree *child = map->first; child; child = child->next)
		check_child(child, keys);
	for (; keys->name; keys++)
		if (keys->required && !has(map, keys->name))
			message_error(tree_place(map),
				arena_text("add it, for example %s", keys->example),
				"the key '%s' is missing", keys->name);
}

bool schema_check(struct tree *root, const struct schema_key *keys)
{
	if (root->kind != TREE_MAP) {
		message_error(root->place,
			arena_text("begin with a key, for example %s", keys->example),
			"the file has to be a map of keys, and here is %s", tree_words(root));
		return false;
	}
	check_map(root, keys);
	return true;
}

static void print_table(FILE *file, const struct schema_key *keys)
{
	fprintf(file, "| Key | Type | Default | Meaning | Example |\n|---|---|---|---|---|\n");
	for (; keys->name; keys++) {
		fprintf(file, "| `%s` | %s%s%s | %s | %s | `%s` |\n", keys->name,
			form_words(keys->forms), keys->choices ? ": " : "",
			keys->choices ? keys->choices : "",
			keys->required ? "required" : keys->fallback, keys->meaning, keys->example);
	}
}

void schema_print(FILE *file, const struct schema_key *keys, const char *title)
{
	fprintf(file, "\n## %s\n\n", title);
	print_table(file, keys);
	for (; keys->name; keys++) {
		const char *item = keys->forms & SCHEMA_NAMED  ? "each entry of "
				   : keys->forms & SCHEMA_LIST ? "each item of "
							       : "";
		if (keys->map)
			schema_print(
				file, keys->map, arena_text("Keys of %s`%s`", item, keys->name));
	}
}
