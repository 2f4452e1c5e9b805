// SPDX-License-Identifier: GPL-2.0
/*
 * Restart: the link was reset, or the machine slept, and the device side has forgotten us.
 *
 * Proxy devices stay, so a driver with PM callbacks opens its port again and its users notice
 * little. Afterwards a work item looks for what that leaves: drivers that hold a port which is not
 * open, and ports that the bus lost meanwhile. It is freezable, since it binds and removes devices.
 */
#include <linux/module.h>
#include "proxy.h"

/* It is announced again. Return: false if it is something else by now. */
bool vbus_proxy_came_back(struct vbus_proxy *p, const char *type)
{
	p->awaited = false;
	if (!strncmp(p->type, type, sizeof(p->type)))
		return true;
	WRITE_ONCE(p->gone, true);
	vbus_bridge_remove_proxy(p->bridge, p);
	return false;
}

static void recheck_proxy(struct vbus_bridge *bridge, struct vbus_proxy *p)
{
	bool open;

	mutex_lock(&p->lock);
	open = p->open;
	mutex_unlock(&p->lock);
	if (open)
		return;
	if (!vbus_proxy_exists(p)) {
		WRITE_ONCE(p->gone, true);
		vbus_bridge_remove_proxy(bridge, p);
		return;
	}
	device_release_driver(&p->dev);
	if (device_attach(&p->dev) < 0)
		dev_notice_ratelimited(&p->dev, "its driver does not come back\n");
}

void vbus_bridge_recheck(struct work_struct *work)
{
	struct vbus_bridge *bridge = container_of(work, struct vbus_bridge, recheck);
	struct vbus_proxy *p;
	unsigned long port;

	mutex_lock(&bridge->lock);
	xa_for_each(&bridge->proxies, port, p)
		recheck_proxy(bridge, p);
	mutex_unlock(&bridge->lock);
}

int vbus_bridge_restart(struct vbus_bridge *bridge)
{
	struct vbus_proxy *p;
	unsigned long port;
	int err;

	mutex_lock(&bridge->lock);
	xa_for_each(&bridge->proxies, port, p) {
		vbus_proxy_forget(p);
		p->awaited = true;
	}
	err = vbus_bridge_attach(bridge);
	mutex_unlock(&bridge->lock);
	if (!err)
		queue_work(system_freezable_wq, &bridge->recheck);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_bridge_restart);
