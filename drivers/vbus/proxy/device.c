// SPDX-License-Identifier: GPL-2.0
/*
 * The proxy device: a port of the bus as this machine sees it, and its files in sysfs.
 */
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include "proxy.h"

/*
 * Guards driver_override of all proxies. The driver core matches with and without the device's
 * lock held, so that lock cannot do it.
 */
static DEFINE_SPINLOCK(override_lock);

/* Did the administrator choose a driver? Then *@match tells whether it is @driver. */
bool vbus_proxy_overridden(struct vbus_proxy *p, const char *driver, bool *match)
{
	bool chosen;

	spin_lock(&override_lock);
	chosen = p->driver_override;
	*match = chosen && !strcmp(p->driver_override, driver);
	spin_unlock(&override_lock);
	return chosen;
}

static ssize_t driver_override_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);
	ssize_t len;

	spin_lock(&override_lock);
	len = sysfs_emit(buf, "%s\n", p->driver_override ?: "");
	spin_unlock(&override_lock);
	return len;
}

static ssize_t driver_override_store(struct device *dev, struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);
	const char *old, *new = NULL;
	size_t len = strcspn(buf, "\n");

	if (len >= VBUS_NAME_SIZE)
		return -EINVAL;
	if (len) {
		new = kstrndup(buf, len, GFP_KERNEL);
		if (!new)
			return -ENOMEM;
	}
	spin_lock(&override_lock);
	old = p->driver_override;
	p->driver_override = new;
	spin_unlock(&override_lock);
	kfree(old);
	return count;
}
static DEVICE_ATTR_RW(driver_override);

static ssize_t type_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_vbus_proxy(dev)->type);
}
static DEVICE_ATTR_RO(type);

static ssize_t port_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_vbus_proxy(dev)->port);
}
static DEVICE_ATTR_RO(port);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "vbus:%s\n", to_vbus_proxy(dev)->type);
}
static DEVICE_ATTR_RO(modalias);

static ssize_t features_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%016llx\n", to_vbus_proxy(dev)->features);
}
static DEVICE_ATTR_RO(features);

static struct attribute *proxy_attrs[] = {
	&dev_attr_driver_override.attr,
	&dev_attr_features.attr,
	&dev_attr_modalias.attr,
	&dev_attr_port.attr,
	&dev_attr_type.attr,
	NULL,
};

static const struct attribute_group proxy_group = {
	.attrs = proxy_attrs,
};

const struct attribute_group *vbus_proxy_groups[] = {
	&proxy_group,
	NULL,
};

static void proxy_release(struct device *dev)
{
	struct vbus_proxy *p = to_vbus_proxy(dev);

	mutex_destroy(&p->lock);
	kfree(p->driver_override);
	kfree(p);
}

/* Not added yet. From here on, errors end in put_device(). */
struct vbus_proxy *vbus_proxy_alloc(struct vbus_bridge *bridge, u32 port, const char *type)
{
	struct vbus_proxy *p;
	int err;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->bridge = bridge;
	p->port = port;
	strscpy(p->type, type, sizeof(p->type));
	mutex_init(&p->lock);
	p->dev.bus = &vbus_proxy_bus;
	p->dev.parent = bridge->dev;
	p->dev.release = proxy_release;
	device_initialize(&p->dev);
	err = dev_set_name(&p->dev, "%s:%u", bridge->name, port);
	if (err) {
		put_device(&p->dev);
		return ERR_PTR(err);
	}
	return p;
}

struct device *vbus_dma_dev(struct vbus_proxy *p)
{
	return p->bridge->dev;
}
EXPORT_SYMBOL_GPL(vbus_dma_dev);
