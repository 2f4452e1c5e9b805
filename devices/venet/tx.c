// SPDX-License-Identifier: GPL-2.0
/*
 * To the driver: its posted receive buffers, filled by whoever sends.
 *
 * The sender copies straight into the driver's memory, under the queue's lock, and rings. When
 * buffers run short the sender is stopped and the ring armed; the driver's next posting wakes it.
 * A driver that posts none loses packets after VENET_STALL_MS, so that no queue of the host
 * depends on it.
 */
#include <linux/if_vlan.h>
#include <linux/highmem.h>
#include <linux/virtio_net.h>

#include "venet.h"

static struct venet_stats *tx_stats(struct venet_tx *tx)
{
	return &tx->port->tx[tx->pair];
}

static u64 *stash_at(struct venet_tx *tx, u32 n)
{
	BUILD_BUG_ON_NOT_POWER_OF_2(VENET_STASH);
	return &tx->stash[(tx->head + n) & (VENET_STASH - 1)];
}

/*
 * Take what buffers there are out of the ring. Afterwards either the stash is full or the ring is
 * empty, so that arming the ring asks for the very next buffer.
 */
static int tx_refill(struct venet_tx *tx)
{
	struct vbus_slot slot;

	while (tx->count < VENET_STASH && vbus_dqueue_get(tx->q, &slot)) {
		u64 addr = vbus_slot_addr(&slot);

		if (unlikely(vbus_slot_len(&slot) != tx->rx_buf || vbus_slot_flags(&slot) ||
			     addr + tx->rx_buf < addr)) {
			tx->q->stats->bad++;
			vbus_session_break(tx->q->session, "a receive buffer is not as announced");
			return -EPROTO;
		}
		*stash_at(tx, tx->count++) = addr;
	}
	if (tx->count >= tx->need)
		tx->dropping = false;
	return 0;
}

/* Where in the buffers the copying is. */
struct tx_cursor {
	u32 buf;
	u32 off;
};

static int tx_copy(struct venet_tx *tx, struct tx_cursor *cur, const void *src, u32 len)
{
	while (len) {
		u32 n = min(len, tx->rx_buf - cur->off);
		int rc = vbus_dqueue_copy_to(tx->q, *stash_at(tx, cur->buf) + cur->off, src, n);

		if (unlikely(rc))
			return rc;
		src += n;
		len -= n;
		cur->off += n;
		if (cur->off == tx->rx_buf) {
			cur->off = 0;
			cur->buf++;
		}
	}
	return 0;
}

static int tx_copy_frag(struct venet_tx *tx, struct tx_cursor *cur, const skb_frag_t *frag)
{
	u32 p_off, p_len, copied;
	struct page *p;
	int rc;

	skb_frag_foreach_page(frag, skb_frag_off(frag), skb_frag_size(frag),
			      p, p_off, p_len, copied) {
		void *vaddr = kmap_local_page(p);

		rc = tx_copy(tx, cur, vaddr + p_off, p_len);
		kunmap_local(vaddr);
		if (unlikely(rc))
			return rc;
	}
	return 0;
}

static int tx_copy_skb(struct venet_tx *tx, struct tx_cursor *cur, const struct sk_buff *skb)
{
	const struct sk_buff *iter;
	int i, rc;

	rc = tx_copy(tx, cur, skb->data, skb_headlen(skb));
	for (i = 0; !rc && i < skb_shinfo(skb)->nr_frags; i++)
		rc = tx_copy_frag(tx, cur, &skb_shinfo(skb)->frags[i]);
	if (rc || !skb_has_frag_list(skb))
		return rc;
	/* One level deep, in what GRO makes. */
	skb_walk_frags(skb, iter) {
		rc = tx_copy_skb(tx, cur, iter);
		if (rc)
			break;
	}
	return rc;
}

/* The packet is in the first @n buffers of the stash: tell the driver. */
static void tx_publish(struct venet_tx *tx, struct venet_hdr *h, u32 n, u32 len, bool more)
{
	struct vbus_prod *cpl = &tx->q->cpl;
	struct vbus_slot slot;
	u32 i;

	h->frags = n;
	venet_hdr_fill(&slot, h);
	vbus_prod_put(cpl, &slot);
	for (i = 0; i < n; i++) {
		u32 bytes = min(len, tx->rx_buf);

		len -= bytes;
		vbus_slot_set(&slot, *stash_at(tx, i), bytes, len ? VBUS_SLOT_F_MORE : 0);
		vbus_prod_put(cpl, &slot);
	}
	tx->head += n;
	tx->count -= n;
	vbus_dqueue_complete_more(tx->q, n, more);
}

/* Stop the sender until the driver posts buffers. Return: true if the ring must be armed. */
static bool tx_wait(struct venet_tx *tx, struct netdev_queue *txq)
{
	struct venet_stats *st = tx_stats(tx);

	/* Under the lock, as the check that wakes: it cannot fall between. */
	if (txq)
		netif_tx_stop_queue(txq);
	if (tx->waiting)
		return false;
	tx->waiting = true;
	tx->q->stats->ring_full++;
	u64_stats_update_begin(&st->syncp);
	u64_stats_inc(&st->stops);
	u64_stats_update_end(&st->syncp);
	mod_timer(&tx->timer, jiffies + msecs_to_jiffies(VENET_STALL_MS) + 1);
	return true;
}

/* Have the first @n buffers of the stash fetched. */
static void tx_fault(struct venet_tx *tx, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		vbus_fault_add(&tx->fault, *stash_at(tx, i), tx->rx_buf);
	tx->grace = VENET_STALL_FAULT;
	vbus_fault_start(&tx->fault);
}

/* Header of a packet for the driver, or false if it did not negotiate what the packet needs. */
static bool tx_header(const struct venet_path *path, const struct sk_buff *skb,
		      struct venet_hdr *h)
{
	u64 need = 0;

	memset(h, 0, sizeof(*h));
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		need |= VBUS_ENET_F_RX_CSUM;
		h->flags = VBUS_ENET_HDR_NEEDS_CSUM;
		h->csum_start = skb_checksum_start_offset(skb);
		h->csum_offset = skb->csum_offset;
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		h->flags = VBUS_ENET_HDR_DATA_VALID;
	}
	if (skb_is_gso(skb)) {
		unsigned int type = skb_shinfo(skb)->gso_type;

		if (type & SKB_GSO_TCPV4) {
			need |= VBUS_ENET_F_RX_TSO4;
			h->gso_type = VBUS_ENET_GSO_TCPV4;
		} else if (type & SKB_GSO_TCPV6) {
			need |= VBUS_ENET_F_RX_TSO6;
			h->gso_type = VBUS_ENET_GSO_TCPV6;
		} else {
			return false;
		}
		if (type & SKB_GSO_TCP_ECN) {
			need |= VBUS_ENET_F_RX_ECN;
			h->gso_type |= VBUS_ENET_GSO_ECN;
		}
		if (h->flags != VBUS_ENET_HDR_NEEDS_CSUM)
			return false;
		h->gso_size = skb_shinfo(skb)->gso_size;
		h->hdr_len = min_t(u32, skb_headlen(skb), h->csum_start + sizeof(struct tcphdr));
	} else if (skb->len > READ_ONCE(path->max_frame)) {
		return false;
	}
	return (path->features & need) == need && skb->len >= VBUS_ENET_MIN_FRAME &&
	       skb->len <= min_t(u32, path->max_gso, VBUS_ENET_MAX_FRAME);
}

static void tx_sent(struct venet_tx *tx, u32 len)
{
	struct venet_stats *st = tx_stats(tx);

	tx->q->stats->packets++;
	tx->q->stats->bytes += len;
	u64_stats_update_begin(&st->syncp);
	u64_stats_inc(&st->packets);
	u64_stats_add(&st->bytes, len);
	u64_stats_update_end(&st->syncp);
}

static int tx_lost(struct venet_tx *tx, int rc)
{
	struct venet_stats *st = tx_stats(tx);

	tx->q->stats->dropped++;
	u64_stats_update_begin(&st->syncp);
	u64_stats_inc(&st->dropped);
	u64_stats_update_end(&st->syncp);
	return rc;
}

/* The buffers cannot be reached. Woken by the fault's end, or by the timer. */
static int tx_stalled(struct venet_tx *tx, struct netdev_queue *txq)
{
	if (tx->dropping)
		return tx_lost(tx, -ENOBUFS);
	tx_wait(tx, txq);
	return -EAGAIN;
}

/* Queue locked. @arm is set if the caller has to arm the ring. */
static int tx_packet(struct venet_tx *tx, const struct venet_path *path, struct sk_buff *skb,
		     struct netdev_queue *txq, bool more, bool *arm)
{
	struct tx_cursor cur = {};
	struct venet_hdr h;
	u32 n;
	int rc;

	if (unlikely(!tx_header(path, skb, &h)))
		return tx_lost(tx, -EMSGSIZE);
	n = DIV_ROUND_UP(skb->len, tx->rx_buf);
	if (tx->count < n && tx_refill(tx))
		return tx_lost(tx, -EPROTO);
	if (tx->count < n) {
		if (tx->dropping)
			return tx_lost(tx, -ENOBUFS);
		*arm = tx_wait(tx, txq);
		return -EAGAIN;
	}
	/* Another sender's packet did not get into these buffers; it may still be on its way. */
	if (unlikely(vbus_fault_busy(&tx->fault)))
		return tx_stalled(tx, txq);
	rc = tx_copy_skb(tx, &cur, skb);
	if (unlikely(rc == -EAGAIN)) {
		tx_fault(tx, n);
		return tx_stalled(tx, txq);
	}
	if (unlikely(rc == -EIO))
		return tx_lost(tx, rc);
	if (unlikely(rc)) {
		tx->q->stats->bad++;
		vbus_session_break(tx->q->session, "a receive buffer is outside its memory");
		return tx_lost(tx, rc);
	}
	tx_publish(tx, &h, n, skb->len, more);
	tx_sent(tx, skb->len);

	/* Stop before the next packet fails: the stack holds it better than we do. */
	if (tx->count < tx->need && !tx_refill(tx) && tx->count < tx->need && !tx->dropping)
		*arm = tx_wait(tx, txq);
	return 0;
}

/**
 * venet_tx_send() - one frame to the driver
 * @tx: by which queue
 * @path: of the driver; RCU held since it was looked up
 * @skb: the frame, skb->data at its Ethernet header; the caller keeps it
 * @txq: what to stop when buffers run short, or NULL
 * @more: another follows at once, or venet_tx_flush() does
 *
 * Context: BHs off. Return: 0 (sent), -EAGAIN (the caller will be woken; nothing counted), or an
 * errno: lost and counted.
 */
int venet_tx_send(struct venet_tx *tx, const struct venet_path *path, struct sk_buff *skb,
		  struct netdev_queue *txq, bool more)
{
	bool arm = false;
	int rc;

	if (!vbus_dqueue_lock(tx->q))
		return -ENODEV;
	rc = tx_packet(tx, path, skb, txq, more, &arm);
	if (!more || tx->waiting)
		vbus_dqueue_kick(tx->q);
	vbus_dqueue_unlock(tx->q);
	if (arm && vbus_dqueue_arm(tx->q))
		vbus_poll_schedule(&tx->poll);
	return rc;
}
EXPORT_SYMBOL_GPL(venet_tx_send);

/* venet_tx_flush - publish what was sent with @more, and ring for it */
void venet_tx_flush(struct venet_tx *tx)
{
	if (!vbus_dqueue_lock(tx->q))
		return;
	vbus_dqueue_kick(tx->q);
	vbus_dqueue_unlock(tx->q);
}
EXPORT_SYMBOL_GPL(venet_tx_flush);

/**
 * venet_tx_features() - what of @features the driver can take for this packet
 * @path: of the driver; RCU held
 * @skb: the packet
 * @features: what the interface can
 *
 * The interface's own features never change with the driver; the stack does per packet what is
 * missing here.
 */
netdev_features_t venet_tx_features(const struct venet_path *path, const struct sk_buff *skb,
				    netdev_features_t features)
{
	u64 f = path->features;

	if (!(f & VBUS_ENET_F_RX_CSUM))
		return features & ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	if (!skb_is_gso(skb))
		return features;
	if (skb->len > path->max_gso)
		return features & ~NETIF_F_GSO_MASK;
	if (!(f & VBUS_ENET_F_RX_TSO4))
		features &= ~NETIF_F_TSO;
	if (!(f & VBUS_ENET_F_RX_TSO6))
		features &= ~NETIF_F_TSO6;
	if (!(f & VBUS_ENET_F_RX_ECN))
		features &= ~NETIF_F_TSO_ECN;
	return features;
}
EXPORT_SYMBOL_GPL(venet_tx_features);

static void tx_wake(struct venet_tx *tx)
{
	rcu_read_lock();
	tx->port->venet->be->wake(tx, tx->pairs);
	rcu_read_unlock();
}

/* The driver posted buffers, or a fault is over. */
static int tx_poll(struct vbus_poll *poll, int budget)
{
	struct venet_tx *tx = container_of(poll, struct venet_tx, poll);
	bool wake = false;

	if (!vbus_dqueue_lock(tx->q))
		return 0;
	/* Refilling ends the dropping, too: what took too long may have been the fault. */
	if ((tx->waiting || tx->dropping) && !vbus_fault_busy(&tx->fault) && !tx_refill(tx) &&
	    tx->count >= tx->need) {
		wake = tx->waiting;
		tx->waiting = false;
	}
	vbus_dqueue_unlock(tx->q);
	if (wake)
		tx_wake(tx);
	return 0;
}

/* Doorbells are wanted only while somebody waits. */
static bool tx_arm(struct vbus_poll *poll)
{
	struct venet_tx *tx = container_of(poll, struct venet_tx, poll);

	return READ_ONCE(tx->waiting) && !vbus_fault_busy(&tx->fault) && vbus_dqueue_arm(tx->q);
}

/* It took too long. */
static void tx_timer(struct timer_list *timer)
{
	struct venet_tx *tx = from_timer(tx, timer, timer);
	bool wake = true;

	/* On a dead queue senders fail, which is as good. */
	if (vbus_dqueue_lock(tx->q)) {
		wake = tx->waiting;
		if (wake && tx->grace && vbus_fault_busy(&tx->fault)) {
			tx->grace--;
			mod_timer(&tx->timer, jiffies + msecs_to_jiffies(VENET_STALL_MS) + 1);
			wake = false;
		} else if (wake) {
			tx->waiting = false;
			tx->dropping = true;
		}
		vbus_dqueue_unlock(tx->q);
	}
	if (wake)
		tx_wake(tx);
}

/* venet_tx_set - take what the path says; the port is not up yet. 0 or -EINVAL */
int venet_tx_set(struct venet_tx *tx, const struct venet_path *path)
{
	/* Buffers of another size were taken already. */
	if (tx->count && tx->rx_buf != path->rx_buf)
		return -EINVAL;
	tx->rx_buf = path->rx_buf;
	tx->need = path->need;
	tx->pairs = path->pairs;
	tx->waiting = false;
	tx->dropping = false;
	return 0;
}

/* venet_tx_create - process context; the poll begins disabled */
struct venet_tx *venet_tx_create(struct venet_port *port, unsigned int pair, struct vbus_dqueue *q)
{
	struct venet_tx *tx = kzalloc(sizeof(*tx), GFP_KERNEL);

	if (!tx)
		return NULL;
	tx->q = q;
	tx->port = port;
	tx->pair = pair;
	timer_setup(&tx->timer, tx_timer, 0);
	vbus_poll_init(&tx->poll, tx_poll, tx_arm);
	vbus_fault_init(&tx->fault, q, &tx->poll, true);
	return tx;
}

/* venet_tx_destroy - process context; the port is down */
void venet_tx_destroy(struct venet_tx *tx)
{
	vbus_fault_fini(&tx->fault);
	vbus_poll_fini(&tx->poll);
	kfree(tx);
}
