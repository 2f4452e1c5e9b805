// SPDX-License-Identifier: GPL-2.0
/*
 * Bus events on their way to the guest, which fetches them one by one when it has been told that
 * there are some.
 *
 * A guest may sleep for as long as it likes while links come and go. A port it has not heard of
 * when it is dropped is forgotten altogether, and one that can be opened again is said to be so
 * once; so there are at most two events for each port it knows, and one for each that exists.
 */
#include <linux/slab.h>
#include "kvm.h"

/* One event in the list. */
struct vkvm_event {
	struct list_head entry;
	struct vbus_event ev;
};

void vkvm_events_init(struct vkvm_guest *g)
{
	spin_lock_init(&g->events.lock);
	INIT_LIST_HEAD(&g->events.list);
}

/* vkvm_events_clear - nobody adds any more; forget what waits */
void vkvm_events_clear(struct vkvm_guest *g)
{
	struct vkvm_event *e, *next;
	LIST_HEAD(list);

	spin_lock(&g->events.lock);
	list_splice_init(&g->events.list, &list);
	g->events.told = false;
	spin_unlock(&g->events.lock);
	list_for_each_entry_safe(e, next, &list, entry)
		kfree(e);
}

static struct vkvm_event *event_find(struct vkvm_events *evs, __le32 port,
				     enum vbus_event_type type)
{
	struct vkvm_event *e;

	lockdep_assert_held(&evs->lock);
	list_for_each_entry(e, &evs->list, entry)
		if (e->ev.port == port && le32_to_cpu(e->ev.event) == type)
			return e;
	return NULL;
}

static void event_forget(struct vkvm_event *e)
{
	if (!e)
		return;
	list_del(&e->entry);
	kfree(e);
}

/* Is there nothing to tell, given what waits? */
static bool event_cancels(struct vkvm_events *evs, const struct vbus_event *ev)
{
	struct vkvm_event *add;

	switch (le32_to_cpu(ev->event)) {
	case VBUS_EV_DEVDROP:
		event_forget(event_find(evs, ev->port, VBUS_EV_AVAILABLE));
		add = event_find(evs, ev->port, VBUS_EV_DEVADD);
		event_forget(add);
		return add;
	case VBUS_EV_DEVADD:
		/* Each ATTACH tells of every port anew, whether or not the guest fetches. */
		event_forget(event_find(evs, ev->port, VBUS_EV_DEVADD));
		event_forget(event_find(evs, ev->port, VBUS_EV_AVAILABLE));
		return false;
	case VBUS_EV_AVAILABLE:
		return event_find(evs, ev->port, VBUS_EV_AVAILABLE);
	default:
		return false;
	}
}

void vkvm_event_add(struct vbus_client *client, const struct vbus_event *ev)
{
	struct vkvm_guest *g = client_to_guest(client);
	struct vkvm_events *evs = &g->events;
	struct vkvm_event *e;
	bool tell = false;

	/* An event must not get lost, and this is small. */
	e = kmalloc(sizeof(*e), GFP_KERNEL | __GFP_NOFAIL);
	e->ev = *ev;
	spin_lock(&evs->lock);
	if (!event_cancels(evs, ev)) {
		list_add_tail(&e->entry, &evs->list);
		e = NULL;
		tell = !evs->told;
		evs->told = true;
	}
	spin_unlock(&evs->lock);
	kfree(e);
	if (tell)
		vkvm_raise(client, VBUS_PCI_VECTOR_EVENT);
}

/* vkvm_event_next - take the next event; type 0: there is none, and the next will be told of */
void vkvm_event_next(struct vkvm_guest *g, struct vbus_event *ev)
{
	struct vkvm_events *evs = &g->events;
	struct vkvm_event *e;

	memset(ev, 0, sizeof(*ev));
	spin_lock(&evs->lock);
	e = list_first_entry_or_null(&evs->list, struct vkvm_event, entry);
	if (e)
		list_del(&e->entry);
	else
		evs->told = false;
	spin_unlock(&evs->lock);
	if (e)
		*ev = e->ev;
	kfree(e);
}
