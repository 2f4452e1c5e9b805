// SPDX-License-Identifier: GPL-2.0
/*
 * What follows the table of members in a work item: the directories that show it, the hold on
 * buses, and the pin on this module.
 *
 * A member is one file, not a directory with a kobject: some 250 bytes each, found and removed by
 * name in a tree. Changes are done in the order they happened, so that a process number that is
 * used again is taken off before it is shown anew.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "procpid.h"

/* Changes in one go; then others get a turn. */
#define CHANGES_PER_RUN 256

static void listing_work(struct work_struct *work);
static DECLARE_WORK(work, listing_work);

/* The name the process goes by. */
static ssize_t member_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct member *m = container_of(attr, struct member, attr);
	struct task_struct *task = get_pid_task(m->pid, PIDTYPE_TGID);
	char comm[TASK_COMM_LEN];

	if (!task)
		return -ESRCH;
	get_task_comm(comm, task);
	put_task_struct(task);
	return sysfs_emit(buf, "%s\n", comm);
}

static bool list_member(struct member *m)
{
	int err;

	sysfs_attr_init(&m->attr.attr);
	m->attr.attr.name = m->name;
	m->attr.attr.mode = 0400;
	m->attr.show = member_show;
	err = sysfs_create_file(m->home->dir, &m->attr.attr);
	if (err) {
		pr_warn_ratelimited("%s: member %s cannot be shown (%pe)\n",
				    vbus_bus_name(m->home->bus), m->name, ERR_PTR(err));
		return false;
	}
	procpid_door_add(m);
	return true;
}

static void unlist_member(struct member *m)
{
	procpid_door_del(m);
	sysfs_remove_file(m->home->dir, &m->attr.attr);
}

/* Called with the lock held, which it drops; @m is off the list. */
static void do_change(struct member *m)
{
	bool listed;

	if (m->dead) {
		spin_unlock(&procpid_lock);
		unlist_member(m);
		procpid_member_free(m);
		spin_lock(&procpid_lock);
		return;
	}
	m->busy = true;
	spin_unlock(&procpid_lock);
	listed = list_member(m);
	spin_lock(&procpid_lock);
	m->busy = false;
	m->listed = listed;
	if (!m->dead)
		return;
	/* It died meanwhile. First of all: its number may be on the list again. */
	if (listed)
		list_add(&m->change, &procpid_changes);
	else
		procpid_member_free(m);
}

static bool do_changes(void)
{
	struct member *m;
	int n;

	lockdep_assert_held(&procpid_lock);
	for (n = 0; n < CHANGES_PER_RUN; n++) {
		m = list_first_entry_or_null(&procpid_changes, struct member, change);
		if (!m)
			return true;
		list_del_init(&m->change);
		do_change(m);
	}
	return list_empty(&procpid_changes);
}

/* A bus may go once nothing in its directory reminds of a member. */
static void let_go(struct home *h)
{
	struct vbus_bus *bus = h->bus;

	list_del_init(&h->idle);
	if (h->members || !h->kept)
		return;
	h->kept = false;
	vbus_bus_get(bus);
	spin_unlock(&procpid_lock);
	vbus_bus_unhold(bus);
	vbus_bus_put(bus);
	spin_lock(&procpid_lock);
}

static void listing_work(struct work_struct *unused)
{
	bool done, last;

	spin_lock(&procpid_lock);
	done = do_changes();
	while (done && !list_empty(&procpid_idle_homes)) {
		let_go(list_first_entry(&procpid_idle_homes, struct home, idle));
		done = list_empty(&procpid_changes);
	}
	last = done && procpid_unpin();
	spin_unlock(&procpid_lock);
	if (!done)
		procpid_listing_kick();
	/* The module waits for this work before it goes. */
	if (last)
		module_put(THIS_MODULE);
}

/* Context: any. */
void procpid_listing_kick(void)
{
	queue_work(system_unbound_wq, &work);
}

/* Let the directories catch up, as far as one run of the work gets. Context: process. */
void procpid_listing_settle(void)
{
	flush_work(&work);
}

static ssize_t members_count_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct home *h = container_of(attr, struct home, count_attr);

	return sysfs_emit(buf, "%u\n", READ_ONCE(h->members));
}

static int home_add_files(struct home *h, struct vbus_bus *bus)
{
	int err;

	sysfs_attr_init(&h->count_attr.attr);
	h->count_attr.attr.name = "members_count";
	h->count_attr.attr.mode = 0444;
	h->count_attr.show = members_count_show;
	err = sysfs_create_file(vbus_bus_kobj(bus), &h->count_attr.attr);
	if (err)
		return err;
	h->dir = kobject_create_and_add("members", vbus_bus_kobj(bus));
	if (h->dir)
		return 0;
	sysfs_remove_file(vbus_bus_kobj(bus), &h->count_attr.attr);
	return -ENOMEM;
}

/* Cannot fail; without a home, joining the bus fails with -ENOMEM. */
static void home_add(struct vbus_bus *bus)
{
	struct home *h = kzalloc(sizeof(*h), GFP_KERNEL);
	int err = h ? home_add_files(h, bus) : -ENOMEM;

	if (err) {
		pr_warn("%s: cannot have members (%pe)\n", vbus_bus_name(bus), ERR_PTR(err));
		kfree(h);
		return;
	}
	INIT_LIST_HEAD(&h->idle);
	vbus_bus_get(bus);
	h->bus = bus;
	spin_lock(&procpid_lock);
	list_add_tail(&h->entry, &procpid_homes);
	spin_unlock(&procpid_lock);
}

/* Not held, so it has no members, none is waiting to be taken off, and the work has let go. */
static void home_del(struct vbus_bus *bus)
{
	struct home *h, *found = NULL;

	spin_lock(&procpid_lock);
	list_for_each_entry(h, &procpid_homes, entry)
		if (h->bus == bus)
			found = h;
	if (found) {
		list_del(&found->entry);
		list_del_init(&found->idle);
	}
	spin_unlock(&procpid_lock);
	if (!found)
		return;
	kobject_put(found->dir);
	sysfs_remove_file(vbus_bus_kobj(bus), &found->count_attr.attr);
	vbus_bus_put(bus);
	kfree(found);
}

static struct vbus_bus_watch watch = {
	.add = home_add,
	.del = home_del,
};

void procpid_listing_init(void)
{
	vbus_bus_watch_register(&watch);
}

/* There are no members, and nobody can join. */
void procpid_listing_exit(void)
{
	flush_work(&work);
	vbus_bus_watch_unregister(&watch);
}
