// SPDX-License-Identifier: GPL-2.0
/*
 * What other modules hang on buses: watches, which are told of every bus, and membership, which
 * tells the bus of a process.
 */
#include <linux/kmod.h>
#include "core.h"

/* Protects the list of watches, and makes its holder wait for those being told. */
DEFINE_MUTEX(vbus_watch_lock);

static LIST_HEAD(watches);	/* vbus_watch_lock */
static const struct vbus_membership *membership;	/* membership_lock */
static DECLARE_RWSEM(membership_lock);

void vbus_watch_add(struct vbus_bus *bus)
{
	struct vbus_bus_watch *w;

	lockdep_assert_held(&vbus_watch_lock);
	list_for_each_entry(w, &watches, entry)
		w->add(bus);
}

/* In the reverse order: later watches may build on what earlier ones added. */
void vbus_watch_del(struct vbus_bus *bus)
{
	struct vbus_bus_watch *w;

	lockdep_assert_held(&vbus_watch_lock);
	list_for_each_entry_reverse(w, &watches, entry)
		w->del(bus);
}

void vbus_bus_watch_register(struct vbus_bus_watch *watch)
{
	mutex_lock(&vbus_watch_lock);
	list_add_tail(&watch->entry, &watches);
	vbus_bus_for_each(watch->add);
	mutex_unlock(&vbus_watch_lock);
}
EXPORT_SYMBOL_GPL(vbus_bus_watch_register);

void vbus_bus_watch_unregister(struct vbus_bus_watch *watch)
{
	mutex_lock(&vbus_watch_lock);
	list_del(&watch->entry);
	vbus_bus_for_each(watch->del);
	mutex_unlock(&vbus_watch_lock);
}
EXPORT_SYMBOL_GPL(vbus_bus_watch_unregister);

int vbus_membership_register(const struct vbus_membership *m)
{
	int err = -EBUSY;

	down_write(&membership_lock);
	if (!membership) {
		membership = m;
		err = 0;
	}
	up_write(&membership_lock);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_membership_register);

void vbus_membership_unregister(const struct vbus_membership *m)
{
	down_write(&membership_lock);
	if (membership == m)
		membership = NULL;
	up_write(&membership_lock);
}
EXPORT_SYMBOL_GPL(vbus_membership_unregister);

/*
 * Buses are of little use if nobody can join them. modprobe brings vbus-procpid along, but not
 * every modprobe heeds soft dependencies, so ask once; by an alias, which can be blacklisted.
 * Does not wait: configfs is locked.
 */
void vbus_membership_want(void)
{
	static bool asked;	/* vbus_watch_lock */

	lockdep_assert_held(&vbus_watch_lock);
	if (asked)
		return;
	asked = true;
	down_read(&membership_lock);
	if (!membership)
		request_module_nowait("vbus-membership");
	up_read(&membership_lock);
}

struct vbus_bus *vbus_bus_of_current(void)
{
	struct vbus_bus *bus = NULL;

	down_read(&membership_lock);
	if (membership)
		bus = membership->bus_of_current();
	up_read(&membership_lock);
	return bus;
}
EXPORT_SYMBOL_GPL(vbus_bus_of_current);
