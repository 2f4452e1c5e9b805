// SPDX-License-Identifier: GPL-2.0
/*
 * The event stream. What the driver was told last is kept, and what differs from the truth is
 * sent: so a stream that is full delays a state, but never loses one.
 */
#include "disk.h"

/* disk_events_push - tell the driver what it does not know yet, as far as there is room */
void disk_events_push(struct disk *d)
{
	u32 gen = d->media ? d->media->gen : 0;
	u64 size = d->media ? atomic64_read(&d->media->size) : 0;
	u32 event = VBUS_PEV_RESIZE;
	struct disk_events *ev;

	lockdep_assert_held(&d->lock);
	if (!d->session || !d->session->ev.q)
		return;
	ev = &d->session->ev;
	if (ev->gen == gen && ev->size == size)
		return;
	if (!gen)
		event = VBUS_PEV_LINK_DOWN;
	else if (!ev->gen)
		event = VBUS_PEV_LINK_UP;
	if (vbus_dqueue_event(ev->q, event))
		return;
	ev->gen = gen;
	ev->size = size;
}

/* The driver gave credit back. */
static int events_poll(struct vbus_poll *poll, int budget)
{
	struct disk *d = container_of(poll, struct disk_events, poll)->disk;

	spin_lock_bh(&d->lock);
	disk_events_push(d);
	spin_unlock_bh(&d->lock);
	return 0;
}

void disk_events_add(struct disk_session *ds, struct vbus_dqueue *q)
{
	struct disk_events *ev = &ds->ev;
	struct disk *d = ds->disk;

	ev->disk = d;
	/* Credit needs no arming: it is asked for in the slot that uses up the last of it. */
	vbus_poll_init(&ev->poll, events_poll, NULL);
	vbus_poll_enable(&ev->poll);
	q->poll = &ev->poll;
	spin_lock_bh(&d->lock);
	ev->gen = 0;
	ev->size = 0;
	ev->q = q;
	disk_events_push(d);
	spin_unlock_bh(&d->lock);
}

void disk_events_del(struct disk_session *ds)
{
	struct disk *d = ds->disk;

	spin_lock_bh(&d->lock);
	ds->ev.q = NULL;
	spin_unlock_bh(&d->lock);
	vbus_poll_disable(&ds->ev.poll);
	vbus_poll_fini(&ds->ev.poll);
}
