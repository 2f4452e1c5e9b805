// SPDX-License-Identifier: GPL-2.0
/*
 * Gets "vbus" into the directories of processes: four functions of procfs, which look up and list
 * them, are entered through us. Documentation/procpid.rst explains why in this way.
 *
 * Which functions those are is read off the directories of process 1, so no symbol is looked up.
 * ftrace calls hook_entry() before each; it may let the function return to another one instead.
 *
 * A call that is sent elsewhere holds a reference on this module until just before it returns, and
 * no reference can be had once the module is going. So rmmod is refused while somebody is inside,
 * and those who come later are not sent.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/magic.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/namei.h>
#include <linux/rcupdate.h>
#include "procpid.h"

enum site { TGID_LOOKUP, TGID_READDIR, TID_LOOKUP, TID_READDIR, SITES };

/* The call to ftrace is this far into a function at most: after endbr64. */
#define ENTRY_SIZE 16

static unsigned long sites[SITES];

/*
 * The targets. What follows the call in each keeps it from becoming a jump, with which the
 * original would seem to be called by procfs's caller, and be sent here again.
 */
static noinline struct dentry *enter_lookup(struct inode *dir, struct dentry *dentry,
					    unsigned int flags)
{
	struct dentry *ret = procpid_file_lookup(dir, dentry);

	module_put(THIS_MODULE);
	return ret;
}

static noinline int enter_tgid_readdir(struct file *file, struct dir_context *ctx)
{
	int ret = procpid_file_readdir((procpid_iterate_fn)sites[TGID_READDIR], file, ctx);

	module_put(THIS_MODULE);
	return ret;
}

static noinline int enter_tid_readdir(struct file *file, struct dir_context *ctx)
{
	int ret = procpid_file_readdir((procpid_iterate_fn)sites[TID_READDIR], file, ctx);

	module_put(THIS_MODULE);
	return ret;
}

static const unsigned long targets[SITES] = {
	[TGID_LOOKUP] = (unsigned long)enter_lookup,
	[TGID_READDIR] = (unsigned long)enter_tgid_readdir,
	[TID_LOOKUP] = (unsigned long)enter_lookup,
	[TID_READDIR] = (unsigned long)enter_tid_readdir,
};

static bool wanted(enum site site, unsigned long parent_ip, struct ftrace_regs *fregs)
{
	const struct dentry *dentry;

	if (site == TGID_READDIR || site == TID_READDIR)
		return !within_module(parent_ip, THIS_MODULE);
	dentry = (const struct dentry *)ftrace_regs_get_argument(fregs, 1);
	return dentry->d_name.len == 4 && !memcmp(dentry->d_name.name, "vbus", 4);
}

/* Context: preemption off, in whatever context the function was called: a process. */
static void notrace hook_entry(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			       struct ftrace_regs *fregs)
{
	enum site site;

	for (site = 0; site < SITES; site++)
		if (ip - sites[site] < ENTRY_SIZE)
			break;
	if (site < SITES && wanted(site, parent_ip, fregs) && try_module_get(THIS_MODULE))
		ftrace_regs_set_instruction_pointer(fregs, targets[site]);
}

/*
 * PERMANENT: without it the sysctl kernel.ftrace_enabled would make the file vanish, silently.
 * RECURSION asks ftrace to guard the callback.
 */
static struct ftrace_ops hook_ops = {
	.func = hook_entry,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_RECURSION,
};

/* A mount of our own, so that it does not matter what is mounted where. */
static struct vfsmount *mount_proc(void)
{
	struct file_system_type *type = get_fs_type("proc");

	return type ? kern_mount(type) : ERR_PTR(-ENODEV);
}

static int find_sites(struct vfsmount *mnt, const char *name, enum site lookup, enum site readdir)
{
	const struct inode *inode;
	struct path path;
	int err;

	err = vfs_path_lookup(mnt->mnt_root, mnt, name, 0, &path);
	if (err)
		return err;
	inode = d_inode(path.dentry);
	if (inode->i_sb->s_magic == PROC_SUPER_MAGIC && inode->i_op->lookup &&
	    inode->i_fop->iterate_shared) {
		sites[lookup] = (unsigned long)inode->i_op->lookup;
		sites[readdir] = (unsigned long)inode->i_fop->iterate_shared;
	} else {
		err = -ENOENT;
	}
	path_put(&path);
	return err;
}

static int resolves(struct vfsmount *mnt, const char *name)
{
	struct path path;
	int err = vfs_path_lookup(mnt->mnt_root, mnt, name, 0, &path);

	if (!err)
		path_put(&path);
	return err;
}

static int register_hook(void)
{
	enum site site;
	int err = 0;

	for (site = 0; site < SITES && !err; site++)
		err = ftrace_set_filter_ip(&hook_ops, sites[site], 0, 0);
	if (!err)
		err = register_ftrace_function(&hook_ops);
	if (err)
		ftrace_free_filter(&hook_ops);
	return err;
}

static int attach(struct vfsmount *mnt)
{
	int err;

	err = find_sites(mnt, "1", TGID_LOOKUP, TGID_READDIR);
	if (!err)
		err = find_sites(mnt, "1/task/1", TID_LOOKUP, TID_READDIR);
	if (!err)
		err = register_hook();
	if (err)
		return err;
	/* Does it work? ftrace does not tell if it is switched off some other way. */
	err = resolves(mnt, "1/vbus");
	if (!err)
		err = resolves(mnt, "1/task/1/vbus");
	if (err)
		procpid_hook_detach();
	return err;
}

/**
 * procpid_hook_attach() - show the file
 *
 * Context: process; sleeps. Return: 0; -EBUSY: ftrace is off (kernel.ftrace_enabled) or somebody
 * else, such as a live patch, redirects one of these functions; or another error.
 */
int procpid_hook_attach(void)
{
	struct vfsmount *mnt = mount_proc();
	int err;

	if (IS_ERR(mnt))
		return PTR_ERR(mnt);
	err = attach(mnt);
	kern_unmount(mnt);
	return err;
}

/*
 * Unregistering waits until hook_entry() runs nowhere. Nobody is inside a target, except for the
 * instructions after its last module_put(), where a task may have been preempted: wait until each
 * has been elsewhere. That covers vbus_iput(), too.
 */
void procpid_hook_detach(void)
{
	unregister_ftrace_function(&hook_ops);
	synchronize_rcu_tasks();
	ftrace_free_filter(&hook_ops);
}
