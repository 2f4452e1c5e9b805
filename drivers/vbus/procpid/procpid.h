/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to vbus-procpid. Prototypes are grouped by the file that owns them.
 *
 * One lock, procpid_lock (spinlock, leaf), guards every field below that says so. It is taken in
 * the probes of fork and exit, so nothing that sleeps is done under it: what does is put on the
 * list of changes and done by one work item.
 */
#ifndef _VBUS_PROCPID_H
#define _VBUS_PROCPID_H

#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/types.h>
#include <vbus/bus.h>

struct proc_dir_entry;

/**
 * struct home - a bus as a place to belong to
 * @entry: on the list of homes; procpid_lock
 * @bus: the bus; a reference
 * @members: how many live; procpid_lock
 * @kept: we hold the bus against rmdir; procpid_lock
 * @idle: on the list of homes whose last member has gone; procpid_lock
 * @dir: its directory "members"
 * @count_attr: its file "members_count"
 *
 * Lives from the bus's coming to its going, and the bus cannot go as long as it is @kept.
 */
struct home {
	struct list_head entry;
	struct vbus_bus *bus;
	unsigned int members;
	bool kept;
	struct list_head idle;
	struct kobject *dir;
	struct kobj_attribute count_attr;
};

#define MEMBER_NAME_SIZE 12

/**
 * struct member - one binding of a process to a bus
 * @hash: in the table of members, by @pid; procpid_lock, read under RCU
 * @pid: the thread group's; a reference. Not its number, which may be used again
 * @home: where it belongs; valid while it lives, or @change is on the list, or the work has it
 * @change: on the list of changes: the directories are behind; procpid_lock
 * @dead: not in the table any more; procpid_lock
 * @busy: the work is listing it; procpid_lock
 * @listed: the directories show it; procpid_lock
 * @name: its number in the initial namespace
 * @attr: its file in the bus's "members"
 * @door: its file in /proc/vbus, or NULL
 * @rcu: for its end
 */
struct member {
	struct hlist_node hash;
	struct pid *pid;
	struct home *home;
	struct list_head change;
	bool dead;
	bool busy;
	bool listed;
	char name[MEMBER_NAME_SIZE];
	struct kobj_attribute attr;
	struct proc_dir_entry *door;
	struct rcu_head rcu;
};

/* member.c */
extern spinlock_t procpid_lock;
extern struct list_head procpid_homes;		/* procpid_lock */
extern struct list_head procpid_changes;	/* procpid_lock; in the order they happened */
extern struct list_head procpid_idle_homes;	/* procpid_lock */

int procpid_bind(struct pid *tgid, const char *name);
int procpid_leave(struct pid *tgid);
int procpid_bus_name(struct pid *tgid, char *name, size_t size);
struct vbus_bus *procpid_bus_of_current(void);
void procpid_inherit(struct task_struct *parent, struct task_struct *child);
void procpid_exit(struct task_struct *task);
void procpid_member_free(struct member *m);
bool procpid_unpin(void);
int procpid_members_init(void);
void procpid_members_exit(void);

/* listing.c */
void procpid_listing_kick(void);
void procpid_listing_settle(void);
void procpid_listing_init(void);
void procpid_listing_exit(void);

/* handler.c: what a read and a write of the file do, whichever door it is behind */
ssize_t procpid_read(struct pid *tgid, char __user *buf, size_t len, loff_t *ppos);
ssize_t procpid_write(struct file *file, struct pid *tgid, const char __user *buf, size_t len,
		      loff_t *ppos);

/* track.c */
int procpid_track_init(void);
void procpid_track_exit(void);

/* door.c */
int procpid_door_open(void);
void procpid_door_close(void);
void procpid_door_add(struct member *m);
void procpid_door_del(struct member *m);

#ifdef CONFIG_VBUS_PROCPID_HOOK
struct dentry;
struct dir_context;
struct inode;

typedef int (*procpid_iterate_fn)(struct file *file, struct dir_context *ctx);

/* file.c */
struct dentry *procpid_file_lookup(struct inode *dir, struct dentry *dentry);
int procpid_file_readdir(procpid_iterate_fn original, struct file *file, struct dir_context *ctx);

/* hook.c */
int procpid_hook_attach(void);
void procpid_hook_detach(void);
#else
static inline int procpid_hook_attach(void)
{
	return -EOPNOTSUPP;
}

static inline void procpid_hook_detach(void)
{
}
#endif

#endif /* _VBUS_PROCPID_H */
