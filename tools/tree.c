/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Builds the tree from libyaml's events, without recursion: neither depth nor size of the input
 * can exhaust anything.
 */
#include "tools/tree.h"

#include <string.h>
#include <yaml.h>

#include "tools/arena.h"
#include "tools/message.h"

#define MAX_DEPTH 16

struct reader {
	const struct blob *blob;
	struct tree *open[MAX_DEPTH]; /* lists and maps that have begun and not ended */
	unsigned depth;
	struct tree *root;
	const char *key; /* of the map open[depth - 1]: waits for its value */
	struct place key_place;
	unsigned documents;
	bool failed;
};

static struct place place_of(const struct reader *reader, const yaml_mark_t *mark)
{
	return (struct place){
		reader->blob->path, (unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

static void fail(struct reader *reader, const yaml_mark_t *mark, const char *mend, const char *what)
{
	message_error(place_of(reader, mark), mend, "%s", what);
	reader->failed = true;
}

/* The reader's errors (bad encoding) come with an offset in bytes, not with a mark. */
static struct place place_at_offset(const struct blob *blob, size_t offset)
{
	struct place place = {blob->path, 1, 1};
	for (size_t i = 0; i < offset && i < blob->size; i++) {
		place.column++;
		if (blob->bytes[i] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}

static void fail_syntax(struct reader *reader, const yaml_parser_t *parser)
{
	struct place place = parser->error == YAML_READER_ERROR
				     ? place_at_offset(reader->blob, parser->problem_offset)
				     : place_of(reader, &parser->problem_mark);
	message_error(place,
		"check the indentation (spaces, never tabs), colons, quotes and brackets here",
		"not valid YAML: %s%s%s", parser->context ? parser->context : "",
		parser->context ? ", " : "", parser->problem ? parser->problem : "unknown problem");
	reader->failed = true;
}

static const struct tree *find(const struct tree *map, const char *key)
{
	for (const struct tree *child = map->first; child; child = child->next)
		if (strcmp(child->key, key) == 0)
			return child;
	return NULL;
}

static void append(struct tree *parent, struct tree *child)
{
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static void take_key(struct reader *reader, struct tree *text)
{
	const struct tree *map = reader->open[reader->depth - 1];
	const struct tree *earlier = find(map, text->text);
	if (earlier)
		message_error(text->place,
			arena_text("keep one of the two; the first is in line %u",
				earlier->key_place.line),
			"'%s' stands here twice", text->text);
	reader->key = text->text;
	reader->key_place = text->place;
}

/* Puts a new tree where it belongs: at the root, into the open list, or as the open map's value. */
static void attach(struct reader *reader, struct tree *tree)
{
	if (reader->depth == 0) {
		reader->root = tree;
		return;
	}
	struct tree *parent = reader->open[reader->depth - 1];
	if (parent->kind == TREE_MAP) {
		tree->key = reader->key;
		tree->key_place = reader->key_place;
		reader->key = NULL;
	}
	append(parent, tree);
}

static bool expects_key(const struct reader *reader)
{
	return reader->depth && reader->open[reader->depth - 1]->kind == TREE_MAP && !reader->key;
}

static void begin(struct reader *reader, const yaml_event_t *event, enum tree_kind kind)
{
	if (expects_key(reader)) {
		fail(reader, &event->start_mark, "write a word before the colon",
			"a list or map cannot be a key");
		return;
	}
	if (reader->depth == MAX_DEPTH) {
		fail(reader, &event->start_mark, "remove the superfluous brackets or indentation",
			"nested too deeply");
		return;
	}
	struct tree *tree = arena_alloc(1, sizeof(*tree));
	tree->kind = kind;
	tree->place = place_of(reader, &event->start_mark);
	attach(reader, tree);
	reader->open[reader->depth++] = tree;
}

static void text(struct reader *reader, const yaml_event_t *event)
{
	const char *value = (const char *)event->data.scalar.value;
	if (strlen(value) != event->data.scalar.length) {
		fail(reader, &event->start_mark, "remove the \\0",
			"a text contains a NUL character");
		return;
	}
	struct tree *tree = arena_alloc(1, sizeof(*tree));
	tree->kind = TREE_TEXT;
	tree->place = place_of(reader, &event->start_mark);
	tree->text = arena_text("%s", value);
	if (expects_key(reader))
		take_key(reader, tree);
	else
		attach(reader, tree);
}

static bool has_anchor_or_tag(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		return true;
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor || event->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor || event->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor || event->data.mapping_start.tag;
	default:
		return false;
	}
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
	if (has_anchor_or_tag(event)) {
		fail(reader, &event->start_mark, "write the value out where it is needed",
			"anchors (&), aliases (*) and tags (!) are not supported");
		return;
	}
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (reader->documents++)
			fail(reader, &event->start_mark, "keep one document in the file",
				"a second YAML document begins");
		break;
	case YAML_SCALAR_EVENT:
		text(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		begin(reader, event, TREE_LIST);
		break;
	case YAML_MAPPING_START_EVENT:
		begin(reader, event, TREE_MAP);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		reader->depth--;
		break;
	default:
		break;
	}
}

static void read_events(struct reader *reader, yaml_parser_t *parser)
{
	bool ended = false;
	while (!ended && !reader->failed) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event)) {
			fail_syntax(reader, parser);
			return;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		take_event(reader, &event);
		yaml_event_delete(&event);
	}
}

struct tree *tree_parse(const struct blob *blob)
{
	struct reader reader = {.blob = blob};
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		message_error(
			message_file(blob->path), "free some memory", "no memory for the reader");
		return NULL;
	}
	yaml_parser_set_input_string(&parser, blob->bytes, blob->size);
	read_events(&reader, &parser);
	yaml_parser_delete(&parser);
	if (reader.failed)
		return NULL;
	if (!reader.root) {
		reader.root = arena_alloc(1, sizeof(*reader.root));
		reader.root->text = "";
		reader.root->place = (struct place){blob->path, 1, 1};
	}
	return reader.root;
}

const struct tree *tree_get(const struct tree *map, const char *key)
{
	if (!map || map->kind != TREE_MAP)
		return NULL;
	const struct tree *child = find(map, key);
	return child && !child->bad ? child : NULL;
}

const char *tree_text(const struct tree *map, const char *key, const char *fallback)
{
	const struct tree *child = tree_get(map, key);
	return child && child->kind == TREE_TEXT ? child->text : fallback;
}

struct place tree_place(const struct tree *tree)
{
	return tree->key ? tree->key_place : tree->place;
}
