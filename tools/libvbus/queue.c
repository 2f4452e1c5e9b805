// SPDX-License-Identifier: GPL-2.0
/*
 * libvbus: queues. The rings are the kernel's own code, vbus/ring.h.
 *
 * Both halves lie in one piece of our memory, as in every shared home: first the driver's half,
 * then the device's, see linux/vbus_ring.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <linux/align.h>
#include <vbus/ring.h>
#include "internal.h"

/**
 * struct vbus_queue - a queue or stream
 * @next: on the port's list
 * @port: whose
 * @id: number in the device ABI
 * @size: request slots; 0: a stream
 * @used: of these, staged or published and not done
 * @req: request ring
 * @cpl: completion ring or stream
 * @mem: both halves
 * @vector: interrupt, which signals @fd
 * @fd: eventfd
 * @doorbell: number of the device side's
 * @doorbell_fd: eventfd that rings it, or -1
 */
struct vbus_queue {
	struct vbus_queue *next;
	struct vbus_port *port;
	__u32 id;
	__u32 size;
	__u32 used;
	struct vbus_prod req;
	struct vbus_cons cpl;
	void *mem;
	__u32 vector;
	int fd;
	__u32 doorbell;
	int doorbell_fd;
};

static size_t half_bytes(__u32 slots)
{
	return ALIGN((size_t)VBUS_HALF_BYTES(slots), VBUS_HALF_ALIGN);
}

static int ring_format(const struct vbus_ring_mem *mem, bool slots)
{
	int err = slots ? vbus_ring_format_slots(mem) : 0;

	return err ? err : vbus_ring_format_line(mem);
}

/* Lay out, format and take both rings. */
static int queue_init_rings(struct vbus_queue *q, __u32 cpl_size, __u32 base, __u32 gen)
{
	struct vbus_line *drv_half = q->mem;
	struct vbus_line *dev_half = (void *)((char *)q->mem + half_bytes(cpl_size));
	struct vbus_ring_mem req = {
		.slots = (void *)((char *)dev_half + VBUS_HALF_HDR),
		.line = drv_half,
		.peer_gen = &dev_half->gen,
		.gen = gen,
		.base = base,
		.size = q->size ? q->size : VBUS_RING_MIN_SLOTS,
		.home = VBUS_HOME_SHARED,
	};
	struct vbus_ring_mem cpl = {
		.slots = (void *)((char *)drv_half + VBUS_HALF_HDR),
		.line = dev_half,
		.peer_gen = &dev_half->gen,
		.gen = gen,
		.base = base,
		.size = cpl_size,
		.home = VBUS_HOME_SHARED,
	};
	int err;

	/* A stream has no request ring, but its line carries the life number of our half. */
	err = ring_format(&req, q->size);
	if (!err)
		err = ring_format(&cpl, true);
	if (!err && q->size)
		err = vbus_prod_init(&q->req, &req);
	return err ? err : vbus_cons_init(&q->cpl, &cpl);
}

static int queue_verb(struct vbus_queue *q, struct vbus_msg_queue *msg)
{
	__u32 handle = q->port->handle;
	ssize_t ret;

	ret = vbus_verb(q->port->bus, VBUS_VERB_QUEUE, &handle, q->id, msg, sizeof(*msg), msg,
			sizeof(*msg));
	return ret < 0 ? ret : 0;
}

static int queue_announce(struct vbus_queue *q, __u32 cpl_size, __u64 addr, __u32 base, __u32 gen)
{
	struct vbus_msg_queue msg = {
		.req_size = cpu_to_le32(q->size),
		.cpl_size = cpu_to_le32(cpl_size),
		.flags = cpu_to_le32(q->size ? 0 : VBUS_QUEUE_F_STREAM),
		.vector = cpu_to_le32(q->vector),
		.drv_half = cpu_to_le64(addr),
		.dev_half = cpu_to_le64(addr + half_bytes(cpl_size)),
		.base = cpu_to_le32(base),
		.drv_gen = cpu_to_le32(gen),
		.dev_gen = cpu_to_le32(gen),
		.doorbell = cpu_to_le32(VBUS_NO_DOORBELL),
	};
	int err = queue_verb(q, &msg);

	q->doorbell = le32_to_cpu(msg.doorbell);
	return err;
}

static int set_vector(struct vbus_queue *q, int fd)
{
	struct vbus_user_eventfd msg = { .nr = q->vector, .fd = fd };

	return ioctl(q->port->bus->fd, VBUS_USER_VECTOR, &msg) ? -errno : 0;
}

static bool vector_taken(const struct vbus *bus, __u32 nr)
{
	const struct vbus_port *port;
	const struct vbus_queue *q;

	for (port = bus->open; port; port = port->next)
		for (q = port->queues; q; q = q->next)
			if (q->vector == nr)
				return true;
	return false;
}

/* One of its own: setting it takes it away from whoever has it. */
static int choose_vector(struct vbus *bus, __u32 *nr)
{
	__u32 i;

	for (i = 0; i < bus->vectors; i++) {
		*nr = bus->next_vector++ % bus->vectors;
		if (!vector_taken(bus, *nr))
			return 0;
	}
	return -ENOSPC;
}

static int queue_get_vector(struct vbus_queue *q)
{
	struct vbus *bus = q->port->bus;
	int err;

	err = choose_vector(bus, &q->vector);
	if (err)
		return err;
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->fd < 0)
		return -errno;
	err = set_vector(q, q->fd);
	if (err) {
		close(q->fd);
		q->fd = -1;
	}
	return err;
}

static int queue_setup(struct vbus_queue *q, __u32 cpl_size)
{
	__u32 rnd[2];
	__u64 addr;
	int err;

	if (getrandom(rnd, sizeof(rnd), 0) != sizeof(rnd))
		return -errno;
	/* A base is below 2^31; a life number is neither 0 nor all ones. */
	rnd[0] >>= 1;
	rnd[1] = 1 + rnd[1] % 0xfffffffeu;
	q->mem = vbus_mem_alloc(q->port->bus, half_bytes(cpl_size) + half_bytes(q->size), &addr);
	if (!q->mem)
		return -errno;
	err = queue_init_rings(q, cpl_size, rnd[0], rnd[1]);
	if (!err)
		err = queue_get_vector(q);
	return err ? err : queue_announce(q, cpl_size, addr, rnd[0], rnd[1]);
}

static void queue_free(struct vbus_queue *q)
{
	struct vbus_user_eventfd no_doorbell = { .nr = q->doorbell, .fd = -1 };

	if (q->doorbell_fd >= 0) {
		ioctl(q->port->bus->fd, VBUS_USER_DOORBELL, &no_doorbell);
		close(q->doorbell_fd);
	}
	if (q->fd >= 0) {
		set_vector(q, -1);
		close(q->fd);
	}
	if (q->mem)
		vbus_mem_free(q->port->bus, q->mem);
	free(q);
}

EXPORT int vbus_queue_create(struct vbus_port *port, __u32 id, __u32 req, __u32 cpl,
			     struct vbus_queue **queue)
{
	struct vbus_queue *q;
	int err;

	if (!vbus_ring_size_ok(cpl) || (req && !vbus_ring_size_ok(req)))
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->port = port;
	q->id = id;
	q->size = req;
	q->fd = -1;
	q->doorbell_fd = -1;
	err = queue_setup(q, cpl);
	if (err) {
		queue_free(q);
		return err;
	}
	q->next = port->queues;
	port->queues = q;
	*queue = q;
	return 0;
}

EXPORT void vbus_queue_destroy(struct vbus_queue *q)
{
	struct vbus_msg_queue msg = { 0 };
	struct vbus_queue **p;

	if (!q)
		return;
	for (p = &q->port->queues; *p != q; p = &(*p)->next)
		;
	*p = q->next;
	/* Whatever the answer: the device side touches neither rings nor vector after it. */
	queue_verb(q, &msg);
	queue_free(q);
}

/* ---- requests ---------------------------------------------------------------------------- */

EXPORT unsigned int vbus_queue_room(const struct vbus_queue *q)
{
	return q->size - q->used;
}

EXPORT int vbus_queue_put_slot(struct vbus_queue *q, const struct vbus_slot *slot)
{
	if (q->used >= q->size)
		return -ENOSPC;
	vbus_prod_put(&q->req, slot);
	q->used++;
	return 0;
}

EXPORT int vbus_queue_put(struct vbus_queue *q, __u64 addr, __u32 len, __u8 flags)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, addr, len, flags);
	return vbus_queue_put_slot(q, &slot);
}

static void queue_ring(struct vbus_queue *q)
{
	if (q->doorbell != VBUS_NO_DOORBELL)
		ioctl(q->port->bus->fd, VBUS_USER_RING, (unsigned long)q->doorbell);
}

EXPORT void vbus_queue_publish(struct vbus_queue *q)
{
	vbus_prod_publish(&q->req);
	if (vbus_prod_kick(&q->req))
		queue_ring(q);
}

EXPORT void vbus_queue_done(struct vbus_queue *q, unsigned int n)
{
	q->used -= n < q->used ? n : q->used;
}

/* ---- completions and streams ------------------------------------------------------------- */

EXPORT bool vbus_queue_get(struct vbus_queue *q, struct vbus_slot *slot)
{
	if (!vbus_cons_get(&q->cpl, slot))
		return false;
	/* A stream gives credit back, and rings if the producer sleeps for it. */
	if (!q->size &&
	    vbus_cons_credit(&q->cpl, vbus_slot_flags(slot) & VBUS_SLOT_F_WANT_CREDIT))
		queue_ring(q);
	return true;
}

EXPORT int vbus_queue_fd(const struct vbus_queue *q)
{
	return q->fd;
}

EXPORT bool vbus_queue_arm(struct vbus_queue *q)
{
	__u64 count;

	/* Acknowledge first: what comes after the last look makes the file readable again. */
	while (read(q->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	return vbus_cons_arm(&q->cpl) != 0;
}

/* The bus says something: has it to do with us? Return: 0 or -ENODEV. */
static int queue_lost(struct vbus_queue *q)
{
	int err = vbus_events_read(q->port->bus);

	return err ? err : q->port->gone ? -ENODEV : 0;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* One sleep: until an interrupt, an event or the end of the time. Return: 0 or -errno. */
static int queue_sleep(struct vbus_queue *q, int ms)
{
	struct pollfd pfd[] = {
		{ .fd = q->fd, .events = POLLIN },
		{ .fd = q->port->bus->fd, .events = POLLIN },
	};

	if (q->port->gone)
		return -ENODEV;
	if (poll(pfd, 2, vbus_slice(ms)) < 0)
		return -errno;
	return pfd[1].revents ? queue_lost(q) : 0;
}

EXPORT int vbus_queue_wait(struct vbus_queue *q, int ms)
{
	long end = now_ms() + ms, left = ms;
	int err = 0;

	while (!vbus_queue_arm(q)) {
		if (err || (ms >= 0 && left < 0))
			return err;
		err = queue_sleep(q, left);
		left = ms < 0 ? -1 : end - now_ms();
		/* A time of nothing is over after one look. */
		if (!ms)
			left = -1;
	}
	return 1;
}

EXPORT int vbus_queue_doorbell_fd(struct vbus_queue *q)
{
	struct vbus_user_eventfd msg = { .nr = q->doorbell };

	if (q->doorbell_fd >= 0)
		return q->doorbell_fd;
	msg.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (msg.fd < 0)
		return -errno;
	if (ioctl(q->port->bus->fd, VBUS_USER_DOORBELL, &msg)) {
		int err = -errno;

		close(msg.fd);
		return err;
	}
	q->doorbell_fd = msg.fd;
	return msg.fd;
}
