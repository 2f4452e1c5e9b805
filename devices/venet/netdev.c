// SPDX-License-Identifier: GPL-2.0
/*
 * The host's network interface of a venet-tap.
 *
 * Its features never change: what a driver did not negotiate the stack does per packet. It has a
 * carrier while a driver is up, and drops what is sent without one.
 */
#include <linux/if_vlan.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>

#include "tap.h"

#define TAP_OFFLOADS	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HW_CSUM | NETIF_F_TSO | \
			 NETIF_F_TSO6 | NETIF_F_TSO_ECN)

/*
 * Each of the interface's queues belongs to one pair of the driver, which may use fewer. The
 * number the stack sees would need rtnl to change, and the driver's verbs must not take it.
 */
static struct venet_tx *xmit_tx(const struct venet_path *path, u16 queue)
{
	return path->tx[queue < path->pairs ? queue : queue % path->pairs];
}

static netdev_tx_t tap_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct venet *v = tap_venet(dev);
	u16 queue = skb_get_queue_mapping(skb);
	struct venet_path *path;
	int rc;

	/* BHs are off, which is an RCU section as well. */
	path = rcu_dereference_bh(v->ports[0].path);
	if (unlikely(!path)) {
		dev_core_stats_tx_dropped_inc(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	rc = venet_tx_send(xmit_tx(path, queue), path, skb, netdev_get_tx_queue(dev, queue),
			   netdev_xmit_more());
	if (likely(!rc)) {
		skb_tx_timestamp(skb);
		consume_skb(skb);
		return NETDEV_TX_OK;
	}
	if (rc == -EAGAIN)
		return NETDEV_TX_BUSY;
	kfree_skb(skb);
	return NETDEV_TX_OK;
}

static netdev_features_t tap_features_check(struct sk_buff *skb, struct net_device *dev,
					    netdev_features_t features)
{
	const struct venet_path *path;

	rcu_read_lock();
	path = rcu_dereference(tap_venet(dev)->ports[0].path);
	if (path)
		features = venet_tx_features(path, skb, features);
	rcu_read_unlock();
	return vlan_features_check(skb, features);
}

/* The driver's link follows the interface's administrative state. */
static void set_running(struct venet *v, bool running)
{
	spin_lock_bh(&v->lock);
	v->running = running;
	venet_events_push_all(v);
	spin_unlock_bh(&v->lock);
}

static int tap_open(struct net_device *dev)
{
	netif_tx_start_all_queues(dev);
	set_running(tap_venet(dev), true);
	return 0;
}

static int tap_stop(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
	set_running(tap_venet(dev), false);
	return 0;
}

static int tap_change_mtu(struct net_device *dev, int mtu)
{
	WRITE_ONCE(dev->mtu, mtu);
	venet_set_mtu(tap_venet(dev), mtu);
	return 0;
}

static int tap_set_mac(struct net_device *dev, void *addr)
{
	struct venet *v = tap_venet(dev);
	int rc = eth_mac_addr(dev, addr);

	if (rc)
		return rc;
	spin_lock_bh(&v->lock);
	ether_addr_copy(v->host_mac, dev->dev_addr);
	spin_unlock_bh(&v->lock);
	return 0;
}

static void tap_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *s)
{
	struct venet_port *port = &tap_venet(dev)->ports[0];
	struct venet_totals rx = {}, tx = {};
	unsigned int i;

	for (i = 0; i < VBUS_ENET_MAX_PAIRS; i++) {
		venet_stats_read(&port->rx[i], &rx);
		venet_stats_read(&port->tx[i], &tx);
	}
	s->rx_packets = rx.packets;
	s->rx_bytes = rx.bytes;
	s->rx_dropped = rx.dropped;
	s->rx_frame_errors = rx.bad;
	s->rx_errors = rx.bad;
	s->tx_packets = tx.packets;
	s->tx_bytes = tx.bytes;
	s->tx_dropped = tx.dropped;
}

static const struct net_device_ops tap_netdev_ops = {
	.ndo_open = tap_open,
	.ndo_stop = tap_stop,
	.ndo_start_xmit = tap_start_xmit,
	.ndo_features_check = tap_features_check,
	.ndo_change_mtu = tap_change_mtu,
	.ndo_set_mac_address = tap_set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_get_stats64 = tap_get_stats64,
};

static void netdev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &tap_netdev_ops;
	dev->ethtool_ops = &tap_ethtool_ops;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->hw_features = TAP_OFFLOADS | NETIF_F_RXCSUM;
	/* Drivers check GSO packets themselves, so those of one pass to another as they are. */
	dev->features = dev->hw_features | NETIF_F_GSO_ROBUST | NETIF_F_HIGHDMA;
	dev->vlan_features = TAP_OFFLOADS | NETIF_F_HIGHDMA;
	dev->min_mtu = VBUS_ENET_MIN_MTU;
	dev->max_mtu = VBUS_ENET_MAX_MTU;
}

/* tap_netdev_create - make the interface, in the network namespace of whoever enables the device */
int tap_netdev_create(struct venet *v)
{
	struct net_device *dev;
	int rc;

	dev = alloc_netdev_mqs(sizeof(struct tap_netdev), "venet%d", NET_NAME_ENUM,
			       netdev_setup, v->queues, v->queues);
	if (!dev)
		return -ENOMEM;
	((struct tap_netdev *)netdev_priv(dev))->venet = v;
	dev_net_set(dev, current->nsproxy->net_ns);
	dev->mtu = v->mtu;
	eth_hw_addr_set(dev, v->host_mac);
	netif_carrier_off(dev);

	rc = register_netdev(dev);
	if (rc) {
		pr_err_ratelimited("%s: no network interface: %pe\n",
				   vbus_device_name(&v->vdev), ERR_PTR(rc));
		free_netdev(dev);
		return rc;
	}
	spin_lock_bh(&v->lock);
	rcu_assign_pointer(v->netdev, dev);
	spin_unlock_bh(&v->lock);
	return 0;
}

/* tap_netdev_destroy - undo it */
void tap_netdev_destroy(struct venet *v)
{
	struct net_device *dev;

	spin_lock_bh(&v->lock);
	dev = rcu_dereference_protected(v->netdev, lockdep_is_held(&v->lock));
	RCU_INIT_POINTER(v->netdev, NULL);
	spin_unlock_bh(&v->lock);

	/* Waits for polls, timers and senders that still see it. */
	unregister_netdev(dev);
	spin_lock_bh(&v->lock);
	v->ifname[0] = 0;
	spin_unlock_bh(&v->lock);
	free_netdev(dev);
}

/* tap_netdev_set_mtu - as "ip link set mtu" would */
int tap_netdev_set_mtu(struct venet *v, u32 mtu)
{
	struct net_device *dev;
	int rc;

	rtnl_lock();
	dev = rtnl_dereference(v->netdev);
	rc = dev_set_mtu(dev, mtu);
	rtnl_unlock();
	return rc;
}

/* Keep the name at hand, so that reading "ifname" takes no rtnl. */
static int netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct venet *v;

	if (dev->netdev_ops != &tap_netdev_ops)
		return NOTIFY_DONE;
	v = tap_venet(dev);
	if (event == NETDEV_REGISTER || event == NETDEV_CHANGENAME) {
		spin_lock_bh(&v->lock);
		strscpy(v->ifname, dev->name, sizeof(v->ifname));
		spin_unlock_bh(&v->lock);
	}
	return NOTIFY_DONE;
}

static struct notifier_block netdev_notifier = {
	.notifier_call = netdev_event,
};

int tap_notifier_register(void)
{
	return register_netdevice_notifier(&netdev_notifier);
}

void tap_notifier_unregister(void)
{
	unregister_netdevice_notifier(&netdev_notifier);
}
