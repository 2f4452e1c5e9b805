// SPDX-License-Identifier: GPL-2.0
/*
 * The pool of eventfds, and /dev/vbus-kvm, where programs of the administrator donate them. One
 * such program is started when the pool runs low.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kmod.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sysfs.h>
#include <linux/vbus_kvm.h>
#include "kvm.h"

#define POOL_MAX	512
#define POOL_LOW	128
/* Guests can make the pool look for a donor as often as they like; it does so once in this time. */
#define POOL_PAUSE	(HZ / 10)

static DEFINE_SPINLOCK(pool_lock);	/* all below */
static struct file *pool[POOL_MAX];
static u32 pool_count;
static unsigned long pool_next;

static const char * const donors[] = {
	"/usr/sbin/vbus-kvm-donate",
	"/usr/local/sbin/vbus-kvm-donate",
};

/* A donor says by itself if something is wrong with it; that there is none, is said once. */
static void pool_fill(struct work_struct *work)
{
	static char *envp[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	int i;

	for (i = 0; i < ARRAY_SIZE(donors); i++) {
		char *argv[] = { (char *)donors[i], NULL };

		if (!call_usermodehelper(argv[0], argv, envp, UMH_WAIT_EXEC))
			return;
	}
	pr_info_once("no %s: doorbells go through QEMU until eventfds are donated\n", donors[0]);
}

static DECLARE_WORK(pool_work, pool_fill);

/* vkvm_pool_take - an eventfd; NULL if there is none, in which case one may be there a bit later */
struct file *vkvm_pool_take(void)
{
	struct file *file = NULL;
	bool low;

	spin_lock(&pool_lock);
	if (pool_count)
		file = pool[--pool_count];
	low = pool_count < POOL_LOW && time_after_eq(jiffies, pool_next);
	if (low)
		pool_next = jiffies + POOL_PAUSE;
	spin_unlock(&pool_lock);
	if (low)
		queue_work(system_long_wq, &pool_work);
	return file;
}

/* Takes over the reference if it returns 0. */
static int pool_give(struct file *file)
{
	int err = -ENOSPC;

	spin_lock(&pool_lock);
	if (pool_count < POOL_MAX) {
		pool[pool_count++] = file;
		err = 0;
	}
	spin_unlock(&pool_lock);
	return err;
}

static long pool_ioctl(struct file *unused, unsigned int cmd, unsigned long arg)
{
	struct file *file;
	s32 fd;
	int err;

	if (cmd != VBUS_KVM_DONATE)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (copy_from_user(&fd, (void __user *)arg, sizeof(fd)))
		return -EFAULT;
	file = eventfd_fget(fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = pool_give(file);
	if (err)
		fput(file);
	return err;
}

static ssize_t eventfds_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(pool_count));
}

static DEVICE_ATTR_RO(eventfds);

static struct attribute *pool_attrs[] = {
	&dev_attr_eventfds.attr,
	NULL
};
ATTRIBUTE_GROUPS(pool);

static const struct file_operations pool_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = pool_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice pool_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vbus-kvm",
	.fops = &pool_fops,
	.groups = pool_groups,
	.mode = 0600,
};

int vkvm_pool_init(void)
{
	int err = misc_register(&pool_misc);

	pool_next = jiffies;
	if (!err)
		queue_work(system_long_wq, &pool_work);
	return err;
}

void vkvm_pool_exit(void)
{
	cancel_work_sync(&pool_work);
	misc_deregister(&pool_misc);
	while (pool_count)
		fput(pool[--pool_count]);
}
