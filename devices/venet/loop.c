// SPDX-License-Identifier: GPL-2.0
/*
 * The class venet-loop: two ports that are each other's wire. The host takes no part.
 */
#include <net/gso.h>

#include "venet.h"

static struct venet_port *loop_peer(struct venet_port *port)
{
	return &port->venet->ports[!port->index];
}

/* A driver has a link as long as the other one is up. */
static bool loop_link(struct venet *v, unsigned int port)
{
	lockdep_assert_held(&v->lock);
	return v->enabled && rcu_access_pointer(v->ports[!port].path);
}

/*
 * Offloads the receiver did not negotiate are done here. In place of the frame the list gets the
 * segments. Return: false if the frame was lost.
 */
static bool loop_segment(struct venet_rx *rx, const struct venet_path *path, struct sk_buff *skb,
			 struct list_head *skbs)
{
	netdev_features_t features = NETIF_F_SG | NETIF_F_HW_CSUM;
	struct sk_buff *segs, *next;
	LIST_HEAD(lost);

	if (!(path->features & VBUS_ENET_F_RX_CSUM))
		features = NETIF_F_SG;
	segs = skb_gso_segment(skb, features);
	if (IS_ERR_OR_NULL(segs)) {
		list_add(&skb->list, &lost);
		venet_rx_drop(rx, &lost);
		return false;
	}
	consume_skb(skb);
	/* In reverse, each to the front. */
	for (skb = NULL; segs; segs = next) {
		next = segs->next;
		segs->next = skb;
		skb = segs;
	}
	for (; skb; skb = next) {
		next = skb->next;
		skb_mark_not_on_list(skb);
		list_add(&skb->list, skbs);
	}
	return true;
}

static bool loop_needs_segments(const struct venet_path *path, const struct sk_buff *skb)
{
	netdev_features_t all = NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 |
				NETIF_F_TSO_ECN | NETIF_F_GSO_ROBUST;

	return skb_is_gso(skb) && !skb_gso_ok((struct sk_buff *)skb,
					      venet_tx_features(path, skb, all));
}

/* What the kernel's segmentation wants to know. */
static void loop_headers(struct sk_buff *skb)
{
	skb_reset_mac_header(skb);
	skb->protocol = eth_hdr(skb)->h_proto;
	skb_set_network_header(skb, ETH_HLEN);
	skb_reset_mac_len(skb);
}

static void loop_deliver(struct venet_rx *rx, struct list_head *skbs)
{
	struct venet_port *peer = loop_peer(rx->port);
	struct venet_path *path = rcu_dereference(peer->path);
	struct venet_tx *tx;
	int rc;

	if (!path || !READ_ONCE(peer->venet->enabled)) {
		venet_rx_drop(rx, skbs);
		return;
	}
	tx = path->tx[rx->pair % path->pairs];
	while (!list_empty(skbs)) {
		struct sk_buff *skb = list_first_entry(skbs, struct sk_buff, list);

		skb_list_del_init(skb);
		loop_headers(skb);
		if (loop_needs_segments(path, skb)) {
			loop_segment(rx, path, skb, skbs);
			continue;
		}
		if (!(path->features & VBUS_ENET_F_RX_CSUM) && skb->ip_summed == CHECKSUM_PARTIAL &&
		    skb_checksum_help(skb)) {
			kfree_skb(skb);
			continue;
		}
		rc = venet_tx_send(tx, path, skb, NULL, true);
		if (rc == -EAGAIN) {
			list_add(&skb->list, skbs);
			break;
		}
		if (rc)
			kfree_skb(skb);
		else
			consume_skb(skb);
	}
	venet_tx_flush(tx);
}

/* Senders that rest are polls of the other port. */
static void loop_wake(struct venet_tx *tx, unsigned int pairs)
{
	struct venet_path *path = rcu_dereference(loop_peer(tx->port)->path);
	unsigned int i;

	if (!path)
		return;
	for (i = tx->pair; i < path->pairs; i += pairs)
		vbus_poll_schedule(&path->rx[i]->poll);
}

static const struct venet_backend loop_backend = {
	.link = loop_link,
	.deliver = loop_deliver,
	.wake = loop_wake,
};

static struct vbus_device *loop_create(struct vbus_devclass *cls, const char *name)
{
	return venet_create(cls, name, &loop_backend, 2);
}

static struct vbus_devclass loop_class = {
	.name = "venet-loop",
	.owner = THIS_MODULE,
	.max_links = 2,
	.dev_groups = venet_loop_groups,
	.create = loop_create,
	.destroy = venet_destroy,
	.release = venet_release,
};

module_vbus_devclass(loop_class);

MODULE_ALIAS_VBUS_CLASS("venet-loop");
MODULE_DESCRIPTION("vbus virtual Ethernet between two drivers");
MODULE_LICENSE("GPL");
