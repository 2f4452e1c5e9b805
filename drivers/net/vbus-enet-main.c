// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-enet: network driver for ports of type "virtual-ethernet".
 *
 * The port's life: open it, ask what it is like, listen to its events, register a network device.
 * The device's answers and events are checked like everything that comes from the other side.
 */
#include <linux/module.h>
#include <linux/rtnetlink.h>

#include "vbus-enet.h"

/* A queue cannot go on. Any context. The rest of the interface's life is silent. */
void enet_broken(struct enet *enet, const char *why)
{
	if (test_and_set_bit(ENET_F_BROKEN, &enet->flags))
		return;
	if (net_ratelimit())
		netdev_err(enet->dev, "device misbehaves (%s); link is down\n", why);
	netif_carrier_off(enet->dev);
}

/* ---- information and events ---------------------------------------------------------------- */

static int enet_get_info(struct vbus_proxy *p, struct vbus_enet_info *info)
{
	int ret = vbus_call(p, VBUS_ENET_CALL_INFO, NULL, 0, info, sizeof(*info));

	if (ret < 0)
		return ret;
	if (ret < sizeof(*info) || !is_valid_ether_addr(info->mac) || !info->queues ||
	    le32_to_cpu(info->max_mtu) < VBUS_ENET_MIN_MTU ||
	    le32_to_cpu(info->mtu) < VBUS_ENET_MIN_MTU ||
	    le32_to_cpu(info->mtu) > le32_to_cpu(info->max_mtu)) {
		dev_err_ratelimited(&p->dev, "device describes itself wrongly (%d bytes, MTU %u of %u, %u queues, address %pM)\n",
				    ret, le32_to_cpu(info->mtu), le32_to_cpu(info->max_mtu),
				    le32_to_cpu(info->queues), info->mac);
		return -EPROTO;
	}
	return 0;
}

static u32 enet_max_mtu(const struct vbus_enet_info *info)
{
	return min_t(u32, le32_to_cpu(info->max_mtu), VBUS_ENET_MAX_MTU);
}

static void enet_set_link(struct enet *enet, bool up)
{
	enet->info.link = up;
	if (up && enet->live && !test_bit(ENET_F_BROKEN, &enet->flags))
		netif_carrier_on(enet->dev);
	else
		netif_carrier_off(enet->dev);
}

/* The administrator changed the device. What the user of the interface chose stays, if it can. */
static void enet_follow(struct enet *enet, const struct vbus_enet_info *info)
{
	struct net_device *dev = enet->dev;
	u32 was = le32_to_cpu(enet->info.mtu);

	enet->info = *info;
	dev->max_mtu = enet_max_mtu(info);
	if (dev->mtu == was || dev->mtu > dev->max_mtu)
		dev_set_mtu(dev, min_t(u32, le32_to_cpu(info->mtu), dev->max_mtu));
	if (!netif_running(dev) && !test_bit(ENET_F_OWN_MAC, &enet->flags) &&
	    !ether_addr_equal(dev->dev_addr, info->mac)) {
		eth_hw_addr_set(dev, info->mac);
		call_netdevice_notifiers(NETDEV_CHANGEADDR, dev);
	}
	enet_set_link(enet, info->link);
}

static void enet_refresh(struct enet *enet)
{
	struct vbus_enet_info info;
	int err = enet_get_info(enet->proxy, &info);

	if (!err)
		enet_follow(enet, &info);
	else if (err != -ENODEV)
		netdev_err_once(enet->dev, "cannot ask the device what it is like: %pe\n",
				ERR_PTR(err));
}

static void enet_event(struct vbus_listener *l, u32 event, u32 arg)
{
	struct enet *enet = container_of(l, struct enet, listener);

	switch (event) {
	case VBUS_PEV_LINK_UP:
		enet_set_link(enet, true);
		break;
	case VBUS_PEV_LINK_DOWN:
		enet_set_link(enet, false);
		break;
	case VBUS_PEV_RESIZE:
		enet_refresh(enet);
		break;
	}
}

/* Events that came before the interface was registered stay in the stream until then. */
static bool enet_events_begin(struct vbus_listener *l)
{
	struct enet *enet = container_of(l, struct enet, listener);

	rtnl_lock();
	if (enet->dev->reg_state != NETREG_REGISTERED) {
		rtnl_unlock();
		return false;
	}
	/* State first, then the changes to it, which are in order. */
	if (test_and_clear_bit(ENET_F_REFRESH, &enet->flags))
		enet_refresh(enet);
	return true;
}

static void enet_events_end(struct vbus_listener *l)
{
	rtnl_unlock();
}

/* ---- the network device -------------------------------------------------------------------- */

static int enet_open(struct net_device *dev)
{
	struct enet *enet = netdev_priv(dev);
	int err = enet_start(enet);

	if (err) {
		if (net_ratelimit())
			netdev_err(dev, "cannot start %u queue pairs: %pe\n", enet->num_pairs,
				   ERR_PTR(err));
		return err;
	}
	set_bit(ENET_F_REFRESH, &enet->flags);
	vbus_listener_schedule(&enet->listener);
	return 0;
}

static int enet_close(struct net_device *dev)
{
	enet_stop(netdev_priv(dev));
	return 0;
}

static int enet_set_mac_address(struct net_device *dev, void *addr)
{
	struct enet *enet = netdev_priv(dev);
	struct sockaddr *sa = addr;
	int ret = eth_prepare_mac_addr_change(dev, addr);

	if (ret < 0)
		return ret;
	ret = vbus_call(enet->proxy, VBUS_ENET_CALL_MAC, sa->sa_data, ETH_ALEN, NULL, 0);
	if (ret < 0)
		return ret;
	eth_commit_mac_addr_change(dev, addr);
	set_bit(ENET_F_OWN_MAC, &enet->flags);
	return 0;
}

static int enet_call_mtu(struct enet *enet, u32 mtu)
{
	__le32 arg = cpu_to_le32(mtu);
	int ret = vbus_call(enet->proxy, VBUS_ENET_CALL_MTU, &arg, sizeof(arg), NULL, 0);

	return ret < 0 ? ret : 0;
}

static int enet_change_mtu(struct net_device *dev, int mtu)
{
	int err = enet_call_mtu(netdev_priv(dev), mtu);

	if (!err)
		WRITE_ONCE(dev->mtu, mtu);
	return err;
}

static void enet_add_stats(const struct enet_pair *pair, struct rtnl_link_stats64 *s)
{
	const struct enet_rx_stats *rx = &pair->rx_stats;
	const struct enet_tx_stats *tx = &pair->tx_stats;
	struct rtnl_link_stats64 sum;
	unsigned int seq;

	do {
		seq = u64_stats_fetch_begin(&rx->sync);
		sum.rx_packets = u64_stats_read(&rx->packets);
		sum.rx_bytes = u64_stats_read(&rx->bytes);
		sum.rx_dropped = u64_stats_read(&rx->dropped);
		sum.rx_errors = u64_stats_read(&rx->bad);
	} while (u64_stats_fetch_retry(&rx->sync, seq));
	do {
		seq = u64_stats_fetch_begin(&tx->sync);
		sum.tx_packets = u64_stats_read(&tx->packets);
		sum.tx_bytes = u64_stats_read(&tx->bytes);
		sum.tx_dropped = u64_stats_read(&tx->dropped);
		sum.tx_errors = u64_stats_read(&tx->bad);
	} while (u64_stats_fetch_retry(&tx->sync, seq));
	s->rx_packets += sum.rx_packets;
	s->rx_bytes += sum.rx_bytes;
	s->rx_dropped += sum.rx_dropped;
	s->rx_errors += sum.rx_errors;
	s->tx_packets += sum.tx_packets;
	s->tx_bytes += sum.tx_bytes;
	s->tx_dropped += sum.tx_dropped;
	s->tx_errors += sum.tx_errors;
}

static void enet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *stats)
{
	struct enet *enet = netdev_priv(dev);
	u32 i;

	for (i = 0; i < enet->max_pairs; i++)
		enet_add_stats(&enet->pairs[i], stats);
}

static const struct net_device_ops enet_netdev_ops = {
	.ndo_open = enet_open,
	.ndo_stop = enet_close,
	.ndo_start_xmit = enet_start_xmit,
	.ndo_set_mac_address = enet_set_mac_address,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_change_mtu = enet_change_mtu,
	.ndo_get_stats64 = enet_get_stats64,
};

static void enet_set_features(struct net_device *dev, u64 f)
{
	netdev_features_t tx = 0;

	if (f & VBUS_ENET_F_TX_CSUM)
		tx |= NETIF_F_HW_CSUM | NETIF_F_SG;
	if (f & VBUS_ENET_F_TX_TSO4)
		tx |= NETIF_F_TSO;
	if (f & VBUS_ENET_F_TX_TSO6)
		tx |= NETIF_F_TSO6;
	if (f & VBUS_ENET_F_TX_ECN)
		tx |= NETIF_F_TSO_ECN;
	dev->hw_features = tx;
	dev->features = tx | NETIF_F_HIGHDMA;
	dev->vlan_features = tx | NETIF_F_HIGHDMA;
	/* What is received was agreed when the port was opened. */
	if (f & VBUS_ENET_F_RX_CSUM)
		dev->features |= NETIF_F_RXCSUM;
	if (f & (VBUS_ENET_F_RX_TSO4 | VBUS_ENET_F_RX_TSO6))
		dev->features |= NETIF_F_GRO_HW;
}

static void enet_setup(struct enet *enet, const struct vbus_enet_info *info)
{
	struct net_device *dev = enet->dev;

	enet->info = *info;
	enet->rx_slots = ENET_DEFAULT_RX_SLOTS;
	enet->tx_slots = ENET_DEFAULT_TX_SLOTS;
	SET_NETDEV_DEV(dev, &enet->proxy->dev);
	strscpy(dev->name, "vbus%d", sizeof(dev->name));
	dev->netdev_ops = &enet_netdev_ops;
	dev->ethtool_ops = &enet_ethtool_ops;
	dev->min_mtu = VBUS_ENET_MIN_MTU;
	dev->max_mtu = enet_max_mtu(info);
	dev->mtu = min_t(u32, le32_to_cpu(info->mtu), dev->max_mtu);
	/* All frames on the wire come in, so no address list has to be kept. */
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_UNICAST_FLT;
	eth_hw_addr_set(dev, info->mac);
	enet_set_features(dev, enet->proxy->features);
	netif_carrier_off(dev);
}

/* ---- the port ------------------------------------------------------------------------------ */

static struct enet *enet_alloc(struct vbus_proxy *p, const struct vbus_enet_info *info)
{
	u32 pairs = min_t(u32, le32_to_cpu(info->queues), VBUS_ENET_MAX_PAIRS);
	struct net_device *dev = alloc_etherdev_mq(sizeof(struct enet), pairs);
	struct enet *enet;

	if (!dev)
		return NULL;
	enet = netdev_priv(dev);
	enet->dev = dev;
	enet->proxy = p;
	enet->dma_dev = vbus_dma_dev(p);
	enet->max_pairs = pairs;
	enet->num_pairs = min(pairs, num_online_cpus());
	enet->listener.begin = enet_events_begin;
	enet->listener.event = enet_event;
	enet->listener.end = enet_events_end;
	if (enet_pairs_init(enet)) {
		free_netdev(dev);
		return NULL;
	}
	enet_setup(enet, info);
	return enet;
}

static void enet_free(struct enet *enet)
{
	enet_pairs_fini(enet);
	free_netdev(enet->dev);
}

static int enet_register(struct enet *enet)
{
	int err = netif_set_real_num_queues(enet->dev, enet->num_pairs, enet->num_pairs);

	if (err)
		return err;
	err = vbus_listener_start(&enet->listener, enet->proxy, VBUS_ENET_Q_EVENT);
	if (err)
		return err;
	err = register_netdev(enet->dev);
	if (err) {
		vbus_listener_stop(&enet->listener);
		return err;
	}
	/* Events that came before it was registered are still in the stream. */
	vbus_listener_schedule(&enet->listener);
	return 0;
}

static int enet_probe(struct vbus_proxy *p)
{
	struct vbus_enet_info info;
	struct enet *enet;
	int err;

	err = vbus_open(p, VBUS_ENET_VERSION, VBUS_ENET_F_ALL);
	if (err)
		return err;
	err = enet_get_info(p, &info);
	if (err)
		goto err_close;
	err = -ENOMEM;
	enet = enet_alloc(p, &info);
	if (!enet)
		goto err_close;
	err = enet_register(enet);
	if (err)
		goto err_free;
	vbus_set_drvdata(p, enet);
	return 0;

err_free:
	enet_free(enet);
err_close:
	vbus_close(p);
	return err;
}

static void enet_remove(struct vbus_proxy *p)
{
	struct enet *enet = vbus_get_drvdata(p);

	vbus_listener_stop(&enet->listener);
	unregister_netdev(enet->dev);
	vbus_close(p);
	enet_free(enet);
}

/* The device must touch no memory from here on. */
static void enet_quiet(struct enet *enet)
{
	vbus_listener_stop(&enet->listener);
	rtnl_lock();
	netif_device_detach(enet->dev);
	enet_stop(enet);
	rtnl_unlock();
	vbus_close(enet->proxy);
}

static void enet_shutdown(struct vbus_proxy *p)
{
	struct enet *enet = vbus_get_drvdata(p);

	if (enet)
		enet_quiet(enet);
}

static int enet_suspend(struct device *dev)
{
	enet_quiet(vbus_get_drvdata(to_vbus_proxy(dev)));
	return 0;
}

/* Tell the device what the user chose before it forgot. */
static int enet_restate(struct enet *enet)
{
	struct net_device *dev = enet->dev;
	int ret = 0;

	if (test_bit(ENET_F_OWN_MAC, &enet->flags))
		ret = vbus_call(enet->proxy, VBUS_ENET_CALL_MAC, dev->dev_addr, ETH_ALEN, NULL, 0);
	if (ret >= 0 && dev->mtu != le32_to_cpu(enet->info.mtu))
		ret = enet_call_mtu(enet, dev->mtu);
	return ret < 0 ? ret : 0;
}

static int enet_revive(struct enet *enet)
{
	int err = enet_restate(enet);

	if (!err && netif_running(enet->dev))
		err = enet_start(enet);
	if (err)
		return err;
	netif_device_attach(enet->dev);
	set_bit(ENET_F_REFRESH, &enet->flags);
	return 0;
}

static int enet_resume(struct device *device)
{
	struct vbus_proxy *p = to_vbus_proxy(device);
	struct enet *enet = vbus_get_drvdata(p);
	u64 features = p->features;
	int err;

	err = vbus_open(p, VBUS_ENET_VERSION, features);
	if (err)
		return err;
	err = -EOPNOTSUPP;
	if (p->features == features)
		err = vbus_listener_start(&enet->listener, enet->proxy, VBUS_ENET_Q_EVENT);
	if (err)
		goto err_close;
	rtnl_lock();
	err = enet_revive(enet);
	rtnl_unlock();
	if (err)
		goto err_deafen;
	vbus_listener_schedule(&enet->listener);
	return 0;

err_deafen:
	vbus_listener_stop(&enet->listener);
err_close:
	vbus_close(p);
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(enet_pm_ops, enet_suspend, enet_resume);

static const char * const enet_types[] = { VBUS_ENET_TYPE, NULL };

static struct vbus_driver enet_driver = {
	.driver = {
		.name = "vbus-enet",
		.pm = pm_sleep_ptr(&enet_pm_ops),
	},
	.types = enet_types,
	.probe = enet_probe,
	.remove = enet_remove,
	.shutdown = enet_shutdown,
};
module_vbus_driver(enet_driver);

MODULE_DESCRIPTION("Network driver for vbus ports of type virtual-ethernet");
MODULE_LICENSE("GPL");
MODULE_ALIAS_VBUS(VBUS_ENET_TYPE);
