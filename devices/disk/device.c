// SPDX-License-Identifier: GPL-2.0
/*
 * A disk from creation to release, the class, the module.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>

#include "disk.h"

static struct vbus_device *disk_create(struct vbus_devclass *cls, const char *name)
{
	struct disk *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err;

	if (!d)
		return ERR_PTR(-ENOMEM);
	/*
	 * Of its own: a file on one disk may be what is behind another, and a rescuer that is stuck
	 * in the one must not be what the other waits for.
	 */
	d->wq = alloc_workqueue("vbus-disk-%s", WQ_MEM_RECLAIM | WQ_UNBOUND, 0, name);
	if (!d->wq) {
		kfree(d);
		return ERR_PTR(-ENOMEM);
	}
	vbus_device_init(&d->vdev, cls);
	mutex_init(&d->cfg);
	spin_lock_init(&d->lock);
	INIT_LIST_HEAD(&d->queues_live);
	init_waitqueue_head(&d->idle);
	d->direct = true;
	d->block_size = VBUS_BLK_MIN_BLOCK;
	d->queues = 1;
	d->busy_us = DISK_BUSY_DEFAULT;
	strscpy(d->serial, name, sizeof(d->serial));
	d->port.type = VBUS_BLK_TYPE;
	d->port.version = VBUS_BLK_VERSION;
	d->port.features = VBUS_BLK_F_ALL;
	d->port.max_sessions = 1;
	d->port.ops = &disk_port_ops;
	err = vbus_port_init(&d->vdev, &d->port);
	if (err) {
		vbus_device_put(&d->vdev);
		return ERR_PTR(err);
	}
	return &d->vdev;
}

static void disk_destroy(struct vbus_device *vdev)
{
	struct disk *d = to_disk(vdev);

	mutex_lock(&d->cfg);
	disk_enable(d, false);
	disk_backing_put(d->backing);
	d->backing = NULL;
	mutex_unlock(&d->cfg);
}

static void disk_release(struct vbus_device *vdev)
{
	struct disk *d = to_disk(vdev);

	destroy_workqueue(d->wq);
	mutex_destroy(&d->cfg);
	kfree(d);
}

static struct vbus_devclass disk_class = {
	.name = "disk",
	.owner = THIS_MODULE,
	.dev_groups = disk_groups,
	.create = disk_create,
	.destroy = disk_destroy,
	.release = disk_release,
};

static int __init disk_init(void)
{
	int err;

	disk_end_wq = alloc_workqueue("vbus-disk-end", WQ_UNBOUND, 0);
	if (!disk_end_wq)
		return -ENOMEM;
	err = vbus_devclass_register(&disk_class);
	if (err)
		destroy_workqueue(disk_end_wq);
	return err;
}

static void __exit disk_exit(void)
{
	vbus_devclass_unregister(&disk_class);
	/* Waits for the one that dropped the last reference. */
	destroy_workqueue(disk_end_wq);
}

module_init(disk_init);
module_exit(disk_exit);
MODULE_ALIAS_VBUS_CLASS("disk");
MODULE_DESCRIPTION("vbus disk device model");
MODULE_LICENSE("GPL");
