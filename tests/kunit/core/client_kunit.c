// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: attaching, leaving, and what they are told.
 */
#include <linux/delay.h>
#include "fixture.h"

static u32 event_of(const struct fake_client *fc, int n)
{
	return le32_to_cpu(fc->events[n].event);
}

static u32 port_of(const struct fake_client *fc, int n)
{
	return le32_to_cpu(fc->events[n].port);
}

static void attach_detach(struct kunit *test)
{
	struct fake_client *fc, *other;

	KUNIT_ASSERT_EQ(test, admin("mkdir $B/kb"), 0);
	fc = fake_client_add(test, "kb", "kunit.1", 0);
	KUNIT_EXPECT_STREQ(test, fc->client.name, "kunit.1");
	KUNIT_EXPECT_STREQ(test, vbus_bus_name(fc->client.bus), "kb");
	KUNIT_EXPECT_EQ(test, vbus_client_attach(&fc->client, fc->client.bus, "twice"), -EINVAL);
	/* Names are checked, and given once. */
	other = fake_client_add(test, "kb", "kunit.1", -EEXIST);
	fake_client_del(test, other);
	other = fake_client_add(test, "kb", "a/b", -EINVAL);
	fake_client_del(test, other);
	other = fake_client_add(test, "kb", "", -EINVAL);
	fake_client_del(test, other);
	KUNIT_EXPECT_EQ(test, admin("[ -d /sys/vbus/instances/kb/clients/kunit.1 ]"), 0);
	KUNIT_EXPECT_NE(test, admin("rmdir $B/kb"), 0);
	vbus_client_detach(&fc->client);
	KUNIT_EXPECT_NE(test, admin("[ -d /sys/vbus/instances/kb/clients/kunit.1 ]"), 0);
	KUNIT_EXPECT_EQ(test, fake_attach(fc), VBUS_EGONE);
	fake_client_del(test, fc);
	/* The name is free again. */
	fc = fake_client_add(test, "kb", "kunit.1", 0);
	fake_client_del(test, fc);
	KUNIT_EXPECT_EQ(test, admin("rmdir $B/kb"), 0);
}

static void never_attached(struct kunit *test)
{
	struct fake_client *fc = kunit_kzalloc(test, sizeof(*fc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fc);
	init_completion(&fc->released);
	KUNIT_ASSERT_EQ(test, vbus_client_init(&fc->client, &fake_connector), 0);
	vbus_client_doorbell(&fc->client, 0);
	vbus_client_doorbell(&fc->client, 77);
	KUNIT_EXPECT_EQ(test, fc->client.bad_doorbells, 2);
	vbus_client_quiesce(&fc->client);
	fake_client_del(test, fc);
}

static void events(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);

	KUNIT_EXPECT_EQ(test, event_of(fc, 0), VBUS_EV_DEVADD);
	KUNIT_EXPECT_EQ(test, port_of(fc, 0), 0);
	KUNIT_EXPECT_STREQ(test, (char *)fc->events[0].type, FAKE_TYPE);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kunit-bus/kunit-dev"), 0);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 2));
	KUNIT_EXPECT_EQ(test, event_of(fc, 1), VBUS_EV_DEVDROP);
	KUNIT_EXPECT_EQ(test, port_of(fc, 1), 0);
	KUNIT_EXPECT_EQ(test, admin("ln -s $D/kunit-dev $B/kunit-bus"), 0);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 3));
	KUNIT_EXPECT_EQ(test, event_of(fc, 2), VBUS_EV_DEVADD);
	KUNIT_EXPECT_EQ(test, port_of(fc, 2), 1);
	/* ATTACH begins anew. */
	KUNIT_EXPECT_EQ(test, fake_attach(fc), VBUS_OK);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 4));
	KUNIT_EXPECT_EQ(test, event_of(fc, 3), VBUS_EV_DEVADD);
	KUNIT_EXPECT_EQ(test, port_of(fc, 3), 1);
	fake_teardown(test, fc);
}

/* What came and went before ATTACH was never there. */
static void events_cancel(struct kunit *test)
{
	struct fake_client *fc;

	fake_reset(&fake_one);
	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kd $B/kb && echo kunit >$D/kd/type"), 0);
	fc = fake_client_add(test, "kb", "kunit.0", 0);
	KUNIT_EXPECT_EQ(test, admin("for i in 1 2 3 4 5; do ln -s $D/kd $B/kb && rm $B/kb/kd || exit 1; done"),
			0);
	KUNIT_EXPECT_EQ(test, admin("ln -s $D/kd $B/kb"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait_events(fc, 0));
	KUNIT_EXPECT_EQ(test, fake_attach(fc), VBUS_OK);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 1));
	KUNIT_EXPECT_EQ(test, port_of(fc, 0), 5);
	fake_client_del(test, fc);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kb/kd; rmdir $D/kd $B/kb"), 0);
}

static void events_available(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 a, b, c;

	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &a), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &b), VBUS_OK);
	/* Nobody was refused: nobody is told. */
	KUNIT_EXPECT_EQ(test, fake_close(fc, b), VBUS_OK);
	KUNIT_EXPECT_TRUE(test, fake_wait_events(fc, 1));
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &b), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &c), VBUS_EBUSY);
	KUNIT_EXPECT_EQ(test, fake_close(fc, a), VBUS_OK);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 2));
	KUNIT_EXPECT_EQ(test, event_of(fc, 1), VBUS_EV_AVAILABLE);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &a), VBUS_OK);
	/* Once is enough. */
	KUNIT_EXPECT_EQ(test, fake_close(fc, a), VBUS_OK);
	KUNIT_EXPECT_TRUE(test, fake_wait_events(fc, 2));
	fake_teardown(test, fc);
}

static void limits(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test), *other;
	u32 a, b;

	KUNIT_EXPECT_EQ(test, admin("echo 1 >/sys/vbus/instances/kunit-bus/limits/sessions"), 0);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &a), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &b), VBUS_ENOSPC);
	/* A dead session counts until it is closed. */
	fake_verb(fc, VBUS_VERB_CALL, a, 2, NULL, 0, NULL, NULL);
	msleep(100);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &b), VBUS_ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_close(fc, a), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &b), VBUS_OK);
	KUNIT_EXPECT_EQ(test, admin("echo 1 >/sys/vbus/instances/kunit-bus/limits/queues"), 0);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, b, 0, 8, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, b, 1, 8, NULL), VBUS_ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, b, 0, 0, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, b, 1, 8, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, admin("echo 1 >/sys/vbus/instances/kunit-bus/limits/clients"), 0);
	other = fake_client_add(test, "kunit-bus", "kunit.9", -ENOSPC);
	fake_client_del(test, other);
	KUNIT_EXPECT_EQ(test, admin("[ $(cat /sys/vbus/instances/kunit-bus/limits/refused) = 4 ]"),
			0);
	fake_teardown(test, fc);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(attach_detach),
	KUNIT_CASE(never_attached),
	KUNIT_CASE(events),
	KUNIT_CASE(events_cancel),
	KUNIT_CASE(events_available),
	KUNIT_CASE(limits),
	{ }
};

struct kunit_suite client_suite = {
	.name = "vbus-client",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
