// SPDX-License-Identifier: GPL-2.0
/*
 * Who belongs to which bus. The table here is the truth; directories follow it (listing.c).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hashtable.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "procpid.h"
#include "trace.h"

DEFINE_SPINLOCK(procpid_lock);
LIST_HEAD(procpid_homes);
LIST_HEAD(procpid_changes);
LIST_HEAD(procpid_idle_homes);

static DEFINE_HASHTABLE(members, 12);	/* procpid_lock, read under RCU */
static unsigned int total;		/* procpid_lock; living members */
static bool pinned;			/* procpid_lock; we keep this module because of them */
static struct kmem_cache *member_cache;

static struct member *find(struct pid *tgid)
{
	struct member *m;

	hash_for_each_possible_rcu(members, m, hash, (unsigned long)tgid,
				   lockdep_is_held(&procpid_lock))
		if (m->pid == tgid)
			return m;
	return NULL;
}

static struct home *home_of(struct vbus_bus *bus)
{
	struct home *h;

	lockdep_assert_held(&procpid_lock);
	list_for_each_entry(h, &procpid_homes, entry)
		if (h->bus == bus)
			return h;
	return NULL;
}

/* Charged to whoever forks: a fork bomb of members pays for them. */
static struct member *member_alloc(struct pid *tgid, gfp_t gfp)
{
	struct member *m = kmem_cache_zalloc(member_cache, gfp);

	if (!m)
		return NULL;
	m->pid = get_pid(tgid);
	INIT_LIST_HEAD(&m->change);
	snprintf(m->name, sizeof(m->name), "%d", pid_nr(tgid));
	return m;
}

static void member_release(struct rcu_head *rcu)
{
	struct member *m = container_of(rcu, struct member, rcu);

	put_pid(m->pid);
	kmem_cache_free(member_cache, m);
}

/* Somebody may still have found it in the table. Context: any. */
void procpid_member_free(struct member *m)
{
	if (m)
		call_rcu(&m->rcu, member_release);
}

static void member_insert(struct member *m, struct home *h)
{
	lockdep_assert_held(&procpid_lock);
	m->home = h;
	h->members++;
	WRITE_ONCE(total, total + 1);
	hash_add_rcu(members, &m->hash, (unsigned long)m->pid);
	list_add_tail(&m->change, &procpid_changes);
	trace_vbus_member_bind(m->name, h->bus);
	procpid_listing_kick();
}

/*
 * One that was never listed is forgotten at once, so that what waits for the work is bounded by
 * the members that live and those that are to be seen. One that is being listed is found dead by
 * the work afterwards.
 */
static void member_drop(struct member *m)
{
	struct home *h = m->home;

	lockdep_assert_held(&procpid_lock);
	hash_del_rcu(&m->hash);
	m->dead = true;
	WRITE_ONCE(total, total - 1);
	if (!--h->members)
		list_move_tail(&h->idle, &procpid_idle_homes);
	trace_vbus_member_leave(m->name, h->bus);
	if (m->listed) {
		list_add_tail(&m->change, &procpid_changes);
	} else if (!m->busy) {
		list_del(&m->change);
		procpid_member_free(m);
	}
	procpid_listing_kick();
}

static bool drop(struct pid *tgid)
{
	struct member *m;

	spin_lock(&procpid_lock);
	m = find(tgid);
	if (m)
		member_drop(m);
	spin_unlock(&procpid_lock);
	return m;
}

/* Keep this module while there are members. Fails when it is being removed. */
static bool pin(void)
{
	lockdep_assert_held(&procpid_lock);
	if (!pinned)
		pinned = try_module_get(THIS_MODULE);
	return pinned;
}

/* Nobody left: whether the caller has to put the module. */
bool procpid_unpin(void)
{
	bool last;

	lockdep_assert_held(&procpid_lock);
	last = pinned && !total;
	if (last)
		pinned = false;
	return last;
}

/*
 * Move @m's process to @bus, which the caller holds. The first member takes over the hold, and
 * *@spare says whether the caller still has it. Takes @m if it returns 0 and clears *@mp.
 */
static int join(struct member **mp, struct vbus_bus *bus, bool *spare)
{
	struct member *m = *mp, *old;
	struct home *h;
	int err = 0;

	*spare = true;
	spin_lock(&procpid_lock);
	h = home_of(bus);
	if (!h) {
		err = -ENOMEM;
	} else if (!pin()) {
		err = -ENODEV;
	} else {
		old = find(m->pid);
		if (!old || old->home != h) {
			member_insert(m, h);
			*mp = NULL;
			if (old)
				member_drop(old);
			/* In /proc/vbus both have the same name: the old one is taken off first. */
			list_move_tail(&m->change, &procpid_changes);
			*spare = h->kept;
			h->kept = true;
		}
	}
	spin_unlock(&procpid_lock);
	return err;
}

static int bind_to(struct pid *tgid, struct vbus_bus *bus)
{
	struct member *m = member_alloc(tgid, GFP_KERNEL);
	bool spare;
	int err;

	if (!m)
		return -ENOMEM;
	err = vbus_bus_hold(bus);
	if (err)
		goto out_free;
	err = join(&m, bus, &spare);
	if (spare)
		vbus_bus_unhold(bus);
out_free:
	procpid_member_free(m);
	return err;
}

/* The process's group leader with a reference, if it may be bound. */
static struct task_struct *subject(struct pid *tgid)
{
	struct task_struct *task = get_pid_task(tgid, PIDTYPE_TGID);

	if (!task)
		return ERR_PTR(-ESRCH);
	if (!(task->flags & PF_KTHREAD))
		return task;
	put_task_struct(task);
	return ERR_PTR(-EINVAL);
}

/**
 * procpid_bind() - make a process a member of the bus of that name
 * @tgid: its thread group
 * @name: the bus
 *
 * From its bus, if it has one, it moves in one step. Context: process; sleeps. Return: 0, -ENOENT
 * (no such bus, or it is going), -ESRCH (the process is dead), -EINVAL (a kernel thread),
 * -ENOMEM, -ENODEV (this module is being removed).
 */
int procpid_bind(struct pid *tgid, const char *name)
{
	struct task_struct *task = subject(tgid);
	struct vbus_bus *bus;
	int err = -ENOENT;

	if (IS_ERR(task))
		return PTR_ERR(task);
	bus = vbus_bus_find_get(name);
	if (!bus)
		goto out_task;
	err = bind_to(tgid, bus);
	vbus_bus_put(bus);
	if (err)
		goto out_task;
	/*
	 * Pairs with the barrier in do_exit()'s atomic_dec_and_test(): either the exit hook sees
	 * the member, or we see that the hook has been or is coming.
	 */
	smp_mb();
	if (!atomic_read(&task->signal->live)) {
		drop(tgid);
		err = -ESRCH;
	}
out_task:
	put_task_struct(task);
	return err;
}

/**
 * procpid_leave() - let a process leave its bus
 * @tgid: its thread group
 *
 * Context: process. Return: 0, also if it was on none; -ESRCH, -EINVAL as procpid_bind().
 */
int procpid_leave(struct pid *tgid)
{
	struct task_struct *task = subject(tgid);

	if (IS_ERR(task))
		return PTR_ERR(task);
	drop(tgid);
	put_task_struct(task);
	return 0;
}

/* The name of its bus, "" if it has none; -ESRCH if it is gone. */
int procpid_bus_name(struct pid *tgid, char *name, size_t size)
{
	struct member *m;
	int err = 0;

	*name = 0;
	spin_lock(&procpid_lock);
	m = find(tgid);
	if (m)
		strscpy(name, vbus_bus_name(m->home->bus), size);
	spin_unlock(&procpid_lock);
	rcu_read_lock();
	if (!pid_task(tgid, PIDTYPE_TGID))
		err = -ESRCH;
	rcu_read_unlock();
	return err;
}

struct vbus_bus *procpid_bus_of_current(void)
{
	struct vbus_bus *bus = NULL;
	struct member *m;

	spin_lock(&procpid_lock);
	m = find(task_tgid(current));
	if (m) {
		bus = m->home->bus;
		vbus_bus_get(bus);
	}
	spin_unlock(&procpid_lock);
	return bus;
}

static bool bound(struct task_struct *task)
{
	bool yes;

	rcu_read_lock();
	yes = find(task_tgid(task));
	rcu_read_unlock();
	return yes;
}

/**
 * procpid_inherit() - a child has been made, and does not run yet
 * @parent: who forked
 * @child: its child
 *
 * A fork cannot fail here. Short of memory the child belongs to no bus: it can do less than it
 * should, never more. Context: preemption off.
 */
void procpid_inherit(struct task_struct *parent, struct task_struct *child)
{
	struct member *m, *p;

	if (!READ_ONCE(total) || child->signal == parent->signal || child->flags & PF_KTHREAD ||
	    !bound(parent))
		return;
	m = member_alloc(task_tgid(child), GFP_ATOMIC | __GFP_NOWARN);
	if (!m) {
		pr_warn_ratelimited("no memory: process %d does not inherit the bus of %d\n",
				    task_tgid_nr(child), task_tgid_nr(parent));
		return;
	}
	spin_lock(&procpid_lock);
	p = find(task_tgid(parent));
	if (p) {
		member_insert(m, p->home);
		m = NULL;
	}
	spin_unlock(&procpid_lock);
	procpid_member_free(m);
}

/*
 * Runs for each thread, after it was taken off signal->live. The last two may both find it 0,
 * which does no harm. Context: preemption off.
 */
void procpid_exit(struct task_struct *task)
{
	if (READ_ONCE(total) && !atomic_read(&task->signal->live))
		drop(task_tgid(task));
}

int procpid_members_init(void)
{
	member_cache = KMEM_CACHE(member, SLAB_ACCOUNT);
	return member_cache ? 0 : -ENOMEM;
}

/* There are no members: each would have kept this module. */
void procpid_members_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(member_cache);
}
