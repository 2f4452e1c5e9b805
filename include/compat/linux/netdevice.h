/* SPDX-License-Identifier: GPL-2.0 */
#include_next <linux/netdevice.h>

#ifndef _VBUS_COMPAT_LINUX_NETDEVICE_H
#define _VBUS_COMPAT_LINUX_NETDEVICE_H

#include <linux/slab.h>
#include <linux/version.h>

/* alloc_netdev_dummy() came with 6.10, together with a free_netdev() that takes such a device. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
static inline struct net_device *alloc_netdev_dummy(int sizeof_priv)
{
	struct net_device *dev = kzalloc(sizeof(*dev) + sizeof_priv, GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
}

static inline void free_netdev_dummy(struct net_device *dev)
{
	kfree(dev);
}
#else
static inline void free_netdev_dummy(struct net_device *dev)
{
	free_netdev(dev);
}
#endif

#endif
