/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event streams, the device side's end, for authors of device models.
 *
 * A port tells its driver of changes (link, size, hang-up) through a stream. A stream can be full,
 * and a driver can be slow; so what is told are *states*: the model has a few cells, each with the
 * event that describes its state now, and the library sends those that differ from what the driver
 * was told last. A full stream delays a state, and never loses one.
 *
 * Embed a struct vbus_events in the session, name the cells with an enum, call vbus_events_init()
 * when the session opens, and vbus_events_add() and _del() in queue_add and queue_del. The driver
 * side's end is in vbus/listener.h.
 */
#ifndef _VBUS_EVENT_H
#define _VBUS_EVENT_H

#include <linux/spinlock.h>
#include <vbus/device.h>

/* vbus_event_make - an event as it is in the stream; @type is an enum vbus_port_event */
static inline u64 vbus_event_make(u32 type, u32 arg)
{
	return type | (u64)arg << 32;
}

/**
 * struct vbus_event_cell - a state the driver is kept informed of
 * @now: the event that tells it; 0 for none
 * @told: what the driver was told last; 0 for nothing
 */
struct vbus_event_cell {
	u64 now;
	u64 told;
};

/**
 * struct vbus_events - an event stream; the fields are the library's
 * @lock: guards all; may be taken inside the model's locks, takes the queue's lock inside
 * @q: the stream, or NULL
 * @poll: runs when the driver gives credit back
 * @cells: states
 * @n: how many
 */
struct vbus_events {
	spinlock_t lock;	/* see above */
	struct vbus_dqueue *q;
	struct vbus_poll poll;
	struct vbus_event_cell *cells;
	unsigned int n;
};

/**
 * vbus_events_init() - prepare, in &vbus_port_ops.open
 * @ev: zeroed
 * @cells: zeroed; they live as long as @ev
 * @n: how many
 *
 * There is nothing to undo. Context: process.
 */
void vbus_events_init(struct vbus_events *ev, struct vbus_event_cell *cells, unsigned int n);

/**
 * vbus_events_add() - the driver has set up the stream, for &vbus_port_ops.queue_add
 * @ev: the events
 * @q: the queue. Its poll is set
 *
 * What is known to the driver by other ways than the stream (vbus_events_told()) stays known; all
 * else is sent. Context: process. Return: 0, or -EINVAL if the queue is no stream.
 */
int vbus_events_add(struct vbus_events *ev, struct vbus_dqueue *q);

/**
 * vbus_events_del() - the stream goes, for &vbus_port_ops.queue_del
 * @ev: the events
 *
 * Context: process; waits for the poll, so none of the locks that are held around other calls.
 */
void vbus_events_del(struct vbus_events *ev);

/**
 * vbus_events_set() - this is so now
 * @ev: the events
 * @cell: of what
 * @event: from vbus_event_make(); is sent if the driver was told something else last
 *
 * Before vbus_events_add() and after vbus_events_del() it is only remembered.
 * Context: process or softirq.
 */
void vbus_events_set(struct vbus_events *ev, unsigned int cell, u64 event);

/**
 * vbus_events_signal() - this happened
 * @ev: the events
 * @cell: of what
 * @event: from vbus_event_make(); is sent even if the driver was told the same before. Several that
 *	the stream has no room for are sent as one
 *
 * Context: process or softirq.
 */
void vbus_events_signal(struct vbus_events *ev, unsigned int cell, u64 event);

/**
 * vbus_events_told() - the driver knows this already, by the answer of a call
 * @ev: the events
 * @cell: of what
 * @event: what it would have been told
 *
 * Context: process or softirq.
 */
void vbus_events_told(struct vbus_events *ev, unsigned int cell, u64 event);

#endif /* _VBUS_EVENT_H */
