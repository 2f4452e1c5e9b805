// SPDX-License-Identifier: GPL-2.0
/*
 * The bridge: the driver side's link to one bus.
 *
 * Events from the device side make and remove proxy devices. The device side is not trusted: an
 * event that makes no sense is refused and changes nothing.
 *
 * Lock order: bridge->lock > device lock > rtnl > p->lock. Drivers probe and remove with
 * bridge->lock held, so nothing a driver can call takes it.
 */
#include <linux/ctype.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "proxy.h"

static bool bridge_valid(const struct vbus_bridge *bridge)
{
	const struct vbus_bridge_ops *ops = bridge->ops;
	size_t len = strnlen(bridge->name, sizeof(bridge->name));

	return len && len < sizeof(bridge->name) && !strchr(bridge->name, '/') &&
	       bridge->dev && bridge->owner && ops && ops->verb && ops->doorbell &&
	       !ops->vector_get == !ops->vector_put && !ops->half_map == !ops->half_unmap &&
	       (bridge->home == VBUS_HOME_SHARED || ops->half_map) &&
	       !ops->push == !ops->inbox_get && !ops->push == !ops->inbox_put;
}

/* The handshake. Whatever the device side had open for us is closed by it. */
int vbus_bridge_attach(struct vbus_bridge *bridge)
{
	struct vbus_msg_attach msg = { .version = cpu_to_le32(VBUS_ABI_VERSION) };
	struct vbus_xfer x = {
		.verb = VBUS_VERB_ATTACH,
		.in = &msg, .in_len = sizeof(msg),
		.out = &msg, .out_len = sizeof(msg), .exact = true,
	};
	int err;

	err = vbus_xfer_bridge(bridge, &x);
	if (err) {
		dev_err_ratelimited(bridge->dev, "the device side refuses to be attached: %pe\n",
				    ERR_PTR(err));
		return err;
	}
	bridge->doorbells = le32_to_cpu(msg.doorbells);
	if (le32_to_cpu(msg.version) == VBUS_ABI_VERSION && !msg.features &&
	    bridge->doorbells <= VBUS_MAX_DOORBELLS)
		return 0;
	dev_err_ratelimited(bridge->dev,
			    "attached with version %u, features %#llx, %u doorbells, not as agreed\n",
			    le32_to_cpu(msg.version), le64_to_cpu(msg.features), bridge->doorbells);
	return -EPROTO;
}

int vbus_bridge_register(struct vbus_bridge *bridge)
{
	int err;

	if (!bridge_valid(bridge))
		return -EINVAL;
	mutex_init(&bridge->lock);
	xa_init(&bridge->proxies);
	bridge->ports = 0;
	bridge->dead = false;
	INIT_WORK(&bridge->recheck, vbus_bridge_recheck);
	/* Events come as soon as ATTACH was sent; they wait until its answer was read. */
	mutex_lock(&bridge->lock);
	err = vbus_bridge_attach(bridge);
	mutex_unlock(&bridge->lock);
	if (err)
		vbus_bridge_unregister(bridge);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_bridge_register);

void vbus_bridge_remove_proxy(struct vbus_bridge *bridge, struct vbus_proxy *p)
{
	lockdep_assert_held(&bridge->lock);
	xa_erase(&bridge->proxies, p->port);
	bridge->ports--;
	/* Removal waits for writers of the driver's attributes; this lets them know. */
	WRITE_ONCE(p->going, true);
	device_unregister(&p->dev);
}

void vbus_bridge_unregister(struct vbus_bridge *bridge)
{
	struct vbus_proxy *p;
	unsigned long port;

	mutex_lock(&bridge->lock);
	/* Refuses late events, so that no device appears behind our back. */
	bridge->dead = true;
	xa_for_each(&bridge->proxies, port, p)
		vbus_bridge_remove_proxy(bridge, p);
	mutex_unlock(&bridge->lock);
	/* It finds nothing any more, but looks at the bridge. */
	cancel_work_sync(&bridge->recheck);
	xa_destroy(&bridge->proxies);
}
EXPORT_SYMBOL_GPL(vbus_bridge_unregister);

/* The type goes into a modalias: keep wildcards and line ends out. */
static bool type_valid(const u8 *type)
{
	size_t i, len = strnlen(type, VBUS_TYPE_SIZE);

	if (!len || len == VBUS_TYPE_SIZE)
		return false;
	for (i = 0; i < len; i++) {
		if (!isascii(type[i]) || (!isalnum(type[i]) && !strchr("._-", type[i])))
			return false;
	}
	return true;
}

static int bridge_devadd(struct vbus_bridge *bridge, u32 port, const u8 *type)
{
	struct vbus_proxy *p;
	int err;

	if (!type_valid(type))
		return -EINVAL;
	if (bridge->ports >= VBUS_PROXY_MAX_PORTS)
		return -ENOSPC;
	p = xa_load(&bridge->proxies, port);
	if (p && !p->awaited)
		return -EEXIST;
	if (p && vbus_proxy_came_back(p, type))
		return 0;
	p = vbus_proxy_alloc(bridge, port, type);
	if (IS_ERR(p))
		return PTR_ERR(p);
	err = xa_insert(&bridge->proxies, port, p, GFP_KERNEL);
	if (err)
		goto err_put;
	/* Probes as well. That no driver wants it yet is no error. */
	err = device_add(&p->dev);
	if (err)
		goto err_erase;
	bridge->ports++;
	return 0;

err_erase:
	xa_erase(&bridge->proxies, port);
err_put:
	put_device(&p->dev);
	return err;
}

static int bridge_devdrop(struct vbus_bridge *bridge, u32 port)
{
	struct vbus_proxy *p = xa_load(&bridge->proxies, port);

	if (!p)
		return -ENOENT;
	/* Lets verbs that drivers are about to issue fail at once. */
	WRITE_ONCE(p->gone, true);
	vbus_bridge_remove_proxy(bridge, p);
	return 0;
}

static int bridge_available(struct vbus_bridge *bridge, u32 port)
{
	struct vbus_proxy *p = xa_load(&bridge->proxies, port);
	int ret;

	if (!p)
		return -ENOENT;
	ret = device_attach(&p->dev);
	return min(ret, 0);
}

static int bridge_event_locked(struct vbus_bridge *bridge, const struct vbus_event *ev)
{
	u32 port = le32_to_cpu(ev->port);

	lockdep_assert_held(&bridge->lock);
	if (bridge->dead)
		return -ESHUTDOWN;
	switch (le32_to_cpu(ev->event)) {
	case VBUS_EV_DEVADD:
		return bridge_devadd(bridge, port, ev->type);
	case VBUS_EV_DEVDROP:
		return bridge_devdrop(bridge, port);
	case VBUS_EV_AVAILABLE:
		return bridge_available(bridge, port);
	}
	return -EINVAL;
}

int vbus_bridge_event(struct vbus_bridge *bridge, const struct vbus_event *ev)
{
	int err;

	mutex_lock(&bridge->lock);
	err = bridge_event_locked(bridge, ev);
	mutex_unlock(&bridge->lock);
	if (err && err != -ESHUTDOWN)
		dev_notice_ratelimited(bridge->dev, "event %u of port %u refused: %pe\n",
				       le32_to_cpu(ev->event), le32_to_cpu(ev->port), ERR_PTR(err));
	return err;
}
EXPORT_SYMBOL_GPL(vbus_bridge_event);
