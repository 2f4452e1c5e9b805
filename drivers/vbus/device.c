// SPDX-License-Identifier: GPL-2.0
/*
 * Devices: made by writing a class name to their type, gone with rmdir.
 *
 * A device's name stays taken until its class has destroyed it, which happens in a work item: it
 * may take rtnl, and rmdir holds locks that every mkdir in vbus wants.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include "core.h"
#include "trace.h"

/* A device and its name, from creation until destroy is done. */
struct device_entry {
	struct list_head node;
	struct vbus_device *dev;
	struct work_struct death;
};

static LIST_HEAD(devices);	/* of struct device_entry; vbus_lock */
static DECLARE_WAIT_QUEUE_HEAD(device_gone);

/* What destroy() may take before who waits for the name is told so; it may wait for rtnl. */
#define DEVICE_GONE_TIMEOUT	(10 * HZ)

static struct kset *devices_kset;

static void device_release(struct kobject *kobj)
{
	struct vbus_device *dev = container_of(kobj, struct vbus_device, kobj);
	struct vbus_devclass *cls = dev->cls;

	cls->release(dev);
	vbus_devclass_put(cls);
}

static const struct kobj_type device_ktype = {
	.release = device_release,
	.sysfs_ops = &kobj_sysfs_ops,
};

void vbus_device_init(struct vbus_device *dev, struct vbus_devclass *cls)
{
	kobject_init(&dev->kobj, &device_ktype);
	dev->kobj.kset = devices_kset;
	dev->cls = cls;
	/* Dropped by device_release(); the caller of create() holds one already. */
	__module_get(cls->owner);
}
EXPORT_SYMBOL_GPL(vbus_device_init);

int vbus_port_init(struct vbus_device *dev, struct vbus_port *port)
{
	if (!port->type || !*port->type || strlen(port->type) >= VBUS_TYPE_SIZE || !port->ops ||
	    port->ops->session_size < sizeof(struct vbus_session) || !port->ops->open ||
	    !port->ops->close || !port->ops->queue_add != !port->ops->queue_del ||
	    !port->ops->shm_add != !port->ops->shm_del)
		return -EINVAL;
	if (dev->nports == VBUS_MAX_PORTS)
		return -ENOSPC;
	port->dev = dev;
	port->index = dev->nports;
	port->sessions = 0;
	port->wanted = false;
	dev->ports[dev->nports++] = port;
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_port_init);

void *vbus_device_store_begin(struct vbus_device *dev, struct attribute *attr)
{
	struct kernfs_node *kn;

	if (READ_ONCE(dev->dead))
		return NULL;
	vbus_device_get(dev);
	kn = sysfs_break_active_protection(&dev->kobj, attr);
	if (!kn)
		vbus_device_put(dev);
	return kn;
}
EXPORT_SYMBOL_GPL(vbus_device_store_begin);

void vbus_device_store_end(struct vbus_device *dev, void *cookie)
{
	sysfs_unbreak_active_protection(cookie);
	vbus_device_put(dev);
}
EXPORT_SYMBOL_GPL(vbus_device_store_end);

static struct device_entry *device_find(const char *name)
{
	struct device_entry *e;

	lockdep_assert_held(&vbus_lock);
	list_for_each_entry(e, &devices, node)
		if (!strcmp(vbus_device_name(e->dev), name))
			return e;
	return NULL;
}

static bool device_name_free(const char *name)
{
	bool taken;

	mutex_lock(&vbus_lock);
	taken = device_find(name);
	mutex_unlock(&vbus_lock);
	return !taken;
}

/* rmdir and mkdir one after the other is what scripts do: the second device waits for the first. */
static int device_name_wait(const char *name)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = DEVICE_GONE_TIMEOUT;
	int err = 0;

	add_wait_queue(&device_gone, &wait);
	while (!device_name_free(name)) {
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (!left) {
			pr_info_ratelimited("%s: the last device of that name is not gone yet\n",
					    name);
			err = -EBUSY;
			break;
		}
		left = wait_woken(&wait, TASK_INTERRUPTIBLE, left);
	}
	remove_wait_queue(&device_gone, &wait);
	return err;
}

static void device_unpublish(struct vbus_device *dev)
{
	if (dev->cls->dev_groups)
		sysfs_remove_groups(&dev->kobj, dev->cls->dev_groups);
	sysfs_remove_link(&dev->kobj, "class");
	kobject_put(dev->ifaces);
	kobject_del(&dev->kobj);
}

static int device_publish(struct vbus_device *dev, const char *name)
{
	int err;

	err = kobject_add(&dev->kobj, NULL, "%s", name);
	if (err)
		return err;
	err = -ENOMEM;
	dev->ifaces = kobject_create_and_add("interfaces", &dev->kobj);
	if (!dev->ifaces)
		goto err_del;
	err = sysfs_create_link(&dev->kobj, dev->cls->kobj, "class");
	if (err)
		goto err_ifaces;
	if (dev->cls->dev_groups) {
		err = sysfs_create_groups(&dev->kobj, dev->cls->dev_groups);
		if (err)
			goto err_class;
	}
	kobject_uevent(&dev->kobj, KOBJ_ADD);
	return 0;

err_class:
	sysfs_remove_link(&dev->kobj, "class");
err_ifaces:
	kobject_put(dev->ifaces);
err_del:
	kobject_del(&dev->kobj);
	return err;
}

static void device_die(struct work_struct *work)
{
	struct device_entry *e = container_of(work, struct device_entry, death);
	struct vbus_device *dev = e->dev;

	dev->cls->destroy(dev);
	mutex_lock(&vbus_lock);
	list_del(&e->node);
	mutex_unlock(&vbus_lock);
	wake_up_all(&device_gone);
	trace_vbus_device_destroy(dev);
	vbus_device_put(dev);
	kfree(e);
}

/*
 * Make a device. The class is pinned by the caller and stays so by the device. Process context;
 * waits for a device of the same name to be gone.
 */
struct vbus_device *vbus_device_create(struct vbus_devclass *cls, const char *name)
{
	struct device_entry *e = kzalloc(sizeof(*e), GFP_KERNEL);
	struct vbus_device *dev;
	int err;

	if (!e)
		return ERR_PTR(-ENOMEM);
	err = device_name_wait(name);
	if (err)
		goto err_entry;
	dev = cls->create(cls, name);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto err_entry;
	}
	err = device_publish(dev, name);
	if (err)
		goto err_destroy;
	e->dev = dev;
	INIT_WORK(&e->death, device_die);
	mutex_lock(&vbus_lock);
	list_add_tail(&e->node, &devices);
	mutex_unlock(&vbus_lock);
	trace_vbus_device_create(dev);
	return dev;

err_destroy:
	cls->destroy(dev);
	vbus_device_put(dev);
err_entry:
	kfree(e);
	return ERR_PTR(err);
}

/*
 * Take a device away. Its links are gone, or go here if a link was made while rmdir was on its way.
 * Does not wait for the class; see the top of this file.
 */
void vbus_device_remove(struct vbus_device *dev)
{
	struct device_entry *e;

	mutex_lock(&vbus_lock);
	WRITE_ONCE(dev->dead, true);
	vbus_link_del_all(dev);
	e = device_find(vbus_device_name(dev));
	mutex_unlock(&vbus_lock);
	kobject_uevent(&dev->kobj, KOBJ_REMOVE);
	device_unpublish(dev);
	queue_work(vbus_wq, &e->death);
}

int vbus_device_subsys_init(struct kobject *root)
{
	devices_kset = kset_create_and_add("devices", NULL, root);
	return devices_kset ? 0 : -ENOMEM;
}

void vbus_device_subsys_exit(void)
{
	kset_unregister(devices_kset);
}
