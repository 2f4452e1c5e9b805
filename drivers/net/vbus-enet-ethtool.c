// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-enet: what ethtool asks.
 */
#include <linux/ethtool.h>
#include <linux/log2.h>

#include "vbus-enet.h"

/* Per pair; what the numbers mean is in struct enet_tx_stats, enet_rx_stats and vbus_queue. */
static const char * const tx_names[] = {
	"packets", "bytes", "copied", "mapped", "full", "dropped", "bad",
	"doorbells", "suppressed", "interrupts",
};

static const char * const rx_names[] = {
	"packets", "bytes", "copybreak", "no_buffer", "dropped", "bad",
	"doorbells", "suppressed", "interrupts",
};

static void enet_get_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct enet *enet = netdev_priv(dev);

	strscpy(info->driver, "vbus-enet", sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&enet->proxy->dev), sizeof(info->bus_info));
}

static int enet_get_link_ksettings(struct net_device *dev, struct ethtool_link_ksettings *cmd)
{
	struct enet *enet = netdev_priv(dev);
	u32 speed = le32_to_cpu(enet->info.speed);

	ethtool_link_ksettings_zero_link_mode(cmd, supported);
	ethtool_link_ksettings_zero_link_mode(cmd, advertising);
	cmd->base.speed = speed && netif_carrier_ok(dev) ? speed : SPEED_UNKNOWN;
	cmd->base.duplex = DUPLEX_FULL;
	cmd->base.port = PORT_OTHER;
	return 0;
}

static void enet_get_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			       struct kernel_ethtool_ringparam *kernel_ring,
			       struct netlink_ext_ack *extack)
{
	struct enet *enet = netdev_priv(dev);

	ring->rx_max_pending = ENET_MAX_SLOTS;
	ring->tx_max_pending = ENET_MAX_SLOTS;
	ring->rx_pending = enet->rx_slots;
	ring->tx_pending = enet->tx_slots;
	kernel_ring->rx_buf_len = enet_rx_buf_size();
}

static int enet_set_ringparam(struct net_device *dev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kernel_ring,
			      struct netlink_ext_ack *extack)
{
	struct enet *enet = netdev_priv(dev);
	u32 rx, tx;

	if (ring->rx_mini_pending || ring->rx_jumbo_pending)
		return -EINVAL;
	if (ring->rx_pending < ENET_MIN_SLOTS || ring->tx_pending < ENET_MIN_SLOTS ||
	    ring->rx_pending > ENET_MAX_SLOTS || ring->tx_pending > ENET_MAX_SLOTS) {
		NL_SET_ERR_MSG(extack, "rings have 64 to 2048 slots");
		return -EINVAL;
	}
	rx = roundup_pow_of_two(ring->rx_pending);
	tx = roundup_pow_of_two(ring->tx_pending);
	if (rx == enet->rx_slots && tx == enet->tx_slots)
		return 0;
	return enet_set_slots(enet, rx, tx);
}

static void enet_get_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct enet *enet = netdev_priv(dev);

	ch->max_combined = enet->max_pairs;
	ch->combined_count = enet->num_pairs;
}

static int enet_set_channels(struct net_device *dev, struct ethtool_channels *ch)
{
	struct enet *enet = netdev_priv(dev);

	if (ch->rx_count || ch->tx_count || ch->other_count || !ch->combined_count ||
	    ch->combined_count > enet->max_pairs)
		return -EINVAL;
	if (ch->combined_count == enet->num_pairs)
		return 0;
	return enet_set_pairs(enet, ch->combined_count);
}

/*
 * There are no timers to set: an interrupt comes when a ring that was found empty fills, and then
 * none until it was emptied, at most a NAPI budget at a time.
 */
static int enet_get_coalesce(struct net_device *dev, struct ethtool_coalesce *ec,
			     struct kernel_ethtool_coalesce *kernel_ec,
			     struct netlink_ext_ack *extack)
{
	ec->rx_max_coalesced_frames = NAPI_POLL_WEIGHT;
	ec->tx_max_coalesced_frames = NAPI_POLL_WEIGHT;
	return 0;
}

static int enet_get_sset_count(struct net_device *dev, int sset)
{
	struct enet *enet = netdev_priv(dev);

	if (sset != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return enet->num_pairs * (ARRAY_SIZE(rx_names) + ARRAY_SIZE(tx_names));
}

static void enet_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	struct enet *enet = netdev_priv(dev);
	u32 i, n;

	if (sset != ETH_SS_STATS)
		return;
	for (i = 0; i < enet->num_pairs; i++) {
		for (n = 0; n < ARRAY_SIZE(rx_names); n++)
			ethtool_sprintf(&data, "rx%u_%s", i, rx_names[n]);
		for (n = 0; n < ARRAY_SIZE(tx_names); n++)
			ethtool_sprintf(&data, "tx%u_%s", i, tx_names[n]);
	}
}

static u64 *put_queue(u64 *data, const struct enet_qcount *count, const struct vbus_queue *q)
{
	*data++ = count->doorbells + (q ? READ_ONCE(q->doorbells) : 0);
	*data++ = count->suppressed + (q ? READ_ONCE(q->suppressed) : 0);
	*data++ = count->interrupts + (q ? READ_ONCE(q->interrupts) : 0);
	return data;
}

static u64 *put_rx(u64 *data, const struct enet_pair *pair)
{
	const struct enet_rx_stats *s = &pair->rx_stats;
	unsigned int seq;
	u64 *start = data;

	do {
		seq = u64_stats_fetch_begin(&s->sync);
		data = start;
		*data++ = u64_stats_read(&s->packets);
		*data++ = u64_stats_read(&s->bytes);
		*data++ = u64_stats_read(&s->copybreak);
		*data++ = u64_stats_read(&s->no_buffer);
		*data++ = u64_stats_read(&s->dropped);
		*data++ = u64_stats_read(&s->bad);
	} while (u64_stats_fetch_retry(&s->sync, seq));
	return put_queue(data, &pair->rx_count, pair->rx.q);
}

static u64 *put_tx(u64 *data, const struct enet_pair *pair)
{
	const struct enet_tx_stats *s = &pair->tx_stats;
	unsigned int seq;
	u64 *start = data;

	do {
		seq = u64_stats_fetch_begin(&s->sync);
		data = start;
		*data++ = u64_stats_read(&s->packets);
		*data++ = u64_stats_read(&s->bytes);
		*data++ = u64_stats_read(&s->copied);
		*data++ = u64_stats_read(&s->mapped);
		*data++ = u64_stats_read(&s->full);
		*data++ = u64_stats_read(&s->dropped);
		*data++ = u64_stats_read(&s->bad);
	} while (u64_stats_fetch_retry(&s->sync, seq));
	return put_queue(data, &pair->tx_count, pair->tx.q);
}

/* rtnl is held, so queues neither come nor go */
static void enet_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *stats, u64 *data)
{
	struct enet *enet = netdev_priv(dev);
	u32 i;

	for (i = 0; i < enet->num_pairs; i++) {
		data = put_rx(data, &enet->pairs[i]);
		data = put_tx(data, &enet->pairs[i]);
	}
}

const struct ethtool_ops enet_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_MAX_FRAMES,
	.get_drvinfo = enet_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = enet_get_link_ksettings,
	.get_ringparam = enet_get_ringparam,
	.set_ringparam = enet_set_ringparam,
	.get_channels = enet_get_channels,
	.set_channels = enet_set_channels,
	.get_coalesce = enet_get_coalesce,
	.get_sset_count = enet_get_sset_count,
	.get_strings = enet_get_strings,
	.get_ethtool_stats = enet_get_ethtool_stats,
	.get_ts_info = ethtool_op_get_ts_info,
};
