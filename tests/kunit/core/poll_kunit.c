// SPDX-License-Identifier: GPL-2.0
/*
 * Polls: scheduled from anywhere, run once, stay within their budget, end when told to.
 */
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include "fixture.h"

struct counted {
	struct vbus_poll poll;
	struct irq_work irq;
	atomic_t runs, arms;
	int work;	/* left to do; -1: without end */
	int more;	/* times that arm finds something */
	int greatest;	/* most done in one run */
};

static int counted_fn(struct vbus_poll *poll, int budget)
{
	struct counted *c = container_of(poll, struct counted, poll);
	int done = c->work < 0 ? budget : min(c->work, budget);

	if (c->work > 0)
		c->work -= done;
	c->greatest = max(c->greatest, budget);
	atomic_inc(&c->runs);
	return done;
}

static bool counted_arm(struct vbus_poll *poll)
{
	struct counted *c = container_of(poll, struct counted, poll);

	atomic_inc(&c->arms);
	return c->more && c->more--;
}

static void from_hardirq(struct irq_work *work)
{
	vbus_poll_schedule(&container_of(work, struct counted, irq)->poll);
}

static void from_ipi(void *arg)
{
	vbus_poll_schedule(&((struct counted *)arg)->poll);
}

static struct counted *counted_new(struct kunit *test)
{
	struct counted *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->irq = IRQ_WORK_INIT_HARD(from_hardirq);
	vbus_poll_init(&c->poll, counted_fn, counted_arm);
	return c;
}

static void expect_runs(struct kunit *test, struct counted *c, int want, const char *what)
{
	msleep(30);
	KUNIT_EXPECT_EQ_MSG(test, atomic_xchg(&c->runs, 0), want, "%s", what);
}

static void contexts(struct kunit *test)
{
	struct counted *c = counted_new(test);
	unsigned long flags;
	int i;

	vbus_poll_enable(&c->poll);
	expect_runs(test, c, 0, "nobody asked");
	vbus_poll_schedule(&c->poll);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->runs), 1);
	expect_runs(test, c, 1, "process context");
	local_irq_save(flags);
	for (i = 0; i < 10; i++)
		vbus_poll_schedule(&c->poll);
	local_irq_restore(flags);
	expect_runs(test, c, 1, "ten times with interrupts off");
	local_bh_disable();
	for (i = 0; i < 10; i++)
		vbus_poll_schedule(&c->poll);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->runs), 0);
	local_bh_enable();
	/* NAPI runs once more for all that was asked for when it was scheduled already. */
	expect_runs(test, c, 2, "ten times with softirqs off");
	irq_work_queue(&c->irq);
	irq_work_sync(&c->irq);
	expect_runs(test, c, 1, "hard irq");
	for (i = 0; i < nr_cpu_ids; i++) {
		if (!cpu_online(i))
			continue;
		smp_call_function_single(i, from_ipi, c, true);
		expect_runs(test, c, 1, "interrupt of some processor");
	}
	vbus_poll_disable(&c->poll);
	vbus_poll_fini(&c->poll);
}

static void disabled(struct kunit *test)
{
	struct counted *c = counted_new(test);
	unsigned long flags;

	vbus_poll_schedule(&c->poll);
	expect_runs(test, c, 0, "never enabled");
	vbus_poll_enable(&c->poll);
	expect_runs(test, c, 0, "enabled: what came before is forgotten");
	vbus_poll_disable(&c->poll);
	vbus_poll_schedule(&c->poll);
	local_irq_save(flags);
	vbus_poll_schedule(&c->poll);
	local_irq_restore(flags);
	expect_runs(test, c, 0, "disabled");
	vbus_poll_enable(&c->poll);
	vbus_poll_schedule(&c->poll);
	/* NAPI remembers that it was asked for when it was disabled. */
	expect_runs(test, c, 2, "enabled again");
	vbus_poll_disable(&c->poll);
	vbus_poll_fini(&c->poll);
}

static void budget(struct kunit *test)
{
	struct counted *c = counted_new(test);

	vbus_poll_enable(&c->poll);
	c->work = 1;
	vbus_poll_schedule(&c->poll);
	expect_runs(test, c, 1, "one unit of work");
	KUNIT_EXPECT_GT(test, c->greatest, 0);
	KUNIT_EXPECT_LE(test, c->greatest, NAPI_POLL_WEIGHT);
	atomic_set(&c->arms, 0);
	c->work = 10 * c->greatest + 1;
	vbus_poll_schedule(&c->poll);
	expect_runs(test, c, 11, "eleven budgets of work");
	KUNIT_EXPECT_EQ(test, atomic_read(&c->arms), 1);
	c->more = 3;
	vbus_poll_schedule(&c->poll);
	expect_runs(test, c, 4, "three last looks that found something");
	vbus_poll_disable(&c->poll);
	vbus_poll_fini(&c->poll);
}

/* Work without end is no reason not to end. */
static void endless(struct kunit *test)
{
	struct counted *c = counted_new(test);
	unsigned long began;

	vbus_poll_enable(&c->poll);
	c->work = -1;
	vbus_poll_schedule(&c->poll);
	msleep(50);
	KUNIT_EXPECT_GT(test, atomic_read(&c->runs), 1);
	began = jiffies;
	vbus_poll_disable(&c->poll);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, began + HZ));
	atomic_set(&c->runs, 0);
	expect_runs(test, c, 0, "after its end");
	vbus_poll_fini(&c->poll);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(contexts),
	KUNIT_CASE(disabled),
	KUNIT_CASE(budget),
	KUNIT_CASE(endless),
	{ }
};

struct kunit_suite poll_suite = {
	.name = "vbus-poll",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
