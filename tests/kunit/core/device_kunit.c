// SPDX-License-Identifier: GPL-2.0
/*
 * The life of devices and links, as a class sees it.
 */
#include "fixture.h"

static bool released(void *arg)
{
	struct fake_class *fc = arg;

	return fc->nsteps && fc->steps[fc->nsteps - 1] == FAKE_RELEASE;
}

static void expect_steps(struct kunit *test, struct fake_class *fc, const u8 *want, unsigned int n)
{
	unsigned int i;

	KUNIT_EXPECT_EQ(test, fc->nsteps, n);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_EQ_MSG(test, fc->steps[i], want[i], "step %u", i);
}

static int reset(struct kunit *test)
{
	fake_reset(&fake_one);
	fake_reset(&fake_many);
	fake_many.cls.max_links = 0;
	return 0;
}

static void order(struct kunit *test)
{
	static const u8 want[] = { FAKE_CREATE, FAKE_DESTROY, FAKE_RELEASE };

	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kd && echo kunit >$D/kd/type"), 0);
	KUNIT_EXPECT_EQ(test, fake_one.nsteps, 1);
	KUNIT_EXPECT_EQ(test, admin("rmdir $D/kd"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(released, &fake_one, 5000));
	expect_steps(test, &fake_one, want, ARRAY_SIZE(want));
}

/* A reader keeps the device's memory, not the device. */
static void order_with_session(struct kunit *test)
{
	static const u8 want[] = {
		FAKE_CREATE, FAKE_OPEN, FAKE_CLOSE, FAKE_DESTROY, FAKE_RELEASE
	};
	struct fake_client *fc = fake_setup(test);
	u32 handle;

	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, handle, 0, 8, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kunit-bus/kunit-dev && rmdir $D/kunit-dev"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(released, &fake_one, 5000));
	expect_steps(test, &fake_one, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_CALL, handle, 0, NULL, 0, NULL, NULL),
			VBUS_EGONE);
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_ENOENT);
	fake_client_del(test, fc);
	KUNIT_EXPECT_EQ(test, admin("rmdir $B/kunit-bus"), 0);
}

static void create_fails(struct kunit *test)
{
	static const int errors[] = { -ENOMEM, -EINVAL, -EBUSY, -ENODEV, -EIO };
	size_t i;

	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kd"), 0);
	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		fake_one.create_err = errors[i];
		KUNIT_EXPECT_NE(test, admin("echo kunit >$D/kd/type"), 0);
		KUNIT_EXPECT_NE(test, admin("[ -e /sys/vbus/devices/kd ]"), 0);
	}
	KUNIT_EXPECT_EQ(test, fake_one.nsteps, 0);
	/* It may be tried again. */
	fake_one.create_err = 0;
	KUNIT_EXPECT_EQ(test, admin("echo kunit >$D/kd/type"), 0);
	KUNIT_EXPECT_EQ(test, admin("rmdir $D/kd"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(released, &fake_one, 5000));
}

/* Too many ports: the class's own mistake, undone by its own put. */
static void create_undone(struct kunit *test)
{
	static const u8 want[] = { FAKE_CREATE, FAKE_RELEASE };

	fake_one.nports = 1;
	fake_many.nports = VBUS_MAX_PORTS + 1;
	KUNIT_EXPECT_NE(test, admin("mkdir $D/kd && echo kunit-many >$D/kd/type"), 0);
	fake_many.nports = 3;
	expect_steps(test, &fake_many, want, ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, admin("rmdir $D/kd"), 0);
}

/* One link: all ports. */
static void ports_of_one_link(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kd $B/kb && echo kunit-many >$D/kd/type"), 0);
	KUNIT_EXPECT_EQ(test, admin("ln -s $D/kd $B/kb"), 0);
	KUNIT_EXPECT_EQ(test, admin("[ $(ls /sys/vbus/instances/kb/devices | wc -l) = 3 ]"), 0);
	KUNIT_EXPECT_NE(test, admin("ln -s $D/kd $B/kb/again"), 0);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kb/kd"), 0);
	KUNIT_EXPECT_EQ(test, admin("[ $(ls /sys/vbus/instances/kb/devices | wc -l) = 0 ]"), 0);
	KUNIT_EXPECT_EQ(test, admin("ln -s $D/kd $B/kb"), 0);
	KUNIT_EXPECT_EQ(test, admin("[ -d /sys/vbus/instances/kb/devices/5 ]"), 0);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kb/kd; rmdir $D/kd $B/kb"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(released, &fake_many, 5000));
}

/* Four links for three ports: the n-th shows port n, and the fourth nothing. */
static void ports_of_many_links(struct kunit *test)
{
	fake_many.cls.max_links = 4;
	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kd $B/kb && echo kunit-many >$D/kd/type"), 0);
	KUNIT_EXPECT_EQ(test, admin("for i in 0 1 2 3; do ln -s $D/kd $B/kb/l$i || exit 1; done"),
			0);
	KUNIT_EXPECT_EQ(test, admin("[ $(ls /sys/vbus/instances/kb/devices | wc -l) = 3 ]"), 0);
	KUNIT_EXPECT_EQ(test, admin("[ $(ls /sys/vbus/devices/kd/interfaces | wc -l) = 3 ]"), 0);
	KUNIT_EXPECT_NE(test, admin("ln -s $D/kd $B/kb/l4"), 0);
	KUNIT_EXPECT_NE(test, admin("rmdir $D/kd"), 0);
	KUNIT_EXPECT_EQ(test, admin("rm $B/kb/*; rmdir $D/kd $B/kb"), 0);
	KUNIT_EXPECT_TRUE(test, fake_wait(released, &fake_many, 5000));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(order),
	KUNIT_CASE(order_with_session),
	KUNIT_CASE(create_fails),
	KUNIT_CASE(create_undone),
	KUNIT_CASE(ports_of_one_link),
	KUNIT_CASE(ports_of_many_links),
	{ }
};

struct kunit_suite device_suite = {
	.name = "vbus-device",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.init = reset,
	.test_cases = cases,
};
