// SPDX-License-Identifier: GPL-2.0
/*
 * Slots: the functions a bus has. One is always idle, and /sys/vbus/instances/<bus>/kvm leads to
 * it; when it is opened the next one is made and the link moves on. A function is for one opening
 * and removed after it, but for those an administrator has released to a user, which stay.
 *
 * Buses come and go under configfs's locks, and opening a function takes vfio's and then those of
 * configfs. So nothing here touches vfio on behalf of a bus that comes or goes: a work item does,
 * one per slot, and so nothing else is needed to keep making and removing apart.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/wait_bit.h>
#include "kvm.h"

#define LINK_NAME	"kvm"
/* mkdir of a bus waits this long for the link to be there. */
#define READY_TIMEOUT	HZ
/* What failed is tried again after so long. */
#define RETRY_DELAY	HZ
/*
 * Who closes a function closes its container next, and in Linux 6.1 vfio's notify on that close has
 * no lock: it may use what goes with the last function of the container. So that rests for a while,
 * which nobody needs who closes one after the other. Who waits in between can still meet it.
 */
#define REST_DELAY	HZ

/**
 * struct vkvm_slot - the functions of a bus
 * @bus: the bus; a reference
 * @entry: on the list of slots
 * @lock: guards the others
 * @functions: all there are
 * @linked: the one @bus's link leads to, or NULL
 * @dead: the bus is gone
 * @work: makes and removes functions
 * @ready: the first one was tried
 * @refs: one of the bus, one of @work
 */
struct vkvm_slot {
	struct vbus_bus *bus;
	struct list_head entry;
	struct mutex lock;	/* see above */
	struct list_head functions;
	struct vkvm_fn *linked;
	bool dead;
	struct delayed_work work;
	struct completion ready;
	refcount_t refs;
};

static LIST_HEAD(slots);	/* calls of the watch are serialised */
static atomic_t slots_left;	/* also those whose functions have not gone yet */

static void slot_update(struct vkvm_slot *s)
{
	mod_delayed_work(vkvm_wq, &s->work, 0);
}

static void slot_unlink(struct vkvm_slot *s)
{
	lockdep_assert_held(&s->lock);
	if (s->linked)
		sysfs_remove_link(vbus_bus_kobj(s->bus), LINK_NAME);
	s->linked = NULL;
}

static bool fn_can_be_linked(const struct vkvm_fn *fn)
{
	return fn->state == VKVM_FN_IDLE && !uid_valid(fn->owner);
}

static void slot_relink(struct vkvm_slot *s)
{
	struct vkvm_fn *fn;

	lockdep_assert_held(&s->lock);
	if (s->linked && !fn_can_be_linked(s->linked))
		slot_unlink(s);
	if (s->linked || s->dead)
		return;
	list_for_each_entry(fn, &s->functions, entry) {
		if (fn_can_be_linked(fn) &&
		    !sysfs_create_link(vbus_bus_kobj(s->bus), &fn->dev.kobj, LINK_NAME)) {
			s->linked = fn;
			break;
		}
	}
}

/* For so many jiffies still. */
static unsigned long fn_rests(const struct vkvm_fn *fn)
{
	unsigned long end = fn->closed + REST_DELAY, now = jiffies;

	return fn->was_open && time_before(now, end) ? end - now : 0;
}

/* Which function is to go now, if any? Off the list already. @rest: how long one that is has to. */
static struct vkvm_fn *slot_take_useless(struct vkvm_slot *s, unsigned long *rest)
{
	struct vkvm_fn *fn, *found = NULL;

	mutex_lock(&s->lock);
	list_for_each_entry(fn, &s->functions, entry) {
		bool spare = fn_can_be_linked(fn) && s->linked && fn != s->linked;

		if (fn->state == VKVM_FN_OPEN ||
		    !(s->dead || fn->state == VKVM_FN_USED || spare))
			continue;
		*rest = fn_rests(fn);
		if (!*rest) {
			found = fn;
			break;
		}
	}
	if (found) {
		found->state = VKVM_FN_GOING;
		list_del_init(&found->entry);
		if (s->linked == found)
			slot_unlink(s);
	}
	mutex_unlock(&s->lock);
	return found;
}

/* Make a function unless there is one to be had. Return: 0 or errno. */
static int slot_fill(struct vkvm_slot *s)
{
	struct vkvm_fn *fn;
	bool enough;

	mutex_lock(&s->lock);
	slot_relink(s);
	enough = s->linked || s->dead;
	mutex_unlock(&s->lock);
	if (enough)
		return 0;
	fn = vkvm_fn_add(s->bus, s);
	if (IS_ERR(fn))
		return PTR_ERR(fn);
	mutex_lock(&s->lock);
	list_add_tail(&fn->entry, &s->functions);
	slot_relink(s);
	enough = s->linked || s->dead || fn->state != VKVM_FN_IDLE;
	mutex_unlock(&s->lock);
	return enough ? 0 : -EAGAIN;
}

static void slot_put(struct vkvm_slot *s)
{
	if (!refcount_dec_and_test(&s->refs))
		return;
	vbus_bus_put(s->bus);
	mutex_destroy(&s->lock);
	kfree(s);
	if (atomic_dec_and_test(&slots_left))
		wake_up_var(&slots_left);
}

static void slot_work(struct work_struct *work)
{
	struct vkvm_slot *s = container_of(to_delayed_work(work), struct vkvm_slot, work);
	unsigned long rest = 0;
	struct vkvm_fn *fn;
	bool end;
	int err;

	err = slot_fill(s);
	if (err) {
		pr_warn_ratelimited("%s: cannot make a function: %pe\n", vbus_bus_name(s->bus),
				    ERR_PTR(err));
		queue_delayed_work(vkvm_wq, &s->work, RETRY_DELAY);
	}
	complete_all(&s->ready);
	while ((fn = slot_take_useless(s, &rest)))
		vkvm_fn_del(fn);
	/* If the work is queued already it finds out again then. */
	if (rest)
		queue_delayed_work(vkvm_wq, &s->work, rest);
	mutex_lock(&s->lock);
	end = s->dead && list_empty(&s->functions);
	mutex_unlock(&s->lock);
	if (end && !delayed_work_pending(&s->work))
		slot_put(s);
}

/* ---- what happens to functions ------------------------------------------------------------ */

/* Somebody takes it: the next one is needed. Return: 0, or -ENODEV if it is being removed. */
int vkvm_slot_open(struct vkvm_fn *fn)
{
	struct vkvm_slot *s = fn->slot;
	bool idle;

	mutex_lock(&s->lock);
	idle = fn->state == VKVM_FN_IDLE && !s->dead;
	if (idle)
		fn->state = VKVM_FN_OPEN;
	mutex_unlock(&s->lock);
	if (!idle)
		return -ENODEV;
	slot_update(s);
	return 0;
}

/* Closed. Open functions have clients, which keep the bus and so the slot. */
void vkvm_slot_closed(struct vkvm_fn *fn)
{
	struct vkvm_slot *s = fn->slot;

	mutex_lock(&s->lock);
	fn->state = uid_valid(fn->owner) ? VKVM_FN_IDLE : VKVM_FN_USED;
	fn->was_open = true;
	fn->closed = jiffies;
	mutex_unlock(&s->lock);
	slot_update(s);
}

/* Released to a user, or taken back. */
void vkvm_slot_released(struct vkvm_fn *fn)
{
	slot_update(fn->slot);
}

/* ---- buses come and go -------------------------------------------------------------------- */

static void slot_bus_add(struct vbus_bus *bus)
{
	struct vkvm_slot *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return;
	atomic_inc(&slots_left);
	vbus_bus_get(bus);
	s->bus = bus;
	mutex_init(&s->lock);
	refcount_set(&s->refs, 2);
	INIT_LIST_HEAD(&s->functions);
	INIT_DELAYED_WORK(&s->work, slot_work);
	init_completion(&s->ready);
	list_add_tail(&s->entry, &slots);
	slot_update(s);
	wait_for_completion_timeout(&s->ready, READY_TIMEOUT);
}

static void slot_bus_del(struct vbus_bus *bus)
{
	struct vkvm_slot *s;

	list_for_each_entry(s, &slots, entry)
		if (s->bus == bus)
			break;
	if (list_entry_is_head(s, &slots, entry))
		return;
	list_del(&s->entry);
	mutex_lock(&s->lock);
	s->dead = true;
	slot_unlink(s);
	/* Under the lock: who finds the slot dead, and the work not queued again, ends it. */
	slot_update(s);
	mutex_unlock(&s->lock);
	slot_put(s);
}

static struct vbus_bus_watch slot_watch = {
	.add = slot_bus_add,
	.del = slot_bus_del,
};

void vkvm_slots_init(void)
{
	vbus_bus_watch_register(&slot_watch);
}

void vkvm_slots_exit(void)
{
	vbus_bus_watch_unregister(&slot_watch);
	wait_var_event(&slots_left, !atomic_read(&slots_left));
}
