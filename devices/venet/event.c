// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver at a port is told by events: its link, and the device's MTU.
 */
#include "venet.h"

/* venet_events_push - let the driver know how things are now */
void venet_events_push(struct venet_session *vs)
{
	struct venet *v = vs->port->venet;
	bool up;

	lockdep_assert_held(&v->lock);
	up = v->be->link(v, vs->port->index);
	vbus_events_set(&vs->ev, VENET_CELL_LINK,
			vbus_event_make(up ? VBUS_PEV_LINK_UP : VBUS_PEV_LINK_DOWN, 0));
	vbus_events_set(&vs->ev, VENET_CELL_MTU, vbus_event_make(VBUS_PEV_RESIZE, v->mtu));
}

/* venet_events_push_all - the same for the drivers at all ports */
void venet_events_push_all(struct venet *v)
{
	unsigned int i;

	lockdep_assert_held(&v->lock);
	for (i = 0; i < v->nports; i++)
		if (v->ports[i].session)
			venet_events_push(v->ports[i].session);
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
