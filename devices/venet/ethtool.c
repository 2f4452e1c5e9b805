// SPDX-License-Identifier: GPL-2.0
/*
 * What ethtool shows of a venet-tap's interface.
 */
#include <linux/ethtool.h>

#include "tap.h"

/* There is no wire; bridges and bonds want a number. */
#define TAP_SPEED	SPEED_10000

struct tap_counter {
	char name[ETH_GSTRING_LEN];
	size_t offset;
};

#define TAP_COUNTER(field)	{ #field, offsetof(struct venet_totals, field) }

static const struct tap_counter tap_rx_counters[] = {
	TAP_COUNTER(packets),
	TAP_COUNTER(bytes),
	TAP_COUNTER(dropped),
	TAP_COUNTER(bad),
};

static const struct tap_counter tap_tx_counters[] = {
	TAP_COUNTER(packets),
	TAP_COUNTER(bytes),
	TAP_COUNTER(dropped),
	TAP_COUNTER(stops),
};

static void tap_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, "venet-tap", sizeof(info->driver));
	strscpy(info->bus_info, vbus_device_name(&tap_venet(dev)->vdev), sizeof(info->bus_info));
}

static int tap_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = TAP_SPEED;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	cmd->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

static void tap_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	ch->max_combined = dev->real_num_tx_queues;
	ch->combined_count = dev->real_num_tx_queues;
}

/* The driver chooses the sizes of its rings; 0 without a driver. */
static void tap_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kernel_ring,
			      struct netlink_ext_ack *extack)
{
	const struct venet_path *path;

	ring->rx_max_pending = VBUS_RING_MAX_SLOTS;
	ring->tx_max_pending = VBUS_RING_MAX_SLOTS;
	rcu_read_lock();
	path = rcu_dereference(tap_venet(dev)->ports[0].path);
	if (path) {
		ring->rx_pending = path->rx[0]->q->req.mem.size;
		ring->tx_pending = path->tx[0]->q->req.mem.size;
	}
	rcu_read_unlock();
}

/* What is taken together before the driver gets its slots back. */
static int tap_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			    struct kernel_ethtool_coalesce *kernel_coal,
			    struct netlink_ext_ack *extack)
{
	ec->rx_max_coalesced_frames = VENET_RX_BATCH;
	return 0;
}

static unsigned int tap_counters_per_queue(void)
{
	return ARRAY_SIZE(tap_rx_counters) + ARRAY_SIZE(tap_tx_counters);
}

static int tap_get_sset_count(struct net_device *dev, int sset)
{
	if (sset != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return dev->num_tx_queues * tap_counters_per_queue();
}

static void tap_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	unsigned int q, i;

	if (sset != ETH_SS_STATS)
		return;
	for (q = 0; q < dev->num_tx_queues; q++) {
		for (i = 0; i < ARRAY_SIZE(tap_rx_counters); i++)
			ethtool_sprintf(&data, "rx_queue_%u_%s", q, tap_rx_counters[i].name);
		for (i = 0; i < ARRAY_SIZE(tap_tx_counters); i++)
			ethtool_sprintf(&data, "tx_queue_%u_%s", q, tap_tx_counters[i].name);
	}
}

static u64 *put_counters(u64 *data, const struct venet_stats *st, const struct tap_counter *c,
			 unsigned int n)
{
	struct venet_totals t = {};
	unsigned int i;

	venet_stats_read(st, &t);
	for (i = 0; i < n; i++)
		*data++ = *(u64 *)((void *)&t + c[i].offset);
	return data;
}

static void tap_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct venet_port *port = &tap_venet(dev)->ports[0];
	unsigned int q;

	for (q = 0; q < dev->num_tx_queues; q++) {
		data = put_counters(data, &port->rx[q], tap_rx_counters,
				    ARRAY_SIZE(tap_rx_counters));
		data = put_counters(data, &port->tx[q], tap_tx_counters,
				    ARRAY_SIZE(tap_tx_counters));
	}
}

const struct ethtool_ops tap_ethtool_ops = {
	.get_drvinfo = tap_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = tap_get_link_ksettings,
	.get_channels = tap_get_channels,
	.get_ringparam = tap_get_ringparam,
	.get_coalesce = tap_get_coalesce,
	.get_sset_count = tap_get_sset_count,
	.get_strings = tap_get_strings,
	.get_ethtool_stats = tap_get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};
