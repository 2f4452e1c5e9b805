// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-proxy: the driver side of vbus.
 *
 * A connector registers a bridge, its link to one bus (bridge.c). Each port the bus shows becomes
 * a proxy device (device.c) on the bus type "vbus-proxy" (bus.c), to which drivers bind. They talk
 * to the port by verbs (verbs.c) and queues (queue.c).
 */
#include <linux/module.h>
#include "proxy.h"

static int __init vbus_proxy_init(void)
{
	return vbus_proxy_bus_init();
}

static void __exit vbus_proxy_exit(void)
{
	vbus_proxy_bus_exit();
}

module_init(vbus_proxy_init);
module_exit(vbus_proxy_exit);

MODULE_DESCRIPTION("vbus driver side: the vbus-proxy bus");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
