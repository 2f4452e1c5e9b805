// SPDX-License-Identifier: GPL-2.0
/*
 * The doorbell table, the kicks cap and the sleepers' timer.
 */
#include <linux/delay.h>
#include "fixture.h"

/* Publish request @idx in queue 0, without ringing. */
static void publish(struct fake_client *fc, u32 idx)
{
	struct vbus_slot *slots = (void *)fc->arena + SZ_2K + VBUS_HALF_HDR;

	vbus_slot_set(&slots[idx & 7], 0, 1, 0);
	smp_store_release(&slots[idx & 7].seq, cpu_to_le32(idx + 1));
}

static bool two_runs(void *arg)
{
	return atomic_read(&((struct fake_session *)arg)->runs) >= 2;
}

static void table(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, bell, seen = 0, i;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	for (i = 0; i < FAKE_DOORBELLS; i++) {
		KUNIT_ASSERT_EQ(test, fake_queue(fc, handle, i, 8, &bell), VBUS_OK);
		KUNIT_EXPECT_LT(test, bell, FAKE_DOORBELLS);
		seen |= BIT(bell);
	}
	KUNIT_EXPECT_EQ(test, seen, BIT(FAKE_DOORBELLS) - 1);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, FAKE_DOORBELLS, 8, &bell), VBUS_ENOSPC);
	/* What was refused has left nothing behind, and a number that is free is given again. */
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, 2, 0, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, FAKE_DOORBELLS, 8, &bell), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fc->client.bad_doorbells, 0);
	vbus_client_doorbell(&fc->client, FAKE_DOORBELLS);
	vbus_client_doorbell(&fc->client, VBUS_NO_DOORBELL);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, FAKE_DOORBELLS, 0, NULL), VBUS_OK);
	vbus_client_doorbell(&fc->client, bell);
	KUNIT_EXPECT_EQ(test, fc->client.bad_doorbells, 3);
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	for (i = 0; i < FAKE_DOORBELLS; i++)
		vbus_client_doorbell(&fc->client, i);
	KUNIT_EXPECT_EQ(test, fc->client.bad_doorbells, 3 + FAKE_DOORBELLS);
	fake_teardown(test, fc);
}

/* A doorbell that never came costs a delay, and is counted. */
static void missed(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_ASSERT_EQ(test, fake_queue(fc, handle, 0, 8, NULL), VBUS_OK);
	/* Its first run, which arms it. */
	msleep(50);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_last->runs), 1);
	publish(fc, 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(two_runs, fake_last, 2000));
	KUNIT_EXPECT_EQ(test, fake_last->q->stats->missed, 1);
	KUNIT_EXPECT_EQ(test, fake_last->q->done, 1);
	fake_teardown(test, fc);
}

/* It is silent when nothing was lost. */
static void nothing_missed(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, bell, i;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_ASSERT_EQ(test, fake_queue(fc, handle, 0, 8, &bell), VBUS_OK);
	msleep(500);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_last->runs), 1);
	for (i = 0; i < 20; i++) {
		publish(fc, i);
		vbus_client_doorbell(&fc->client, bell);
		msleep(30);
	}
	KUNIT_EXPECT_EQ(test, fake_last->q->done, 20);
	KUNIT_EXPECT_EQ(test, fake_last->q->stats->missed, 0);
	KUNIT_EXPECT_EQ(test, fake_last->q->stats->doorbells, 20);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake_last->runs), 21);
	fake_teardown(test, fc);
}

/* Above the cap doorbells wait for the next tick, and count as held back. */
static void kicks(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, bell, i;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_ASSERT_EQ(test, fake_queue(fc, handle, 0, 8, &bell), VBUS_OK);
	KUNIT_EXPECT_EQ(test, admin("echo 10 >/sys/vbus/instances/kunit-bus/limits/kicks"), 0);
	msleep(250);
	for (i = 0; i < 1000; i++)
		vbus_client_doorbell(&fc->client, bell);
	/* One at once; a tick may have come in between. */
	KUNIT_EXPECT_GE(test, fc->client.throttled, 990);
	KUNIT_EXPECT_LE(test, fake_last->q->stats->doorbells, 10);
	publish(fc, 0);
	vbus_client_doorbell(&fc->client, bell);
	msleep(500);
	KUNIT_EXPECT_EQ(test, fake_last->q->done, 1);
	fake_teardown(test, fc);
}

static bool is_armed(void *arg)
{
	return READ_ONCE(((struct fake_session *)arg)->q->armed);
}

/*
 * What a run takes the device, long beside a tick of 4 ms, which timers may need; and what ringing
 * takes the driver, short beside the time until a look.
 */
#define RUN_US	2000
#define EXIT_US	500

/* As a driver does it: ring if asked to. */
static void publish_and_ring(struct fake_client *fc, u32 idx, u32 bell)
{
	publish(fc, idx);
	smp_mb();
	if (is_armed(fake_last)) {
		vbus_client_doorbell(&fc->client, bell);
		udelay(EXIT_US);
	}
}

/* Publish up to number @end with at most @window under way. */
static bool stream(struct fake_client *fc, u32 *idx, u32 end, u32 window, u32 bell)
{
	u32 patience = 1000000;

	while (*idx < end) {
		if (*idx - READ_ONCE(fake_last->q->done) < window) {
			publish_and_ring(fc, (*idx)++, bell);
		} else {
			udelay(5);
			if (!--patience)
				return false;
		}
	}
	return true;
}

/*
 * Where doorbells are dear a busy queue is not asked for any. When it begins to look by timer is for
 * tests/unit/pace_test.c, which does not depend on the time that things take here.
 */
static void dear(struct kunit *test)
{
	struct fake_client *fc;
	u32 handle, bell, rings, i = 0;
	int tries = 0;

	fake_connector.caps.dear_doorbells = true;
	fc = fake_setup(test);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, 0, 8, &bell), VBUS_OK);
	fake_last->takes_us = RUN_US;
	KUNIT_EXPECT_TRUE(test, stream(fc, &i, 1000, 7, bell));
	rings = fake_last->q->stats->doorbells;
	KUNIT_EXPECT_GE(test, rings, 4);
	KUNIT_EXPECT_LT(test, rings, 500);
	/* When nothing comes any more it asks again, and hears. */
	KUNIT_EXPECT_TRUE(test, fake_wait(is_armed, fake_last, 2000));
	KUNIT_EXPECT_EQ(test, fake_last->q->done, 1000);
	publish_and_ring(fc, i++, bell);
	msleep(50);
	KUNIT_EXPECT_EQ(test, fake_last->q->done, 1001);
	KUNIT_EXPECT_EQ(test, fake_last->q->stats->missed, 0);

	/* It may end while the timer runs. */
	while (hrtimer_active(&fake_last->poll.timer) == 0 && tries++ < 500)
		publish_and_ring(fc, i++, bell);
	KUNIT_EXPECT_LT(test, tries, 500);
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	fake_teardown(test, fc);
	fake_connector.caps.dear_doorbells = false;
}

static struct kunit_case cases[] = {
	KUNIT_CASE(table),
	KUNIT_CASE(missed),
	KUNIT_CASE(nothing_missed),
	KUNIT_CASE(kicks),
	KUNIT_CASE(dear),
	{ }
};

struct kunit_suite doorbell_suite = {
	.name = "vbus-doorbell",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
