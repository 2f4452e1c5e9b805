// SPDX-License-Identifier: GPL-2.0
/*
 * Functions and guests in sysfs.
 *
 *	/sys/bus/vbus-kvm/devices/<bus>.<n>/{bus,owner_uid,max_pinned}
 *	/sys/vbus/instances/<bus>/clients/kvm.<n>/{function,pid,doorbell,pinned,...}
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/kstrtox.h>
#include <linux/pid.h>
#include <linux/sysfs.h>
#include "kvm.h"

#define MAX_PINNED_MAX	1048576u	/* MiB */

static struct vkvm_fn *dev_to_fn(struct device *dev)
{
	return container_of(dev, struct vkvm_fn, dev);
}

static ssize_t bus_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", vbus_bus_name(dev_to_fn(dev)->bus));
}

static ssize_t owner_uid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	kuid_t owner = READ_ONCE(dev_to_fn(dev)->owner);

	if (!uid_valid(owner))
		return sysfs_emit(buf, "<none>\n");
	return sysfs_emit(buf, "%u\n", from_kuid_munged(&init_user_ns, owner));
}

/* A uid of the initial namespace, or "none". */
static ssize_t owner_uid_store(struct device *dev, struct device_attribute *attr, const char *buf,
			       size_t len)
{
	struct vkvm_fn *fn = dev_to_fn(dev);
	kuid_t owner = INVALID_UID;
	u32 uid;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!sysfs_streq(buf, "none")) {
		err = kstrtou32(buf, 0, &uid);
		owner = make_kuid(&init_user_ns, err ? (uid_t)-1 : uid);
		if (!uid_valid(owner)) {
			pr_info_ratelimited("%s: owner_uid takes a user id or none\n",
					    dev_name(dev));
			return -EINVAL;
		}
	}
	WRITE_ONCE(fn->owner, owner);
	vkvm_slot_released(fn);
	return len;
}

static ssize_t max_pinned_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(dev_to_fn(dev)->max_pinned));
}

static ssize_t max_pinned_store(struct device *dev, struct device_attribute *attr, const char *buf,
				size_t len)
{
	u32 mib;
	int err;

	err = kstrtou32(buf, 0, &mib);
	if (!err && (!mib || mib > MAX_PINNED_MAX))
		err = -EINVAL;
	if (err) {
		pr_info_ratelimited("%s: max_pinned must be in 1..%u MiB\n", dev_name(dev),
				    MAX_PINNED_MAX);
		return err;
	}
	WRITE_ONCE(dev_to_fn(dev)->max_pinned, mib);
	return len;
}

static DEVICE_ATTR_RO(bus);
static DEVICE_ATTR_RW(owner_uid);
static DEVICE_ATTR_RW(max_pinned);

static struct attribute *fn_attrs[] = {
	&dev_attr_bus.attr,
	&dev_attr_owner_uid.attr,
	&dev_attr_max_pinned.attr,
	NULL
};

static const struct attribute_group fn_group = { .attrs = fn_attrs };
const struct attribute_group *vkvm_fn_groups[] = { &fn_group, NULL };

/* ---- guests ------------------------------------------------------------------------------- */

static struct vkvm_guest *kobj_to_guest(struct kobject *kobj)
{
	return container_of(kobj, struct vkvm_guest, client.kobj);
}

static ssize_t pid_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", pid_vnr(kobj_to_guest(kobj)->pid));
}

static ssize_t doorbell_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return vkvm_ports_show(kobj_to_guest(kobj), buf);
}

static ssize_t pinned_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(kobj_to_guest(kobj)->mem.pinned) * PAGE_SIZE);
}

static ssize_t pin_miss_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(kobj_to_guest(kobj)->mem.misses));
}

static ssize_t pin_evictions_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(kobj_to_guest(kobj)->mem.evictions));
}

static struct kobj_attribute pid_attr = __ATTR_RO(pid);
static struct kobj_attribute doorbell_attr = __ATTR_RO(doorbell);
static struct kobj_attribute pinned_attr = __ATTR_RO(pinned);
static struct kobj_attribute pin_miss_attr = __ATTR_RO(pin_miss);
static struct kobj_attribute pin_evictions_attr = __ATTR_RO(pin_evictions);

static const struct attribute *guest_attrs[] = {
	&pid_attr.attr,
	&doorbell_attr.attr,
	&pinned_attr.attr,
	&pin_miss_attr.attr,
	&pin_evictions_attr.attr,
	NULL
};

/* vkvm_guest_sysfs_add - to the client's directory, which takes them along when it goes */
int vkvm_guest_sysfs_add(struct vkvm_guest *g)
{
	int err;

	err = sysfs_create_files(&g->client.kobj, guest_attrs);
	return err ?: sysfs_create_link(&g->client.kobj, &g->fn->dev.kobj, "function");
}
