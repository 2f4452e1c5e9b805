// SPDX-License-Identifier: GPL-2.0
/*
 * configfs: mkdir, echo, ln and rm translated into calls of the core, and nothing else.
 *
 *	vbus/devices/<dev>/type		write once: the class
 *	vbus/instances/<bus>/<link>	symlink to a device: puts it on the bus
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "core.h"

/* A directory under devices/; the device is there once its type was written. */
struct device_item {
	struct config_item item;
	/* vbus_lock: */
	struct vbus_device *dev;
	bool typed;			/* @dev is there or being made */
};

static struct device_item *to_device_item(struct config_item *item)
{
	return container_of(item, struct device_item, item);
}

static struct vbus_bus *to_bus(struct config_item *item)
{
	return container_of(item, struct vbus_bus, item);
}

static struct configfs_subsystem vbus_subsys;
static struct config_group devices_group;
static struct config_group instances_group;

/* ---- items that rmdir drops ------------------------------------------------------------------ */

static LIST_HEAD(dropped);
static DEFINE_SPINLOCK(dropped_lock);

static struct config_item *dropped_next(void)
{
	struct config_item *item;

	spin_lock(&dropped_lock);
	item = list_first_entry_or_null(&dropped, struct config_item, ci_entry);
	if (item)
		list_del_init(&item->ci_entry);
	spin_unlock(&dropped_lock);
	return item;
}

/* Whoever is in the middle of a rmdir there has the lock of the directory. */
static void wait_for_rmdir(const struct config_group *group)
{
	struct inode *dir = d_inode(group->cg_item.ci_dentry);

	inode_lock(dir);
	inode_unlock(dir);
}

static void drop_work(struct work_struct *work)
{
	struct config_item *item;

	while ((item = dropped_next())) {
		wait_for_rmdir(&devices_group);
		wait_for_rmdir(&instances_group);
		config_item_put(item);
	}
}

static DECLARE_WORK(dropped_work, drop_work);

/*
 * As config_item_put() of an item that rmdir removes. Its path is there until rmdir returns, and
 * who makes a link to it takes a reference without asking whether there is one left. So one stays
 * until the path is gone. Items have left their group's list, so their entry is free.
 */
static void item_drop(struct config_item *item)
{
	spin_lock(&dropped_lock);
	list_add_tail(&item->ci_entry, &dropped);
	spin_unlock(&dropped_lock);
	schedule_work(&dropped_work);
}

/* ---- devices --------------------------------------------------------------------------------- */

/* The item's device with a reference, or NULL. */
static struct vbus_device *device_item_get(struct device_item *di)
{
	struct vbus_device *dev;

	mutex_lock(&vbus_lock);
	dev = di->dev;
	if (dev)
		vbus_device_get(dev);
	mutex_unlock(&vbus_lock);
	return dev;
}

static void device_item_set(struct device_item *di, struct vbus_device *dev)
{
	mutex_lock(&vbus_lock);
	di->dev = dev;
	di->typed = dev;
	mutex_unlock(&vbus_lock);
}

/* The right to make the item's device; device_item_set() ends it, with a device or without. */
static bool device_item_claim(struct device_item *di)
{
	bool ok;

	mutex_lock(&vbus_lock);
	ok = !di->typed;
	di->typed = true;
	mutex_unlock(&vbus_lock);
	return ok;
}

static ssize_t device_type_show(struct config_item *item, char *page)
{
	struct vbus_device *dev = device_item_get(to_device_item(item));
	ssize_t len;

	if (!dev)
		return sysfs_emit(page, "\n");
	len = sysfs_emit(page, "%s\n", dev->cls->name);
	vbus_device_put(dev);
	return len;
}

static struct vbus_device *device_make(const char *dev_name, const char *class_name)
{
	struct vbus_devclass *cls = vbus_devclass_get(class_name);
	struct vbus_device *dev;

	if (!cls) {
		pr_info_ratelimited("%s: there is no device class of the name written to type\n",
				    dev_name);
		return ERR_PTR(-ENOENT);
	}
	dev = vbus_device_create(cls, dev_name);
	vbus_devclass_put(cls);
	if (IS_ERR(dev))
		pr_info_ratelimited("%s: making a %s failed: %pe\n", dev_name, class_name, dev);
	return dev;
}

/*
 * configfs keeps rmdir of this item away until the store returns, but not another store: it
 * serialises those through one open file only.
 */
static ssize_t device_type_store(struct config_item *item, const char *page, size_t len)
{
	struct device_item *di = to_device_item(item);
	struct vbus_device *dev;
	char name[VBUS_TYPE_SIZE + 1];
	size_t n = len;

	if (n && page[n - 1] == '\n')
		n--;
	if (!n || memchr(page, 0, n))
		return -EINVAL;
	if (!device_item_claim(di)) {
		pr_info_ratelimited("%s: type was written already\n", config_item_name(item));
		return -EBUSY;
	}
	/* A name that is too long is cut to one that is too long still, and so of no class. */
	n = min(n, sizeof(name) - 1);
	memcpy(name, page, n);
	name[n] = 0;
	dev = device_make(config_item_name(item), name);
	device_item_set(di, IS_ERR(dev) ? NULL : dev);
	return IS_ERR(dev) ? PTR_ERR(dev) : len;
}

CONFIGFS_ATTR(device_, type);

static struct configfs_attribute *device_attrs[] = { &device_attr_type, NULL };

static void device_item_release(struct config_item *item)
{
	kfree(to_device_item(item));
}

static struct configfs_item_operations device_item_ops = {
	.release = device_item_release,
};

static const struct config_item_type device_item_type = {
	.ct_item_ops = &device_item_ops,
	.ct_attrs = device_attrs,
	.ct_owner = THIS_MODULE,
};

static int name_check(const char *name)
{
	if (vbus_name_ok(name))
		return 0;
	pr_info_ratelimited("a name is a letter or digit, then up to 63 of letters, digits, '.', '_', '-', and not 0\n");
	return -EINVAL;
}

static struct config_item *devices_make_item(struct config_group *group, const char *name)
{
	struct device_item *di;
	int err = name_check(name);

	if (err)
		return ERR_PTR(err);
	di = kzalloc(sizeof(*di), GFP_KERNEL);
	if (!di)
		return ERR_PTR(-ENOMEM);
	config_item_init_type_name(&di->item, name, &device_item_type);
	/* It does not say so, but a long name is allocated. */
	if (!config_item_name(&di->item)) {
		config_item_put(&di->item);
		return ERR_PTR(-ENOMEM);
	}
	return &di->item;
}

static void devices_drop_item(struct config_group *group, struct config_item *item)
{
	struct device_item *di = to_device_item(item);
	struct vbus_device *dev = di->dev;

	device_item_set(di, NULL);
	if (dev)
		vbus_device_remove(dev);
	item_drop(item);
}

static struct configfs_group_operations devices_group_ops = {
	.make_item = devices_make_item,
	.drop_item = devices_drop_item,
};

static const struct config_item_type devices_type = {
	.ct_group_ops = &devices_group_ops,
	.ct_owner = THIS_MODULE,
};

/* ---- buses ----------------------------------------------------------------------------------- */

/*
 * A link keeps its bus: without the dependency rmdir of the bus would be ENOTEMPTY where the
 * contract says EBUSY.
 */
static int bus_allow_link(struct config_item *src, struct config_item *target)
{
	struct vbus_bus *bus = to_bus(src);
	struct vbus_device *dev;
	int err;

	/*
	 * configfs lets go of the bus while it looks up the target. If rmdir came in between, the
	 * item is out of the tree already, which configfs_depend_item_unlocked() cannot stand.
	 */
	if (bus->dead)
		return -ENOENT;
	/* A link may point into any subsystem of configfs. */
	if (target->ci_type != &device_item_type)
		return -EINVAL;
	dev = device_item_get(to_device_item(target));
	if (!dev) {
		pr_info_ratelimited("%s: device %s has no type yet\n", vbus_bus_name(bus),
				    config_item_name(target));
		return -EINVAL;
	}
	err = configfs_depend_item_unlocked(&vbus_subsys, src);
	if (err)
		goto out_put;
	err = vbus_link_add(bus, dev);
	if (err) {
		configfs_undepend_item(src);
		pr_info_ratelimited("%s: linking %s failed: %pe\n", vbus_bus_name(bus),
				    config_item_name(target), ERR_PTR(err));
	}
out_put:
	vbus_device_put(dev);
	return err;
}

/* Cannot fail and holds the directory: nothing here waits for a peer or takes rtnl. */
static void bus_drop_link(struct config_item *src, struct config_item *target)
{
	struct vbus_device *dev = device_item_get(to_device_item(target));

	/* Without a device its links went when it did. */
	if (dev) {
		vbus_link_del(to_bus(src), dev);
		vbus_device_put(dev);
	}
	configfs_undepend_item(src);
}

static void bus_item_release(struct config_item *item)
{
	vbus_bus_put(to_bus(item));
}

static struct configfs_item_operations bus_item_ops = {
	.release = bus_item_release,
	.allow_link = bus_allow_link,
	.drop_link = bus_drop_link,
};

static const struct config_item_type bus_item_type = {
	.ct_item_ops = &bus_item_ops,
	.ct_owner = THIS_MODULE,
};

static struct config_item *instances_make_item(struct config_group *group, const char *name)
{
	struct vbus_bus *bus;
	int err = name_check(name);

	if (err)
		return ERR_PTR(err);
	bus = vbus_bus_create(name);
	if (IS_ERR(bus))
		return ERR_CAST(bus);
	vbus_bus_get(bus);
	config_item_init_type_name(&bus->item, name, &bus_item_type);
	if (!config_item_name(&bus->item)) {
		vbus_bus_remove(bus);
		config_item_put(&bus->item);
		return ERR_PTR(-ENOMEM);
	}
	return &bus->item;
}

static void instances_drop_item(struct config_group *group, struct config_item *item)
{
	vbus_bus_remove(to_bus(item));
	item_drop(item);
}

static struct configfs_group_operations instances_group_ops = {
	.make_item = instances_make_item,
	.drop_item = instances_drop_item,
};

static const struct config_item_type instances_type = {
	.ct_group_ops = &instances_group_ops,
	.ct_owner = THIS_MODULE,
};

static const struct config_item_type subsys_type = {
	.ct_owner = THIS_MODULE,
};

/* ---- the subsystem --------------------------------------------------------------------------- */

static struct configfs_subsystem vbus_subsys = {
	.su_group = {
		.cg_item = {
			.ci_namebuf = "vbus",
			.ci_type = &subsys_type,
		},
	},
};

int vbus_bus_hold(struct vbus_bus *bus)
{
	return configfs_depend_item(&vbus_subsys, &bus->item);
}
EXPORT_SYMBOL_GPL(vbus_bus_hold);

void vbus_bus_unhold(struct vbus_bus *bus)
{
	configfs_undepend_item(&bus->item);
}
EXPORT_SYMBOL_GPL(vbus_bus_unhold);

int vbus_configfs_init(void)
{
	config_group_init(&vbus_subsys.su_group);
	mutex_init(&vbus_subsys.su_mutex);
	config_group_init_type_name(&devices_group, "devices", &devices_type);
	configfs_add_default_group(&devices_group, &vbus_subsys.su_group);
	config_group_init_type_name(&instances_group, "instances", &instances_type);
	configfs_add_default_group(&instances_group, &vbus_subsys.su_group);
	return configfs_register_subsystem(&vbus_subsys);
}

void vbus_configfs_exit(void)
{
	flush_work(&dropped_work);
	configfs_unregister_subsystem(&vbus_subsys);
}
