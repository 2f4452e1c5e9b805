// SPDX-License-Identifier: GPL-2.0
/*
 * Event streams, the device side's end. See vbus/event.h.
 */
#include "core.h"
#include <vbus/event.h>

/* Tell the driver what it does not know yet, as far as there is room. */
static void events_push(struct vbus_events *ev)
{
	unsigned int i;

	lockdep_assert_held(&ev->lock);
	for (i = 0; ev->q && i < ev->n; i++) {
		struct vbus_event_cell *cell = &ev->cells[i];

		if (cell->now == cell->told)
			continue;
		if (vbus_dqueue_event(ev->q, cell->now))
			return;
		cell->told = cell->now;
	}
}

/* The driver gave credit back. */
static int events_poll(struct vbus_poll *poll, int budget)
{
	struct vbus_events *ev = container_of(poll, struct vbus_events, poll);

	spin_lock_bh(&ev->lock);
	events_push(ev);
	spin_unlock_bh(&ev->lock);
	return 0;
}

void vbus_events_init(struct vbus_events *ev, struct vbus_event_cell *cells, unsigned int n)
{
	spin_lock_init(&ev->lock);
	ev->cells = cells;
	ev->n = n;
}
EXPORT_SYMBOL_GPL(vbus_events_init);

int vbus_events_add(struct vbus_events *ev, struct vbus_dqueue *q)
{
	if (!(q->flags & VBUS_QUEUE_F_STREAM))
		return -EINVAL;
	/* Credit needs no arming: it is asked for in the slot that uses up the last of it. */
	vbus_poll_init(&ev->poll, events_poll, NULL);
	vbus_poll_enable(&ev->poll);
	q->poll = &ev->poll;
	spin_lock_bh(&ev->lock);
	ev->q = q;
	events_push(ev);
	spin_unlock_bh(&ev->lock);
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_events_add);

void vbus_events_del(struct vbus_events *ev)
{
	unsigned int i;

	spin_lock_bh(&ev->lock);
	ev->q = NULL;
	/* What was in the stream may not have been read. */
	for (i = 0; i < ev->n; i++)
		ev->cells[i].told = 0;
	spin_unlock_bh(&ev->lock);
	vbus_poll_disable(&ev->poll);
	vbus_poll_fini(&ev->poll);
}
EXPORT_SYMBOL_GPL(vbus_events_del);

void vbus_events_set(struct vbus_events *ev, unsigned int cell, u64 event)
{
	spin_lock_bh(&ev->lock);
	ev->cells[cell].now = event;
	events_push(ev);
	spin_unlock_bh(&ev->lock);
}
EXPORT_SYMBOL_GPL(vbus_events_set);

void vbus_events_signal(struct vbus_events *ev, unsigned int cell, u64 event)
{
	spin_lock_bh(&ev->lock);
	ev->cells[cell].now = event;
	ev->cells[cell].told = 0;
	events_push(ev);
	spin_unlock_bh(&ev->lock);
}
EXPORT_SYMBOL_GPL(vbus_events_signal);

void vbus_events_told(struct vbus_events *ev, unsigned int cell, u64 event)
{
	spin_lock_bh(&ev->lock);
	ev->cells[cell].now = event;
	ev->cells[cell].told = event;
	spin_unlock_bh(&ev->lock);
}
EXPORT_SYMBOL_GPL(vbus_events_told);
