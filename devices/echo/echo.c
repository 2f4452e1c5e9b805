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
/* Copied in and out through this much of the session's memory. */
#define ECHO_CHUNK		2048

struct echo {
	struct vbus_device dev;
	struct vbus_port port;
};

struct echo_session {
	struct vbus_session s;		/* first: the core allocates it */
	struct vbus_poll poll;
	struct vbus_dqueue *q;
	struct vbus_shm *shm;
	u64 calls, messages, bytes, errors;
	u8 head[ECHO_CHUNK], tail[ECHO_CHUNK];
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

/* Reverse @len bytes of peer memory, a chunk from each end at a time. */
static int echo_reverse(struct echo_session *es, u64 addr, u32 len)
{
	struct vbus_dqueue *q = es->q;
	int err;

	while (len) {
		u32 n = min_t(u32, len > 1 ? len / 2 : 1, ECHO_CHUNK);

		err = vbus_dqueue_copy_from(q, es->head, addr, n) ?:
		      vbus_dqueue_copy_from(q, es->tail, addr + len - n, n);
		if (err)
			return err;
		reverse_bytes(es->head, n);
		reverse_bytes(es->tail, n);
		err = vbus_dqueue_copy_to(q, addr, es->tail, n) ?:
		      vbus_dqueue_copy_to(q, addr + len - n, es->head, n);
		if (err)
			return err;
		addr += n;
		len -= min(len, 2 * n);
	}
	return 0;
}

/* Serve one request; returns its length, or a negative errno if there is none or it is bad. */
static int echo_one(struct echo_session *es)
{
	struct vbus_dqueue *q = es->q;
	struct vbus_slot slot;
	u32 len;

	if (!vbus_dqueue_get(q, &slot))
		return -ENOENT;
	len = vbus_slot_len(&slot);
	if (!len || len > VBUS_ECHO_MAX || vbus_slot_flags(&slot) ||
	    echo_reverse(es, vbus_slot_addr(&slot), len)) {
		q->stats->bad++;
		es->errors++;
		vbus_session_break(&es->s, "bad echo request");
		return -EPROTO;
	}
	/* addr and len go back as they came, in our own copy; seq is the ring's business. */
	vbus_prod_put(&q->cpl, &slot);
	vbus_dqueue_complete(q, 1);
	q->stats->packets++;
	q->stats->bytes += len;
	es->messages++;
	es->bytes += len;
	return len;
}

static int echo_poll(struct vbus_poll *poll, int budget)
{
	struct echo_session *es = container_of(poll, struct echo_session, poll);
	u32 bytes = 0;
	int done = 0, len = 0;

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
	/* There may be more: ask to be run again. */
	return budget;
}

static bool echo_arm(struct vbus_poll *poll)
{
	struct echo_session *es = container_of(poll, struct echo_session, poll);

	return !READ_ONCE(es->s.broken) && vbus_dqueue_arm(es->q);
}

/* ---- session: verbs, in process context, one at a time --------------------------------------- */

static int echo_open(struct vbus_session *s)
{
	struct echo_session *es = to_echo_session(s);

	vbus_poll_init(&es->poll, echo_poll, echo_arm);
	return 0;
}

static void echo_close(struct vbus_session *s)
{
	vbus_poll_fini(&to_echo_session(s)->poll);
}

static int echo_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct echo_session *es = to_echo_session(s);

	if (q->id != VBUS_ECHO_QUEUE || q->flags & VBUS_QUEUE_F_STREAM ||
	    q->cpl.mem.size < q->req.mem.size)
		return -EINVAL;
	es->q = q;
	q->poll = &es->poll;
	vbus_poll_enable(&es->poll);
	return 0;
}

static void echo_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct echo_session *es = to_echo_session(s);

	vbus_poll_disable(&es->poll);
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
