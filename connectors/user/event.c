// SPDX-License-Identifier: GPL-2.0
/*
 * Events, from the core's work item to whoever reads the file.
 *
 * The reader may never come, so what waits for it must be bounded. It is, because an event that
 * takes back one that was not read yet annihilates it: of each port there is at most one DEVADD or
 * one DEVDROP and one AVAILABLE, of ports that are there or that the reader was told about.
 */
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "user.h"

struct user_event {
	struct list_head entry;
	struct vbus_event ev;
};

void user_events_init(struct user_events *evs)
{
	mutex_init(&evs->lock);
	INIT_LIST_HEAD(&evs->list);
	init_waitqueue_head(&evs->wait);
}

static struct user_event *events_find(struct user_events *evs, __le32 port, u32 type)
{
	struct user_event *e;

	lockdep_assert_held(&evs->lock);
	list_for_each_entry(e, &evs->list, entry)
		if (e->ev.port == port && le32_to_cpu(e->ev.event) == type)
			return e;
	return NULL;
}

static bool events_annihilate(struct user_events *evs, __le32 port, u32 type)
{
	struct user_event *e = events_find(evs, port, type);

	if (!e)
		return false;
	list_del(&e->entry);
	kfree(e);
	return true;
}

/* Does the reader learn it already from what waits for it? */
static bool events_known(struct user_events *evs, const struct vbus_event *ev)
{
	u32 type = le32_to_cpu(ev->event);

	if (type == VBUS_EV_DEVDROP) {
		events_annihilate(evs, ev->port, VBUS_EV_AVAILABLE);
		return events_annihilate(evs, ev->port, VBUS_EV_DEVADD);
	}
	return events_find(evs, ev->port, VBUS_EV_DEVADD) || events_find(evs, ev->port, type);
}

void user_events_add(struct user_events *evs, const struct vbus_event *ev)
{
	struct user_event *e;

	mutex_lock(&evs->lock);
	if (!evs->closed && !events_known(evs, ev)) {
		e = kmalloc(sizeof(*e), GFP_KERNEL);
		if (e) {
			e->ev = *ev;
			list_add_tail(&e->entry, &evs->list);
		} else {
			evs->lost = true;
		}
	}
	mutex_unlock(&evs->lock);
	wake_up_interruptible_poll(&evs->wait, EPOLLIN | EPOLLRDNORM);
}

static void events_free_all(struct user_events *evs)
{
	struct user_event *e, *next;

	list_for_each_entry_safe(e, next, &evs->list, entry)
		kfree(e);
	INIT_LIST_HEAD(&evs->list);
}

/* The driver side begins anew. */
void user_events_flush(struct user_events *evs)
{
	mutex_lock(&evs->lock);
	events_free_all(evs);
	evs->lost = false;
	mutex_unlock(&evs->lock);
}

void user_events_close(struct user_events *evs)
{
	mutex_lock(&evs->lock);
	events_free_all(evs);
	evs->closed = true;
	mutex_unlock(&evs->lock);
	wake_up_poll(&evs->wait, EPOLLIN | EPOLLHUP);
}

static bool events_due(struct user_events *evs)
{
	return !list_empty_careful(&evs->list) || READ_ONCE(evs->lost) || READ_ONCE(evs->closed);
}

/* Return: 1 and an event, 0 if there is none, -EOVERFLOW once after one was lost. */
static int events_next(struct user_events *evs, struct vbus_event *ev)
{
	struct user_event *e;
	int ret = 0;

	mutex_lock(&evs->lock);
	e = list_first_entry_or_null(&evs->list, struct user_event, entry);
	if (evs->lost) {
		evs->lost = false;
		ret = -EOVERFLOW;
	} else if (e) {
		*ev = e->ev;
		list_del(&e->entry);
		kfree(e);
		ret = 1;
	}
	mutex_unlock(&evs->lock);
	return ret;
}

/* As many whole events as fit and are there. */
static ssize_t events_copy(struct user_events *evs, char __user *buf, size_t len)
{
	struct vbus_event ev;
	size_t done = 0;
	int ret;

	while (len - done >= sizeof(ev)) {
		ret = events_next(evs, &ev);
		if (ret < 0 && !done)
			return ret;
		if (ret <= 0)
			break;
		if (copy_to_user(buf + done, &ev, sizeof(ev)))
			return -EFAULT;
		done += sizeof(ev);
	}
	return done;
}

ssize_t user_events_read(struct user_events *evs, char __user *buf, size_t len, bool nonblock)
{
	ssize_t ret;

	if (len < sizeof(struct vbus_event))
		return -EINVAL;
	for (;;) {
		ret = events_copy(evs, buf, len);
		if (ret || READ_ONCE(evs->closed))
			return ret;
		if (nonblock)
			return -EAGAIN;
		ret = wait_event_interruptible(evs->wait, events_due(evs));
		if (ret)
			return ret;
	}
}

__poll_t user_events_poll(struct user_events *evs, struct file *file, poll_table *wait)
{
	__poll_t mask = 0;

	poll_wait(file, &evs->wait, wait);
	if (events_due(evs))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(evs->closed))
		mask |= EPOLLHUP;
	return mask;
}
