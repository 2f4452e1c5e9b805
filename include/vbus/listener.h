/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event streams, the driver side's end, for authors of drivers.
 *
 * A listener sets up the port's event stream and calls the driver, in process context and in order,
 * for each event. Embed a struct vbus_listener and fill in @event. The device side's end is in
 * vbus/event.h.
 */
#ifndef _VBUS_LISTENER_H
#define _VBUS_LISTENER_H

#include <linux/workqueue.h>
#include <vbus/driver.h>

/**
 * struct vbus_listener - listens to a port's events
 * @event: called for each event: an enum vbus_port_event, or the device ABI's own, and its
 *	argument. Both come from the other side and may be anything. May sleep
 * @begin: called before some events are taken: take the lock that @event needs, bring up to date
 *	what events change. Return false if this is not the time; then call vbus_listener_schedule()
 *	when it is. Optional
 * @end: called after @begin returned true and the events. Optional
 */
struct vbus_listener {
	void (*event)(struct vbus_listener *l, u32 event, u32 arg);
	bool (*begin)(struct vbus_listener *l);
	void (*end)(struct vbus_listener *l);
	/* private: to vbus-proxy */
	struct vbus_queue *q;
	struct work_struct work;
	bool on;
	char name[48];
};

/**
 * vbus_listener_start() - listen
 * @l: the listener, functions filled in, not started
 * @p: the proxy, open
 * @id: number of the event stream in the device ABI
 *
 * Sets up the stream. Events may come at once. Context: process.
 * Return: 0 or the errno of vbus_queue_create().
 */
int vbus_listener_start(struct vbus_listener *l, struct vbus_proxy *p, u32 id);

/**
 * vbus_listener_stop() - listen no more
 * @l: the listener; harmless if it was never started or is stopped
 *
 * On return none of its functions is running. Works on a device that is gone.
 * Context: process; no lock held that the functions take.
 */
void vbus_listener_stop(struct vbus_listener *l);

/**
 * vbus_listener_schedule() - have @begin and @end called, with whatever events there are between
 * @l: the listener, started
 *
 * Context: any.
 */
void vbus_listener_schedule(struct vbus_listener *l);

#endif /* _VBUS_LISTENER_H */
