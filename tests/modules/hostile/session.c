// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs as bytes, queues of our own, and how an honest driver of echo would use them.
 */
#include <linux/bitops.h>
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "hostile.h"

#define CANARY		0xa5
#define CANARY_BYTES	64

static bool canary_intact(const u8 *p)
{
	return !memchr_inv(p, CANARY, CANARY_BYTES);
}

/*
 * Send bytes. Returns the status of the reply, or a negative errno; -EBADMSG if the reply makes no
 * sense or was written beyond the room it had.
 */
int hostile_raw(struct hostile *h, const void *req, size_t len, size_t room,
		struct hostile_reply *r)
{
	struct vbus_msg *msg;
	u8 *copy, *reply;
	ssize_t n;
	int err;

	/* Of exactly that size, so that reading or writing beyond is noticed. */
	copy = kmemdup(req, len ?: 1, GFP_KERNEL);
	reply = kmalloc(room + CANARY_BYTES, GFP_KERNEL);
	err = -ENOMEM;
	if (!copy || !reply)
		goto out;
	memset(reply, CANARY, room + CANARY_BYTES);
	n = vbus_client_verb(&h->client, copy, len, reply, room);
	err = n;
	if (n < 0)
		goto out;
	err = -EBADMSG;
	msg = (struct vbus_msg *)reply;
	if (n < sizeof(*msg) || n > room || !canary_intact(reply + room) ||
	    le32_to_cpu(msg->len) != n - sizeof(*msg) || le32_to_cpu(msg->len) > VBUS_CALL_MAX)
		goto out;
	err = le16_to_cpu(msg->status);
	if (err > VBUS_ESTATE || (err && msg->len))
		err = -EBADMSG;
	if (r) {
		r->verb = le16_to_cpu(msg->verb);
		r->status = le16_to_cpu(msg->status);
		r->handle = le32_to_cpu(msg->handle);
		r->len = le32_to_cpu(msg->len);
		memcpy(r->data, msg + 1, r->len);
	}
out:
	kfree(reply);
	kfree(copy);
	return err;
}

int hostile_verb(struct hostile *h, u16 verb, u32 handle, u32 arg, const void *in, u32 len,
		 struct hostile_reply *r)
{
	struct vbus_msg *msg = kzalloc(sizeof(*msg) + len, GFP_KERNEL);
	int err;

	if (!msg)
		return -ENOMEM;
	msg->verb = cpu_to_le16(verb);
	msg->handle = cpu_to_le32(handle);
	msg->arg = cpu_to_le32(arg);
	msg->len = cpu_to_le32(len);
	if (len)
		memcpy(msg + 1, in, len);
	err = hostile_raw(h, msg, sizeof(*msg) + len, sizeof(*msg) + VBUS_CALL_MAX, r);
	kfree(msg);
	return err;
}

int hostile_attach(struct hostile *h)
{
	struct vbus_msg_attach msg = { .version = cpu_to_le32(VBUS_ABI_VERSION) };

	return hostile_verb(h, VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg), NULL);
}

int hostile_open(struct hostile *h, u32 port, u32 version, u64 features, u32 *handle)
{
	struct vbus_msg_open msg = {
		.port = cpu_to_le32(port),
		.version = cpu_to_le32(version),
		.features = cpu_to_le64(features),
	};
	struct hostile_reply *r = kmalloc(sizeof(*r), GFP_KERNEL);
	int status;

	if (!r)
		return -ENOMEM;
	status = hostile_verb(h, VBUS_VERB_OPEN, 0, 0, &msg, sizeof(msg), r);
	if (!status)
		*handle = r->handle;
	kfree(r);
	return status;
}

int hostile_close(struct hostile *h, u32 handle)
{
	return hostile_verb(h, VBUS_VERB_CLOSE, handle, 0, NULL, 0, NULL);
}

int hostile_call(struct hostile *h, u32 handle, u32 func, const void *in, u32 len)
{
	return hostile_verb(h, VBUS_VERB_CALL, handle, func, in, len, NULL);
}

int hostile_shm(struct hostile *h, u32 handle, u32 id, u64 addr, u64 len, u32 flags)
{
	struct vbus_msg_shm msg = {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le64(len),
		.flags = cpu_to_le32(flags),
		.vector = cpu_to_le32(VBUS_NO_VECTOR),
	};

	return hostile_verb(h, VBUS_VERB_SHM, handle, id, &msg, sizeof(msg), NULL);
}

int hostile_queue_verb(struct hostile *h, u32 handle, u32 id, const struct vbus_msg_queue *msg,
		       u32 *doorbell)
{
	struct hostile_reply *r = kmalloc(sizeof(*r), GFP_KERNEL);
	int status;

	if (!r)
		return -ENOMEM;
	status = hostile_verb(h, VBUS_VERB_QUEUE, handle, id, msg, sizeof(*msg), r);
	if (!status && doorbell)
		*doorbell = le32_to_cpu(((struct vbus_msg_queue *)r->data)->doorbell);
	kfree(r);
	return status;
}

void hostile_queue_msg(struct hostile_queue *q, struct vbus_msg_queue *msg)
{
	u32 off = q->place * HQ_PLACE_BYTES;

	*msg = (struct vbus_msg_queue) {
		.req_size = cpu_to_le32(q->req_size),
		.cpl_size = cpu_to_le32(q->cpl_size),
		.flags = cpu_to_le32(q->flags),
		.vector = cpu_to_le32(q->vector),
		.drv_half = cpu_to_le64(hostile_addr(off + HQ_DRV)),
		.dev_half = cpu_to_le64(hostile_addr(off + HQ_DEV)),
		.base = cpu_to_le32(q->base),
		.drv_gen = cpu_to_le32(q->place + 1),
		.dev_gen = cpu_to_le32(q->place + 1),
	};
}

static int place_get(struct hostile *h)
{
	int place;

	do {
		place = find_first_zero_bit(&h->places, HQ_PLACES);
		if (place >= HQ_PLACES)
			return -ENOSPC;
	} while (test_and_set_bit(place, &h->places));
	return place;
}

static int queue_format(struct hostile_queue *q)
{
	struct vbus_ring_mem req = {
		.slots = q->req_slots,
		.line = q->drv_line,
		.gen = q->place + 1,
		.base = q->base,
		.size = q->req_size,
		.home = VBUS_HOME_SHARED,
	};
	struct vbus_ring_mem cpl = req;
	int err = 0;

	cpl.slots = q->cpl_slots;
	cpl.line = q->dev_line;
	cpl.size = q->cpl_size;
	if (q->req_size)
		err = vbus_ring_format_slots(&req) ?: vbus_ring_format_line(&req) ?:
		      vbus_prod_init(&q->req, &req);
	return err ?: vbus_ring_format_slots(&cpl) ?: vbus_ring_format_line(&cpl) ?:
	       vbus_cons_init(&q->cpl, &cpl);
}

/* Make a queue as an honest driver would; returns a status, or errno. */
int hostile_queue_init(struct hostile_queue *q, struct hostile *h, u32 handle, u32 id,
		       u32 req_size, u32 cpl_size, u32 flags)
{
	struct vbus_msg_queue msg;
	int place = place_get(h), err;
	void *p;

	memset(q, 0, sizeof(*q));
	if (place < 0)
		return place;
	p = hostile_ptr(h, place * HQ_PLACE_BYTES);
	q->h = h;
	q->handle = handle;
	q->id = id;
	q->flags = flags;
	q->vector = place;
	q->req_size = req_size;
	q->cpl_size = cpl_size;
	q->base = get_random_u32() & 0x7fffffff;
	q->place = place;
	q->drv_line = p + HQ_DRV;
	q->cpl_slots = p + HQ_DRV + VBUS_HALF_HDR;
	q->dev_line = p + HQ_DEV;
	q->req_slots = p + HQ_DEV + VBUS_HALF_HDR;
	q->data = p + HQ_DATA;
	q->data_addr = hostile_addr(place * HQ_PLACE_BYTES + HQ_DATA);
	err = queue_format(q);
	if (!err) {
		hostile_queue_msg(q, &msg);
		err = hostile_queue_verb(h, handle, id, &msg, &q->doorbell);
	}
	if (err)
		hostile_queue_forget(q);
	return err;
}

/* The queue is gone, or is left behind; its memory may be used again. */
void hostile_queue_forget(struct hostile_queue *q)
{
	if (q->h)
		clear_bit(q->place, &q->h->places);
	q->h = NULL;
}

void hostile_queue_fini(struct hostile_queue *q)
{
	struct vbus_msg_queue msg = { };

	if (!q->h)
		return;
	hostile_queue_verb(q->h, q->handle, q->id, &msg, NULL);
	hostile_queue_forget(q);
}

void hostile_post(struct hostile_queue *q, u64 addr, u32 len, u8 flags)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, addr, len, flags);
	vbus_prod_put(&q->req, &slot);
	q->posted++;
}

/* Publish what was posted, and ring if the device asked for it. */
void hostile_ring(struct hostile_queue *q)
{
	vbus_prod_publish(&q->req);
	if (vbus_prod_kick(&q->req))
		vbus_client_doorbell(&q->h->client, q->doorbell);
}

static bool completion_there(struct hostile_queue *q, struct vbus_slot *slot, bool *got)
{
	*got = vbus_cons_get(&q->cpl, slot);
	if (!*got && vbus_cons_arm(&q->cpl))
		*got = vbus_cons_get(&q->cpl, slot);
	return *got;
}

bool hostile_wait_completion(struct hostile_queue *q, struct vbus_slot *slot, unsigned int ms)
{
	bool got;

	wait_event_timeout(q->h->wait, completion_there(q, slot, &got), msecs_to_jiffies(ms));
	q->seen += got;
	return got;
}

int hostile_echo_open(struct hostile *h, u32 port, u32 slots, struct hostile_queue *q)
{
	u32 handle;
	int err;

	q->h = NULL;
	err = hostile_open(h, port, VBUS_ECHO_VERSION, 0, &handle);
	if (err)
		return err;
	err = hostile_queue_init(q, h, handle, VBUS_ECHO_QUEUE, slots, slots, 0);
	if (err)
		hostile_close(h, handle);
	return err;
}

void hostile_echo_close(struct hostile_queue *q)
{
	if (!q->h)
		return;
	hostile_close(q->h, q->handle);
	hostile_queue_forget(q);
}

/* One honest round: 0, or -ETIMEDOUT, or -EIO if what came back is wrong. */
int hostile_echo_round(struct hostile_queue *q, u32 len, unsigned int ms)
{
	struct vbus_slot slot;
	u8 salt = q->posted;
	u32 i;

	len = min_t(u32, len, HQ_DATA_BYTES);
	for (i = 0; i < len; i++)
		q->data[i] = i * 7 + salt;
	hostile_post(q, q->data_addr, len, 0);
	hostile_ring(q);
	if (!hostile_wait_completion(q, &slot, ms))
		return -ETIMEDOUT;
	if (vbus_slot_addr(&slot) != q->data_addr || vbus_slot_len(&slot) != len)
		return -EIO;
	for (i = 0; i < len; i++)
		if (q->data[i] != (u8)((len - 1 - i) * 7 + salt))
			return -EIO;
	return 0;
}

/* Can a new session be had, and does it work? */
int hostile_echo_fresh(struct hostile *h, u32 port)
{
	struct hostile_queue *q = kzalloc(sizeof(*q), GFP_KERNEL);
	int err, i;

	if (!q)
		return -ENOMEM;
	err = hostile_echo_open(h, port, 8, q);
	for (i = 0; !err && i < 20; i++)
		err = hostile_echo_round(q, 1 + i * 13, 2000);
	hostile_echo_close(q);
	kfree(q);
	return err;
}

/* Does the handle say, soon, that its session was closed for breaking the rules? */
bool hostile_broken(struct hostile *h, u32 handle, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	for (;;) {
		if (hostile_call(h, handle, VBUS_ECHO_CALL_STAT, NULL, 0) == VBUS_EPROTO)
			return true;
		if (time_after(jiffies, end))
			return false;
		usleep_range(500, 1000);
	}
}
