// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and writing "vbus" of a process.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/vbus.h>
#include "procpid.h"

#define NOBODY "<none>"

ssize_t procpid_read(struct pid *tgid, char __user *buf, size_t len, loff_t *ppos)
{
	char name[VBUS_NAME_SIZE + 1];
	int err;

	err = procpid_bus_name(tgid, name, VBUS_NAME_SIZE);
	if (err)
		return err;
	if (!*name)
		strscpy(name, NOBODY, sizeof(name));
	strlcat(name, "\n", sizeof(name));
	return simple_read_from_buffer(buf, len, ppos, name, strlen(name));
}

/*
 * The opener's right counts, not the writer's: a set-uid program whose output was redirected here
 * must not bind on behalf of its caller. And in the initial namespace: a bus shares memory with
 * devices of the host, so whoever is root in a container only must not join one.
 */
static bool may_write(struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN);
}

/* One line in @name. A cut that leaves it too long is too long still. */
static int copy_name(char name[VBUS_NAME_SIZE + 2], const char __user *buf, size_t len)
{
	size_t n = min_t(size_t, len, VBUS_NAME_SIZE + 1);

	if (copy_from_user(name, buf, n))
		return -EFAULT;
	name[n] = 0;
	if (strlen(name) != n)
		return -EINVAL;
	if (n && name[n - 1] == '\n')
		name[--n] = 0;
	return !strcmp(name, "0") || vbus_name_ok(name) ? 0 : -EINVAL;
}

static void explain(int err, struct pid *tgid, const char *name)
{
	switch (err) {
	case -ENOENT:
		pr_info_ratelimited("process %d cannot join bus %s: there is no such bus\n",
				    pid_nr(tgid), name);
		break;
	case -ESRCH:
		pr_info_ratelimited("process %d is dead and joins no bus\n", pid_nr(tgid));
		break;
	case -EINVAL:
		pr_info_ratelimited("%d is a kernel thread, which belongs to no bus\n",
				    pid_nr(tgid));
		break;
	default:
		pr_info_ratelimited("process %d cannot join bus %s (%pe)\n", pid_nr(tgid), name,
				    ERR_PTR(err));
	}
}

ssize_t procpid_write(struct file *file, struct pid *tgid, const char __user *buf, size_t len,
		      loff_t *ppos)
{
	char name[VBUS_NAME_SIZE + 2];
	int err;

	if (!may_write(file)) {
		pr_info_ratelimited("%s[%d]: joining and leaving a bus takes a file that was opened with CAP_SYS_ADMIN\n",
				    current->comm, task_tgid_nr(current));
		return -EPERM;
	}
	err = *ppos ? -EINVAL : copy_name(name, buf, len);
	if (err) {
		pr_info_ratelimited("process %d: what was written is neither the name of a bus nor 0 (%pe)\n",
				    pid_nr(tgid), ERR_PTR(err));
		return err;
	}
	if (strcmp(name, "0"))
		err = procpid_bind(tgid, name);
	else
		err = procpid_leave(tgid);
	if (err)
		explain(err, tgid, name);
	return err ?: len;
}
