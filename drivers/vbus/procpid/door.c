// SPDX-License-Identifier: GPL-2.0
/*
 * The other door, /proc/vbus/, for kernels in which the file cannot be put beside the others:
 * "self" for whoever opens it, and one file for each member.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/proc_fs.h>
#include "procpid.h"

static struct proc_dir_entry *dir;

/* A member's file carries its process; "self" means the opener. */
static int door_file_open(struct inode *inode, struct file *file)
{
	struct pid *tgid = pde_data(inode);

	file->private_data = get_pid(tgid ?: task_tgid(current));
	return 0;
}

static ssize_t door_file_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	return procpid_read(file->private_data, buf, len, ppos);
}

/* Does not wait for the work, which waits for us when it removes the file. */
static ssize_t door_file_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	return procpid_write(file, file->private_data, buf, len, ppos);
}

static int door_file_release(struct inode *inode, struct file *file)
{
	put_pid(file->private_data);
	return 0;
}

static const struct proc_ops door_file_ops = {
	.proc_open = door_file_open,
	.proc_read = door_file_read,
	.proc_write = door_file_write,
	.proc_lseek = default_llseek,
	.proc_release = door_file_release,
};

/* Called by the work, as is procpid_door_del(): one after the other. */
void procpid_door_add(struct member *m)
{
	if (!dir)
		return;
	m->door = proc_create_data(m->name, 0644, dir, &door_file_ops, m->pid);
	if (!m->door)
		pr_warn_ratelimited("/proc/vbus/%s cannot be made\n", m->name);
}

void procpid_door_del(struct member *m)
{
	proc_remove(m->door);
}

int procpid_door_open(void)
{
	dir = proc_mkdir("vbus", NULL);
	if (!dir)
		return -ENOMEM;
	if (proc_create_data("self", 0644, dir, &door_file_ops, NULL))
		return 0;
	proc_remove(dir);
	dir = NULL;
	return -ENOMEM;
}

/* Waits for those inside. */
void procpid_door_close(void)
{
	proc_remove(dir);
	dir = NULL;
}
