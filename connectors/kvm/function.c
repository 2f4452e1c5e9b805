// SPDX-License-Identifier: GPL-2.0
/*
 * Functions: devices on a kind of bus of their own, with the one driver that makes VFIO devices of
 * them. VFIO wants a driver bound, which it pins while the device is open.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "kvm.h"

#define DEFAULT_MAX_PINNED	256	/* MiB */

static struct device *fn_root;
static DEFINE_IDA(fn_numbers);

static struct vkvm_fn *dev_to_fn(struct device *dev)
{
	return container_of(dev, struct vkvm_fn, dev);
}

static int fn_match(struct device *dev, bus_match_const struct device_driver *drv)
{
	return 1;
}

static int fn_probe(struct device *dev)
{
	return vkvm_vfio_add(dev_to_fn(dev));
}

static void fn_remove(struct device *dev)
{
	vkvm_vfio_del(dev_to_fn(dev));
}

static struct bus_type fn_bus_type = {
	.name = "vbus-kvm",
	.match = fn_match,
	.probe = fn_probe,
	.remove = fn_remove,
	.dev_groups = vkvm_fn_groups,
};

/* Unbinding is what removing a function is for. */
static struct device_driver fn_driver = {
	.name = "vbus-kvm",
	.bus = &fn_bus_type,
	.owner = THIS_MODULE,
	.suppress_bind_attrs = true,
};

static void fn_release(struct device *dev)
{
	struct vkvm_fn *fn = dev_to_fn(dev);

	ida_free(&fn_numbers, fn->nr);
	vbus_bus_put(fn->bus);
	kfree(fn);
}

/* Names are unique: what comes after the last dot is. */
static int fn_set_name(struct vkvm_fn *fn)
{
	return dev_set_name(&fn->dev, "%s.%d", vbus_bus_name(fn->bus), fn->nr);
}

/**
 * vkvm_fn_add() - make a function that can be opened
 * @bus: what its machine will see
 * @slot: the bus's
 *
 * Context: process, no lock held that vfio's stand below.
 * Return: the function, or ERR_PTR().
 */
struct vkvm_fn *vkvm_fn_add(struct vbus_bus *bus, struct vkvm_slot *slot)
{
	struct vkvm_fn *fn = kzalloc(sizeof(*fn), GFP_KERNEL);
	int err;

	if (!fn)
		return ERR_PTR(-ENOMEM);
	fn->nr = ida_alloc(&fn_numbers, GFP_KERNEL);
	if (fn->nr < 0) {
		err = fn->nr;
		kfree(fn);
		return ERR_PTR(err);
	}
	vbus_bus_get(bus);
	fn->bus = bus;
	fn->slot = slot;
	fn->owner = INVALID_UID;
	fn->max_pinned = DEFAULT_MAX_PINNED;
	spin_lock_init(&fn->lock);
	INIT_LIST_HEAD(&fn->entry);
	device_initialize(&fn->dev);
	fn->dev.bus = &fn_bus_type;
	fn->dev.parent = fn_root;
	fn->dev.release = fn_release;
	err = fn_set_name(fn) ?: device_add(&fn->dev);
	if (err)
		goto err_put;
	/* Failing to bind is no error to the driver core. */
	if (!fn->dev.driver) {
		device_del(&fn->dev);
		err = -ENODEV;
		goto err_put;
	}
	return fn;

err_put:
	put_device(&fn->dev);
	return ERR_PTR(err);
}

/* vkvm_fn_del - remove a function nobody has open; attempts to open it that are going on fail */
void vkvm_fn_del(struct vkvm_fn *fn)
{
	device_unregister(&fn->dev);
}

/* vkvm_fn_guest_get - who has it open, referenced; NULL if nobody has */
struct vkvm_guest *vkvm_fn_guest_get(struct vkvm_fn *fn)
{
	struct vkvm_guest *g;

	spin_lock(&fn->lock);
	g = fn->guest;
	if (g)
		vbus_client_get(&g->client);
	spin_unlock(&fn->lock);
	return g;
}

int vkvm_functions_init(void)
{
	int err;

	err = bus_register(&fn_bus_type);
	if (err)
		return err;
	fn_root = root_device_register("vbus-kvm");
	if (IS_ERR(fn_root)) {
		err = PTR_ERR(fn_root);
		goto err_bus;
	}
	err = driver_register(&fn_driver);
	if (err)
		goto err_root;
	return 0;

err_root:
	root_device_unregister(fn_root);
err_bus:
	bus_unregister(&fn_bus_type);
	return err;
}

void vkvm_functions_exit(void)
{
	driver_unregister(&fn_driver);
	root_device_unregister(fn_root);
	bus_unregister(&fn_bus_type);
	ida_destroy(&fn_numbers);
}
