// SPDX-License-Identifier: GPL-2.0
/*
 * Queues, the driver side's end.
 *
 * With a shared home both halves of a queue lie in our memory, in one coherent allocation: first
 * the driver's half, then the device's, see linux/vbus_ring.h. We format all of it before the
 * device side learns where it is.
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

static int ring_format(const struct vbus_ring_mem *mem, bool slots)
{
	int err = 0;

	if (slots)
		err = vbus_ring_format_slots(mem);
	return err ?: vbus_ring_format_line(mem);
}

/* Shared home: lay out, format and take both rings. */
static int queue_init_rings(struct vbus_queue *q, const struct vbus_queue_params *params,
			    u32 base, u32 gen)
{
	struct vbus_line *drv_half = q->mem;
	struct vbus_line *dev_half = q->mem + half_bytes(params->cpl_size);
	struct vbus_ring_mem req = {
		.slots = (void *)dev_half + VBUS_HALF_HDR,
		.line = drv_half,
		.peer_gen = &dev_half->gen,
		.gen = gen,
		.base = base,
		.size = params->stream ? VBUS_RING_MIN_SLOTS : params->req_size,
		.home = VBUS_HOME_SHARED,
	};
	struct vbus_ring_mem cpl = {
		.slots = (void *)drv_half + VBUS_HALF_HDR,
		.line = dev_half,
		.peer_gen = &dev_half->gen,
		.gen = gen,
		.base = base,
		.size = params->cpl_size,
		.home = VBUS_HOME_SHARED,
	};
	int err;

	/* A stream has no request ring, but its line carries the life number of our half. */
	err = ring_format(&req, !params->stream) ?: ring_format(&cpl, true);
	if (err)
		return err;
	if (!params->stream)
		err = vbus_prod_init(&q->req, &req);
	return err ?: vbus_cons_init(&q->cpl, &cpl);
}

static int queue_alloc_mem(struct vbus_queue *q, const struct vbus_queue_params *params)
{
	q->bytes = half_bytes(params->cpl_size) + half_bytes(params->req_size);
	q->mem = vbus_alloc_coherent(q->proxy, q->bytes, &q->dma, GFP_KERNEL);
	return q->mem ? 0 : -ENOMEM;
}

static void queue_free_mem(struct vbus_queue *q)
{
	vbus_free_coherent(q->proxy, q->bytes, q->mem, q->dma);
}

/* What the connector's vector calls. */
static void queue_interrupt(void *arg)
{
	struct vbus_queue *q = arg;

	q->interrupts++;
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
		q->ops->vector_put(q->bridge, q->vector);
}

/*
 * Tell the device side. The interrupt can come before this returns. After an error, *@known says
 * whether the queue may exist there nevertheless: the answer was lost or made no sense.
 */
static int queue_announce(struct vbus_queue *q, const struct vbus_queue_params *params,
			  u32 base, u32 gen, bool *known)
{
	struct vbus_msg_queue msg = {
		.req_size = cpu_to_le32(params->req_size),
		.cpl_size = cpu_to_le32(params->cpl_size),
		.flags = cpu_to_le32(params->stream ? VBUS_QUEUE_F_STREAM : 0),
		.vector = cpu_to_le32(q->vector),
		.drv_half = cpu_to_le64(q->dma),
		.dev_half = cpu_to_le64(q->dma + half_bytes(params->cpl_size)),
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
	return 0;
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

/*
 * A queue whose homes are split has its device half in the device side's memory: the reply of QUEUE
 * says where in the window, and the bridge would have to map it. No bridge can yet.
 */
static bool home_supported(const struct vbus_bridge *bridge)
{
	return bridge->home == VBUS_HOME_SHARED;
}

static int queue_setup(struct vbus_queue *q, const struct vbus_queue_params *params)
{
	u32 base = get_random_u32() >> 1;
	u32 gen = queue_random_gen();
	bool known, safe;
	int err;

	if (!home_supported(q->bridge))
		return -EOPNOTSUPP;
	err = queue_alloc_mem(q, params);
	if (err)
		return err;
	err = queue_init_rings(q, params, base, gen);
	if (err)
		goto err_free_mem;
	err = queue_get_vector(q, params->name);
	if (err)
		goto err_free_mem;
	err = queue_announce(q, params, base, gen, &known);
	if (!err)
		return 0;
	safe = !known || queue_withdraw(q);
	queue_put_vector(q);
	if (!safe)
		return err;
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
	kfree(q);
}
EXPORT_SYMBOL_GPL(vbus_queue_destroy);

void vbus_queue_ring(struct vbus_queue *q)
{
	u32 doorbell = READ_ONCE(q->doorbell);

	if (doorbell != VBUS_NO_DOORBELL)
		q->ops->doorbell(q->bridge, doorbell);
}
EXPORT_SYMBOL_GPL(vbus_queue_ring);
