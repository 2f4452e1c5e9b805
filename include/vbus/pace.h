/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a queue is looked at by timer instead of by doorbell.
 */
#ifndef _VBUS_PACE_H
#define _VBUS_PACE_H

#include <linux/types.h>

/**
 * struct vbus_pace - how a queue's driver rings, and whether looking by timer is better
 * @asked_at: when a doorbell was asked for last
 * @from: when the phase that is measured began
 * @units: units of work done in it
 * @unit: what the poll takes for one, running mean
 * @rung: what one took, from one to the next, when the driver rang for them
 * @least: between two looks; 0: this queue is not paced
 * @heat: doorbells that came sooner than a look would, less those that did not
 * @need: so much is hot
 * @looking: it is
 *
 * Times are in ns. @heat and @least are written by doorbells, which may come while the poll runs,
 * @least by the sleepers' timer, too; the rest by the poll alone.
 */
struct vbus_pace {
	u64 asked_at;
	u64 from;
	u32 units;
	u32 unit;
	u32 rung;
	u32 least;
	u16 heat;
	u16 need;
	bool looking;
};

void vbus_pace_init(struct vbus_pace *p);
void vbus_pace_rung(struct vbus_pace *p, u64 gap, u32 least);
void vbus_pace_more(struct vbus_pace *p, u64 began, u64 now, u32 done);
u32 vbus_pace_next(struct vbus_pace *p, u64 began, u64 now, u32 done);

#endif /* _VBUS_PACE_H */
