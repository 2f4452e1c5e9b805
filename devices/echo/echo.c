// SPDX-License-Identifier: GPL-2.0
/*
 * echo: the smallest complete device model. It has one port of type "echo", which any number of
 * consumers may open; it returns the input of a call, and reverses the buffers it finds in a queue.
 *
 * Read it top to bottom: queue, session, device, class. Documentation/device.rst builds a new model
 * out of it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/vbus_echo.h>
#include <vbus/device.h>

#define ECHO_MAX_SESSIONS	64
/* Bytes one poll may move, so that large buffers do not hold the CPU for a whole budget. */
#define ECHO_POLL_BYTES		(256 * 1024)

struct echo {
	struct vbus_device dev;
	struct vbus_port port;
};

struct echo_session {
	struct vbus_session s;		/* first: the core allocates it */
	struct vbus_poll poll;
	struct vbus_fault fault;
	struct vbus_dqueue *q;
	struct vbus_shm *shm;
	u64 calls, messages, bytes, errors;
	struct vbus_slot slot;		/* the request whose answer is in @buf */
	bool full;
	u8 *buf;			/* VBUS_ECHO_MAX bytes */
};

static struct echo_session *to_echo_session(struct vbus_session *s)
{
	return container_of(s, struct echo_session, s);
}

/* ---- queue: runs in softirq, under the queue's lock ---------------------------------------- */

static void reverse_bytes(u8 *p, size_t n)
{
	size_t i;

	for (i = 0; i < n / 2; i++)
		swap(p[i], p[n - 1 - i]);
}

/* Take the next request; its answer is in es->buf then. 0, or why not; then it is still there. */
static int echo_take(struct echo_session *es)
{
	struct vbus_dqueue *q = es->q;
	u32 len;
	int err;

	if (!vbus_dqueue_peek(q, 0, &es->slot))
		return -ENOENT;
	len = vbus_slot_len(&es->slot);
	if (!len || len > VBUS_ECHO_MAX || vbus_slot_flags(&es->slot))
		return -EPROTO;
	err = vbus_dqueue_copy_from(q, es->buf, vbus_slot_addr(&es->slot), len);
	if (err)
		return err;
	vbus_dqueue_take(q, 1);
	reverse_bytes(es->buf, len);
	es->full = true;
	return 0;
}

/* Answer it. 0, or why not; then the answer is still in es->buf. */
static int echo_answer(struct echo_session *es)
{
	struct vbus_dqueue *q = es->q;
	u32 len = vbus_slot_len(&es->slot);
	int err;

	err = vbus_dqueue_copy_to(q, vbus_slot_addr(&es->slot), es->buf, len);
	if (err)
		return err;
	/* addr and len go back as they came, in our own copy; seq is the ring's business. */
	vbus_prod_put(&q->cpl, &es->slot);
	vbus_dqueue_complete(q, 1);
	es->full = false;
	q->stats->packets++;
	q->stats->bytes += len;
	es->messages++;
	es->bytes += len;
	return 0;
}

/* Serve one request; returns its length, or a negative errno if that cannot be done now or ever. */
static int echo_one(struct echo_session *es)
{
	int err = es->full ? 0 : echo_take(es);

	if (!err)
		err = echo_answer(es);
	if (!err)
		return vbus_slot_len(&es->slot);
	if (err == -EAGAIN) {
		/* Not from softirq, says the connector. The poll runs again when it can be done. */
		vbus_fault_add(&es->fault, vbus_slot_addr(&es->slot), vbus_slot_len(&es->slot));
		vbus_fault_start(&es->fault);
	} else if (err != -ENOENT) {
		es->q->stats->bad++;
		es->errors++;
		vbus_session_break(&es->s, "bad echo request");
	}
	return err;
}

static int echo_poll(struct vbus_poll *poll, int budget)
{
	struct echo_session *es = container_of(poll, struct echo_session, poll);
	u32 bytes = 0;
	int done = 0, len = 0;

	if (vbus_fault_busy(&es->fault))
		return 0;
	while (done < budget && bytes < ECHO_POLL_BYTES) {
		/* One request at a time, so that whoever ends the queue does not wait for all. */
		if (!vbus_dqueue_lock(es->q))
			return done;
		len = echo_one(es);
		if (len < 0 && done)
			vbus_dqueue_kick(es->q);
		vbus_dqueue_unlock(es->q);
		if (len < 0)
			return done;
		bytes += len;
		done++;
	}
	if (vbus_dqueue_lock(es->q)) {
		vbus_dqueue_kick(es->q);
		vbus_dqueue_unlock(es->q);
	}
	return vbus_poll_more(poll, done, budget);
}

static bool echo_arm(struct vbus_poll *poll)
{
	struct echo_session *es = container_of(poll, struct echo_session, poll);

	/* It is scheduled when the fault is over, and not before. */
	return !READ_ONCE(es->s.broken) && !vbus_fault_busy(&es->fault) && vbus_dqueue_arm(es->q);
}

/* ---- session: verbs, in process context, one at a time --------------------------------------- */

static int echo_open(struct vbus_session *s)
{
	struct echo_session *es = to_echo_session(s);

	es->buf = kvmalloc(VBUS_ECHO_MAX, GFP_KERNEL_ACCOUNT);
	if (!es->buf)
		return -ENOMEM;
	vbus_poll_init(&es->poll, echo_poll, echo_arm);
	return 0;
}

static void echo_close(struct vbus_session *s)
{
	struct echo_session *es = to_echo_session(s);

	vbus_poll_fini(&es->poll);
	kvfree(es->buf);
}

static int echo_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct echo_session *es = to_echo_session(s);

	if (q->id != VBUS_ECHO_QUEUE || q->flags & VBUS_QUEUE_F_STREAM ||
	    q->cpl.mem.size < q->req.mem.size)
		return -EINVAL;
	es->q = q;
	es->full = false;
	vbus_fault_init(&es->fault, q, &es->poll, false);
	q->poll = &es->poll;
	vbus_poll_enable(&es->poll);
	return 0;
}

static void echo_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct echo_session *es = to_echo_session(s);

	vbus_poll_disable(&es->poll);
	vbus_fault_fini(&es->fault);
	es->q = NULL;
}

static int echo_shm_add(struct vbus_session *s, struct vbus_shm *shm)
{
	struct echo_session *es = to_echo_session(s);

	if (shm->id != VBUS_ECHO_SHM || shm->len < sizeof(__le64) || shm->flags)
		return -EINVAL;
	es->shm = shm;
	return 0;
}

static void echo_shm_del(struct vbus_session *s, struct vbus_shm *shm)
{
	to_echo_session(s)->shm = NULL;
}

static int echo_touch(struct echo_session *es)
{
	__le64 word;
	int err;

	if (!es->shm)
		return -ENOENT;
	err = vbus_memctx_copy_from(es->s.mem, &word, es->shm->addr, sizeof(word));
	if (err)
		return err;
	le64_add_cpu(&word, 1);
	err = vbus_memctx_copy_to(es->s.mem, es->shm->addr, &word, sizeof(word));
	if (!err)
		vbus_shm_signal(es->shm);
	return err;
}

static int echo_stat(struct echo_session *es, void *out, u32 *out_len)
{
	struct vbus_echo_stat stat = {
		.calls = cpu_to_le64(es->calls),
		.messages = cpu_to_le64(READ_ONCE(es->messages)),
		.bytes = cpu_to_le64(READ_ONCE(es->bytes)),
		.errors = cpu_to_le64(READ_ONCE(es->errors)),
	};

	if (*out_len < sizeof(stat))
		return -EINVAL;
	memcpy(out, &stat, sizeof(stat));
	*out_len = sizeof(stat);
	return 0;
}

static int echo_call(struct vbus_session *s, u32 func, const void *in, u32 in_len, void *out,
		     u32 *out_len)
{
	struct echo_session *es = to_echo_session(s);

	es->calls++;
	switch (func) {
	case VBUS_ECHO_CALL_ECHO:
		if (in_len > *out_len)
			return -EINVAL;
		memcpy(out, in, in_len);
		*out_len = in_len;
		return 0;
	case VBUS_ECHO_CALL_STAT:
		return echo_stat(es, out, out_len);
	case VBUS_ECHO_CALL_TOUCH:
		*out_len = 0;
		return echo_touch(es);
	default:
		return -ENOENT;
	}
}

static const struct vbus_port_ops echo_port_ops = {
	.session_size = sizeof(struct echo_session),
	.open = echo_open,
	.close = echo_close,
	.call = echo_call,
	.shm_add = echo_shm_add,
	.shm_del = echo_shm_del,
	.queue_add = echo_queue_add,
	.queue_del = echo_queue_del,
};

/* ---- device and class ------------------------------------------------------------------------ */

static struct vbus_device *echo_create(struct vbus_devclass *cls, const char *name)
{
	struct echo *echo = kzalloc(sizeof(*echo), GFP_KERNEL);
	int err;

	if (!echo)
		return ERR_PTR(-ENOMEM);
	vbus_device_init(&echo->dev, cls);
	echo->port.type = VBUS_ECHO_TYPE;
	echo->port.version = VBUS_ECHO_VERSION;
	echo->port.features = VBUS_ECHO_F_ALL;
	echo->port.max_sessions = ECHO_MAX_SESSIONS;
	echo->port.ops = &echo_port_ops;
	err = vbus_port_init(&echo->dev, &echo->port);
	if (err) {
		vbus_device_put(&echo->dev);
		return ERR_PTR(err);
	}
	return &echo->dev;
}

/* Nothing to stop: all there is belongs to sessions, which are gone. */
static void echo_destroy(struct vbus_device *dev)
{
}

static void echo_release(struct vbus_device *dev)
{
	kfree(container_of(dev, struct echo, dev));
}

static struct vbus_devclass echo_class = {
	.name = "echo",
	.owner = THIS_MODULE,
	.create = echo_create,
	.destroy = echo_destroy,
	.release = echo_release,
};

module_vbus_devclass(echo_class);
MODULE_ALIAS_VBUS_CLASS("echo");
MODULE_DESCRIPTION("vbus echo device model");
MODULE_LICENSE("GPL");
