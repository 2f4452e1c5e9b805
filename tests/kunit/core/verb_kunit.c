// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs: statuses, negotiation, sessions.
 */
#include <linux/delay.h>
#include "fixture.h"

/* What a model's errno becomes on the wire. */
static void status_table(struct kunit *test)
{
	static const struct {
		int err;
		int status;
	} table[] = {
		{ ENOENT, VBUS_ENOENT }, { ENOMEM, VBUS_ENOMEM }, { EACCES, VBUS_EPERM },
		{ EFAULT, VBUS_EFAULT }, { EBUSY, VBUS_EBUSY }, { EEXIST, VBUS_EBUSY },
		{ ENODEV, VBUS_EGONE }, { EINVAL, VBUS_EINVAL }, { ENOSPC, VBUS_ENOSPC },
		{ ERANGE, VBUS_EINVAL }, { EPROTO, VBUS_EPROTO }, { EOPNOTSUPP, VBUS_EVERSION },
		{ EMSGSIZE, VBUS_EINVAL }, { EINPROGRESS, VBUS_PENDING }, { EBADFD, VBUS_ESTATE },
		{ EPERM, VBUS_EPERM },
		/* and what has no number of its own */
		{ EIO, VBUS_EIO }, { EAGAIN, VBUS_EIO }, { ETIMEDOUT, VBUS_EIO },
		{ EINTR, VBUS_EIO }, { 4000, VBUS_EIO },
	};
	struct fake_client *fc = fake_setup(test);
	u32 handle;
	size_t i;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	for (i = 0; i < ARRAY_SIZE(table); i++)
		KUNIT_EXPECT_EQ_MSG(test, fake_verb(fc, VBUS_VERB_CALL, handle, 100 + table[i].err,
						    NULL, 0, NULL, NULL), table[i].status,
				    "errno %d", table[i].err);
	fake_teardown(test, fc);
}

static void call(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, in = 0x12345678, out = 0;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_CALL, handle, 0, &in, 4, &out, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, out, in);
	/* A model that claims more output than there was room for. */
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_CALL, handle, 1, &in, 4, NULL, NULL),
			VBUS_EINVAL);
	fake_teardown(test, fc);
}

static void negotiation(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	struct vbus_msg_open open = {
		.version = cpu_to_le32(FAKE_VERSION),
		.features = cpu_to_le64(FAKE_FEATURES),
	}, got;
	struct vbus_msg_attach attach = {
		.version = cpu_to_le32(VBUS_ABI_VERSION),
		.features = cpu_to_le64(5),
	};
	u32 handle;
	int i;

	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_ATTACH, 0, 0, &attach, sizeof(attach), &attach,
					NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(attach.doorbells), FAKE_DOORBELLS);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(attach.features), 5);
	for (i = 0; i < 64; i++) {
		attach.features = cpu_to_le64(BIT_ULL(i));
		attach.doorbells = 0;
		KUNIT_EXPECT_EQ_MSG(test, fake_verb(fc, VBUS_VERB_ATTACH, 0, 0, &attach,
						    sizeof(attach), NULL, NULL),
				    BIT_ULL(i) & 5 ? VBUS_OK : VBUS_EVERSION, "feature %d", i);
	}
	/* The model takes away bit 0, which it knows. */
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_OPEN, 0, 0, &open, sizeof(open), &got,
					&handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(got.features), FAKE_FEATURES & ~1ull);
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	open.features = cpu_to_le64(FAKE_FEATURES | 1ull << 63);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_OPEN, 0, 0, &open, sizeof(open), NULL, NULL),
			VBUS_EVERSION);
	open.features = 0;
	open.version = cpu_to_le32(FAKE_VERSION + 1);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_OPEN, 0, 0, &open, sizeof(open), NULL, NULL),
			VBUS_EVERSION);
	fake_teardown(test, fc);
}

/* A model that refuses: nothing is left of the attempt. */
static void open_fails(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, other, i;

	for (i = 0; i < 10; i++) {
		fake_one.open_err = -EACCES;
		KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &handle), VBUS_EPERM);
	}
	fake_one.open_err = 0;
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &other), VBUS_OK);
	KUNIT_EXPECT_NE(test, handle, other);
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, &other), VBUS_EBUSY);
	fake_teardown(test, fc);
}

/* Handles are not used again soon. */
static void handles(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, last = 0, i;

	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
		KUNIT_EXPECT_GT(test, handle, last);
		if (last)
			KUNIT_EXPECT_EQ(test, fake_close(fc, last), VBUS_ENOENT);
		last = handle;
		KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	}
	fake_teardown(test, fc);
}

static void broken(struct kunit *test)
{
	struct fake_client *fc = fake_setup(test);
	u32 handle, other;
	int i;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &other), VBUS_OK);
	KUNIT_ASSERT_EQ(test, fake_queue(fc, handle, 0, 8, NULL), VBUS_OK);
	/* However often it is broken, it ends once. */
	for (i = 0; i < 3; i++)
		vbus_session_break(&fake_last->s, "as told");
	msleep(100);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_CALL, other, 0, NULL, 0, NULL, NULL),
			VBUS_EPROTO);
	KUNIT_EXPECT_EQ(test, fake_queue(fc, other, 0, 8, NULL), VBUS_EPROTO);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_CALL, handle, 0, NULL, 0, NULL, NULL),
			VBUS_OK);
	/* The port is free for another before the dead one is closed. */
	KUNIT_EXPECT_EQ(test, fake_open(fc, 0, NULL), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_close(fc, other), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_close(fc, other), VBUS_ENOENT);
	fake_teardown(test, fc);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(status_table),
	KUNIT_CASE(call),
	KUNIT_CASE(negotiation),
	KUNIT_CASE(open_fails),
	KUNIT_CASE(handles),
	KUNIT_CASE(broken),
	{ }
};

struct kunit_suite verb_suite = {
	.name = "vbus-verb",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
