// SPDX-License-Identifier: GPL-2.0
/* Words for people, and memory that is there or ends the program. */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

void say(const char *fmt, ...)
{
	va_list ap;

	fputs("vbusctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

int usage(const char *fmt, ...)
{
	va_list ap;

	fputs("vbusctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("; 'vbusctl help' shows how\n", stderr);
	return RC_USAGE;
}

/* "Device or resource busy (EBUSY)" */
const char *errname(int err)
{
	static char text[128];
	const char *name = strerrorname_np(abs(err));

	snprintf(text, sizeof(text), "%s (%s)", strerror(abs(err)), name ? name : "?");
	return text;
}

/* What came from outside, without what would upset a terminal. */
const char *printable(const char *in)
{
	static char ring[4][256];
	static unsigned int next;
	char *out = ring[next++ % 4];
	size_t i;

	for (i = 0; i < sizeof(ring[0]) - 1 && in[i]; i++)
		out[i] = (unsigned char)in[i] < 0x20 || in[i] == 0x7f ? '?' : in[i];
	out[i] = 0;
	return out;
}

void *xalloc(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p) {
		say("out of memory");
		exit(RC_FAILED);
	}
	return p;
}

char *xstrdup(const char *s)
{
	return strcpy(xalloc(strlen(s) + 1), s);
}
