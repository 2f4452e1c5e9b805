// SPDX-License-Identifier: GPL-2.0
/*
 * From the ring to requests, and back. The driver's words are read once, into private copies.
 *
 * A request that makes no sense gets an error of its own and a count. Only slots that do not form
 * requests at all end the session: it is not known then where the next request begins.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/nospec.h>

#include "disk.h"

/* A slot of the header's shape, for the ring functions. */
union disk_slot {
	struct vbus_slot slot;
	struct vbus_blk_hdr hdr;
};

static_assert(sizeof(union disk_slot) == sizeof(struct vbus_slot));

/* disk_complete - answer a request. Queue entered; disk_queue_kick() follows */
void disk_complete(struct disk_queue *dq, u16 tag, u16 status, u32 slots)
{
	struct vbus_dqueue *q = dq->q;
	struct vbus_slot slot;

	vbus_slot_set(&slot, tag | (u64)status << VBUS_BLK_CPL_STATUS_SHIFT, 0, 0);
	vbus_prod_put(&q->cpl, &slot);
	vbus_dqueue_complete(q, slots);
	q->stats->packets++;
	dq->owed++;
}

/*
 * The data slots behind the header, and how many bytes they have. NULL, or what is wrong with them.
 * What is too many is looked at, but not kept.
 */
static const char *take_slots(struct disk_queue *dq, const struct vbus_blk_hdr *hdr, u64 *bytes)
{
	u8 want = hdr->frags ? VBUS_SLOT_F_MORE : 0;
	struct vbus_slot slot;
	unsigned int i;

	*bytes = 0;
	if (hdr->slot_flags != want)
		return "a header slot does not fit its number of data slots";
	for (i = 0; i < hdr->frags; i++) {
		if (!vbus_dqueue_peek(dq->q, i + 1, &slot))
			return "a request was published in parts";
		if (vbus_slot_flags(&slot) != (i + 1 < hdr->frags ? VBUS_SLOT_F_MORE : 0))
			return "data slots are not chained as the header says";
		*bytes += vbus_slot_len(&slot);
		if (i < VBUS_BLK_MAX_SEGMENTS)
			dq->slots[i] = slot;
	}
	return NULL;
}

/* ---- what is asked for ------------------------------------------------------------------- */

static bool writes(u8 op)
{
	return op != VBUS_BLK_OP_READ && op != VBUS_BLK_OP_FLUSH;
}

static bool op_known(u8 op, u8 flags, u64 features)
{
	static const struct {
		u64 feature;
		u8 flags;
	} ops[] = {
		[VBUS_BLK_OP_READ] = { 0, 0 },
		[VBUS_BLK_OP_WRITE] = { 0, VBUS_BLK_HDR_FUA },
		[VBUS_BLK_OP_FLUSH] = { VBUS_BLK_F_FLUSH, 0 },
		[VBUS_BLK_OP_DISCARD] = { VBUS_BLK_F_DISCARD, 0 },
		[VBUS_BLK_OP_ZEROES] = { VBUS_BLK_F_ZEROES,
					 VBUS_BLK_HDR_FUA | VBUS_BLK_HDR_NOUNMAP },
	};

	if (op >= ARRAY_SIZE(ops))
		return false;
	op = array_index_nospec(op, ARRAY_SIZE(ops));
	if (flags & VBUS_BLK_HDR_FUA && !(features & VBUS_BLK_F_FUA))
		return false;
	return !(ops[op].feature & ~features) && !(flags & ~ops[op].flags);
}

/* Where and how much, for operations that have a place. 0 or enum vbus_blk_status. */
static u16 extent_check(const struct disk_media *m, u64 sector, u64 len, u64 max)
{
	u64 size = atomic64_read(&m->size), pos = sector << SECTOR_SHIFT;

	if (!len || len > max || (len | pos) & (m->block_size - 1))
		return VBUS_BLK_S_INVAL;
	if (pos > size || len > size - pos)
		return VBUS_BLK_S_RANGE;
	return VBUS_BLK_S_OK;
}

static u16 range_check(struct disk_req *req, u64 sector, u64 count, u64 bytes, u32 max)
{
	if (req->nsegs != 1 || bytes || count > max)
		return VBUS_BLK_S_INVAL;
	req->len = count << SECTOR_SHIFT;
	return extent_check(req->media, sector, req->len, (u64)max << SECTOR_SHIFT);
}

static u16 rw_check(struct disk_req *req, u64 sector, u64 bytes)
{
	if (!req->nsegs || req->nsegs > VBUS_BLK_MAX_SEGMENTS)
		return VBUS_BLK_S_INVAL;
	req->len = min_t(u64, bytes, U32_MAX);
	return extent_check(req->media, sector, bytes, DISK_MAX_BYTES);
}

/* Is it a request that can be carried out? 0 or enum vbus_blk_status. */
static u16 request_check(struct disk_req *req, u64 sector, u64 bytes)
{
	struct disk_queue *dq = req->dq;
	const struct disk_media *m = req->media;

	if (!op_known(req->op, req->flags, dq->q->session->features))
		return VBUS_BLK_S_UNSUPP;
	if (!m || READ_ONCE(m->off))
		return VBUS_BLK_S_OFFLINE;
	if (writes(req->op) && m->ro)
		return VBUS_BLK_S_RO;
	switch (req->op) {
	case VBUS_BLK_OP_FLUSH:
		return req->nsegs ? VBUS_BLK_S_INVAL : VBUS_BLK_S_OK;
	case VBUS_BLK_OP_DISCARD:
		if (!m->max_discard)
			return VBUS_BLK_S_UNSUPP;
		return range_check(req, sector, vbus_slot_addr(&dq->slots[0]), bytes,
				   m->max_discard);
	case VBUS_BLK_OP_ZEROES:
		if (!m->max_zeroes)
			return VBUS_BLK_S_UNSUPP;
		return range_check(req, sector, vbus_slot_addr(&dq->slots[0]), bytes,
				   m->max_zeroes);
	default:
		return rw_check(req, sector, bytes);
	}
}

/* ---- taking one -------------------------------------------------------------------------- */

static void req_fill(struct disk_req *req, const struct vbus_blk_hdr *hdr)
{
	struct disk_queue *dq = req->dq;

	req->op = hdr->op;
	req->flags = hdr->flags;
	req->tag = le16_to_cpu(hdr->tag);
	req->nsegs = hdr->frags;
	req->slots = 1 + hdr->frags;
	req->media = dq->media;
	req->direct = dq->media && dq->media->direct;
	req->status = VBUS_BLK_S_OK;
	req->len = 0;
	req->moved = 0;
	req->npages = 0;
	req->tries = 0;
	req->seg = 0;
	req->seg_off = 0;
	req->copied = 0;
}

/* Room for segments and pages, which only reads and writes need. */
static bool req_room(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;

	req->large = NULL;
	req->segs = req->small_segs;
	req->vec = req->small_vec;
	if (req->op > VBUS_BLK_OP_WRITE ||
	    (req->nsegs <= DISK_SMALL_SEGS && req->len <= DISK_SMALL_PAGES * PAGE_SIZE))
		return true;
	req->large = list_first_entry_or_null(&dq->free_large, struct disk_large, node);
	if (!req->large)
		return false;
	list_del(&req->large->node);
	req->segs = req->large->segs;
	req->vec = req->large->vec;
	return true;
}

static void req_take(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;
	unsigned int i;

	/* A driver that cannot flush must be able to rely on each write. */
	if (!(dq->q->session->features & VBUS_BLK_F_FLUSH) && writes(req->op))
		req->flags |= VBUS_BLK_HDR_FUA;
	if (req->op <= VBUS_BLK_OP_WRITE) {
		for (i = 0; i < req->nsegs; i++) {
			req->segs[i].addr = vbus_slot_addr(&dq->slots[i]);
			req->segs[i].len = vbus_slot_len(&dq->slots[i]);
		}
	}
	list_del(&req->node);
	dq->inflight++;
	kref_get(&dq->ref);
	disk_media_get(req->media);
	vbus_dqueue_take(dq->q, req->slots);
}

/**
 * disk_take() - take the next request out of the ring
 * @dq: the queue, entered
 * @more: set if it is worth calling again
 *
 * One that cannot be carried out is answered here.
 * Return: a request to be started, or NULL.
 */
struct disk_req *disk_take(struct disk_queue *dq, bool *more)
{
	struct disk_req *req;
	union disk_slot h;
	const char *why;
	u64 bytes, sector;

	*more = false;
	if (atomic_read(&dq->disk->stale) || READ_ONCE(dq->q->session->broken) ||
	    !vbus_dqueue_peek(dq->q, 0, &h.slot))
		return NULL;
	why = take_slots(dq, &h.hdr, &bytes);
	if (why) {
		dq->q->stats->bad++;
		vbus_session_break(dq->q->session, why);
		return NULL;
	}
	req = list_first_entry_or_null(&dq->free, struct disk_req, node);
	if (!req)
		goto starved;
	sector = le32_to_cpu(h.hdr.sector) | (u64)le16_to_cpu(h.hdr.sector_hi) << 32;
	req_fill(req, &h.hdr);
	req->pos = sector << SECTOR_SHIFT;
	req->status = request_check(req, sector, bytes);
	if (req->status) {
		dq->q->stats->bad++;
		vbus_dqueue_take(dq->q, req->slots);
		disk_complete(dq, req->tag, req->status, req->slots);
		*more = true;
		return NULL;
	}
	if (!req_room(req))
		goto starved;
	req_take(req);
	*more = true;
	return req;

starved:
	dq->starved = true;
	return NULL;
}
