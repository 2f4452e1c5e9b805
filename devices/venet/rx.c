// SPDX-License-Identifier: GPL-2.0
/*
 * From the driver: its transmit queue, consumed in softirq.
 *
 * A doorbell schedules the poll. It copies packets out of driver memory one at a time, each under
 * the queue's lock; the lock is not held when the stack gets them. Slots go back to the driver in
 * batches.
 */
#include <linux/prefetch.h>
#include <linux/virtio_net.h>

#include "venet.h"

/* Up to here a frame is copied into the skb's head as a whole, which then fills half a page. */
#define LINEAR_MAX	(SKB_WITH_OVERHEAD(2048) - NET_SKB_PAD - NET_IP_ALIGN)

/* Bytes of a longer frame that are looked at to find where its headers end. */
#define HEAD_BYTES	192

/* Where in the data slots of a packet the copying is. */
struct rx_cursor {
	unsigned int slot;
	u32 off;
};

/* The outcome of looking for a packet, when there is none to hand on. */
enum rx_result {
	RX_PACKET,
	RX_LOST,	/* a packet was taken and dropped */
	RX_EMPTY,	/* nothing there, or nothing more to be had now */
};

static struct venet_stats *rx_stats(struct venet_rx *rx)
{
	return &rx->port->rx[rx->pair];
}

static int rx_copy(struct venet_rx *rx, struct rx_cursor *cur, void *dst, u32 len)
{
	while (len) {
		const struct vbus_slot *slot = &rx->slots[cur->slot];
		u32 n = min(len, vbus_slot_len(slot) - cur->off);
		int rc = vbus_dqueue_copy_from(rx->q, dst, vbus_slot_addr(slot) + cur->off, n);

		if (unlikely(rc))
			return rc;
		dst += n;
		len -= n;
		cur->off += n;
		if (cur->off == vbus_slot_len(slot)) {
			cur->off = 0;
			cur->slot++;
		}
	}
	return 0;
}

/* Room for some of @len bytes behind the frags of @skb; how many is returned, 0 for none. */
static u32 rx_room(struct venet_rx *rx, struct sk_buff *skb, u32 len, void **dst)
{
	struct page_frag *frag = &rx->frag;
	int nr = skb_shinfo(skb)->nr_frags;
	u32 n;

	if (nr >= MAX_SKB_FRAGS || !skb_page_frag_refill(1, frag, GFP_ATOMIC))
		return 0;
	n = min_t(u32, len, frag->size - frag->offset);
	*dst = page_address(frag->page) + frag->offset;
	get_page(frag->page);
	skb_add_rx_frag(skb, nr, frag->page, frag->offset, n, n);
	frag->offset += n;
	return n;
}

/* A long frame: headers into the skb's head, payload into pages. */
static int rx_fill_pages(struct venet_rx *rx, struct sk_buff *skb, u32 len)
{
	u32 hlen, rest = 0;
	struct rx_cursor cur = {};
	void *dst;
	int rc;

	rc = rx_copy(rx, &cur, skb->data, HEAD_BYTES);
	if (rc)
		return rc;
	hlen = venet_frame_hlen(skb->data, HEAD_BYTES);
	skb_put(skb, hlen);
	rest = HEAD_BYTES - hlen;
	len -= hlen;
	rx->frag.offset = ALIGN(rx->frag.offset, SMP_CACHE_BYTES);

	while (len) {
		u32 n = rx_room(rx, skb, len, &dst);

		if (!n)
			return -ENOMEM;
		len -= n;
		if (rest) {
			u32 r = min(n, rest);

			/* Payload that came with the headers: not read from the driver twice. */
			memcpy(dst, skb->data + HEAD_BYTES - rest, r);
			rest -= r;
			dst += r;
			n -= r;
		}
		rc = rx_copy(rx, &cur, dst, n);
		if (rc)
			return rc;
	}
	return 0;
}

/* Copy the packet whose slots are in rx->slots. */
static struct sk_buff *rx_build(struct venet_rx *rx, u32 len)
{
	struct napi_struct *napi = &rx->poll.napi;
	struct rx_cursor cur = {};
	struct sk_buff *skb;
	int rc;

	skb = napi_alloc_skb(napi, len <= LINEAR_MAX ? len : HEAD_BYTES);
	if (unlikely(!skb))
		return ERR_PTR(-ENOMEM);
	if (likely(len <= LINEAR_MAX))
		rc = rx_copy(rx, &cur, skb_put(skb, len), len);
	else
		rc = rx_fill_pages(rx, skb, len);
	if (unlikely(rc)) {
		kfree_skb(skb);
		return ERR_PTR(rc);
	}
	return skb;
}

/* Give taken slots back. Queue locked. */
static void rx_complete(struct venet_rx *rx)
{
	struct vbus_slot slot;

	if (!rx->owed)
		return;
	rx->done += rx->owed;
	vbus_slot_set(&slot, rx->done, 0, 0);
	vbus_prod_put(&rx->q->cpl, &slot);
	vbus_dqueue_complete(rx->q, rx->owed);
	rx->owed = 0;
	rx->batch = 0;
}

static void rx_take(struct venet_rx *rx, u32 slots)
{
	vbus_dqueue_take(rx->q, slots);
	rx->owed += slots;
	if (++rx->batch >= VENET_RX_BATCH)
		rx_complete(rx);
}

static enum rx_result rx_lost(struct venet_rx *rx, u32 slots, bool bad)
{
	struct venet_stats *st = rx_stats(rx);

	rx_take(rx, slots);
	if (bad)
		rx->q->stats->bad++;
	else
		rx->q->stats->dropped++;
	u64_stats_update_begin(&st->syncp);
	u64_stats_inc(bad ? &st->bad : &st->dropped);
	u64_stats_update_end(&st->syncp);
	return RX_LOST;
}

static enum rx_result rx_broken(struct venet_rx *rx, const char *why)
{
	rx->q->stats->bad++;
	vbus_session_break(rx->q->session, why);
	return RX_EMPTY;
}

/* Have the packet's memory fetched; the packet stays in the ring. */
static enum rx_result rx_fault(struct venet_rx *rx, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		vbus_fault_add(&rx->fault, vbus_slot_addr(&rx->slots[i]),
			       vbus_slot_len(&rx->slots[i]));
	vbus_fault_start(&rx->fault);
	return RX_EMPTY;
}

/* Take the next packet. Queue locked. */
static enum rx_result rx_packet(struct venet_rx *rx, struct sk_buff **out, struct venet_hdr *h)
{
	struct vbus_dqueue *q = rx->q;
	struct vbus_slot slot;
	struct sk_buff *skb;
	const char *why;
	unsigned int i;
	u32 len = 0;

	if (!vbus_dqueue_peek(q, 0, &slot))
		return RX_EMPTY;
	why = venet_hdr_parse(&slot, q->session->features, h);
	if (unlikely(why))
		return rx_broken(rx, why);
	for (i = 0; i < h->frags; i++)
		if (unlikely(!vbus_dqueue_peek(q, i + 1, &rx->slots[i])))
			return rx_broken(rx, "a packet was published in parts");
	why = venet_chain_check(rx->slots, h->frags, &len);
	if (unlikely(why))
		return rx_broken(rx, why);
	if (unlikely(!venet_frame_ok(h, len)))
		return rx_lost(rx, h->frags + 1, true);

	skb = rx_build(rx, len);
	if (IS_ERR(skb)) {
		if (PTR_ERR(skb) == -ENOMEM || PTR_ERR(skb) == -EIO)
			return rx_lost(rx, h->frags + 1, false);
		if (PTR_ERR(skb) == -EAGAIN)
			return rx_fault(rx, h->frags);
		return rx_broken(rx, "a data slot points outside the driver's memory");
	}
	q->stats->packets++;
	q->stats->bytes += len;
	rx_take(rx, h->frags + 1);
	*out = skb;
	return RX_PACKET;
}

/* Offloads the driver asks for. What it says has bounds, but the frame may still disagree. */
static bool rx_offload(struct venet_rx *rx, struct sk_buff *skb, const struct venet_hdr *h)
{
	struct virtio_net_hdr vh = {
		.flags = h->flags & VBUS_ENET_HDR_NEEDS_CSUM,
		.gso_type = h->gso_type,
		.hdr_len = __cpu_to_virtio16(true, h->hdr_len),
		.gso_size = __cpu_to_virtio16(true, h->gso_size),
		.csum_start = __cpu_to_virtio16(true, h->csum_start),
		.csum_offset = __cpu_to_virtio16(true, h->csum_offset),
	};
	struct venet_stats *st = rx_stats(rx);

	BUILD_BUG_ON(VBUS_ENET_GSO_TCPV4 != VIRTIO_NET_HDR_GSO_TCPV4);
	BUILD_BUG_ON(VBUS_ENET_GSO_TCPV6 != VIRTIO_NET_HDR_GSO_TCPV6);
	BUILD_BUG_ON(VBUS_ENET_GSO_ECN != VIRTIO_NET_HDR_GSO_ECN);
	BUILD_BUG_ON(VBUS_ENET_HDR_NEEDS_CSUM != VIRTIO_NET_HDR_F_NEEDS_CSUM);

	if (!vh.flags || !virtio_net_hdr_to_skb(skb, &vh, true))
		return true;
	kfree_skb(skb);
	u64_stats_update_begin(&st->syncp);
	u64_stats_inc(&st->bad);
	u64_stats_update_end(&st->syncp);
	return false;
}

static void rx_count(struct venet_rx *rx, u32 packets, u32 bytes)
{
	struct venet_stats *st = rx_stats(rx);

	u64_stats_update_begin(&st->syncp);
	u64_stats_add(&st->packets, packets);
	u64_stats_add(&st->bytes, bytes);
	u64_stats_update_end(&st->syncp);
}

/* venet_rx_drop - the backend has no use for these */
void venet_rx_drop(struct venet_rx *rx, struct list_head *skbs)
{
	struct venet_stats *st = rx_stats(rx);
	struct sk_buff *skb, *next;
	u32 n = 0;

	list_for_each_entry_safe(skb, next, skbs, list) {
		skb_list_del_init(skb);
		kfree_skb(skb);
		n++;
	}
	u64_stats_update_begin(&st->syncp);
	u64_stats_add(&st->dropped, n);
	u64_stats_update_end(&st->syncp);
}
EXPORT_SYMBOL_GPL(venet_rx_drop);

/*
 * Fill @skbs. The look that finds nothing more is also the time to answer, under the same lock.
 * Return: packets taken, whatever became of them; vbus_poll_more() if there may be more.
 */
static int rx_collect(struct venet_rx *rx, int budget, struct list_head *skbs)
{
	u32 packets = 0, bytes = 0, work = 0;
	int done = 0;

	while (vbus_dqueue_lock(rx->q)) {
		enum rx_result res = RX_EMPTY;
		struct sk_buff *skb = NULL;
		struct venet_hdr h;

		if (done < budget && work < VENET_POLL_BYTES)
			res = rx_packet(rx, &skb, &h);
		if (res == RX_EMPTY && done) {
			rx_complete(rx);
			vbus_dqueue_kick(rx->q);
		}
		vbus_dqueue_unlock(rx->q);
		if (res == RX_EMPTY)
			break;
		done++;
		if (res != RX_PACKET)
			continue;
		packets++;
		bytes += skb->len;
		work += skb->len;
		/* Whoever cannot send large packets has an skb for each segment. */
		if (h.gso_type && h.gso_size)
			work += skb->len / h.gso_size * VENET_SEGMENT_BYTES;
		if (rx_offload(rx, skb, &h))
			list_add_tail(&skb->list, skbs);
	}
	if (packets)
		rx_count(rx, packets, bytes);
	return work >= VENET_POLL_BYTES ? vbus_poll_more(&rx->poll, done, budget) : done;
}

static int rx_poll(struct vbus_poll *poll, int budget)
{
	struct venet_rx *rx = container_of(poll, struct venet_rx, poll);
	const struct venet_backend *be = rx->port->venet->be;
	LIST_HEAD(skbs);
	int done;

	if (vbus_poll_is_busy(poll))
		vbus_dqueue_disarm(rx->q);
	rcu_read_lock();
	if (unlikely(!list_empty(&rx->held))) {
		be->deliver(rx, &rx->held);
		if (!list_empty(&rx->held)) {
			rcu_read_unlock();
			return 0;
		}
	}
	if (unlikely(vbus_fault_busy(&rx->fault))) {
		rcu_read_unlock();
		return 0;
	}
	done = rx_collect(rx, budget, &skbs);
	if (!list_empty(&skbs)) {
		be->deliver(rx, &skbs);
		list_splice(&skbs, &rx->held);
	}
	rcu_read_unlock();
	return done;
}

/* Resting polls are woken by the backend or by the fault's end, not by the driver. */
static bool rx_arm(struct vbus_poll *poll)
{
	struct venet_rx *rx = container_of(poll, struct venet_rx, poll);

	if (!list_empty(&rx->held) || vbus_fault_busy(&rx->fault))
		return false;
	return vbus_dqueue_arm(rx->q);
}

/* venet_rx_create - process context; the poll begins disabled */
struct venet_rx *venet_rx_create(struct venet_port *port, unsigned int pair, struct vbus_dqueue *q)
{
	struct venet_rx *rx = kzalloc(sizeof(*rx), GFP_KERNEL);

	if (!rx)
		return NULL;
	rx->q = q;
	rx->port = port;
	rx->pair = pair;
	INIT_LIST_HEAD(&rx->held);
	vbus_poll_init(&rx->poll, rx_poll, rx_arm);
	vbus_fault_init(&rx->fault, q, &rx->poll, false);
	return rx;
}

/* venet_rx_destroy - process context; the port is down */
void venet_rx_destroy(struct venet_rx *rx)
{
	vbus_fault_fini(&rx->fault);
	vbus_poll_fini(&rx->poll);
	local_bh_disable();
	venet_rx_drop(rx, &rx->held);
	local_bh_enable();
	if (rx->frag.page)
		put_page(rx->frag.page);
	kfree(rx);
}
