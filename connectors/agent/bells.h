/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Doorbells over a link: many over few bits, any of which may coalesce or get lost.
 *
 * Each doorbell is a counter in the memory of whoever is rung, written by whoever rings, followed
 * by a bit. The one who is rung compares the counters behind the bit with what it saw last; and
 * those of all bits whenever it looks after the link, so that a lost bit costs a delay.
 */
#ifndef _VBUS_AGENT_BELLS_H
#define _VBUS_AGENT_BELLS_H

#include <linux/atomic.h>
#include <linux/vbus_agent.h>
#include <vbus/link.h>

/* Bit 0 is for control; the others are shared by the doorbells. */
#define BELL_CONTROL	0

/* A bit that stands for all bits. */
#define BELL_ALL	U32_MAX

/**
 * struct bells - one side's state of both directions
 * @rung: how often we rang each of the peer's
 * @seen: the counters of ours when we last looked
 */
struct bells {
	atomic_t rung[VBUS_AGENT_BELLS];
	u32 seen[VBUS_AGENT_BELLS];
};

static inline void bells_reset(struct bells *b)
{
	memset(b, 0, sizeof(*b));
}

/* How many bits there are for doorbells; with a single bit they share it with control. */
static inline u32 bells_bits(u32 bits)
{
	return bits > 1 ? bits - 1 : 1;
}

static inline u32 bells_first(u32 bits)
{
	return bits > 1 ? 1 : 0;
}

/* Ring @nr, in range, whose counters begin at @off of the window. Any context. */
static inline void bells_ring(struct bells *b, struct vbus_link *link, u64 off, u32 nr)
{
	u32 n = atomic_inc_return(&b->rung[nr]);

	vbus_link_writel(link, off + nr * sizeof(__le32), n);
	wmb(); /* the counter, then the bit */
	vbus_link_ring(link, bells_first(link->peer_bits) + nr % bells_bits(link->peer_bits));
}

/* Call @fn for each of our doorbells behind @bit that was rung since the last look. Any context. */
static inline void bells_look(struct bells *b, struct vbus_link *link, const __le32 *counters,
			      u32 bit, void (*fn)(void *arg, u32 nr), void *arg)
{
	u32 step = 1, nr = 0;

	if (bit != BELL_ALL) {
		if (bit < bells_first(link->bits))
			return;
		step = bells_bits(link->bits);
		nr = bit - bells_first(link->bits);
	}
	for (; nr < VBUS_AGENT_BELLS; nr += step) {
		u32 now = le32_to_cpu(READ_ONCE(counters[nr]));

		/* Two who look at the same time: one of them finds it changed. */
		if (now != READ_ONCE(b->seen[nr]) && xchg(&b->seen[nr], now) != now)
			fn(arg, nr);
	}
}

#endif /* _VBUS_AGENT_BELLS_H */
