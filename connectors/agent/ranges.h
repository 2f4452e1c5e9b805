/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A few ranges that hold all of the pages they are given, and as little between them as can be.
 */
#ifndef _VBUS_AGENT_RANGES_H
#define _VBUS_AGENT_RANGES_H

#define RANGES_MOST	8

/**
 * struct ranges - page numbers
 * @range: by address; @end is the first page behind it. The last element is ranges_add()'s
 * @n: how many, RANGES_MOST at most
 */
struct ranges {
	struct {
		unsigned long begin;
		unsigned long end;
	} range[RANGES_MOST + 1];
	unsigned int n;
};

/* Of the gap before the range @i. */
static inline unsigned long ranges_gap(const struct ranges *r, unsigned int i)
{
	return r->range[i].begin - r->range[i - 1].end;
}

/* One page more, behind all others. Where there are too many ranges the smallest gap is filled. */
static inline void ranges_add(struct ranges *r, unsigned long page)
{
	unsigned int i, least = 1;

	if (r->n && r->range[r->n - 1].end == page) {
		r->range[r->n - 1].end++;
		return;
	}
	r->range[r->n].begin = page;
	r->range[r->n++].end = page + 1;
	if (r->n <= RANGES_MOST)
		return;
	for (i = 2; i < r->n; i++)
		if (ranges_gap(r, i) < ranges_gap(r, least))
			least = i;
	r->range[least - 1].end = r->range[least].end;
	r->n--;
	for (i = least; i < r->n; i++)
		r->range[i] = r->range[i + 1];
}

#endif
