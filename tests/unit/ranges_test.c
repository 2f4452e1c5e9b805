// SPDX-License-Identifier: GPL-2.0
/*
 * A few ranges hold all pages, and leave out the largest gaps.
 */
#include <stdlib.h>
#include "unit.h"
#include "../../connectors/agent/ranges.h"

#define PAGES	300

static void fill(struct ranges *r, const bool *pages)
{
	unsigned long page;

	memset(r, 0, sizeof(*r));
	for (page = 0; page < PAGES; page++)
		if (pages[page])
			ranges_add(r, page);
}

static bool holds(const struct ranges *r, unsigned long page)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (page >= r->range[i].begin && page < r->range[i].end)
			return true;
	return false;
}

static int larger(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

/* How many pages the largest gaps between pages have, as many of them as there may be. */
static int most_left_out(const bool *pages)
{
	int gaps[PAGES] = {}, n = 0, last = -1, sum = 0, page;

	for (page = 0; page < PAGES; page++) {
		if (!pages[page])
			continue;
		if (last >= 0)
			gaps[n++] = page - last - 1;
		last = page;
	}
	qsort(gaps, n, sizeof(*gaps), larger);
	for (n = 0; n < RANGES_MOST - 1; n++)
		sum += gaps[n];
	return sum;
}

static void check_pages(const bool *pages)
{
	int page, first = -1, last = -1, held = 0;
	struct ranges r;
	unsigned int i;

	fill(&r, pages);
	assert_in_range(r.n, 0, RANGES_MOST);
	for (page = 0; page < PAGES; page++) {
		held += holds(&r, page);
		if (!pages[page])
			continue;
		assert_true(holds(&r, page));
		first = first < 0 ? page : first;
		last = page;
	}
	assert_int_equal(held, first < 0 ? 0 : last - first + 1 - most_left_out(pages));
	for (i = 0; i < r.n; i++) {
		assert_true(r.range[i].begin < r.range[i].end);
		assert_true(!i || r.range[i - 1].end < r.range[i].begin);
	}
}

static void no_pages(void **state)
{
	static const bool pages[PAGES];

	check_pages(pages);
}

/* Of nine gaps the two small ones are filled. */
static void small_gaps_are_filled(void **state)
{
	bool pages[PAGES];
	struct ranges r;
	int page;

	for (page = 0; page < PAGES; page++)
		pages[page] = page >= 20 && page < 280 && (page < 30 || page > 33) &&
			      (page < 40 || page > 49) && page % 60 > 1 && page % 100;
	pages[PAGES - 1] = true;
	check_pages(pages);
	fill(&r, pages);
	assert_int_equal(r.n, RANGES_MOST);
	assert_false(holds(&r, 45));
	assert_false(holds(&r, 290));
	assert_false(holds(&r, 32));
	assert_true(holds(&r, 35));
	assert_false(holds(&r, 60));
	assert_true(holds(&r, 100));
}

static void any_pages(void **state)
{
	bool pages[PAGES];
	int round, page, often;

	srand(1);
	for (round = 0; round < 2000; round++) {
		often = 1 + rand() % 40;
		for (page = 0; page < PAGES; page++)
			pages[page] = page && rand() % often ? pages[page - 1] : rand() % 2;
		check_pages(pages);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pages),
		cmocka_unit_test(small_gaps_are_filled),
		cmocka_unit_test(any_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
