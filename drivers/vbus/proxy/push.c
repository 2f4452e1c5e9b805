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

/* For each slot of the ring; a ring of large packets fills it, and then some go by address. */
#define PUSH_BYTES_PER_SLOT	SZ_16K
#define PUSH_BYTES_MAX		SZ_2M
#define PUSH_ALIGN		64

/**
 * struct vbus_push - the inbox of a queue, under the serialisation of its requests
 * @inbox: what the connector calls it
 * @bytes: its size, a power of two
 * @head: free-running position of the next payload
 * @next: index of the slot whose entry in @ends comes next
 * @ends: where the payload of each slot of the last round ended
 * @pushed: requests whose payload went along
 * @by_address: requests that found no room
 */
struct vbus_push {
	u64 inbox;
	u32 bytes;
	u32 head;
	u32 next;
	u64 pushed;
	u64 by_address;
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

/* Room for @len bytes in one piece for slot @idx; its offset, or -1. */
static u32 push_room(struct vbus_push *p, u32 idx, u32 mask, u32 len)
{
	u32 tail = p->ends[idx & mask], head = p->head;

	if (head % p->bytes + len > p->bytes)
		head += p->bytes - head % p->bytes;
	len = ALIGN(len, PUSH_ALIGN);
	if (len > p->bytes || head + len - tail > p->bytes)
		return U32_MAX;
	p->head = head + len;
	return head % p->bytes;
}

/* Slots that were staged without payload since the last one end where that one did. */
static void push_note(struct vbus_push *p, u32 idx, u32 mask, u32 before)
{
	u32 n = min(idx - p->next, mask + 1);

	while (n)
		p->ends[(idx - n--) & mask] = before;
	p->ends[idx & mask] = p->head;
	p->next = idx + 1;
}

void __vbus_queue_push(struct vbus_queue *q, const struct vbus_slot *slot)
{
	u32 idx = vbus_prod_index(&q->req), mask = q->req.mask, len = vbus_slot_len(slot);
	struct vbus_push *p = q->push;
	struct vbus_slot copy = *slot;
	u32 before = p->head, off;
	u64 peer;

	off = push_room(p, idx, mask, len);
	if (off != U32_MAX &&
	    !q->ops->push(q->bridge, p->inbox, off, vbus_slot_addr(slot), len, &peer)) {
		copy.addr = cpu_to_le64(peer);
		p->pushed++;
	} else {
		p->by_address++;
	}
	push_note(p, idx, mask, before);
	vbus_prod_put(&q->req, &copy);
}
EXPORT_SYMBOL_GPL(__vbus_queue_push);
