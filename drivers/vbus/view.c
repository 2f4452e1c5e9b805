// SPDX-License-Identifier: GPL-2.0
/*
 * What each client was told about its bus.
 *
 * Events are not queued: a view remembers what its client knows and what it has yet to learn, so
 * links may come and go as often as they like while a client sleeps, at constant cost. One work
 * item per client delivers.
 */
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static void view_pend(struct vbus_client *client, struct vbus_view *view)
{
	if (list_empty(&view->pending))
		list_add_tail(&view->pending, &client->pending);
	/* Nobody listens before ATTACH, which replays. */
	if (client->attached)
		queue_work(system_unbound_wq, &client->event_work);
}

static void view_free(struct vbus_client *client, struct vbus_view *view)
{
	list_del(&view->pending);
	xa_erase(&client->views, view->node->id);
	vbus_node_put(view->node);
	kfree(view);
}

int vbus_view_add(struct vbus_client *client, struct vbus_node *node)
{
	struct vbus_view *view;
	int err;

	lockdep_assert_held(&client->lock);
	view = kzalloc(sizeof(*view), GFP_KERNEL);
	if (!view)
		return -ENOMEM;
	INIT_LIST_HEAD(&view->pending);
	view->node = node;
	err = xa_insert(&client->views, node->id, view, GFP_KERNEL);
	if (err) {
		kfree(view);
		return err;
	}
	vbus_node_get(node);
	view_pend(client, view);
	return 0;
}

void vbus_view_drop(struct vbus_client *client, struct vbus_node *node)
{
	struct vbus_view *view = xa_load(&client->views, node->id);

	lockdep_assert_held(&client->lock);
	if (!view)
		return;
	if (!view->announced) {
		view_free(client, view);
		return;
	}
	view->drop = true;
	view_pend(client, view);
}

void vbus_view_available(struct vbus_client *client, struct vbus_node *node)
{
	struct vbus_view *view = xa_load(&client->views, node->id);

	lockdep_assert_held(&client->lock);
	if (!view || !view->announced || view->drop)
		return;
	view->avail = true;
	view_pend(client, view);
}

void vbus_view_free_all(struct vbus_client *client)
{
	struct vbus_view *view;
	unsigned long id;

	lockdep_assert_held(&client->lock);
	xa_for_each(&client->views, id, view)
		view_free(client, view);
}

/* The driver side begins anew: it knows of nothing. */
void vbus_view_replay(struct vbus_client *client)
{
	struct vbus_view *view;
	unsigned long id;

	lockdep_assert_held(&client->lock);
	xa_for_each(&client->views, id, view) {
		view->announced = false;
		view->avail = false;
		if (view->drop)
			view_free(client, view);
		else
			view_pend(client, view);
	}
}

/* Take the next event out of the views; false if there is none. */
static bool view_next_event(struct vbus_client *client, struct vbus_event *ev)
{
	enum vbus_event_type type;
	struct vbus_view *view;

	lockdep_assert_held(&client->lock);
	view = list_first_entry_or_null(&client->pending, struct vbus_view, pending);
	if (!view || client->dead || !client->attached)
		return false;
	if (!view->announced)
		type = VBUS_EV_DEVADD;
	else if (view->drop)
		type = VBUS_EV_DEVDROP;
	else
		type = VBUS_EV_AVAILABLE;

	memset(ev, 0, sizeof(*ev));
	ev->event = cpu_to_le32(type);
	ev->port = cpu_to_le32(view->node->id);
	memcpy(ev->type, view->node->type, sizeof(ev->type));
	trace_vbus_event(client, view->node, type);

	if (type == VBUS_EV_DEVDROP) {
		view_free(client, view);
		return true;
	}
	if (type == VBUS_EV_AVAILABLE)
		view->avail = false;
	view->announced = true;
	if (!view->avail && !view->drop)
		list_del_init(&view->pending);
	return true;
}

/* Delivers all that is due. The client's lock is not held while its connector sleeps. */
void vbus_view_work(struct work_struct *work)
{
	struct vbus_client *client = container_of(work, struct vbus_client, event_work);
	struct vbus_event ev;
	bool more;

	for (;;) {
		mutex_lock(&client->lock);
		more = view_next_event(client, &ev);
		mutex_unlock(&client->lock);
		if (!more)
			break;
		client->conn->ops->event(client, &ev);
	}
}
