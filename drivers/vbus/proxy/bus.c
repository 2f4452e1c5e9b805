// SPDX-License-Identifier: GPL-2.0
/*
 * The bus type "vbus-proxy": which driver serves which port.
 *
 * Suspend and resume need nothing here: the driver core calls a driver's own pm functions when its
 * bus has none.
 */
#include <linux/module.h>
#include <linux/string.h>
#include "proxy.h"

static int proxy_match(struct device *dev, bus_match_const struct device_driver *drv)
{
	bus_match_const struct vbus_driver *vdrv = to_vbus_driver(drv);
	struct vbus_proxy *p = to_vbus_proxy(dev);
	const char * const *type;
	bool match;

	if (vbus_proxy_overridden(p, drv->name, &match))
		return match;
	for (type = vdrv->types; *type; type++) {
		if (!strcmp(*type, p->type))
			return 1;
	}
	return 0;
}

static int proxy_uevent(bus_uevent_const struct device *dev, struct kobj_uevent_env *env)
{
	bus_uevent_const struct vbus_proxy *p = container_of_const(dev, struct vbus_proxy, dev);
	int err;

	err = add_uevent_var(env, "VBUS_TYPE=%s", p->type);
	if (err)
		return err;
	return add_uevent_var(env, "MODALIAS=vbus:%s", p->type);
}

/* A driver that left its port open would keep others out for as long as the bridge exists. */
static void proxy_close_leftover(struct vbus_proxy *p)
{
	if (!p->open)
		return;
	dev_notice_ratelimited(&p->dev, "driver left the port open; closing it\n");
	vbus_close(p);
}

static int proxy_probe(struct device *dev)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);
	int err;

	err = to_vbus_driver(dev->driver)->probe(p);
	if (err)
		proxy_close_leftover(p);
	return err;
}

static void proxy_remove(struct device *dev)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);

	to_vbus_driver(dev->driver)->remove(p);
	proxy_close_leftover(p);
}

static void proxy_shutdown(struct device *dev)
{
	struct vbus_driver *drv;

	if (!dev->driver)
		return;
	drv = to_vbus_driver(dev->driver);
	if (drv->shutdown)
		drv->shutdown(to_vbus_proxy(dev));
}

struct bus_type vbus_proxy_bus = {
	.name = "vbus-proxy",
	.match = proxy_match,
	.uevent = proxy_uevent,
	.probe = proxy_probe,
	.remove = proxy_remove,
	.shutdown = proxy_shutdown,
	.dev_groups = vbus_proxy_groups,
};

int __vbus_driver_register(struct vbus_driver *drv, struct module *owner)
{
	if (!drv->driver.name || !drv->types || !drv->probe || !drv->remove)
		return -EINVAL;
	drv->driver.bus = &vbus_proxy_bus;
	drv->driver.owner = owner;
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL_GPL(__vbus_driver_register);

void vbus_driver_unregister(struct vbus_driver *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL_GPL(vbus_driver_unregister);

int vbus_proxy_bus_init(void)
{
	return bus_register(&vbus_proxy_bus);
}

void vbus_proxy_bus_exit(void)
{
	bus_unregister(&vbus_proxy_bus);
}
