// SPDX-License-Identifier: GPL-2.0
/*
 * Queues, the device side's end: setting them up from what the peer says, and ending them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/random.h>
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static int queue_msg_check(const struct vbus_msg_queue *msg)
{
	u32 req = le32_to_cpu(msg->req_size), cpl = le32_to_cpu(msg->cpl_size);
	u32 flags = le32_to_cpu(msg->flags);

	if (flags & ~VBUS_QUEUE_F_STREAM)
		return -EINVAL;
	if (!vbus_ring_size_ok(cpl))
		return -EINVAL;
	if (flags & VBUS_QUEUE_F_STREAM ? req != 0 : !vbus_ring_size_ok(req))
		return -EINVAL;
	if (le32_to_cpu(msg->base) >= 1u << 31)
		return -EINVAL;
	if (le64_to_cpu(msg->drv_half) % VBUS_HALF_ALIGN ||
	    le64_to_cpu(msg->dev_half) % VBUS_HALF_ALIGN)
		return -EINVAL;
	return 0;
}

static int queue_map(struct vbus_dqueue *q)
{
	struct vbus_client *client = q->session->client;
	struct vbus_memctx *mem = &client->mem;
	void *ptr;

	ptr = vbus_memctx_map(mem, q->drv_half, q->drv_bytes);
	if (IS_ERR(ptr))
		return PTR_ERR(ptr);
	q->drv_ptr = ptr;
	if (client->conn->caps.home == VBUS_HOME_SPLIT) {
		ptr = client->conn->ops->alloc_half(client, q->dev_bytes, &q->dev_half);
		if (!ptr)
			ptr = ERR_PTR(-ENOMEM);
	} else {
		ptr = vbus_memctx_map(mem, q->dev_half, q->dev_bytes);
	}
	if (IS_ERR(ptr)) {
		mem->ops->unmap(mem, q->drv_ptr, q->drv_half, q->drv_bytes);
		return PTR_ERR(ptr);
	}
	q->dev_ptr = ptr;
	return 0;
}

static void queue_unmap(struct vbus_dqueue *q)
{
	struct vbus_client *client = q->session->client;
	struct vbus_memctx *mem = &client->mem;

	if (client->conn->caps.home == VBUS_HOME_SPLIT)
		client->conn->ops->free_half(client, q->dev_ptr, q->dev_bytes);
	else
		mem->ops->unmap(mem, q->dev_ptr, q->dev_half, q->dev_bytes);
	mem->ops->unmap(mem, q->drv_ptr, q->drv_half, q->drv_bytes);
}

/*
 * The driver's half has the request ring's line and the completion ring's slots, the device's half
 * the rest; see linux/vbus_ring.h.
 */
static int queue_init_rings(struct vbus_dqueue *q, const struct vbus_msg_queue *msg, u32 *dev_gen)
{
	enum vbus_home home = q->session->client->conn->caps.home;
	struct vbus_line *drv_line = q->drv_ptr, *dev_line = q->dev_ptr;
	struct vbus_ring_mem req = {
		.slots = q->dev_ptr + VBUS_HALF_HDR,
		.line = drv_line,
		.peer_gen = &drv_line->gen,
		.gen = le32_to_cpu(msg->drv_gen),
		.base = le32_to_cpu(msg->base),
		.size = le32_to_cpu(msg->req_size),
		.home = home,
		.crossings = &q->session->client->crossings,
	};
	struct vbus_ring_mem cpl = {
		.slots = q->drv_ptr + VBUS_HALF_HDR,
		.line = dev_line,
		.peer_gen = &drv_line->gen,
		.gen = le32_to_cpu(msg->drv_gen),
		.base = le32_to_cpu(msg->base),
		.size = le32_to_cpu(msg->cpl_size),
		.home = home,
		.crossings = &q->session->client->crossings,
	};
	int err = 0;

	*dev_gen = le32_to_cpu(msg->dev_gen);
	if (home == VBUS_HOME_SPLIT) {
		struct vbus_ring_mem own = cpl;

		/* This half is ours to begin a life in; all-ones is what a dead link reads as. */
		own.gen = get_random_u32() & 0x7fffffff;
		*dev_gen = own.gen;
		err = vbus_ring_format_line(&own);
		if (!err && req.size)
			err = vbus_ring_format_slots(&req);
	}
	if (!err && req.size)
		err = vbus_cons_init(&q->req, &req);
	if (!err)
		err = vbus_prod_init(&q->cpl, &cpl);
	q->done = req.base;
	return err;
}

static struct vbus_qstats *queue_stats(struct vbus_session *s, u32 id)
{
	struct vbus_qstats *stats = s->stats[id];

	if (!stats) {
		stats = vbus_qstats_add(s, id);
		if (!IS_ERR(stats))
			s->stats[id] = stats;
	}
	return stats;
}

static int queue_charge(struct vbus_session *s)
{
	struct vbus_bus *bus = s->client->bus;

	if (vbus_bus_charge(bus, &bus->queues, READ_ONCE(bus->limits.queues)))
		return 0;
	pr_info_ratelimited("%s: %s: no more queues: limits/queues is %u\n", vbus_bus_name(bus),
			    s->client->name, bus->limits.queues);
	return -ENOSPC;
}

static struct vbus_dqueue *queue_alloc(struct vbus_session *s, u32 id,
				       const struct vbus_msg_queue *msg)
{
	struct vbus_dqueue *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	q->session = s;
	q->id = id;
	q->flags = le32_to_cpu(msg->flags);
	q->vector = le32_to_cpu(msg->vector);
	q->drv_half = le64_to_cpu(msg->drv_half);
	q->dev_half = le64_to_cpu(msg->dev_half);
	q->drv_bytes = VBUS_HALF_BYTES(le32_to_cpu(msg->cpl_size));
	q->dev_bytes = VBUS_HALF_BYTES(le32_to_cpu(msg->req_size));
	spin_lock_init(&q->lock);
	return q;
}

static void queue_stop(struct vbus_dqueue *q)
{
	spin_lock_bh(&q->lock);
	q->live = false;
	spin_unlock_bh(&q->lock);
}

/* Set up a queue and fill in the reply. @id is in range. */
int vbus_queue_setup(struct vbus_session *s, u32 id, struct vbus_msg_queue *msg)
{
	struct vbus_client *client = s->client;
	struct vbus_dqueue *q;
	u32 dev_gen;
	int err;

	lockdep_assert_held(&client->lock);
	if (!s->port->ops->queue_add)
		return -ENOENT;
	if (s->queues[id])
		return -EBUSY;
	err = queue_msg_check(msg);
	if (err)
		return err;
	err = queue_charge(s);
	if (err)
		return err;
	err = -ENOMEM;
	q = queue_alloc(s, id, msg);
	if (!q)
		goto err_charge;
	q->stats = queue_stats(s, id);
	if (IS_ERR(q->stats)) {
		err = PTR_ERR(q->stats);
		goto err_free;
	}
	err = queue_map(q);
	if (err)
		goto err_free;
	err = queue_init_rings(q, msg, &dev_gen);
	if (err)
		goto err_unmap;
	q->live = true;
	err = s->port->ops->queue_add(s, q);
	if (err)
		goto err_unmap;
	err = vbus_doorbell_add(client, q);
	if (err)
		goto err_model;
	s->queues[id] = q;
	vbus_sleepers_add(client, q);
	trace_vbus_queue_add(q);
	msg->dev_half = cpu_to_le64(q->dev_half);
	msg->dev_gen = cpu_to_le32(dev_gen);
	msg->doorbell = cpu_to_le32(q->doorbell);
	/* The first publish may have come, and rung, before there was a doorbell. */
	if (q->poll)
		vbus_poll_schedule(q->poll);
	return 0;

err_model:
	queue_stop(q);
	s->port->ops->queue_del(s, q);
err_unmap:
	queue_unmap(q);
err_free:
	/* Nobody but the model has seen it. */
	kfree(q);
err_charge:
	atomic_dec(&client->bus->queues);
	return err;
}

/*
 * First stage of the end: peer memory is not touched after this. Bounded: one packet's copies. The
 * queue leaves the list only when it has stopped; see vbus_client_quiesce().
 */
void vbus_queue_mark_dead(struct vbus_dqueue *q)
{
	vbus_doorbell_del(q->session->client, q);
	queue_stop(q);
	vbus_sleepers_del(q->session->client, q);
}

/* Second stage; a grace period after the first, so that no doorbell is on its way to the poll. */
void vbus_queue_teardown(struct vbus_dqueue *q)
{
	struct vbus_session *s = q->session;

	trace_vbus_queue_del(q);
	s->port->ops->queue_del(s, q);
	queue_unmap(q);
	s->queues[q->id] = NULL;
	atomic_dec(&s->client->bus->queues);
	kfree_rcu(q, rcu);
}

void vbus_queue_remove(struct vbus_session *s, u32 id)
{
	struct vbus_dqueue *q = s->queues[id];

	lockdep_assert_held(&s->client->lock);
	vbus_queue_mark_dead(q);
	synchronize_rcu_expedited();
	vbus_queue_teardown(q);
}

void vbus_dqueue_kick(struct vbus_dqueue *q)
{
	struct vbus_client *client = q->session->client;

	lockdep_assert_held(&q->lock);
	vbus_prod_publish(&q->cpl);
	if (!vbus_prod_kick(&q->cpl)) {
		q->stats->suppressed++;
		return;
	}
	if (q->vector == VBUS_NO_VECTOR)
		return;
	q->stats->interrupts++;
	trace_vbus_interrupt(client, q->vector);
	client->conn->ops->raise(client, q->vector);
}
EXPORT_SYMBOL_GPL(vbus_dqueue_kick);

bool vbus_dqueue_arm(struct vbus_dqueue *q)
{
	int more;

	if (!vbus_dqueue_lock(q))
		return false;
	q->suspect = false;
	WRITE_ONCE(q->armed, true);
	more = vbus_cons_arm(&q->req);
	/* What vbus_dqueue_peek() does not show is no work; a peer must not keep us at it. */
	if (more > 0 && vbus_cons_index(&q->req) - q->done >= q->req.mem.size)
		more = 0;
	if (more > 0)
		WRITE_ONCE(q->armed, false);
	if (more < 0)
		vbus_session_break(q->session, "the link is down or the peer has restarted");
	vbus_dqueue_unlock(q);
	return more > 0;
}
EXPORT_SYMBOL_GPL(vbus_dqueue_arm);

void vbus_dqueue_disarm(struct vbus_dqueue *q)
{
	if (!vbus_dqueue_lock(q))
		return;
	WRITE_ONCE(q->armed, false);
	vbus_cons_disarm(&q->req);
	vbus_dqueue_unlock(q);
}
EXPORT_SYMBOL_GPL(vbus_dqueue_disarm);

int vbus_dqueue_event(struct vbus_dqueue *q, u64 addr)
{
	struct vbus_slot slot;
	int space;

	if (!vbus_dqueue_lock(q))
		return -ENODEV;
	space = vbus_prod_space(&q->cpl);
	if (space > 0) {
		/* The last slot there is room for says that we shall wait for more. */
		vbus_slot_set(&slot, addr, 0, space == 1 ? VBUS_SLOT_F_WANT_CREDIT : 0);
		vbus_prod_put(&q->cpl, &slot);
		vbus_dqueue_kick(q);
		q->stats->packets++;
	} else if (!space) {
		q->stats->ring_full++;
		/* The model waits for the doorbell of the credit; so does the timer. */
		q->suspect = false;
		WRITE_ONCE(q->armed, true);
	} else {
		vbus_session_break(q->session, "credit of an event stream runs backwards");
	}
	vbus_dqueue_unlock(q);
	return space > 0 ? 0 : space < 0 ? -ENODEV : -ENOSPC;
}
EXPORT_SYMBOL_GPL(vbus_dqueue_event);
