// SPDX-License-Identifier: GPL-2.0
/*
 * Payload that is sent along with requests, over links on which the device side should not read.
 *
 * A queue has an inbox in device-side memory. It is filled in the order of the requests, and a
 * request's part of it is free again when its slot is: no more than a ring of requests is ever
 * outstanding. So nobody has to say what was consumed. What finds no room goes by address.
 */
#include <linux/align.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include "proxy.h"

/* For each slot of the ring: if no slot has more, there is room, but in the longest rings. */
#define PUSH_BYTES_PER_SLOT	VBUS_PUSH_PIECE
#define PUSH_BYTES_MAX		SZ_2M
#define PUSH_ALIGN		64

/**
 * struct vbus_push - the inbox of a queue, under the serialisation of its requests
 * @inbox: its address, as the device side sees it
 * @bytes: its size, a power of two
 * @head: free-running position of the next payload
 * @begin: where in the same numbers there was room for it
 * @next: index of the slot whose entry in @ends comes next
 * @ends: where the payload of each slot of the last round ended
 */
struct vbus_push {
	u64 inbox;
	u32 bytes;
	u32 head;
	u32 begin;
	u32 next;
	u32 ends[];
};

int vbus_push_init(struct vbus_queue *q, const struct vbus_queue_params *params)
{
	const struct vbus_bridge_ops *ops = q->ops;
	struct vbus_push *p;
	int err;

	if (!params->out || params->stream || !ops->push)
		return 0;
	p = kzalloc(struct_size(p, ends, params->req_size), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->bytes = min_t(u32, params->req_size * PUSH_BYTES_PER_SLOT, PUSH_BYTES_MAX);
	err = ops->inbox_get(q->bridge, p->bytes, &p->inbox);
	if (err) {
		/* No harm: the device side will read. */
		dev_info_ratelimited(&q->proxy->dev, "queue %u: no inbox: %pe\n", q->id,
				     ERR_PTR(err));
		kfree(p);
		return 0;
	}
	q->push = p;
	return 0;
}

void vbus_push_exit(struct vbus_queue *q)
{
	struct vbus_push *p = q->push;

	if (!p)
		return;
	q->push = NULL;
	q->ops->inbox_put(q->bridge, p->inbox, p->bytes);
	kfree(p);
}

/* Slots that were staged without payload since the last one end where that one did. */
static void push_note(struct vbus_push *p, u32 idx, u32 mask)
{
	u32 n = min(idx - p->next, mask + 1);

	while (n)
		p->ends[(idx - n--) & mask] = p->head;
	p->next = idx;
}

/* In one piece, hence maybe at the beginning. What the next slot had in the last round is free. */
u32 __vbus_queue_push_room(struct vbus_queue *q, u32 len)
{
	u32 idx = vbus_prod_index(&q->req), mask = q->req.mask;
	struct vbus_push *p = q->push;
	u32 begin = p->head;

	push_note(p, idx, mask);
	if (begin % p->bytes + len > p->bytes)
		begin += p->bytes - begin % p->bytes;
	len = ALIGN(len, PUSH_ALIGN);
	if (len > p->bytes || begin + len - p->ends[idx & mask] > p->bytes)
		return VBUS_PUSH_NONE;
	p->begin = begin;
	return begin % p->bytes;
}
EXPORT_SYMBOL_GPL(__vbus_queue_push_room);

void vbus_queue_push(struct vbus_queue *q, u32 off, const void *data, u32 len)
{
	q->ops->push(q->bridge, q->push->inbox + off, data, len);
}
EXPORT_SYMBOL_GPL(vbus_queue_push);

void vbus_queue_put_pushed(struct vbus_queue *q, u32 off, u32 len, u32 flags)
{
	u32 idx = vbus_prod_index(&q->req), mask = q->req.mask;
	struct vbus_push *p = q->push;
	struct vbus_slot slot;

	push_note(p, idx, mask);
	p->head = p->begin + ALIGN(len, PUSH_ALIGN);
	p->begin = p->head;
	p->ends[idx & mask] = p->head;
	p->next = idx + 1;
	vbus_slot_set(&slot, p->inbox + off, len, flags);
	vbus_prod_put(&q->req, &slot);
}
EXPORT_SYMBOL_GPL(vbus_queue_put_pushed);
