// SPDX-License-Identifier: GPL-2.0
/* A list of names. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

void names_add(struct names *l, const char *name)
{
	char **v = xalloc((l->n + 1) * sizeof(*v));

	if (l->n)
		memcpy(v, l->v, l->n * sizeof(*v));
	free(l->v);
	l->v = v;
	l->v[l->n++] = xstrdup(name);
}

static int by_number(const void *a, const void *b)
{
	return strverscmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), by_number);
}

bool names_has(const struct names *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->v[i], name))
			return true;
	return false;
}

void names_free(struct names *l)
{
	while (l->n)
		free(l->v[--l->n]);
	free(l->v);
	l->v = NULL;
}
