// SPDX-License-Identifier: GPL-2.0
/*
 * The class venet-tap, and what frames from the driver do here.
 */
#include <net/busy_poll.h>
#include <net/gro.h>

#include "tap.h"

/* The driver has a link as long as the interface is up, wherever that leads. */
static bool tap_link(struct venet *v, unsigned int port)
{
	lockdep_assert_held(&v->lock);
	return v->enabled && v->running;
}

/* The interface has a carrier as long as a driver is up. */
static void tap_changed(struct venet *v)
{
	struct net_device *dev = rcu_dereference_protected(v->netdev, lockdep_is_held(&v->lock));

	if (!dev)
		return;
	if (v->enabled && rcu_access_pointer(v->ports[0].path)) {
		netif_carrier_on(dev);
		netif_tx_wake_all_queues(dev);
	} else {
		netif_carrier_off(dev);
	}
}

/*
 * TCP goes through GRO, all of it, so that a flow keeps its order. For anything else GRO would be
 * work without a gain.
 */
static void tap_deliver(struct venet_rx *rx, struct list_head *skbs)
{
	struct net_device *dev = rcu_dereference(rx->port->venet->netdev);
	struct napi_struct *napi = &rx->poll.napi;
	bool gro = false, alone = list_is_singular(skbs);
	struct sk_buff *skb, *next;
	LIST_HEAD(plain);

	if (unlikely(!dev || !netif_running(dev))) {
		venet_rx_drop(rx, skbs);
		return;
	}
	list_for_each_entry_safe(skb, next, skbs, list) {
		bool tcp = venet_frame_tcp(skb->data, skb_headlen(skb));

		skb_list_del_init(skb);
		skb->protocol = eth_type_trans(skb, dev);
		skb_record_rx_queue(skb, rx->pair % dev->real_num_rx_queues);
		skb_mark_napi_id(skb, napi);
		if (tcp) {
			napi_gro_receive(napi, skb);
			gro = true;
		} else if (alone) {
			netif_receive_skb(skb);
		} else {
			list_add_tail(&skb->list, &plain);
		}
	}
	netif_receive_skb_list(&plain);
	/* The poll outlives the interface, so it may keep none of its packets. */
	if (gro)
		napi_gro_flush(napi, false);
}

static void tap_wake(struct venet_tx *tx, unsigned int pairs)
{
	struct net_device *dev = rcu_dereference(tx->port->venet->netdev);
	unsigned int i;

	if (!dev)
		return;
	for (i = tx->pair; i < dev->real_num_tx_queues; i += pairs)
		netif_tx_wake_queue(netdev_get_tx_queue(dev, i));
}

static const struct venet_backend tap_backend = {
	.enable = tap_netdev_create,
	.disable = tap_netdev_destroy,
	.set_mtu = tap_netdev_set_mtu,
	.link = tap_link,
	.changed = tap_changed,
	.deliver = tap_deliver,
	.wake = tap_wake,
};

static struct vbus_device *tap_create(struct vbus_devclass *cls, const char *name)
{
	return venet_create(cls, name, &tap_backend, 1);
}

static struct vbus_devclass tap_class = {
	.name = "venet-tap",
	.owner = THIS_MODULE,
	.dev_groups = venet_tap_groups,
	.create = tap_create,
	.destroy = venet_destroy,
	.release = venet_release,
};

static int __init tap_init(void)
{
	int rc;

	rc = tap_notifier_register();
	if (rc)
		return rc;
	rc = vbus_devclass_register(&tap_class);
	if (rc)
		tap_notifier_unregister();
	return rc;
}

static void __exit tap_exit(void)
{
	vbus_devclass_unregister(&tap_class);
	tap_notifier_unregister();
}

module_init(tap_init);
module_exit(tap_exit);

MODULE_ALIAS_VBUS_CLASS("venet-tap");
MODULE_DESCRIPTION("vbus virtual Ethernet with an interface on the host");
MODULE_LICENSE("GPL");
