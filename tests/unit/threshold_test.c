// SPDX-License-Identifier: GPL-2.0
/*
 * From how many bytes on a DMA engine pays, by what was measured.
 */
#include "unit.h"
#include "../../connectors/agent/threshold.h"

/* Time of @n bytes by the line that was drawn. */
static u64 line(struct engine_rate r, u64 n)
{
	return r.setup + n * r.kib / 1024;
}

static void rate_goes_through_both(void **state)
{
	static const u32 pairs[][2] = {
		{ 0, 0 }, { 1000, 5000 }, { 20000, 20100 }, { 64, 4096 }, { 60000, 900000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct engine_rate r = engine_rate(pairs[i][0], pairs[i][1]);
		u64 small = line(r, ENGINE_SMALL), big = line(r, ENGINE_BIG);

		assert_in_range(small, pairs[i][0] - min(pairs[i][0], 2u), pairs[i][0] + 2);
		assert_in_range(big, pairs[i][1] - min(pairs[i][1], 6u), pairs[i][1] + 6);
	}
}

/* Noise can make the small copy slower than the large one. */
static void rate_never_falls(void **state)
{
	struct engine_rate r = engine_rate(5000, 4000);

	assert_int_equal(r.kib, 0);
	assert_int_equal(r.setup, 5000);
}

static void slow_engine_is_never_used(void **state)
{
	assert_int_equal(engine_threshold(4000, engine_rate(1000, 9000)), ENGINE_NEVER);
	/* As fast for each byte, and with a start on top. */
	assert_int_equal(engine_threshold(4096, engine_rate(10064, 14096)), ENGINE_NEVER);
	assert_int_equal(engine_threshold(0, engine_rate(0, 0)), ENGINE_NEVER);
}

/* At the threshold both take as long, before it the processor is faster, behind it the engine. */
static void threshold_is_where_they_cross(void **state)
{
	static const u32 sets[][3] = {	/* processor, engine small, engine big */
		{ 1000000, 20000, 40000 }, { 400000, 5000, 25000 }, { 60000, 3000, 50000 },
		{ 4000000, 30000, 100000 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sets); i++) {
		struct engine_rate r = engine_rate(sets[i][1], sets[i][2]);
		u64 n = engine_threshold(sets[i][0], r);

		assert_in_range(n, ENGINE_SMALL, ENGINE_LARGEST);
		if (n > ENGINE_SMALL)
			assert_true((n - 8) * sets[i][0] / ENGINE_BIG <= line(r, n - 8) + 8);
		assert_true((n + 8) * sets[i][0] / ENGINE_BIG + 8 >= line(r, n + 8));
	}
}

static void engine_that_costs_nothing(void **state)
{
	assert_int_equal(engine_threshold(4000, engine_rate(0, 0)), ENGINE_SMALL);
}

/* Times that were measured on a machine that was stopped meanwhile. */
static void products_fit(void **state)
{
	struct engine_rate r = engine_rate(UINT32_MAX, UINT32_MAX);

	assert_int_equal(r.setup, ENGINE_NS_MAX);
	assert_int_equal(engine_threshold(UINT32_MAX, r),
			 (u64)ENGINE_NS_MAX * 1024 / (ENGINE_NS_MAX / 4));
	r = engine_rate(0, UINT32_MAX);
	assert_int_equal(r.kib, (u64)ENGINE_NS_MAX * 1024 / (ENGINE_BIG - ENGINE_SMALL));
	assert_int_equal(engine_threshold(UINT32_MAX, r), ENGINE_NEVER);
	r = engine_rate(ENGINE_NS_MAX, ENGINE_NS_MAX);
	/* A thousand times what a copy can have. */
	assert_int_equal(engine_threshold(4, r), ENGINE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate_goes_through_both),
		cmocka_unit_test(rate_never_falls),
		cmocka_unit_test(slow_engine_is_never_used),
		cmocka_unit_test(threshold_is_where_they_cross),
		cmocka_unit_test(engine_that_costs_nothing),
		cmocka_unit_test(products_fit),
	};

	return cmocka_run_group_tests_name("threshold", tests, NULL, NULL);
}
