// SPDX-License-Identifier: GPL-2.0
/*
 * Device classes: what can be made. One directory each under /sys/vbus/deviceclass.
 */
#include <linux/slab.h>
#include "core.h"

static LIST_HEAD(classes);	/* vbus_lock */
static struct kobject *classes_kobj;

static struct vbus_devclass *class_find(const char *name)
{
	struct vbus_devclass *cls;

	lockdep_assert_held(&vbus_lock);
	list_for_each_entry(cls, &classes, node)
		if (!strcmp(cls->name, name))
			return cls;
	return NULL;
}

static bool class_valid(const struct vbus_devclass *cls)
{
	return cls->name && vbus_class_name_ok(cls->name) &&
	       cls->max_links <= VBUS_MAX_PORTS &&
	       /* dev_groups: optional */
	       cls->create && cls->destroy && cls->release;
}

int vbus_devclass_register(struct vbus_devclass *cls)
{
	int err = 0;

	if (!class_valid(cls))
		return -EINVAL;
	mutex_lock(&vbus_lock);
	if (class_find(cls->name)) {
		err = -EEXIST;
		goto out;
	}
	cls->kobj = kobject_create_and_add(cls->name, classes_kobj);
	if (!cls->kobj) {
		err = -ENOMEM;
		goto out;
	}
	list_add_tail(&cls->node, &classes);
out:
	mutex_unlock(&vbus_lock);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_devclass_register);

void vbus_devclass_unregister(struct vbus_devclass *cls)
{
	mutex_lock(&vbus_lock);
	list_del(&cls->node);
	kobject_put(cls->kobj);
	mutex_unlock(&vbus_lock);
}
EXPORT_SYMBOL_GPL(vbus_devclass_unregister);

static struct vbus_devclass *class_get_loaded(const char *name)
{
	struct vbus_devclass *cls;

	mutex_lock(&vbus_lock);
	cls = class_find(name);
	if (cls && !try_module_get(cls->owner))
		cls = NULL;
	mutex_unlock(&vbus_lock);
	return cls;
}

/* Find a class, loading its module if need be, and pin it. Process context, no lock of ours. */
struct vbus_devclass *vbus_devclass_get(const char *name)
{
	struct vbus_devclass *cls;

	if (!vbus_class_name_ok(name))
		return NULL;
	cls = class_get_loaded(name);
	if (cls)
		return cls;
	request_module("vbus-class-%s", name);
	return class_get_loaded(name);
}

void vbus_devclass_put(struct vbus_devclass *cls)
{
	module_put(cls->owner);
}

int vbus_class_subsys_init(struct kobject *root)
{
	classes_kobj = kobject_create_and_add("deviceclass", root);
	return classes_kobj ? 0 : -ENOMEM;
}

void vbus_class_subsys_exit(void)
{
	kobject_put(classes_kobj);
}
