// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-enet: frames to the device.
 *
 * A frame of up to ENET_CELL bytes is copied into the queue's inbox, and so is the linear part of
 * a longer one if it fits: such a frame needs no mapping, and its skb is freed at once. What is
 * mapped has to wait for the device. Over some links all of a frame is sent along instead, as far
 * as there is room for it (vbus_queue_push_room()). Completions of frames that do not wait interest
 * nobody until the ring runs out, so no interrupt is asked for them; while something waits, one is
 * always asked for (or the NAPI is about to run), so that no skb, and no socket's budget, is held
 * longer than the device takes.
 */
#include <linux/virtio_net.h>

#include "vbus-enet.h"

static void tx_unmap(struct enet *enet, struct enet_tx_slot *slot)
{
	if (slot->page)
		dma_unmap_page(enet->dma_dev, slot->dma, slot->len, DMA_TO_DEVICE);
	else
		dma_unmap_single(enet->dma_dev, slot->dma, slot->len, DMA_TO_DEVICE);
	slot->len = 0;
}

/* Give back all slots before @upto, which the caller has checked. */
static void tx_release(struct enet_pair *pair, u32 upto, int budget)
{
	struct enet_tx *tx = &pair->tx;

	while (tx->held && tx->done != upto) {
		struct enet_tx_slot *slot = &tx->slots[tx->done++ & (tx->size - 1)];

		if (!slot->len)
			continue;
		tx_unmap(pair->enet, slot);
		tx->held--;
		if (slot->skb) {
			napi_consume_skb(slot->skb, budget);
			slot->skb = NULL;
		}
	}
	tx->done = upto;
}

static void tx_broken(struct enet_pair *pair)
{
	u64_stats_update_begin(&pair->tx_stats.sync);
	u64_stats_inc(&pair->tx_stats.bad);
	u64_stats_update_end(&pair->tx_stats.sync);
	pair->tx.broken = true;
	enet_broken(pair->enet, "transmit completion for what was not sent");
}

/* Take completions; they are cumulative, so the last one says all. Netdev queue's lock held. */
static void tx_reclaim(struct enet_pair *pair, int budget)
{
	struct enet_tx *tx = &pair->tx;
	u32 upto = tx->done;
	struct vbus_slot slot;
	u32 i;

	if (tx->broken)
		return;
	for (i = 0; i < tx->size && vbus_cons_get(&tx->q->cpl, &slot); i++) {
		u32 now = vbus_slot_addr(&slot);

		if (now - upto > tx->published - upto) {
			tx_broken(pair);
			return;
		}
		upto = now;
	}
	if (upto != tx->done)
		tx_release(pair, upto, budget);
}

/* Publish what was put. Over a link that is left to the last packet of a series. */
static void tx_publish(struct enet_tx *tx, bool more)
{
	if (vbus_prod_publish_more(&tx->q->req, more))
		tx->published = tx->posted;
}

/* Ask for an interrupt, reclaiming what completed in the meantime. Returns false if it can't. */
static bool tx_arm(struct enet_pair *pair, int budget)
{
	struct enet_tx *tx = &pair->tx;
	int ret;

	WRITE_ONCE(tx->armed, true);
	/* Before the interrupt that may come at once: its NAPI looks without the lock. */
	smp_wmb();
	ret = vbus_cons_arm(&tx->q->cpl);
	if (ret > 0) {
		tx_reclaim(pair, budget);
		ret = vbus_cons_arm(&tx->q->cpl);
	}
	if (unlikely(ret < 0)) {
		tx->broken = true;
		enet_broken(pair->enet, "link lost");
	}
	if (ret)
		WRITE_ONCE(tx->armed, false);
	return ret <= 0;
}

/* Too little room for the next packet: stop, and make sure that something starts us again. */
static void tx_stop(struct enet_pair *pair)
{
	struct enet_tx *tx = &pair->tx;

	tx_reclaim(pair, 0);
	if (enet_tx_free(tx) >= ENET_TX_ROOM)
		return;
	netif_tx_stop_queue(tx->txq);
	u64_stats_update_begin(&pair->tx_stats.sync);
	u64_stats_inc(&pair->tx_stats.full);
	u64_stats_update_end(&pair->tx_stats.sync);
	/* The device must see everything before we sleep on it. */
	tx_publish(tx, false);
	vbus_queue_kick(tx->q);
	if (!tx_arm(pair, 0))
		napi_schedule(&pair->napi);
	if (enet_tx_free(tx) >= tx->size / 2)
		netif_tx_start_queue(tx->txq);
}

static bool tx_header(const struct sk_buff *skb, union enet_slot *h)
{
	struct virtio_net_hdr vnet;

	h->slot.addr = 0;
	h->slot.lf = cpu_to_le32(VBUS_SLOT_F_MORE << VBUS_SLOT_FLAG_SHIFT);
	if (skb->ip_summed != CHECKSUM_PARTIAL && !skb_is_gso(skb))
		return true;
	if (virtio_net_hdr_from_skb(skb, &vnet, true, false, 0))
		return false;
	h->hdr.flags = vnet.flags;
	h->hdr.gso_type = vnet.gso_type;
	h->hdr.gso_size = (__force __le16)vnet.gso_size;
	h->hdr.hdr_len = (__force __le16)vnet.hdr_len;
	h->hdr.csum_start = (__force __le16)vnet.csum_start;
	h->hdr.csum_offset = (__force __le16)vnet.csum_offset;
	return true;
}

/*
 * The inbox cell of the packet about to be posted. A packet takes two slots or more, so half of its
 * header's index is its own.
 */
static u32 tx_cell(const struct enet_tx *tx)
{
	return (tx->posted >> 1 & (tx->size / 2 - 1)) * ENET_CELL;
}

/* All of it along with the request. Returns false if there is no room. */
static bool tx_send_along(struct enet_tx *tx, struct sk_buff *skb, union enet_slot *h)
{
	u32 begin = vbus_queue_push_room(tx->q, skb->len), done = 0, len;
	u32 n = DIV_ROUND_UP(skb->len, VBUS_PUSH_PIECE);
	struct skb_seq_state seq;
	const u8 *data;

	if (begin == VBUS_PUSH_NONE)
		return false;
	h->hdr.frags = n;
	vbus_prod_put(&tx->q->req, &h->slot);
	skb_prepare_seq_read(skb, 0, skb->len, &seq);
	while ((len = skb_seq_read(done, &data, &seq))) {
		vbus_queue_push(tx->q, begin + done, data, len);
		done += len;
	}
	for (done = 0; done < skb->len; done += len) {
		len = min_t(u32, skb->len - done, VBUS_PUSH_PIECE);
		vbus_queue_put_pushed(tx->q, begin + done, len,
				      done + len < skb->len ? VBUS_SLOT_F_MORE : 0);
	}
	tx->posted += 1 + n;
	return true;
}

static void tx_send_copied(struct enet_tx *tx, struct sk_buff *skb, union enet_slot *h)
{
	struct vbus_prod *req = &tx->q->req;
	u32 cell = tx_cell(tx);
	struct vbus_slot data;

	if (likely(!skb_is_nonlinear(skb)))
		memcpy(tx->inbox + cell, skb->data, skb->len);
	else
		skb_copy_bits(skb, 0, tx->inbox + cell, skb->len);
	vbus_slot_set(&data, tx->inbox_dma + cell, skb->len, 0);
	h->hdr.frags = 1;
	vbus_prod_put(req, &h->slot);
	vbus_prod_put(req, &data);
	tx->posted += 2;
}

/* Map one piece into data slot @n of the packet about to be posted. */
static bool tx_map_piece(struct enet_pair *pair, dma_addr_t dma, u32 len, bool page,
			 struct vbus_slot *data, u32 n)
{
	struct enet_tx *tx = &pair->tx;

	if (unlikely(dma_mapping_error(pair->enet->dma_dev, dma)))
		return false;
	tx->slots[(tx->posted + 1 + n) & (tx->size - 1)] =
		(struct enet_tx_slot){ .dma = dma, .len = len, .page = page };
	vbus_slot_set(&data[n], dma, len, VBUS_SLOT_F_MORE);
	return true;
}

static void tx_unmap_all(struct enet_pair *pair, u32 n)
{
	struct enet_tx *tx = &pair->tx;

	while (n--) {
		struct enet_tx_slot *slot = &tx->slots[(tx->posted + 1 + n) & (tx->size - 1)];

		if (slot->len)
			tx_unmap(pair->enet, slot);
	}
}

static bool tx_map_head(struct enet_pair *pair, struct sk_buff *skb, struct vbus_slot *data)
{
	struct device *dma_dev = pair->enet->dma_dev;
	u32 len = skb_headlen(skb);

	if (len <= ENET_CELL) {
		u32 cell = tx_cell(&pair->tx);

		memcpy(pair->tx.inbox + cell, skb->data, len);
		vbus_slot_set(data, pair->tx.inbox_dma + cell, len, VBUS_SLOT_F_MORE);
		return true;
	}
	return tx_map_piece(pair, dma_map_single(dma_dev, skb->data, len, DMA_TO_DEVICE), len,
			    false, data, 0);
}

/* Returns the number of data slots, 0 if a mapping failed. */
static u32 tx_map(struct enet_pair *pair, struct sk_buff *skb, struct vbus_slot *data)
{
	u32 i, n = 1;

	if (!tx_map_head(pair, skb, data))
		return 0;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		u32 len = skb_frag_size(frag);
		dma_addr_t dma;

		if (!len)
			continue;
		dma = skb_frag_dma_map(pair->enet->dma_dev, frag, 0, len, DMA_TO_DEVICE);
		if (!tx_map_piece(pair, dma, len, true, data, n)) {
			tx_unmap_all(pair, n);
			return 0;
		}
		n++;
	}
	return n;
}

/* Into the cache that our receive path takes from; netpoll sends with irqs off. */
static void tx_consume(struct sk_buff *skb)
{
	napi_consume_skb(skb, !in_hardirq() && !irqs_disabled());
}

static bool tx_send_mapped(struct enet_pair *pair, struct sk_buff *skb, union enet_slot *h)
{
	struct enet_tx *tx = &pair->tx;
	struct vbus_prod *req = &tx->q->req;
	u32 i, n;

	/* A kernel can be built for packets of more pieces than the ABI knows. */
	if (unlikely(1 + skb_shinfo(skb)->nr_frags > VBUS_ENET_MAX_FRAGS && skb_linearize(skb)))
		return false;
	n = tx_map(pair, skb, tx->data);
	if (!n)
		return false;
	/* Longer than a cell, so the last piece is mapped and its entry in use. */
	tx->slots[(tx->posted + n) & (tx->size - 1)].skb = skb;
	tx->held += skb_headlen(skb) <= ENET_CELL ? n - 1 : n;
	tx->data[n - 1].lf &= cpu_to_le32(VBUS_SLOT_LEN_MASK);
	h->hdr.frags = n;
	vbus_prod_put(req, &h->slot);
	for (i = 0; i < n; i++)
		vbus_prod_put(req, &tx->data[i]);
	tx->posted += 1 + n;
	return true;
}

/* Hand the packet to the ring. Returns false if it cannot be sent and is still the caller's. */
static bool tx_send(struct enet_pair *pair, struct sk_buff *skb)
{
	struct enet_tx_stats *stats = &pair->tx_stats;
	u32 len = skb->len, mapped = 0;
	union enet_slot h;

	if (unlikely(len < VBUS_ENET_MIN_FRAME || len > VBUS_ENET_MAX_FRAME ||
		     pair->tx.broken || !tx_header(skb, &h)))
		return false;
	skb_tx_timestamp(skb);
	if (tx_send_along(&pair->tx, skb, &h)) {
		tx_consume(skb);
	} else if (len <= ENET_CELL) {
		tx_send_copied(&pair->tx, skb, &h);
		tx_consume(skb);
	} else {
		mapped = pair->tx.held;
		if (unlikely(!tx_send_mapped(pair, skb, &h)))
			return false;
		mapped = pair->tx.held - mapped;
	}
	u64_stats_update_begin(&stats->sync);
	u64_stats_inc(&stats->packets);
	u64_stats_add(&stats->bytes, len);
	if (mapped)
		u64_stats_add(&stats->mapped, mapped);
	else
		u64_stats_inc(&stats->copied);
	u64_stats_update_end(&stats->sync);
	return true;
}

netdev_tx_t enet_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct enet *enet = netdev_priv(dev);
	struct enet_pair *pair = &enet->pairs[skb_get_queue_mapping(skb)];
	bool more = netdev_xmit_more();
	struct enet_tx *tx = &pair->tx;

	if (enet_tx_free(tx) < tx->size / 2)
		tx_reclaim(pair, 0);
	if (unlikely(enet_tx_free(tx) < ENET_TX_ROOM || !tx_send(pair, skb))) {
		dev_kfree_skb_any(skb);
		u64_stats_update_begin(&pair->tx_stats.sync);
		u64_stats_inc(&pair->tx_stats.dropped);
		u64_stats_update_end(&pair->tx_stats.sync);
	}
	if (enet_tx_free(tx) < ENET_TX_ROOM)
		tx_stop(pair);
	more = more && !netif_xmit_stopped(tx->txq);
	tx_publish(tx, more);
	if (more)
		return NETDEV_TX_OK;
	vbus_queue_kick(tx->q);
	if (tx->held && !tx->armed && !tx_arm(pair, 0))
		napi_schedule(&pair->napi);
	return NETDEV_TX_OK;
}

/* From the NAPI. Returns true if there is more to do. */
bool enet_tx_poll(struct enet_pair *pair, int budget)
{
	struct enet_tx *tx = &pair->tx;
	bool done = true;

	/* Nobody waits; whoever will wait next arms by himself. */
	if (!READ_ONCE(tx->armed) && !netif_tx_queue_stopped(tx->txq))
		return false;
	/* netpoll, without a budget, has interrupts off: it must not spin here. */
	if (budget)
		__netif_tx_lock(tx->txq, smp_processor_id());
	else if (!__netif_tx_trylock(tx->txq))
		return true;
	tx_reclaim(pair, budget);
	WRITE_ONCE(tx->armed, false);
	if (tx->held || netif_tx_queue_stopped(tx->txq))
		done = tx_arm(pair, budget);
	if (netif_tx_queue_stopped(tx->txq) && enet_tx_free(tx) >= tx->size / 2 &&
	    READ_ONCE(pair->enet->live) && !tx->broken)
		netif_tx_wake_queue(tx->txq);
	__netif_tx_unlock(tx->txq);
	return !done;
}

static void tx_free_inbox(struct enet_pair *pair)
{
	struct enet_tx *tx = &pair->tx;

	vbus_free_coherent(pair->enet->proxy, tx->size / 2 * ENET_CELL, tx->inbox, tx->inbox_dma);
	kvfree(tx->slots);
}

static void tx_callback(struct vbus_queue *q)
{
	struct enet_pair *pair = q->priv;

	napi_schedule(&pair->napi);
}

static int tx_create_queue(struct enet_pair *pair)
{
	struct enet_tx *tx = &pair->tx;
	struct vbus_queue_params params = {
		.id = VBUS_ENET_Q_TX(pair->index),
		.out = true,
		.req_size = tx->size,
		/* Completions are of packets, and each of those takes two slots or more. */
		.cpl_size = tx->size / 2,
		.name = tx->name,
		.callback = tx_callback,
		.priv = pair,
	};
	struct vbus_queue *q;

	vbus_queue_name(pair->enet->proxy, params.id, tx->name, sizeof(tx->name));
	q = vbus_queue_create(pair->enet->proxy, &params);
	if (IS_ERR(q))
		return PTR_ERR(q);
	tx->q = q;
	return 0;
}

int enet_tx_create(struct enet_pair *pair, u32 slots)
{
	struct enet_tx *tx = &pair->tx;
	int err;

	memset(tx, 0, sizeof(*tx));
	tx->txq = netdev_get_tx_queue(pair->enet->dev, pair->index);
	tx->size = slots;
	tx->slots = kvcalloc(slots, sizeof(*tx->slots), GFP_KERNEL);
	if (!tx->slots)
		return -ENOMEM;
	tx->inbox = vbus_alloc_coherent(pair->enet->proxy, slots / 2 * ENET_CELL, &tx->inbox_dma,
					GFP_KERNEL);
	if (!tx->inbox) {
		kvfree(tx->slots);
		return -ENOMEM;
	}
	err = tx_create_queue(pair);
	if (err)
		tx_free_inbox(pair);
	return err;
}

/* The stack sends nothing any more. The device may never have completed what it was given. */
void enet_tx_destroy(struct enet_pair *pair)
{
	struct enet_tx *tx = &pair->tx;

	pair->tx_count.doorbells += tx->q->doorbells;
	pair->tx_count.suppressed += tx->q->suppressed;
	pair->tx_count.interrupts += tx->q->interrupts;
	vbus_queue_destroy(tx->q);
	tx->q = NULL;
	tx_release(pair, tx->posted, 0);
	tx_free_inbox(pair);
}
