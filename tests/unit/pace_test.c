// SPDX-License-Identifier: GPL-2.0
/*
 * unit-sources: drivers/vbus/pace.c
 *
 * Drivers of several habits and a device that is paced share one simulated processor, as a virtual
 * machine's and its host's work do: a doorbell is an exit in which the device runs.
 */
#include "unit.h"
#include <vbus/pace.h>

#define N	20000
#define NEVER	(~0ull)
#define LEAST	10000

struct habit {
	u32 produce;	/* a request, ns */
	u32 think;	/* when nothing is under way: until the next one */
	u32 window;	/* most under way */
	u32 exit;	/* what ringing takes */
	u32 unit;	/* what the device takes for one, and for each run */
	u32 run;
	u32 pause;	/* once in 20 requests on average, something else is done for so long */
};

struct sim {
	struct vbus_pace pace;
	struct habit h;
	u64 now, look, longest;
	u32 waiting, rings, looks, done;
	bool asked, paced;
	u32 budget;	/* most in one run, or 0 */
};

/* Up to the budget. Returns what was done. */
static u32 one_run(struct sim *s)
{
	u32 done = s->budget && s->waiting > s->budget ? s->budget : s->waiting;

	s->now += s->h.run + (u64)s->h.unit * done;
	s->done += done;
	s->waiting -= done;
	return done;
}

static void device_runs(struct sim *s)
{
	u64 began = s->now;
	u32 done = one_run(s), next = 0;

	while (s->budget && done == s->budget) {
		if (s->paced)
			vbus_pace_more(&s->pace, began, s->now, done);
		began = s->now;
		done = one_run(s);
	}
	if (s->paced)
		next = vbus_pace_next(&s->pace, began, s->now, done);
	s->look = next ? s->now + next : NEVER;
	s->asked = !next;
	if (next > s->longest)
		s->longest = next;
}

static void timer(struct sim *s)
{
	s->now = s->look;
	s->looks++;
	device_runs(s);
}

static void ring(struct sim *s, u32 least)
{
	vbus_pace_rung(&s->pace, s->now - s->pace.asked_at, least);
	s->asked = false;
	s->rings++;
	s->now += s->h.exit;
	device_runs(s);
}

/* Until @n more are done; how long it took */
static u64 simulate(struct sim *s, const struct habit *h, u32 n, u32 least)
{
	u64 began = s->now;

	s->h = *h;
	s->rings = 0;
	s->looks = 0;
	for (n += s->done; s->done < n;) {
		u64 ready = s->now + h->produce + (s->waiting ? 0 : h->think);

		if (h->pause && random() % 20 == 0)
			ready += h->pause;
		if (s->waiting >= h->window || s->look <= ready) {
			assert_true(s->look != NEVER);
			timer(s);
			continue;
		}
		s->now = ready;
		s->waiting++;
		if (s->asked)
			ring(s, least);
	}
	return s->now - began;
}

/* Nobody sends anything for so long. Returns how often there was a look. */
static u32 idle(struct sim *s, u64 ns)
{
	u64 end = s->now + ns;
	u32 looks = 0;

	for (; s->look <= end; looks++)
		timer(s);
	s->now = end;
	return looks;
}

static void sim_init(struct sim *s, bool paced)
{
	*s = (struct sim){ .paced = paced, .asked = true, .look = NEVER, .now = 1000000000 };
	vbus_pace_init(&s->pace);
}

static u64 unpaced(const struct habit *h, u32 n)
{
	struct sim s;

	sim_init(&s, false);
	return simulate(&s, h, n, LEAST);
}

static const struct habit stream = {
	.produce = 1000, .window = 256, .exit = 2000, .unit = 1000, .run = 300,
};

/* The answer is there when the doorbell returns. */
static const struct habit asking = {
	.produce = 500, .window = 1, .exit = 2000, .unit = 3000, .run = 300,
};

static void stops_ringing(const struct habit *h)
{
	struct sim s;
	u64 t;

	sim_init(&s, true);
	t = simulate(&s, h, N, LEAST);
	assert_in_range(s.rings, 4, N / 100);
	assert_true(t < unpaced(h, N) * 3 / 4);
	assert_true(s.longest <= 1000000);
}

static void a_stream_stops_ringing(void **state)
{
	stops_ringing(&stream);
}

/* As slow as the emulated machines of the tests. */
static void slowly_too(void **state)
{
	static const struct habit slow = {
		.produce = 30000, .window = 256, .exit = 60000, .unit = 40000, .run = 20000,
	};

	stops_ringing(&slow);
}

/* A driver and a machine that have other things to do, too; after a time of failures. */
static void with_pauses(void **state)
{
	struct habit h = stream;
	struct sim s;
	u64 t;

	srandom(1);
	h.pause = 20000;
	sim_init(&s, true);
	simulate(&s, &asking, N, LEAST);
	t = simulate(&s, &h, 5 * N, LEAST);
	assert_in_range(s.rings, 4, N / 10);
	assert_in_range(s.pace.need, 4, 16);
	assert_true(t < unpaced(&h, 5 * N) * 17 / 20);
}

static void a_conversation_is_left_alone(void **state)
{
	struct habit h = asking;
	struct sim s;
	u64 t;

	sim_init(&s, true);
	t = simulate(&s, &h, N, LEAST);
	assert_in_range(s.looks, 1, N / 200);
	assert_true(t < unpaced(&h, N) * 21 / 20);

	/* Somebody else answers, later than a look would come. */
	h.think = 60000;
	sim_init(&s, true);
	simulate(&s, &h, N, LEAST);
	assert_int_equal(s.looks, 0);
	assert_int_equal(s.rings, N);
}

/* Whoever waits for the little that is under way loses no more by looks than 16 units in 256. */
static void windows(void **state)
{
	struct habit h = stream;
	struct sim s;
	u64 t;

	for (h.window = 1; h.window <= 256; h.window *= 2) {
		for (h.unit = 300; h.unit <= 30000; h.unit *= 10) {
			sim_init(&s, true);
			t = simulate(&s, &h, N, LEAST);
			if (t > unpaced(&h, N) * 107 / 100)
				fail_msg("window %u, unit %u: %llu instead of %llu", h.window, h.unit,
					 (unsigned long long)t,
					 (unsigned long long)unpaced(&h, N));
		}
	}
}

static void habits_change(void **state)
{
	struct sim s;

	sim_init(&s, true);
	simulate(&s, &asking, N, LEAST);
	simulate(&s, &stream, N, LEAST);
	assert_in_range(s.rings, 1, 1000);
	simulate(&s, &asking, N, LEAST);
	assert_in_range(s.looks, 1, N / 200);
	simulate(&s, &stream, N, LEAST);
	assert_in_range(s.rings, 1, 1000);
}

static void limits(void **state)
{
	struct sim s;
	u64 t;

	sim_init(&s, true);
	t = simulate(&s, &stream, N, 500000);
	assert_true(s.looks <= t / 500000 + 1);
	sim_init(&s, true);
	simulate(&s, &stream, N, 1000001);
	assert_int_equal(s.looks, 0);
}

/* A driver talks and is silent, in turn: silence is not taken for what a request costs. */
static void silence(void **state)
{
	u32 talk, i, looks = 0;
	u64 t, alone;
	struct sim s;

	for (talk = 20; talk < 200; talk += 7) {
		sim_init(&s, true);
		alone = unpaced(&asking, talk);
		for (t = 0, i = 0; i < 400; i++) {
			t += simulate(&s, &asking, talk, LEAST);
			looks = idle(&s, 1000000000);
			/* A timer on a queue where nothing happens ends soon. */
			if (looks > 100)
				fail_msg("%u requests: %u looks while silent", talk, looks);
		}
		if (t > 400 * alone * 11 / 10)
			fail_msg("%u requests: %llu instead of %llu", talk, (unsigned long long)t,
				 (unsigned long long)(400 * alone));
	}
}

/* What is done in runs that end before all is done counts as well. */
static void small_runs(void **state)
{
	struct habit h = stream;
	struct sim s;
	u64 t;

	for (h.produce = 1000; h.produce <= 4000; h.produce *= 2) {
		for (h.unit = 1000; h.unit <= 4000; h.unit *= 2) {
			sim_init(&s, true);
			s.budget = 4;
			t = simulate(&s, &h, N, LEAST);
			if (s.rings > N / 100 || t > unpaced(&h, N))
				fail_msg("produce %u, unit %u: %u doorbells, %llu instead of %llu",
					 h.produce, h.unit, s.rings, (unsigned long long)t,
					 (unsigned long long)unpaced(&h, N));
		}
	}
}

/* Whatever a driver does, a look is no sooner and no later than said. */
static void nonsense(void **state)
{
	struct vbus_pace p;
	u64 now = 5;
	u32 i, next;

	srandom(1);
	vbus_pace_init(&p);
	for (i = 0; i < 1000000; i++) {
		u64 began = now;

		if (random() % 3)
			vbus_pace_rung(&p, random() % 4 ? random() % 1000 : ~0ull - random(), LEAST);
		now += random() % 5 ? random() % 100000 : random() * 64ull;
		next = vbus_pace_next(&p, began, now, random() % 4 ? random() % 64 : 0);
		if (next)
			assert_in_range(next, LEAST, 1000000);
		assert_in_range(p.need, 4, 256);
		now += random() % 1000;
	}
}

/* Counts that wrap around to nothing, in the run that makes the queue hot. */
static void nothing_to_divide_by(void **state)
{
	struct vbus_pace p;
	u64 now = 1000000;
	u32 i;

	vbus_pace_init(&p);
	vbus_pace_next(&p, now - 1000, now, 1);
	for (i = 0; i < 3; i++)
		vbus_pace_rung(&p, 0, LEAST);
	vbus_pace_next(&p, now, now + 1000000, 1u << 31);
	vbus_pace_next(&p, now, now + 2000000, (1u << 31) - 2);
	vbus_pace_rung(&p, 0, LEAST);
	vbus_pace_next(&p, now, now + 3000000, 1);
	assert_in_range(p.units, 0, 1u << 31);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_stops_ringing),
		cmocka_unit_test(slowly_too),
		cmocka_unit_test(with_pauses),
		cmocka_unit_test(a_conversation_is_left_alone),
		cmocka_unit_test(windows),
		cmocka_unit_test(habits_change),
		cmocka_unit_test(limits),
		cmocka_unit_test(silence),
		cmocka_unit_test(small_runs),
		cmocka_unit_test(nonsense),
		cmocka_unit_test(nothing_to_divide_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
