// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-enet: frames from the device.
 *
 * Buffers are pages of a page_pool: mapped once, handed to the stack as they are, and recycled when
 * the stack frees them. Each leaves room for the skb's head and tail, so that the first buffer of a
 * packet becomes the skb's linear part and no header is copied. Short frames are copied out and
 * their page goes back to the device at once.
 *
 * The device returns buffers in the order they were posted; anything else ends the queue.
 */
#include <linux/virtio_net.h>
#include <net/busy_poll.h>
#include <net/page_pool/helpers.h>

#include "vbus-enet.h"

#define RX_HEADROOM	(64 + NET_IP_ALIGN)
#define RX_BUF		min_t(u32, SKB_WITH_OVERHEAD(PAGE_SIZE - RX_HEADROOM), VBUS_ENET_MAX_BUF)

/* What one poll counts, to be added once. */
struct rx_batch {
	u32 packets;
	u32 bytes;
	u32 copybreak;
	u32 dropped;
	u32 bad;
};

u32 enet_rx_buf_size(void)
{
	BUILD_BUG_ON(SKB_WITH_OVERHEAD(PAGE_SIZE - RX_HEADROOM) < VBUS_ENET_MIN_BUF);
	BUILD_BUG_ON(SKB_WITH_OVERHEAD(PAGE_SIZE - RX_HEADROOM) * VBUS_ENET_MAX_FRAGS <
		     VBUS_ENET_MAX_FRAME);
	return RX_BUF;
}

static struct page **rx_page(struct enet_rx *rx, u32 n)
{
	return &rx->pages[n & (rx->size - 1)];
}

/* Stage one buffer; there is room. */
static void rx_post(struct enet_rx *rx, struct page *page)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, page_pool_get_dma_addr(page) + RX_HEADROOM, RX_BUF, 0);
	vbus_prod_put(&rx->q->req, &slot);
	*rx_page(rx, rx->posted++) = page;
}

static void rx_publish(struct enet_rx *rx)
{
	vbus_prod_publish(&rx->q->req);
	rx->published = rx->posted;
}

/* Fill the ring. Returns false if memory ran out first. */
bool enet_rx_refill(struct enet_pair *pair, gfp_t gfp)
{
	struct enet_rx *rx = &pair->rx;
	bool ok = true;

	while (rx->posted - rx->done < rx->size) {
		struct page *page = page_pool_alloc_pages(rx->pool, gfp | __GFP_NOWARN);

		if (unlikely(!page)) {
			u64_stats_update_begin(&pair->rx_stats.sync);
			u64_stats_inc(&pair->rx_stats.no_buffer);
			u64_stats_update_end(&pair->rx_stats.sync);
			ok = false;
			break;
		}
		rx_post(rx, page);
	}
	return ok;
}

static void rx_refill(struct enet_pair *pair)
{
	struct enet_rx *rx = &pair->rx;

	if (rx->size - (rx->posted - rx->done) >= rx->size / 4 &&
	    !enet_rx_refill(pair, GFP_ATOMIC))
		schedule_delayed_work(&pair->refill, msecs_to_jiffies(10));
	/* A device with too few buffers sees more: then a quarter of the ring is due, see above. */
	if (rx->posted - rx->published < ENET_RX_BATCH) {
		vbus_prod_leave(&rx->q->req);
		return;
	}
	rx_publish(rx);
	vbus_queue_kick(rx->q);
}

static void rx_sync_for_cpu(struct enet *enet, struct page *page, u32 len)
{
	dma_sync_single_range_for_cpu(enet->dma_dev, page_pool_get_dma_addr(page), RX_HEADROOM,
				      len, DMA_FROM_DEVICE);
}

/* The next posted page, which the caller has checked to be what the device returned. */
static struct page *rx_take(struct enet_rx *rx)
{
	return *rx_page(rx, rx->done++);
}

static struct sk_buff *rx_copy(struct enet_pair *pair, u32 len)
{
	struct page *page = rx_take(&pair->rx);
	struct sk_buff *skb = napi_alloc_skb(&pair->napi, len);

	if (likely(skb)) {
		rx_sync_for_cpu(pair->enet, page, len);
		skb_put_data(skb, page_address(page) + RX_HEADROOM, len);
		dma_sync_single_range_for_device(pair->enet->dma_dev, page_pool_get_dma_addr(page),
						 RX_HEADROOM, len, DMA_FROM_DEVICE);
	}
	rx_post(&pair->rx, page);
	return skb;
}

static void rx_repost(struct enet_rx *rx, u32 n)
{
	while (n--)
		rx_post(rx, rx_take(rx));
}

static struct sk_buff *rx_build(struct enet_pair *pair, u32 n)
{
	struct enet_rx *rx = &pair->rx;
	u32 i, len = vbus_slot_len(&rx->slots[0]);
	struct page *page = *rx_page(rx, rx->done);
	struct sk_buff *skb;

	skb = napi_build_skb(page_address(page), PAGE_SIZE);
	if (unlikely(!skb)) {
		rx_repost(rx, n);
		return NULL;
	}
	rx->done++;
	skb_mark_for_recycle(skb);
	rx_sync_for_cpu(pair->enet, page, len);
	skb_reserve(skb, RX_HEADROOM);
	skb_put(skb, len);
	for (i = 1; i < n; i++) {
		page = rx_take(rx);
		len = vbus_slot_len(&rx->slots[i]);
		rx_sync_for_cpu(pair->enet, page, len);
		skb_add_rx_frag(skb, i - 1, page, RX_HEADROOM, len, PAGE_SIZE);
	}
	return skb;
}

/* Offloads the driver did not ask for are as wrong as malformed ones. */
static bool rx_header_allowed(struct enet *enet, const struct vbus_enet_hdr *hdr)
{
	u64 f = enet->proxy->features;

	if ((hdr->flags & VBUS_ENET_HDR_NEEDS_CSUM) && !(f & VBUS_ENET_F_RX_CSUM))
		return false;
	if ((hdr->gso_type & VBUS_ENET_GSO_ECN) && !(f & VBUS_ENET_F_RX_ECN))
		return false;
	switch (hdr->gso_type & ~VBUS_ENET_GSO_ECN) {
	case VBUS_ENET_GSO_NONE:
		return hdr->gso_type == VBUS_ENET_GSO_NONE;
	case VBUS_ENET_GSO_TCPV4:
		return f & VBUS_ENET_F_RX_TSO4;
	case VBUS_ENET_GSO_TCPV6:
		return f & VBUS_ENET_F_RX_TSO6;
	}
	return false;
}

static bool rx_offload(struct enet *enet, struct sk_buff *skb, const struct vbus_enet_hdr *hdr)
{
	struct virtio_net_hdr vnet = {
		.flags = hdr->flags & VBUS_ENET_HDR_NEEDS_CSUM ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0,
		.gso_type = hdr->gso_type,
		.gso_size = (__force __virtio16)hdr->gso_size,
		.hdr_len = (__force __virtio16)hdr->hdr_len,
		.csum_start = (__force __virtio16)hdr->csum_start,
		.csum_offset = (__force __virtio16)hdr->csum_offset,
	};

	if (likely(!hdr->flags && !hdr->gso_type))
		return true;
	if (!rx_header_allowed(enet, hdr))
		return false;
	if (hdr->flags & VBUS_ENET_HDR_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	return !virtio_net_hdr_to_skb(skb, &vnet, true);
}

/* Every slot of the packet is there, names the buffer posted in its place, and fits it. */
static bool rx_slots_ok(struct enet_rx *rx, u32 n)
{
	struct vbus_slot *slots = rx->slots;
	u32 i;

	if (n < 1 || n > VBUS_ENET_MAX_FRAGS || n > rx->published - rx->done)
		return false;
	for (i = 0; i < n; i++) {
		dma_addr_t dma = page_pool_get_dma_addr(*rx_page(rx, rx->done + i));
		u32 len;

		if (!vbus_cons_peek(&rx->q->cpl, 1 + i, &slots[i]))
			return false;
		len = vbus_slot_len(&slots[i]);
		if (len < 1 || len > RX_BUF || vbus_slot_addr(&slots[i]) != dma + RX_HEADROOM)
			return false;
	}
	return true;
}

/*
 * A packet that came alone, with nothing held back that it could join, would only be passed on by
 * GRO, and at length.
 */
static bool rx_alone(struct enet_pair *pair)
{
	const struct napi_struct *napi = &pair->napi;

	return !napi->gro_bitmask && !napi->rx_count &&
	       !READ_ONCE(pair->enet->dev->gro_flush_timeout) &&
	       !vbus_cons_pending(&pair->rx.q->cpl);
}

static void rx_deliver(struct enet_pair *pair, struct sk_buff *skb, const union enet_slot *h,
		       struct rx_batch *batch)
{
	skb->dev = pair->enet->dev;
	if (unlikely(skb_headlen(skb) < VBUS_ENET_MIN_FRAME || skb->len > VBUS_ENET_MAX_FRAME ||
		     !rx_offload(pair->enet, skb, &h->hdr))) {
		batch->bad++;
		dev_kfree_skb_any(skb);
		return;
	}
	batch->packets++;
	batch->bytes += skb->len;
	skb_record_rx_queue(skb, pair->index);
	skb_mark_napi_id(skb, &pair->napi);
	skb->protocol = eth_type_trans(skb, pair->enet->dev);
	if (rx_alone(pair))
		netif_receive_skb(skb);
	else
		napi_gro_receive(&pair->napi, skb);
}

/* Returns false if there is no packet. */
static bool rx_packet(struct enet_pair *pair, struct rx_batch *batch)
{
	struct enet_rx *rx = &pair->rx;
	struct sk_buff *skb;
	union enet_slot h;
	u32 n, len;

	if (!vbus_cons_peek(&rx->q->cpl, 0, &h.slot))
		return false;
	n = h.hdr.frags;
	if (unlikely(!rx_slots_ok(rx, n))) {
		batch->bad++;
		rx->broken = true;
		enet_broken(pair->enet, "received packet's slots don't fit the posted buffers");
		return false;
	}
	vbus_cons_skip(&rx->q->cpl, 1 + n);
	len = vbus_slot_len(&rx->slots[0]);
	if (n == 1 && len <= ENET_COPYBREAK) {
		batch->copybreak++;
		skb = rx_copy(pair, len);
	} else {
		skb = rx_build(pair, n);
	}
	if (likely(skb))
		rx_deliver(pair, skb, &h, batch);
	else
		batch->dropped++;
	return true;
}

int enet_rx_poll(struct enet_pair *pair, int budget)
{
	struct enet_rx_stats *stats = &pair->rx_stats;
	struct rx_batch batch = {};
	int work = 0;

	if (pair->rx.broken)
		return 0;
	while (work < budget && rx_packet(pair, &batch))
		work++;
	if (likely(!pair->rx.broken))
		rx_refill(pair);
	u64_stats_update_begin(&stats->sync);
	u64_stats_add(&stats->packets, batch.packets);
	u64_stats_add(&stats->bytes, batch.bytes);
	u64_stats_add(&stats->copybreak, batch.copybreak);
	u64_stats_add(&stats->dropped, batch.dropped);
	u64_stats_add(&stats->bad, batch.bad);
	u64_stats_update_end(&stats->sync);
	return work;
}

/* From the NAPI, before it completes. Returns true if there is more to do. */
bool enet_rx_arm(struct enet_pair *pair)
{
	int ret;

	if (pair->rx.broken)
		return false;
	ret = vbus_cons_arm(&pair->rx.q->cpl);
	if (unlikely(ret < 0)) {
		pair->rx.broken = true;
		enet_broken(pair->enet, "link lost");
	}
	return ret > 0;
}

static void rx_free_pages(struct enet_rx *rx)
{
	while (rx->done != rx->posted)
		page_pool_put_full_page(rx->pool, rx_take(rx), false);
}

static void rx_callback(struct vbus_queue *q)
{
	struct enet_pair *pair = q->priv;

	napi_schedule(&pair->napi);
}

static int rx_create_queue(struct enet_pair *pair)
{
	struct enet_rx *rx = &pair->rx;
	struct vbus_queue_params params = {
		.id = VBUS_ENET_Q_RX(pair->index),
		.req_size = rx->size,
		.cpl_size = 2 * rx->size,
		.name = rx->name,
		.callback = rx_callback,
		.priv = pair,
	};
	struct vbus_queue *q;

	vbus_queue_name(pair->enet->proxy, params.id, rx->name, sizeof(rx->name));
	q = vbus_queue_create(pair->enet->proxy, &params);
	if (IS_ERR(q))
		return PTR_ERR(q);
	rx->q = q;
	if (enet_rx_refill(pair, GFP_KERNEL)) {
		rx_publish(rx);
		return 0;
	}
	vbus_prod_unput(&q->req);
	vbus_queue_destroy(q);
	rx->q = NULL;
	rx_free_pages(rx);
	return -ENOMEM;
}

int enet_rx_create(struct enet_pair *pair, u32 slots)
{
	struct enet_rx *rx = &pair->rx;
	struct page_pool_params pp = {
		.flags = PP_FLAG_DMA_MAP | PP_FLAG_DMA_SYNC_DEV,
		.pool_size = slots,
		.nid = NUMA_NO_NODE,
		.dev = pair->enet->dma_dev,
		.dma_dir = DMA_FROM_DEVICE,
		.offset = RX_HEADROOM,
		.max_len = RX_BUF,
	};
	int err;

	memset(rx, 0, sizeof(*rx));
	rx->size = slots;
	rx->pages = kvcalloc(slots, sizeof(*rx->pages), GFP_KERNEL);
	if (!rx->pages)
		return -ENOMEM;
	rx->pool = page_pool_create(&pp);
	if (IS_ERR(rx->pool)) {
		err = PTR_ERR(rx->pool);
		goto err_pages;
	}
	err = rx_create_queue(pair);
	if (err)
		goto err_pool;
	return 0;

err_pool:
	page_pool_destroy(rx->pool);
err_pages:
	kvfree(rx->pages);
	return err;
}

/* The NAPI is disabled. Pages the stack still has come back to the pool, which waits for them. */
void enet_rx_destroy(struct enet_pair *pair)
{
	struct enet_rx *rx = &pair->rx;

	cancel_delayed_work_sync(&pair->refill);
	pair->rx_count.doorbells += rx->q->doorbells;
	pair->rx_count.suppressed += rx->q->suppressed;
	pair->rx_count.interrupts += rx->q->interrupts;
	vbus_queue_destroy(rx->q);
	rx->q = NULL;
	rx_free_pages(rx);
	page_pool_destroy(rx->pool);
	kvfree(rx->pages);
}
