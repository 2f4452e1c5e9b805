/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The save file: a set-up as text, one statement per line.
 *
 *	vbus 1				first statement; the version of the format
 *	device NAME CLASS		CLASS "-": made but not given a type
 *	set DEVICE ATTRIBUTE VALUE	VALUE is the rest of the line
 *	bus NAME
 *	limit BUS LIMIT VALUE
 *	link BUS DEVICE [NAME]		NAME of the link, by default the device's
 *	attach BUS CONNECTOR		one consumer
 *
 * Blank lines and lines that begin with '#' mean nothing. Pure code: it touches no file.
 */
#ifndef SETUP_H
#define SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SETUP_VERSION	1
#define SETUP_MAX_BYTES	(4u << 20)
#define SETUP_MAX_STMTS	16384
#define SETUP_MAX_VALUE	1024

enum stmt_kind { ST_DEVICE, ST_SET, ST_BUS, ST_LIMIT, ST_LINK, ST_ATTACH, ST_KINDS };

/**
 * struct stmt - a statement
 * @kind: which
 * @a: device (DEVICE, SET) or bus
 * @b: class, attribute, limit, device (LINK) or connector; "" for BUS
 * @c: value, or name of the link; else ""
 * @line: where it stands
 */
struct stmt {
	enum stmt_kind kind;
	const char *a, *b, *c;
	unsigned int line;
};

struct setup {
	struct stmt *v;
	size_t n, room;
	char *text;	/* what the statements point into */
};

struct setup_error {
	unsigned int line;
	char why[256];
};

#define NAME_RULE \
	"not a valid name: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first, and not just 0"
#define WORD_RULE "not a valid word: 1 to 64 of A-Z a-z 0-9 _ -, a letter or digit first"

/* the rule for names of buses, devices, clients, links and connectors; the kernel's */
bool name_ok(const char *name);
/* names of classes, attributes and limits */
bool word_ok(const char *word);
bool value_ok(const char *value);

/**
 * setup_parse() - read a save file
 * @s: where to; setup_free() it, also after an error
 * @text: the bytes; any
 * @len: how many
 * @e: filled in on error
 *
 * On success every name is valid, nothing is said twice, and whatever a statement mentions is made
 * by another one. Return: 0 or -1.
 */
int setup_parse(struct setup *s, const char *text, size_t len, struct setup_error *e);
void setup_print(const struct setup *s, FILE *out);
void stmt_print(const struct stmt *st, FILE *out);
void setup_free(struct setup *s);

#endif
