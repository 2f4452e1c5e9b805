// SPDX-License-Identifier: GPL-2.0
/*
 * Is a link's DMA engine of use, and from how many bytes on? Found out each time a board is
 * attached, on memory of the board's that it does not look at yet.
 *
 * A wrong address must not do harm before it is noticed: the engine reads what a processor has
 * written to the same place before it may write itself.
 */
#include <linux/bottom_half.h>
#include <linux/ktime.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "engine.h"

/* The best of these many. */
#define MEASURE_TRIES	3

/**
 * struct measure - a measurement
 * @e: the engine
 * @scratch: offset in the window of ENGINE_BIG bytes
 * @ours: bytes that were sent
 * @theirs: and that came back
 */
struct measure {
	struct engine *e;
	u64 scratch;
	u8 ours[ENGINE_BIG];
	u8 theirs[ENGINE_BIG];
};

static void cpu_write(struct measure *m)
{
	vbus_link_write(m->e->link, m->scratch, m->ours, ENGINE_BIG);
	wmb(); /* as whoever publishes something does */
}

static void cpu_read(struct measure *m)
{
	vbus_link_read(m->e->link, m->theirs, m->scratch, ENGINE_BIG);
}

/* As models copy: an engine that needs a softirq to tell that it is done does not do for them. */
static int dma(struct measure *m, size_t len, enum engine_way way)
{
	int ret;

	local_bh_disable();
	ret = engine_move(m->e, m->scratch, way == ENGINE_READ ? m->theirs : m->ours, len, way);
	local_bh_enable();
	return ret == ENGINE_PASS ? -EBUSY : ret;
}

/* What went there by one way must come back by the other. */
static int measure_check(struct measure *m)
{
	int err;

	get_random_bytes(m->ours, ENGINE_BIG);
	cpu_write(m);
	/* A read has the writes arrive. */
	vbus_link_readl(m->e->link, m->scratch);
	err = dma(m, ENGINE_BIG, ENGINE_READ);
	if (err)
		return err;
	if (memcmp(m->ours, m->theirs, ENGINE_BIG))
		return -EBADMSG;
	get_random_bytes(m->ours, ENGINE_BIG);
	err = dma(m, ENGINE_BIG, ENGINE_WRITE);
	if (err)
		return err;
	cpu_read(m);
	return memcmp(m->ours, m->theirs, ENGINE_BIG) ? -EBADMSG : 0;
}

static u32 measure_cpu(struct measure *m, enum engine_way way)
{
	u64 best = ENGINE_NS_MAX, begin;
	int i;

	for (i = 0; i < MEASURE_TRIES; i++) {
		begin = ktime_get_ns();
		if (way == ENGINE_READ)
			cpu_read(m);
		else
			cpu_write(m);
		best = min(best, ktime_get_ns() - begin);
	}
	return best;
}

static int measure_dma(struct measure *m, size_t len, enum engine_way way, u32 *ns)
{
	u64 best = ENGINE_NS_MAX, begin;
	int i, err;

	for (i = 0; i < MEASURE_TRIES; i++) {
		begin = ktime_get_ns();
		err = dma(m, len, way);
		if (err)
			return err;
		best = min(best, ktime_get_ns() - begin);
	}
	*ns = best;
	return 0;
}

static int measure_way(struct measure *m, enum engine_way way)
{
	struct engine_way_state *w = &m->e->ways[way];
	u32 small, big, cpu;
	int err;

	err = measure_dma(m, ENGINE_SMALL, way, &small);
	if (!err)
		err = measure_dma(m, ENGINE_BIG, way, &big);
	if (err)
		return err;
	cpu = measure_cpu(m, way);
	/* Somebody may be choosing just now. */
	spin_lock_bh(&m->e->lock);
	w->cpu_ns = cpu;
	w->dma_ns = big;
	w->rate = engine_rate(small, big);
	w->measured = engine_threshold(cpu, w->rate);
	WRITE_ONCE(w->min, w->chosen ?: w->measured);
	spin_unlock_bh(&m->e->lock);
	return 0;
}

/* Nothing is known yet: give it all the time there is. */
static void measure_forget(struct engine *e)
{
	const struct engine_rate slow = { .setup = ENGINE_TIMEOUT_MAX * NSEC_PER_MSEC };
	int way;

	for (way = 0; way < ENGINE_WAYS; way++)
		e->ways[way].rate = slow;
}

/**
 * engine_measure() - find out whether an engine works, and its thresholds
 * @e: the engine, which nobody uses
 * @scratch: offset in the window of ENGINE_BIG bytes
 *
 * Context: process. Return: 0; -EBADMSG (the bytes that came are not those that were sent), -EIO,
 * -ETIMEDOUT, -EBUSY (no descriptor), -ENOMEM.
 */
int engine_measure(struct engine *e, u64 scratch)
{
	struct measure *m = kmalloc(sizeof(*m), GFP_KERNEL);
	int err;

	if (!m)
		return -ENOMEM;
	m->e = e;
	m->scratch = scratch;
	measure_forget(e);
	err = measure_check(m);
	if (!err)
		err = measure_way(m, ENGINE_READ);
	if (!err)
		err = measure_way(m, ENGINE_WRITE);
	kfree(m);
	return err;
}
