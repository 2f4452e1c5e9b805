// SPDX-License-Identifier: GPL-2.0
/*
 * Which members of a bus may open /dev/vbus: each bus has an owner, a group and a mode for that, in
 * the "user" directory of the bus. There is one device node for all buses, so its own cannot say.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kstrtox.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>
#include "user.h"

/**
 * struct user_access - who may
 * @entry: on the list
 * @bus: of which bus
 * @uid: owner
 * @gid: group
 * @mode: as of a file; open() needs read and write
 * @files: there are files for it
 */
struct user_access {
	struct list_head entry;
	struct vbus_bus *bus;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool files;
};

static LIST_HEAD(accesses);		/* access_lock, and what is in them */
static DEFINE_MUTEX(access_lock);

static struct user_access *access_find(const struct kobject *bus)
{
	struct user_access *a;

	lockdep_assert_held(&access_lock);
	list_for_each_entry(a, &accesses, entry)
		if (vbus_bus_kobj(a->bus) == bus)
			return a;
	return NULL;
}

/* As for a file. A bus whose entry could not be made is root's alone. */
int user_access_check(struct vbus_bus *bus)
{
	struct user_access *a;
	umode_t mode = 0;

	mutex_lock(&access_lock);
	a = access_find(vbus_bus_kobj(bus));
	if (a) {
		mode = a->mode;
		if (uid_eq(current_fsuid(), a->uid))
			mode >>= 6;
		else if (in_group_p(a->gid))
			mode >>= 3;
	}
	mutex_unlock(&access_lock);
	return (mode & 06) == 06 || capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
}

/* ---- files ------------------------------------------------------------------------------- */

static int access_get(struct kobject *bus, struct user_access *copy)
{
	struct user_access *a;

	mutex_lock(&access_lock);
	a = access_find(bus);
	if (a)
		*copy = *a;
	mutex_unlock(&access_lock);
	return a ? 0 : -ENODEV;
}

/* NULL is left alone. */
static int access_set(struct kobject *bus, const kuid_t *uid, const kgid_t *gid,
		      const umode_t *mode)
{
	struct user_access *a;

	mutex_lock(&access_lock);
	a = access_find(bus);
	if (a && uid)
		a->uid = *uid;
	if (a && gid)
		a->gid = *gid;
	if (a && mode)
		a->mode = *mode;
	mutex_unlock(&access_lock);
	return a ? 0 : -ENODEV;
}

static ssize_t uid_show(struct kobject *bus, struct kobj_attribute *attr, char *buf)
{
	struct user_access a;

	return access_get(bus, &a) ?: sysfs_emit(buf, "%u\n", from_kuid(&init_user_ns, a.uid));
}

static ssize_t uid_store(struct kobject *bus, struct kobj_attribute *attr, const char *buf,
			 size_t len)
{
	kuid_t uid;
	u32 nr;
	int err;

	err = kstrtou32(buf, 10, &nr);
	if (err)
		return err;
	uid = make_kuid(&init_user_ns, nr);
	if (!uid_valid(uid))
		return -EINVAL;
	return access_set(bus, &uid, NULL, NULL) ?: len;
}

static ssize_t gid_show(struct kobject *bus, struct kobj_attribute *attr, char *buf)
{
	struct user_access a;

	return access_get(bus, &a) ?: sysfs_emit(buf, "%u\n", from_kgid(&init_user_ns, a.gid));
}

static ssize_t gid_store(struct kobject *bus, struct kobj_attribute *attr, const char *buf,
			 size_t len)
{
	kgid_t gid;
	u32 nr;
	int err;

	err = kstrtou32(buf, 10, &nr);
	if (err)
		return err;
	gid = make_kgid(&init_user_ns, nr);
	if (!gid_valid(gid))
		return -EINVAL;
	return access_set(bus, NULL, &gid, NULL) ?: len;
}

static ssize_t mode_show(struct kobject *bus, struct kobj_attribute *attr, char *buf)
{
	struct user_access a;

	return access_get(bus, &a) ?: sysfs_emit(buf, "0%03o\n", a.mode);
}

static ssize_t mode_store(struct kobject *bus, struct kobj_attribute *attr, const char *buf,
			  size_t len)
{
	umode_t mode;
	int err;

	err = kstrtou16(buf, 8, &mode);
	if (err || mode & ~0666) {
		pr_info_ratelimited("%s: user/mode is of read and write bits, such as 0660\n",
				    kobject_name(bus));
		return -EINVAL;
	}
	return access_set(bus, NULL, NULL, &mode) ?: len;
}

static struct kobj_attribute uid_attr = __ATTR_RW(uid);
static struct kobj_attribute gid_attr = __ATTR_RW(gid);
static struct kobj_attribute mode_attr = __ATTR_RW(mode);

static struct attribute *access_attrs[] = {
	&uid_attr.attr,
	&gid_attr.attr,
	&mode_attr.attr,
	NULL
};

static const struct attribute_group access_group = {
	.name = "user",
	.attrs = access_attrs,
};

/* ---- buses come and go ------------------------------------------------------------------- */

static void access_add(struct vbus_bus *bus)
{
	struct user_access *a = kzalloc(sizeof(*a), GFP_KERNEL);
	const umode_t nobody = 0;
	int err = -ENOMEM;

	if (a) {
		/* Members were let in by root; further limits are root's to set. */
		a->bus = bus;
		a->uid = GLOBAL_ROOT_UID;
		a->gid = GLOBAL_ROOT_GID;
		a->mode = 0666;
		mutex_lock(&access_lock);
		list_add(&a->entry, &accesses);
		mutex_unlock(&access_lock);
		err = sysfs_create_group(vbus_bus_kobj(bus), &access_group);
		a->files = !err;
		/* Nobody could set limits: root's alone, as if there was no entry. */
		if (err)
			access_set(vbus_bus_kobj(bus), NULL, NULL, &nobody);
	}
	if (err)
		pr_warn_ratelimited("%s: cannot make the directory user: %pe\n", vbus_bus_name(bus),
				    ERR_PTR(err));
}

/* Calls are serialised, so nobody else removes it. The files first: their readers take the lock. */
static void access_del(struct vbus_bus *bus)
{
	struct user_access *a;

	mutex_lock(&access_lock);
	a = access_find(vbus_bus_kobj(bus));
	mutex_unlock(&access_lock);
	if (!a)
		return;
	if (a->files)
		sysfs_remove_group(vbus_bus_kobj(bus), &access_group);
	mutex_lock(&access_lock);
	list_del(&a->entry);
	mutex_unlock(&access_lock);
	kfree(a);
}

static struct vbus_bus_watch access_watch = {
	.add = access_add,
	.del = access_del,
};

void user_access_init(void)
{
	vbus_bus_watch_register(&access_watch);
}

void user_access_exit(void)
{
	vbus_bus_watch_unregister(&access_watch);
}
