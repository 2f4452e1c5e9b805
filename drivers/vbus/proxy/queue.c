// SPDX-License-Identifier: GPL-2.0
/*
 * Queues, the driver side's end.
 *
 * With a shared home both halves of a queue lie in our memory, in one coherent allocation: first
 * the driver's half, then the device's, see linux/vbus_ring.h. We format all of it before the
 * device side learns where it is. With split homes only the driver's half is ours; the reply of
 * QUEUE says where in the window the device's half is, and only then can we take the rings.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "proxy.h"

static size_t half_bytes(u32 slots)
{
	return ALIGN(VBUS_HALF_BYTES(slots), VBUS_HALF_ALIGN);
}

/* Any number but 0, which memory reads as that nobody wrote, and all ones, as on a dead link. */
static u32 queue_random_gen(void)
{
	return 1 + get_random_u32() % (U32_MAX - 1);
}

static bool params_valid(const struct vbus_queue_params *params)
{
	return vbus_ring_size_ok(params->cpl_size) &&
	       (params->stream ? !params->req_size : vbus_ring_size_ok(params->req_size));
}

static bool queue_split(const struct vbus_queue *q)
{
	return q->bridge->home == VBUS_HOME_SPLIT;
}

/**
 * struct queue_rings - both rings, as they are described to the ring code
 * @req: requests; we produce
 * @cpl: completions, or the stream; we consume
 * @stream: there are no requests
 */
struct queue_rings {
	struct vbus_ring_mem req;
	struct vbus_ring_mem cpl;
	bool stream;
};

/* @dev_half is not used before the rings are taken; with split homes it is not known before. */
static void rings_describe(struct vbus_queue *q, const struct vbus_queue_params *params, u32 base,
			   u32 gen, struct queue_rings *r)
{
	struct vbus_line *drv_half = q->mem;

	r->stream = params->stream;
	r->req = (struct vbus_ring_mem) {
		.line = drv_half,
		.gen = gen,
		.base = base,
		.size = params->stream ? VBUS_RING_MIN_SLOTS : params->req_size,
		.home = q->bridge->home,
		.crossings = &q->bridge->crossings,
	};
	r->cpl = r->req;
	r->cpl.slots = (void *)drv_half + VBUS_HALF_HDR;
	r->cpl.size = params->cpl_size;
}

static void rings_device_half(struct queue_rings *r, void *half)
{
	struct vbus_line *dev_half = half;

	r->req.slots = half + VBUS_HALF_HDR;
	r->req.peer_gen = &dev_half->gen;
	r->cpl.line = dev_half;
	r->cpl.peer_gen = &dev_half->gen;
}

/* Format what is ours. A stream has no requests, but their line carries our half's life number. */
static int rings_format(const struct queue_rings *r)
{
	int err;

	err = vbus_ring_format_line(&r->req) ?: vbus_ring_format_slots(&r->cpl);
	if (err || r->cpl.home == VBUS_HOME_SPLIT)
		return err;
	err = vbus_ring_format_line(&r->cpl);
	if (!err && !r->stream)
		err = vbus_ring_format_slots(&r->req);
	return err;
}

static int rings_take(struct vbus_queue *q, const struct queue_rings *r)
{
	int err = 0;

	if (!r->stream)
		err = vbus_prod_init(&q->req, &r->req);
	return err ?: vbus_cons_init(&q->cpl, &r->cpl);
}

/* Shared home: all of it is ours. Split homes: the reply is awaited. */
static int queue_begin_rings(struct vbus_queue *q, struct queue_rings *r)
{
	int err;

	if (!queue_split(q))
		rings_device_half(r, q->mem + half_bytes(r->cpl.size));
	err = rings_format(r);
	if (err || queue_split(q))
		return err;
	q->ready = true;
	return rings_take(q, r);
}

/* An interrupt that came too early is made up for. */
static void queue_open_rings(struct vbus_queue *q)
{
	/* Pairs with queue_interrupt(). */
	smp_store_release(&q->ready, true);
	smp_mb(); /* between ready and early, as there */
	if (!READ_ONCE(q->early) || !q->callback)
		return;
	local_bh_disable();
	q->callback(q);
	local_bh_enable();
}

/* Split homes: the device side said where its half is and what life it lives. */
static int queue_finish_rings(struct vbus_queue *q, struct queue_rings *r, u64 window, u32 gen)
{
	size_t bytes = half_bytes(r->stream ? 0 : r->req.size);
	void *half;
	int err;

	if (!queue_split(q))
		return 0;
	if (window % VBUS_HALF_ALIGN)
		return -EPROTO;
	half = q->ops->half_map(q->bridge, window, bytes);
	if (IS_ERR(half))
		return PTR_ERR(half);
	q->dev_half = half;
	q->dev_bytes = bytes;
	rings_device_half(r, half);
	r->req.gen = gen;
	r->cpl.gen = gen;
	err = rings_take(q, r);
	if (!err)
		queue_open_rings(q);
	return err;
}

static int queue_alloc_mem(struct vbus_queue *q, const struct vbus_queue_params *params)
{
	q->bytes = half_bytes(params->cpl_size);
	if (!queue_split(q))
		q->bytes += half_bytes(params->req_size);
	q->mem = vbus_alloc_coherent(q->proxy, q->bytes, &q->dma, GFP_KERNEL);
	return q->mem ? 0 : -ENOMEM;
}

static void queue_free_mem(struct vbus_queue *q)
{
	vbus_free_coherent(q->proxy, q->bytes, q->mem, q->dma);
}

static void queue_unmap_half(struct vbus_queue *q)
{
	if (q->dev_half)
		q->ops->half_unmap(q->bridge, q->dev_half, q->dev_bytes);
}

/* What the connector's vector calls. */
static void queue_interrupt(void *arg)
{
	struct vbus_queue *q = arg;

	q->interrupts++;
	if (!READ_ONCE(q->ready)) {
		WRITE_ONCE(q->early, true);
		smp_mb(); /* pairs with queue_open_rings(): one of us sees the other */
	}
	/* Acquire: the rings, which the callback may look at. */
	if (smp_load_acquire(&q->ready))
		q->callback(q);
}

static int queue_get_vector(struct vbus_queue *q, const char *name)
{
	int vector;

	q->vector = VBUS_NO_VECTOR;
	if (!q->callback)
		return 0;
	if (!q->ops->vector_get)
		return -EOPNOTSUPP;
	vector = q->ops->vector_get(q->bridge, name, queue_interrupt, q);
	if (vector < 0)
		return vector;
	q->vector = vector;
	return 0;
}

static void queue_put_vector(struct vbus_queue *q)
{
	if (q->vector != VBUS_NO_VECTOR)
		q->ops->vector_put(q->bridge, q->vector, q);
}

/*
 * Tell the device side. The interrupt can come before this returns. After an error, *@known says
 * whether the queue may exist there nevertheless: the answer was lost or made no sense.
 */
static int queue_announce(struct vbus_queue *q, const struct vbus_queue_params *params,
			  struct queue_rings *r, bool *known)
{
	u32 base = r->req.base, gen = r->req.gen;
	struct vbus_msg_queue msg = {
		.req_size = cpu_to_le32(params->req_size),
		.cpl_size = cpu_to_le32(params->cpl_size),
		.flags = cpu_to_le32(params->stream ? VBUS_QUEUE_F_STREAM : 0),
		.vector = cpu_to_le32(q->vector),
		.drv_half = cpu_to_le64(q->dma),
		.dev_half = cpu_to_le64(queue_split(q) ? 0 : q->dma + half_bytes(params->cpl_size)),
		.base = cpu_to_le32(base),
		.drv_gen = cpu_to_le32(gen),
		.dev_gen = cpu_to_le32(gen),
		.doorbell = cpu_to_le32(VBUS_NO_DOORBELL),
	};
	struct vbus_xfer x = {
		.verb = VBUS_VERB_QUEUE,
		.arg = q->id,
		.in = &msg, .in_len = sizeof(msg),
		.out = &msg, .out_len = sizeof(msg), .exact = true,
	};
	u32 doorbell;
	int err;

	err = vbus_xfer_proxy(q->proxy, &x);
	*known = !err || !x.answered;
	if (err)
		return err;
	doorbell = le32_to_cpu(msg.doorbell);
	if (doorbell >= q->bridge->doorbells && doorbell != VBUS_NO_DOORBELL)
		return -EPROTO;
	WRITE_ONCE(q->doorbell, doorbell);
	return queue_finish_rings(q, r, le64_to_cpu(msg.dev_half), le32_to_cpu(msg.dev_gen));
}

/*
 * Have the device side forget the queue. Return: true if it does not touch the rings any more. It
 * does not if it said anything at all (it either let go of the queue or does not know it), if the
 * port was dropped from the bus, or if the link is dead; each of these comes after the core there
 * has stopped the rings. Anything else leaves it open.
 */
static bool queue_withdraw(struct vbus_queue *q)
{
	struct vbus_msg_queue msg = {};
	struct vbus_xfer x = {
		.verb = VBUS_VERB_QUEUE,
		.arg = q->id,
		.in = &msg, .in_len = sizeof(msg),
		.out = &msg, .out_len = sizeof(msg),
	};
	int err;

	err = vbus_xfer_proxy(q->proxy, &x);
	if (!err || x.answered || err == -ENODEV || err == -ENOTCONN)
		return true;
	dev_err_ratelimited(&q->proxy->dev,
			    "queue %u: the device side does not answer (%pe); %zu bytes stay allocated\n",
			    q->id, ERR_PTR(err), q->bytes);
	return false;
}

static int queue_setup(struct vbus_queue *q, const struct vbus_queue_params *params)
{
	struct queue_rings rings;
	bool known, safe;
	int err;

	err = queue_alloc_mem(q, params);
	if (err)
		return err;
	rings_describe(q, params, get_random_u32() >> 1, queue_random_gen(), &rings);
	err = queue_begin_rings(q, &rings);
	if (err)
		goto err_free_mem;
	err = vbus_push_init(q, params);
	if (err)
		goto err_free_mem;
	err = queue_get_vector(q, params->name);
	if (err)
		goto err_push;
	err = queue_announce(q, params, &rings, &known);
	if (!err)
		return 0;
	safe = !known || queue_withdraw(q);
	queue_put_vector(q);
	queue_unmap_half(q);
	if (!safe) {
		vbus_push_exit(q);
		return err;
	}
err_push:
	vbus_push_exit(q);
err_free_mem:
	queue_free_mem(q);
	return err;
}

struct vbus_queue *vbus_queue_create(struct vbus_proxy *p, const struct vbus_queue_params *params)
{
	struct vbus_queue *q;
	int err;

	if (!params_valid(params))
		return ERR_PTR(-EINVAL);
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->proxy = p;
	q->priv = params->priv;
	q->bridge = p->bridge;
	q->ops = p->bridge->ops;
	q->id = params->id;
	q->callback = params->callback;
	q->doorbell = VBUS_NO_DOORBELL;
	err = queue_setup(q, params);
	if (!err)
		return q;
	dev_warn_ratelimited(&p->dev, "queue %u of %u + %u slots refused: %pe\n", q->id,
			     params->req_size, params->cpl_size, ERR_PTR(err));
	kfree(q);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vbus_queue_create);

void vbus_queue_destroy(struct vbus_queue *q)
{
	if (!q)
		return;
	/* First the device side, so nothing interrupts us; then the vector; then the memory. */
	if (queue_withdraw(q)) {
		queue_put_vector(q);
		queue_free_mem(q);
	} else {
		queue_put_vector(q);
	}
	queue_unmap_half(q);
	vbus_push_exit(q);
	kfree(q);
}
EXPORT_SYMBOL_GPL(vbus_queue_destroy);

/* A proxy device is called <client>:<port>. */
void vbus_queue_name(const struct vbus_proxy *p, u32 id, char *name, size_t len)
{
	snprintf(name, len, "vbus-%s-%u", dev_name(&p->dev), id);
	strreplace(name, ':', '-');
}
EXPORT_SYMBOL_GPL(vbus_queue_name);

void vbus_queue_ring(struct vbus_queue *q)
{
	u32 doorbell = READ_ONCE(q->doorbell);

	if (doorbell != VBUS_NO_DOORBELL)
		q->ops->doorbell(q->bridge, doorbell);
}
EXPORT_SYMBOL_GPL(vbus_queue_ring);
