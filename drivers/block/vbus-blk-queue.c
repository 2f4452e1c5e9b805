// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-blk: requests to the device side and back.
 */
#include <linux/nospec.h>
#include <linux/slab.h>

#include "vbus-blk.h"

/* A slot of the header's shape, for the ring functions. */
union vblk_slot {
	struct vbus_slot slot;
	struct vbus_blk_hdr hdr;
};

/* ---- mapping ----------------------------------------------------------------------------- */

static void vblk_unmap(struct vblk_queue *vq, struct request *rq)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	struct device *dev = vq->port->dma_dev;

	while (vr->nsegs) {
		struct vblk_seg *seg = &vr->segs[--vr->nsegs];

		dma_unmap_page(dev, seg->dma, seg->len, rq_dma_dir(rq));
	}
	if (vr->segs != vr->small)
		mempool_free(vr->segs, vq->pool);
	vr->segs = vr->small;
}

/* One piece of memory, which is contiguous and may have to be cut; a copy, the caller goes on. */
static blk_status_t vblk_map_bvec(struct vblk_queue *vq, struct request *rq, struct bio_vec bv)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	struct device *dev = vq->port->dma_dev;
	u32 max = queue_max_segment_size(rq->q);

	while (bv.bv_len) {
		struct vblk_seg *seg = &vr->segs[vr->nsegs];
		u32 n = min(bv.bv_len, max);

		if (vr->nsegs == vq->port->max_segments ||
		    (vr->segs == vr->small && vr->nsegs == VBLK_SMALL))
			return BLK_STS_IOERR;
		seg->dma = dma_map_page(dev, bv.bv_page, bv.bv_offset, n, rq_dma_dir(rq));
		if (dma_mapping_error(dev, seg->dma))
			return BLK_STS_RESOURCE;
		seg->len = n;
		vr->nsegs++;
		bv.bv_offset += n;
		bv.bv_len -= n;
	}
	return BLK_STS_OK;
}

static blk_status_t vblk_map(struct vblk_queue *vq, struct request *rq)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	blk_status_t status = BLK_STS_OK;
	struct req_iterator iter;
	struct bio_vec bv;

	vr->nsegs = 0;
	vr->segs = vr->small;
	if (req_op(rq) != REQ_OP_READ && req_op(rq) != REQ_OP_WRITE)
		return BLK_STS_OK;
	if (blk_rq_nr_phys_segments(rq) > VBLK_SMALL) {
		/* One is kept for us, so that there is always a request that can go on. */
		vr->segs = mempool_alloc(vq->pool, GFP_ATOMIC);
		if (!vr->segs) {
			vr->segs = vr->small;
			return BLK_STS_RESOURCE;
		}
	}
	rq_for_each_bvec(bv, rq, iter) {
		status = vblk_map_bvec(vq, rq, bv);
		if (status) {
			vblk_unmap(vq, rq);
			break;
		}
	}
	return status;
}

/* ---- to the device side ------------------------------------------------------------------ */

static bool vblk_header(struct request *rq, struct vbus_blk_hdr *h)
{
	u64 sector = blk_rq_pos(rq);

	memset(h, 0, sizeof(*h));
	h->tag = cpu_to_le16(rq->tag);
	if (rq->cmd_flags & REQ_FUA)
		h->flags |= VBUS_BLK_HDR_FUA;
	switch (req_op(rq)) {
	case REQ_OP_READ:
		h->op = VBUS_BLK_OP_READ;
		h->flags = 0;
		break;
	case REQ_OP_WRITE:
		h->op = VBUS_BLK_OP_WRITE;
		break;
	case REQ_OP_FLUSH:
		h->op = VBUS_BLK_OP_FLUSH;
		h->flags = 0;
		return true;
	case REQ_OP_DISCARD:
		h->op = VBUS_BLK_OP_DISCARD;
		h->flags = 0;
		break;
	case REQ_OP_WRITE_ZEROES:
		h->op = VBUS_BLK_OP_ZEROES;
		if (rq->cmd_flags & REQ_NOUNMAP)
			h->flags |= VBUS_BLK_HDR_NOUNMAP;
		break;
	default:
		return false;
	}
	h->sector = cpu_to_le32(lower_32_bits(sector));
	h->sector_hi = cpu_to_le16(upper_32_bits(sector));
	return true;
}

/* Data slots: addresses, or how many sectors a request is about that has no data. */
static u32 vblk_put(struct vblk_queue *vq, struct request *rq, union vblk_slot *h)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	struct vbus_prod *req = &vq->q->req;
	struct vbus_slot slot;
	u32 i;

	h->hdr.frags = vr->slots - 1;
	h->hdr.slot_flags = h->hdr.frags ? VBUS_SLOT_F_MORE : 0;
	vbus_prod_put(req, &h->slot);
	if (h->hdr.frags && !vr->nsegs) {
		vbus_slot_set(&slot, blk_rq_sectors(rq), 0, 0);
		vbus_prod_put(req, &slot);
	}
	for (i = 0; i < vr->nsegs; i++) {
		vbus_slot_set(&slot, vr->segs[i].dma, vr->segs[i].len,
			      i + 1 < vr->nsegs ? VBUS_SLOT_F_MORE : 0);
		vbus_prod_put(req, &slot);
	}
	vbus_prod_publish(req);
	return vr->slots;
}

/* Does the doorbell have to be rung? That is done without the lock: it may run the other side. */
static bool vblk_kick_prepare(struct vblk_queue *vq)
{
	lockdep_assert_held(&vq->lock);
	if (!vq->live)
		return false;
	if (vbus_prod_kick(&vq->q->req)) {
		vq->q->doorbells++;
		return true;
	}
	vq->q->suppressed++;
	return false;
}

static blk_status_t vblk_post(struct vblk_queue *vq, struct request *rq, union vblk_slot *h,
			      bool last)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	blk_status_t status = BLK_STS_OK;
	u32 slots = 1 + vr->nsegs;
	unsigned long flags;
	bool ring = false;

	if (h->hdr.op == VBUS_BLK_OP_DISCARD || h->hdr.op == VBUS_BLK_OP_ZEROES)
		slots = 2;
	spin_lock_irqsave(&vq->lock, flags);
	if (!vq->live) {
		status = BLK_STS_IOERR;
	} else if (vq->free < slots) {
		/* Something is in flight then, and its completion runs us again. */
		status = BLK_STS_DEV_RESOURCE;
		ring = vblk_kick_prepare(vq);
	} else {
		vr->slots = slots;
		vq->free -= vblk_put(vq, rq, h);
		if (last)
			ring = vblk_kick_prepare(vq);
	}
	spin_unlock_irqrestore(&vq->lock, flags);
	if (ring)
		vbus_queue_ring(vq->q);
	return status;
}

static blk_status_t vblk_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct vblk_queue *vq = hctx->driver_data;
	struct vblk_disk *vd = hctx->queue->queuedata;
	struct request *rq = bd->rq;
	union vblk_slot h;
	blk_status_t status;

	if (READ_ONCE(vd->gone))
		return BLK_STS_IOERR;
	if (!vblk_header(rq, &h.hdr))
		return BLK_STS_NOTSUPP;
	status = vblk_map(vq, rq);
	if (status)
		return status;
	blk_mq_start_request(rq);
	status = vblk_post(vq, rq, &h, bd->last);
	if (status)
		vblk_unmap(vq, rq);
	return status;
}

static void vblk_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct vblk_queue *vq = hctx->driver_data;
	unsigned long flags;
	bool ring;

	spin_lock_irqsave(&vq->lock, flags);
	ring = vblk_kick_prepare(vq);
	spin_unlock_irqrestore(&vq->lock, flags);
	if (ring)
		vbus_queue_ring(vq->q);
}

/* ---- and back ---------------------------------------------------------------------------- */

static blk_status_t vblk_status(u16 status)
{
	switch (status) {
	case VBUS_BLK_S_OK:
		return BLK_STS_OK;
	case VBUS_BLK_S_UNSUPP:
		return BLK_STS_NOTSUPP;
	case VBUS_BLK_S_NOSPC:
		return BLK_STS_NOSPC;
	case VBUS_BLK_S_NOMEM:
		return BLK_STS_RESOURCE;
	case VBUS_BLK_S_MEDIUM:
		return BLK_STS_MEDIUM;
	default:
		return BLK_STS_IOERR;
	}
}

/* Look up what the device side says it completed; NULL if it does not have it. */
static struct request *vblk_take_back(struct vblk_queue *vq, u64 addr)
{
	u16 tag = addr & VBUS_BLK_CPL_TAG_MASK;
	struct vblk_req *vr;
	struct request *rq;

	lockdep_assert_held(&vq->lock);
	if (tag >= VBLK_DEPTH)
		return NULL;
	tag = array_index_nospec(tag, VBLK_DEPTH);
	rq = blk_mq_tag_to_rq(vq->port->tags.tags[vq->index], tag);
	if (!rq)
		return NULL;
	vr = blk_mq_rq_to_pdu(rq);
	if (!vr->slots)
		return NULL;
	vq->free += vr->slots;
	vr->slots = 0;
	vr->status = vblk_status(addr >> VBUS_BLK_CPL_STATUS_SHIFT);
	return rq;
}

/* All that is there, as a list. */
static struct request *vblk_collect(struct vblk_queue *vq, struct vbus_queue *q)
{
	struct request *list = NULL, **tail = &list, *rq;
	struct vbus_slot slot;

	lockdep_assert_held(&vq->lock);
	while (vbus_cons_get(&q->cpl, &slot)) {
		struct vblk_req *vr;

		rq = vblk_take_back(vq, vbus_slot_addr(&slot));
		if (unlikely(!rq)) {
			vblk_broken(vq->port, "it completed what it did not have");
			break;
		}
		vr = blk_mq_rq_to_pdu(rq);
		vr->next = NULL;
		*tail = rq;
		tail = &vr->next;
	}
	return list;
}

static void vblk_complete_list(struct request *rq)
{
	while (rq) {
		struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
		struct request *next = vr->next;

		if (likely(!blk_should_fake_timeout(rq->q)))
			blk_mq_complete_request(rq);
		rq = next;
	}
}

/* The device side rings: atomic context, its locks may be held. */
static void vblk_interrupt(struct vbus_queue *q)
{
	struct vblk_queue *vq = q->priv;
	struct request *list;
	unsigned long flags;
	int more;

	do {
		spin_lock_irqsave(&vq->lock, flags);
		list = vblk_collect(vq, q);
		more = vbus_cons_arm(&q->cpl);
		spin_unlock_irqrestore(&vq->lock, flags);
		vblk_complete_list(list);
	} while (more > 0 && !test_bit(VBLK_F_BROKEN, &vq->port->flags));
	if (more < 0)
		vblk_broken(vq->port, "link lost");
}

static void vblk_complete(struct request *rq)
{
	struct vblk_queue *vq = rq->mq_hctx->driver_data;
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);

	vblk_unmap(vq, rq);
	blk_mq_end_request(rq, vr->status);
}

/*
 * A request cannot be taken back: the device side may still write to its memory. It may take as
 * long as what is behind it takes, so all that is to be done is to see that no interrupt was lost.
 */
static enum blk_eh_timer_return vblk_timeout(struct request *rq)
{
	struct vblk_queue *vq = rq->mq_hctx->driver_data;
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);
	struct request *list = NULL;
	unsigned long flags;
	bool pending;

	spin_lock_irqsave(&vq->lock, flags);
	if (vq->live)
		list = vblk_collect(vq, vq->q);
	pending = vr->slots;
	spin_unlock_irqrestore(&vq->lock, flags);
	vblk_complete_list(list);
	if (!pending)
		return BLK_EH_DONE;
	dev_warn_ratelimited(&vq->port->proxy->dev,
			     "request %d of queue %u is not answered; still waiting\n", rq->tag,
			     vq->index);
	return BLK_EH_RESET_TIMER;
}

static int vblk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	struct vblk *port = data;

	hctx->driver_data = &port->queues[index];
	return 0;
}

const struct blk_mq_ops vblk_mq_ops = {
	.queue_rq = vblk_queue_rq,
	.commit_rqs = vblk_commit_rqs,
	.complete = vblk_complete,
	.timeout = vblk_timeout,
	.init_hctx = vblk_init_hctx,
};

/* ---- queues ------------------------------------------------------------------------------ */

int vblk_queues_alloc(struct vblk *port)
{
	u32 i;

	port->queues = kcalloc(port->nqueues, sizeof(*port->queues), GFP_KERNEL);
	if (!port->queues)
		return -ENOMEM;
	for (i = 0; i < port->nqueues; i++) {
		struct vblk_queue *vq = &port->queues[i];

		vq->port = port;
		vq->index = i;
		spin_lock_init(&vq->lock);
		vq->pool = mempool_create_kmalloc_pool(1, port->max_segments *
						       sizeof(struct vblk_seg));
		if (!vq->pool) {
			vblk_queues_free(port);
			return -ENOMEM;
		}
	}
	return 0;
}

void vblk_queues_free(struct vblk *port)
{
	u32 i;

	for (i = 0; i < port->nqueues; i++)
		mempool_destroy(port->queues[i].pool);
	kfree(port->queues);
	port->queues = NULL;
}

static int queue_start(struct vblk_queue *vq)
{
	struct vblk *port = vq->port;
	struct vbus_queue_params params = {
		.id = VBUS_BLK_Q_REQ(vq->index),
		.req_size = VBLK_SLOTS,
		.cpl_size = VBLK_SLOTS,
		.name = vq->name,
		.callback = vblk_interrupt,
		.priv = vq,
	};
	struct vbus_queue *q;

	vblk_queue_name(port, vq->name, sizeof(vq->name), params.id);
	q = vbus_queue_create(port->proxy, &params);
	if (IS_ERR(q))
		return PTR_ERR(q);
	spin_lock_irq(&vq->lock);
	vq->q = q;
	vq->free = VBLK_SLOTS;
	vq->live = true;
	vbus_cons_arm(&q->cpl);
	spin_unlock_irq(&vq->lock);
	return 0;
}

/* Set them up with the device side. On an error none is left. */
int vblk_queues_start(struct vblk *port)
{
	u32 i;
	int err;

	for (i = 0; i < port->nqueues; i++) {
		err = queue_start(&port->queues[i]);
		if (err) {
			vblk_queues_stop(port);
			return err;
		}
	}
	return 0;
}

/* The device side has let go of the rings. */
static bool fail_posted(struct request *rq, void *data)
{
	struct vblk_req *vr = blk_mq_rq_to_pdu(rq);

	if (vr->slots) {
		vr->slots = 0;
		vr->status = BLK_STS_IOERR;
		blk_mq_complete_request(rq);
	}
	return true;
}

/**
 * vblk_queues_stop() - take the queues back
 * @port: the port
 *
 * Waits for the device side to let go of the rings, which it does at once or is dead. What it did
 * not answer fails. Requests that come later do, too.
 */
void vblk_queues_stop(struct vblk *port)
{
	u32 i;

	mutex_lock(&port->stop);
	for (i = 0; i < port->nqueues; i++) {
		struct vblk_queue *vq = &port->queues[i];

		spin_lock_irq(&vq->lock);
		vq->live = false;
		spin_unlock_irq(&vq->lock);
	}
	/* Somebody may be about to ring: requests are posted under RCU. */
	synchronize_rcu_expedited();
	for (i = 0; i < port->nqueues; i++) {
		vbus_queue_destroy(port->queues[i].q);
		port->queues[i].q = NULL;
	}
	blk_mq_tagset_busy_iter(&port->tags, fail_posted, NULL);
	mutex_unlock(&port->stop);
}
