// SPDX-License-Identifier: GPL-2.0
/*
 * The save file's parser: any bytes. What it accepts is valid, and printing it and reading it
 * again gives the same.
 *
 * unit-sources: tools/vbusctl/setup.c
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../tools/vbusctl/setup.h"

#define CHECK(x)	do { if (!(x)) abort(); } while (0)

static void check_stmt(const struct stmt *st)
{
	CHECK(name_ok(st->a));
	CHECK(!strchr(st->b, '/') && strcmp(st->b, ".."));
	CHECK(value_ok(st->c));
	if (st->kind == ST_LINK)
		CHECK(name_ok(st->b) && name_ok(st->c));
}

static char *printed(const struct setup *s)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	setup_print(s, f);
	fclose(f);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct setup s, again;
	struct setup_error e;
	char *first, *second;
	size_t i;

	if (setup_parse(&s, (const char *)data, len, &e)) {
		CHECK(e.why[0]);
		setup_free(&s);
		return 0;
	}
	for (i = 0; i < s.n; i++)
		check_stmt(&s.v[i]);
	first = printed(&s);
	CHECK(!setup_parse(&again, first, strlen(first), &e));
	CHECK(again.n == s.n);
	second = printed(&again);
	CHECK(!strcmp(first, second));
	free(first);
	free(second);
	setup_free(&again);
	setup_free(&s);
	return 0;
}
