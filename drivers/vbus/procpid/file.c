// SPDX-License-Identifier: GPL-2.0
/*
 * The file "vbus" in a process's directory of procfs.
 *
 * An inode carries the thread group's struct pid, never its number. Dentries are not kept once
 * unused, and each holds a reference on this module: an open file would by itself, but an O_PATH
 * descriptor or a bind mount would not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mm_types.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/pid_namespace.h>
#include <linux/proc_fs.h>
#include <linux/sched/coredump.h>
#include <linux/sched/task.h>
#include "procpid.h"

/* Where a listing that is through with our name continues; fits what llseek accepts. */
#define POS_END 0x7ffffff0

static ssize_t file_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	return procpid_read(file_inode(file)->i_private, buf, len, ppos);
}

static ssize_t file_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	ssize_t ret = procpid_write(file, file_inode(file)->i_private, buf, len, ppos);

	/* So that "echo 0" and then rmdir of the bus, or ls of its members, do what one expects. */
	if (ret > 0)
		procpid_listing_settle();
	return ret;
}

static const struct file_operations vbus_file_ops = {
	.owner = THIS_MODULE,
	.read = file_read,
	.write = file_write,
	.llseek = default_llseek,
};

/* Opening with O_TRUNC is fine, changing who may open is not. */
static int vbus_setattr(struct vbus_idmap *idmap, struct dentry *dentry, struct iattr *attr)
{
	return attr->ia_valid & (ATTR_MODE | ATTR_UID | ATTR_GID) ? -EPERM : 0;
}

static const struct inode_operations vbus_inode_ops = {
	.setattr = vbus_setattr,
};

/* The owner that the other files of the directory have. */
static void set_owner(struct inode *inode, struct task_struct *task)
{
	const struct cred *cred;
	kuid_t uid = GLOBAL_ROOT_UID;
	kgid_t gid = GLOBAL_ROOT_GID;
	bool dumpable;

	task_lock(task);
	dumpable = task->mm && get_dumpable(task->mm) == SUID_DUMP_USER;
	task_unlock(task);
	if (dumpable) {
		rcu_read_lock();
		cred = __task_cred(task);
		uid = cred->euid;
		gid = cred->egid;
		rcu_read_unlock();
	}
	inode->i_uid = uid;
	inode->i_gid = gid;
}

static int vbus_revalidate(struct dentry *dentry, unsigned int flags)
{
	struct task_struct *task;
	struct inode *inode;

	/* The pid may not be touched in RCU walk: put_pid() may free it at once. */
	if (flags & LOOKUP_RCU)
		return -ECHILD;
	inode = d_inode(dentry);
	task = get_pid_task(inode->i_private, PIDTYPE_TGID);
	if (!task)
		return 0;
	set_owner(inode, task);
	put_task_struct(task);
	return 1;
}

static int vbus_delete(const struct dentry *dentry)
{
	return 1;
}

/* What new_inode() gives every inode. */
static const struct inode_operations *blank_inode_ops;
static const struct file_operations *blank_file_ops;

/* inotify may keep the inode for longer than its dentry, and this module. */
static void vbus_iput(struct dentry *dentry, struct inode *inode)
{
	struct pid *tgid = inode->i_private;

	inode->i_private = NULL;
	inode->i_op = READ_ONCE(blank_inode_ops);
	inode->i_fop = READ_ONCE(blank_file_ops);
	iput(inode);
	put_pid(tgid);
	module_put(THIS_MODULE);
}

static const struct dentry_operations vbus_dentry_ops = {
	.d_revalidate = vbus_revalidate,
	.d_delete = vbus_delete,
	.d_iput = vbus_iput,
};

/*
 * The process whose directory @parent is. Its number may have been used again since the directory
 * was opened; if the directory is valid after we have looked, it was not.
 */
static struct pid *process_of(struct inode *dir, struct dentry *parent)
{
	struct task_struct *task;
	struct pid *tgid = NULL;
	unsigned int nr;

	if (kstrtouint(parent->d_name.name, 10, &nr))
		return NULL;
	rcu_read_lock();
	task = pid_task(find_pid_ns(nr, proc_pid_ns(dir->i_sb)), PIDTYPE_PID);
	if (task)
		tgid = get_pid(task_tgid(task));
	rcu_read_unlock();
	if (tgid && parent->d_op->d_revalidate(parent, 0) <= 0) {
		put_pid(tgid);
		tgid = NULL;
	}
	return tgid;
}

static struct inode *make_inode(struct super_block *sb, struct pid *tgid)
{
	struct task_struct *task = get_pid_task(tgid, PIDTYPE_TGID);
	struct inode *inode;

	if (!task)
		return ERR_PTR(-ENOENT);
	inode = new_inode(sb);
	if (inode) {
		WRITE_ONCE(blank_inode_ops, inode->i_op);
		WRITE_ONCE(blank_file_ops, inode->i_fop);
		inode->i_ino = get_next_ino();
		inode->i_mode = S_IFREG | 0644;
		inode->i_op = &vbus_inode_ops;
		inode->i_fop = &vbus_file_ops;
		inode->i_private = tgid;
		simple_inode_init_ts(inode);
		set_owner(inode, task);
	}
	put_task_struct(task);
	return inode ?: ERR_PTR(-ENOMEM);
}

/**
 * procpid_file_lookup() - stands in for the lookup of "vbus" in a process's directory
 * @dir: the directory
 * @dentry: what is looked up; it is in lookup
 *
 * Context: process, @dir's i_rwsem held. Return: NULL, or an error pointer.
 */
struct dentry *procpid_file_lookup(struct inode *dir, struct dentry *dentry)
{
	struct inode *inode;
	struct pid *tgid;

	tgid = process_of(dir, dentry->d_parent);
	if (!tgid)
		return ERR_PTR(-ENOENT);
	inode = make_inode(dir->i_sb, tgid);
	if (IS_ERR(inode)) {
		put_pid(tgid);
		return ERR_CAST(inode);
	}
	/* For vbus_iput(). The caller has one, too. */
	__module_get(THIS_MODULE);
	d_set_d_op(dentry, &vbus_dentry_ops);
	return d_splice_alias(inode, dentry);
}

/* A reader's place to put names, watched. */
struct listing {
	struct dir_context ctx;
	struct dir_context *to;
	bool stopped;
};

static bool pass_on(struct dir_context *ctx, const char *name, int len, loff_t offset, u64 ino,
		    unsigned int type)
{
	struct listing *l = container_of(ctx, struct listing, ctx);

	l->to->pos = ctx->pos;
	if (l->to->actor(l->to, name, len, offset, ino, type))
		return true;
	l->stopped = true;
	return false;
}

/**
 * procpid_file_readdir() - list a process's directory, then "vbus"
 * @original: what lists the rest
 * @file: the directory
 * @ctx: where the reader is and where names go
 *
 * Context: process. Return: what @original says.
 */
int procpid_file_readdir(procpid_iterate_fn original, struct file *file, struct dir_context *ctx)
{
	struct listing l = {
		.ctx = { .actor = pass_on, .pos = ctx->pos },
		.to = ctx,
	};
	int err;

	if (ctx->pos >= POS_END)
		return 0;
	err = original(file, &l.ctx);
	ctx->pos = l.ctx.pos;
	if (!err && !l.stopped && dir_emit(ctx, "vbus", 4, 1, DT_REG))
		ctx->pos = POS_END;
	return err;
}
