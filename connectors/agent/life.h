/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What both ends of a link must agree on: what numbers lives have, how long one may be silent, and
 * how fast a counter runs for a side of which only the range of time-outs is known.
 */
#ifndef _VBUS_AGENT_LIFE_H
#define _VBUS_AGENT_LIFE_H

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <vbus/link.h>

/* Milliseconds after which a silent side is dead. */
#define TIMEOUT_MIN	100
#define TIMEOUT_MAX	60000

/* life_number - neither 0 nor all ones, which a dead link reads as */
static inline u32 life_number(void)
{
	return 1 + get_random_u32() % (U32_MAX - 1);
}

/* life_timeout - jiffies after which a silent peer is dead */
static inline unsigned long life_timeout(const struct vbus_link *link)
{
	return msecs_to_jiffies(vbus_link_timeout_ms(link));
}

/* life_beat - jiffies between beats: often enough for any time-out of the other side */
static inline unsigned long life_beat(void)
{
	return max(msecs_to_jiffies(TIMEOUT_MIN) / 6, 1ul);
}

#endif /* _VBUS_AGENT_LIFE_H */
