// SPDX-License-Identifier: GPL-2.0
/*
 * The event stream. What the driver was told last is kept, and what differs from the truth is
 * sent: so a stream that is full delays a state, but never loses one.
 */
#include "venet.h"

static int send_link(struct venet_events *ev, bool up)
{
	int rc;

	if (ev->link == up)
		return 0;
	rc = vbus_dqueue_event(ev->q, up ? VBUS_PEV_LINK_UP : VBUS_PEV_LINK_DOWN);
	if (!rc)
		ev->link = up;
	return rc;
}

static int send_mtu(struct venet_events *ev, u32 mtu)
{
	int rc;

	if (ev->mtu == mtu)
		return 0;
	rc = vbus_dqueue_event(ev->q, VBUS_PEV_RESIZE | (u64)mtu << 32);
	if (!rc)
		ev->mtu = mtu;
	return rc;
}

/* venet_events_push - tell the driver what it does not know yet, as far as there is room */
void venet_events_push(struct venet_events *ev)
{
	struct venet *v = ev->port->venet;

	lockdep_assert_held(&v->lock);
	if (ev->q && !send_link(ev, v->be->link(v, ev->port->index)))
		send_mtu(ev, v->mtu);
}

/* venet_events_push_all - the same for the drivers at all ports */
void venet_events_push_all(struct venet *v)
{
	unsigned int i;

	lockdep_assert_held(&v->lock);
	for (i = 0; i < v->nports; i++)
		if (v->ports[i].session)
			venet_events_push(&v->ports[i].session->ev);
}
EXPORT_SYMBOL_GPL(venet_events_push_all);

/* venet_set_mtu - the device has a new MTU */
void venet_set_mtu(struct venet *v, u32 mtu)
{
	spin_lock_bh(&v->lock);
	v->mtu = mtu;
	venet_events_push_all(v);
	spin_unlock_bh(&v->lock);
}
EXPORT_SYMBOL_GPL(venet_set_mtu);

/* The driver gave credit back. */
static int events_poll(struct vbus_poll *poll, int budget)
{
	struct venet_events *ev = container_of(poll, struct venet_events, poll);
	struct venet *v = ev->port->venet;

	spin_lock_bh(&v->lock);
	venet_events_push(ev);
	spin_unlock_bh(&v->lock);
	return 0;
}

/* Credit needs no arming: it is asked for in the slot that uses up the last of it. */
static bool events_arm(struct vbus_poll *poll)
{
	return false;
}

void venet_events_init(struct venet_events *ev, struct venet_port *port)
{
	ev->port = port;
	ev->link = -1;
}

void venet_events_add(struct venet_events *ev, struct vbus_dqueue *q)
{
	struct venet *v = ev->port->venet;

	vbus_poll_init(&ev->poll, events_poll, events_arm);
	vbus_poll_enable(&ev->poll);
	q->poll = &ev->poll;
	spin_lock_bh(&v->lock);
	ev->link = -1;
	ev->q = q;
	spin_unlock_bh(&v->lock);
}

void venet_events_del(struct venet_events *ev)
{
	struct venet *v = ev->port->venet;

	spin_lock_bh(&v->lock);
	ev->q = NULL;
	spin_unlock_bh(&v->lock);
	vbus_poll_disable(&ev->poll);
	vbus_poll_fini(&ev->poll);
}
