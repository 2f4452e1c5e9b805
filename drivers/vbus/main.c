// SPDX-License-Identifier: GPL-2.0
/*
 * vbus: the in-kernel virtual bus, device side. This file is only the ladder.
 */
#include "core.h"

DEFINE_MUTEX(vbus_lock);	/* topology; see core.h */
DEFINE_SPINLOCK(vbus_port_lock);	/* session counts of ports */
struct workqueue_struct *vbus_wq;

static struct kobject *vbus_root;

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", VBUS_ABI_VERSION);
}

static const struct kobj_attribute version_attr = __ATTR_RO(version);

static int __init vbus_init(void)
{
	int err;

	vbus_wq = alloc_workqueue("vbus", WQ_UNBOUND, 0);
	if (!vbus_wq)
		return -ENOMEM;
	err = vbus_poll_subsys_init();
	if (err)
		goto err_wq;
	vbus_debugfs_init();
	err = -ENOMEM;
	vbus_root = kobject_create_and_add("vbus", NULL);
	if (!vbus_root)
		goto err_debugfs;
	err = sysfs_create_file(vbus_root, &version_attr.attr);
	if (err)
		goto err_root;
	err = vbus_class_subsys_init(vbus_root);
	if (err)
		goto err_root;
	err = vbus_device_subsys_init(vbus_root);
	if (err)
		goto err_class;
	err = vbus_bus_subsys_init(vbus_root);
	if (err)
		goto err_device;
	err = vbus_connector_subsys_init(vbus_root);
	if (err)
		goto err_bus;
	err = vbus_configfs_init();
	if (err)
		goto err_connector;
	return 0;

err_connector:
	vbus_connector_subsys_exit();
err_bus:
	vbus_bus_subsys_exit();
err_device:
	vbus_device_subsys_exit();
err_class:
	vbus_class_subsys_exit();
err_root:
	kobject_put(vbus_root);
err_debugfs:
	vbus_debugfs_exit();
	vbus_poll_subsys_exit();
err_wq:
	destroy_workqueue(vbus_wq);
	return err;
}

static void __exit vbus_exit(void)
{
	vbus_configfs_exit();
	vbus_connector_subsys_exit();
	vbus_bus_subsys_exit();
	vbus_device_subsys_exit();
	vbus_class_subsys_exit();
	kobject_put(vbus_root);
	vbus_debugfs_exit();
	vbus_poll_subsys_exit();
	/* Waits for work that dropped the last reference on whatever kept this module loaded. */
	destroy_workqueue(vbus_wq);
}

module_init(vbus_init);
module_exit(vbus_exit);
MODULE_DESCRIPTION("vbus: in-kernel virtual bus, device side");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("post: vbus-procpid");
