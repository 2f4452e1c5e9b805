/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A few ranges that hold all of the pages they are given, and as little between them as can be.
 */
#ifndef _VBUS_AGENT_RANGES_H
#define _VBUS_AGENT_RANGES_H

#define RANGES_MOST	4

/**
 * struct ranges - page numbers
 * @range: by address; @end is the first page behind it
 * @n: how many
 */
struct ranges {
	struct {
		unsigned long begin;
		unsigned long end;
	} range[RANGES_MOST];
	unsigned int n;
};

/* One page more, behind all others. Where there are too many ranges the smallest gap is filled. */
static inline void ranges_add(struct ranges *r, unsigned long page)
{
	unsigned long gap, least;
	unsigned int i, at;

	if (r->n && r->range[r->n - 1].end == page) {
		r->range[r->n - 1].end++;
		return;
	}
	if (r->n < RANGES_MOST) {
		r->range[r->n].begin = page;
		r->range[r->n++].end = page + 1;
		return;
	}
	at = RANGES_MOST;
	least = page - r->range[RANGES_MOST - 1].end;
	for (i = 1; i < RANGES_MOST; i++) {
		gap = r->range[i].begin - r->range[i - 1].end;
		if (gap < least) {
			least = gap;
			at = i;
		}
	}
	if (at == RANGES_MOST) {
		r->range[RANGES_MOST - 1].end = page + 1;
		return;
	}
	r->range[at - 1].end = r->range[at].end;
	for (i = at; i < RANGES_MOST - 1; i++)
		r->range[i] = r->range[i + 1];
	r->range[RANGES_MOST - 1].begin = page;
	r->range[RANGES_MOST - 1].end = page + 1;
}

#endif
