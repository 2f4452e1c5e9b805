// SPDX-License-Identifier: GPL-2.0
/*
 * Queues whose homes are split: the device's half is the connector's memory, the driver's half is
 * reached through a window. Ordinary memory stands in for both.
 */
#include <linux/slab.h>
#include "fixture.h"

#define WINDOW	0x7000
#define HALF	0x1000
#define BASE	5
#define GEN	77

static struct vbus_client_ops split_ops;
static u8 *half;
static int halves;

/* Dirty, as memory of a former life is. */
static void *split_alloc(struct vbus_client *client, size_t bytes, u64 *window)
{
	half = kmalloc(bytes, GFP_KERNEL);
	if (!half)
		return NULL;
	memset(half, 0xa5, bytes);
	halves++;
	*window = WINDOW;
	return half;
}

static void split_free(struct vbus_client *client, void *ptr, size_t bytes)
{
	halves--;
	kfree(ptr);
}

/* The fixture's connector, changed for the time of a test. */
static const struct vbus_client_ops *split_begin(void)
{
	const struct vbus_client_ops *old = fake_connector.ops;

	split_ops = *old;
	split_ops.alloc_half = split_alloc;
	split_ops.free_half = split_free;
	fake_connector.ops = &split_ops;
	fake_connector.caps.home = VBUS_HOME_SPLIT;
	fake_connector.caps.map = false;
	return old;
}

static void split_end(const struct vbus_client_ops *old)
{
	fake_connector.ops = old;
	fake_connector.caps.home = VBUS_HOME_SHARED;
	fake_connector.caps.map = true;
}

static int split_queue(struct fake_client *fc, u32 handle, struct vbus_msg_queue *msg)
{
	*msg = (struct vbus_msg_queue) {
		.req_size = cpu_to_le32(8),
		.cpl_size = cpu_to_le32(8),
		.drv_half = cpu_to_le64(HALF),
		.base = cpu_to_le32(BASE),
		.drv_gen = cpu_to_le32(GEN),
	};
	return fake_verb(fc, VBUS_VERB_QUEUE, handle, 0, msg, sizeof(*msg), msg, NULL);
}

static struct vbus_line *drv_line(struct fake_client *fc)
{
	return (void *)fc->arena + HALF;
}

static bool answered(void *arg)
{
	struct vbus_slot *slots = arg + HALF + VBUS_HALF_HDR;

	return le32_to_cpu(READ_ONCE(slots[BASE].seq)) == BASE + 1;
}

static bool broken(void *arg)
{
	return READ_ONCE(((struct vbus_session *)arg)->dead);
}

static void split_life(struct kunit *test)
{
	const struct vbus_client_ops *old = split_begin();
	struct fake_client *fc = fake_setup(test);
	struct vbus_msg_queue msg;
	struct vbus_line *line;
	struct vbus_slot *slots;
	u32 handle, bell;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	drv_line(fc)->gen = cpu_to_le32(GEN);
	drv_line(fc)->wake = cpu_to_le32(BASE);
	KUNIT_ASSERT_EQ(test, split_queue(fc, handle, &msg), VBUS_OK);
	KUNIT_EXPECT_EQ(test, halves, 1);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(msg.dev_half), (u64)WINDOW);
	line = (void *)half;
	slots = (void *)half + VBUS_HALF_HDR;
	bell = le32_to_cpu(msg.doorbell);
	/* Our half begins a life of its own, and nothing of an old one is left in it. */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(line->gen), le32_to_cpu(msg.dev_gen));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(line->credit), BASE);
	KUNIT_EXPECT_NULL(test, memchr_inv(slots, 0, 8 * sizeof(*slots)));

	slots[BASE].lf = cpu_to_le32(1);
	WRITE_ONCE(slots[BASE].seq, cpu_to_le32(BASE + 1));
	vbus_client_doorbell(&fc->client, bell);
	KUNIT_EXPECT_TRUE(test, fake_wait(answered, fc->arena, 2000));
	msleep(20);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(READ_ONCE(drv_line(fc)->wake)), BASE + 1);
	KUNIT_EXPECT_GE(test, fc->client.crossings.reads, 1ul);
	KUNIT_EXPECT_GE(test, fc->client.crossings.writes, 3ul);
	KUNIT_EXPECT_FALSE(test, fake_last->s.dead);

	/* A link that is dead reads as all ones: the session ends when its ring goes idle. */
	drv_line(fc)->gen = cpu_to_le32(U32_MAX);
	vbus_client_doorbell(&fc->client, bell);
	KUNIT_EXPECT_TRUE(test, fake_wait(broken, &fake_last->s, 2000));
	KUNIT_EXPECT_EQ(test, fake_close(fc, handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, halves, 0);
	fake_teardown(test, fc);
	split_end(old);
}

/* An address outside the window; and no memory is left behind by it. */
static void split_fails(struct kunit *test)
{
	const struct vbus_client_ops *old = split_begin();
	struct fake_client *fc = fake_setup(test);
	struct vbus_msg_queue msg = {
		.req_size = cpu_to_le32(8),
		.cpl_size = cpu_to_le32(8),
		.drv_half = cpu_to_le64(FAKE_ARENA),
	};
	u32 handle;

	KUNIT_ASSERT_EQ(test, fake_open(fc, 0, &handle), VBUS_OK);
	KUNIT_EXPECT_EQ(test, fake_verb(fc, VBUS_VERB_QUEUE, handle, 0, &msg, sizeof(msg), NULL,
					NULL), VBUS_EFAULT);
	KUNIT_EXPECT_EQ(test, halves, 0);
	/* The last client goes with its queues. */
	KUNIT_ASSERT_EQ(test, split_queue(fc, handle, &msg), VBUS_OK);
	fake_teardown(test, fc);
	KUNIT_EXPECT_EQ(test, halves, 0);
	split_end(old);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(split_life),
	KUNIT_CASE(split_fails),
	{}
};

struct kunit_suite split_suite = {
	.name = "vbus_split",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
