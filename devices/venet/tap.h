/* SPDX-License-Identifier: GPL-2.0 */
/*
 * venet-tap: a venet whose other end is a network interface of this machine.
 */
#ifndef _VENET_TAP_H
#define _VENET_TAP_H

#include "venet.h"

/* Private part of the interface. */
struct tap_netdev {
	struct venet *venet;	/* outlives the interface */
};

static inline struct venet *tap_venet(const struct net_device *dev)
{
	return ((struct tap_netdev *)netdev_priv(dev))->venet;
}

/* netdev.c */
int tap_netdev_create(struct venet *v);		/* cfg held; takes rtnl */
void tap_netdev_destroy(struct venet *v);	/* cfg held; takes rtnl */
int tap_netdev_set_mtu(struct venet *v, u32 mtu);	/* cfg held; takes rtnl */
int tap_notifier_register(void);
void tap_notifier_unregister(void);

/* ethtool.c */
extern const struct ethtool_ops tap_ethtool_ops;

#endif /* _VENET_TAP_H */
