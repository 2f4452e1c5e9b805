// SPDX-License-Identifier: GPL-2.0
/*
 * libvbus: attaching, verbs, events.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

/* ---- verbs ------------------------------------------------------------------------------- */

EXPORT int vbus_status_errno(unsigned int status)
{
	static const int errnos[] = {
		[VBUS_EINVAL] = EINVAL,
		[VBUS_ENOENT] = ENOENT,
		[VBUS_EBUSY] = EBUSY,
		[VBUS_ENOMEM] = ENOMEM,
		[VBUS_ENOSPC] = ENOSPC,
		[VBUS_EVERSION] = EOPNOTSUPP,
		[VBUS_EGONE] = ENODEV,
		[VBUS_EFAULT] = EFAULT,
		[VBUS_EPROTO] = EPROTO,
		[VBUS_EPERM] = EPERM,
		[VBUS_EIO] = EIO,
		[VBUS_PENDING] = EINPROGRESS,
		[VBUS_ESTATE] = ENOTCONN,
	};

	if (status == VBUS_OK)
		return 0;
	if (status < sizeof(errnos) / sizeof(errnos[0]) && errnos[status])
		return -errnos[status];
	return -EIO;
}

struct message {
	struct vbus_msg head;
	__u8 data[VBUS_CALL_MAX];
};

/* What came back: -errno, or the bytes of payload, which are in @reply. */
static ssize_t message_result(const struct message *reply, size_t len, __u32 *handle)
{
	int err = vbus_status_errno(le16toh(reply->head.status));
	size_t bytes = le32toh(reply->head.len);

	if (len < sizeof(reply->head) || bytes != len - sizeof(reply->head))
		return -EPROTO;
	if (handle)
		*handle = le32toh(reply->head.handle);
	return err ? err : (ssize_t)bytes;
}

EXPORT ssize_t vbus_verb(struct vbus *bus, unsigned int verb, __u32 *handle, __u32 arg,
			 const void *in, size_t in_len, void *out, size_t out_len)
{
	struct message req = { .head = {
		.verb = htole16(verb),
		.handle = htole32(handle ? *handle : 0),
		.arg = htole32(arg),
		.len = htole32(in_len),
	} }, reply;
	struct vbus_user_verb v = {
		.req = (uintptr_t)&req,
		.reply = (uintptr_t)&reply,
		.req_len = sizeof(req.head) + in_len,
		.reply_len = sizeof(reply),
	};
	ssize_t ret;

	if (in_len > sizeof(req.data))
		return -EMSGSIZE;
	if (in_len)
		memcpy(req.data, in, in_len);
	if (ioctl(bus->fd, VBUS_USER_VERB, &v))
		return -errno;
	ret = message_result(&reply, v.reply_len, handle);
	if (ret > (ssize_t)out_len)
		return -EMSGSIZE;
	if (ret > 0)
		memcpy(out, reply.data, ret);
	return ret;
}

/* ---- ports that are there ---------------------------------------------------------------- */

static struct known_port **port_find(struct vbus *bus, __u32 id)
{
	struct known_port **p;

	for (p = &bus->ports; *p && (*p)->id != id; p = &(*p)->next)
		;
	return p;
}

static int port_added(struct vbus *bus, __u32 id, const struct vbus_event *ev)
{
	struct known_port **p = port_find(bus, id);

	if (*p)
		return 0;
	*p = calloc(1, sizeof(**p));
	if (!*p)
		return -ENOMEM;
	(*p)->id = id;
	memcpy((*p)->type, ev->type, sizeof(ev->type));
	return 0;
}

static void port_gone(struct vbus *bus, __u32 id)
{
	struct known_port **p = port_find(bus, id), *gone = *p;

	if (gone) {
		*p = gone->next;
		free(gone);
	}
}

static void port_mark_gone(struct vbus *bus, __u32 id)
{
	struct vbus_port *p;

	for (p = bus->open; p; p = p->next)
		if (p->id == id)
			p->gone = 1;
}

static int note_event(struct vbus *bus, const struct vbus_event *ev)
{
	__u32 id = le32toh(ev->port);

	switch (le32toh(ev->event)) {
	case VBUS_EV_DEVADD:
		return port_added(bus, id, ev);
	case VBUS_EV_DEVDROP:
		port_gone(bus, id);
		port_mark_gone(bus, id);
		break;
	}
	return 0;
}

/* ---- events ------------------------------------------------------------------------------ */

/* Forget a kept event of the port; false if there is none. */
static bool drop_event(struct vbus *bus, __le32 port, unsigned int type)
{
	struct kept_event **p, *k;

	for (p = &bus->events; (k = *p); p = &k->next)
		if (k->ev.port == port && le32toh(k->ev.event) == type)
			break;
	if (!k)
		return false;
	*p = k->next;
	if (bus->events_end == &k->next)
		bus->events_end = p;
	free(k);
	return true;
}

/* A program that never asks for events must not drown in them: what is taken back is dropped. */
static int keep_event(struct vbus *bus, const struct vbus_event *ev)
{
	struct kept_event *k;

	drop_event(bus, ev->port, VBUS_EV_AVAILABLE);
	if (le32toh(ev->event) == VBUS_EV_DEVDROP && drop_event(bus, ev->port, VBUS_EV_DEVADD))
		return note_event(bus, ev);
	k = malloc(sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->ev = *ev;
	k->next = NULL;
	*bus->events_end = k;
	bus->events_end = &k->next;
	return note_event(bus, ev);
}

static bool take_event(struct vbus *bus, struct vbus_event *ev)
{
	struct kept_event *k = bus->events;

	if (!k)
		return false;
	*ev = k->ev;
	bus->events = k->next;
	if (!bus->events)
		bus->events_end = &bus->events;
	free(k);
	return true;
}

static int read_events(struct vbus *bus)
{
	struct vbus_event ev;
	ssize_t n;
	int err;

	for (;;) {
		n = read(bus->fd, &ev, sizeof(ev));
		if (n < 0)
			return errno == EAGAIN || errno == EINTR ? 0 : -errno;
		if (n != sizeof(ev))
			return -ENODEV;
		err = keep_event(bus, &ev);
		if (err)
			return err;
	}
}

/* Read all that there are and keep them for vbus_event_get(). Return: 0 or -errno. */
int vbus_events_read(struct vbus *bus)
{
	int err;

	pthread_mutex_lock(&bus->lock);
	err = read_events(bus);
	pthread_mutex_unlock(&bus->lock);
	return err;
}

EXPORT int vbus_event_get(struct vbus *bus, struct vbus_event *ev, int ms)
{
	struct pollfd pfd = { .fd = bus->fd, .events = POLLIN };
	bool found;
	int ret;

	for (;;) {
		pthread_mutex_lock(&bus->lock);
		found = take_event(bus, ev);
		pthread_mutex_unlock(&bus->lock);
		if (found)
			return 1;
		ret = poll(&pfd, 1, vbus_slice(ms));
		if (ret < 0)
			return errno != EINTR ? -errno : 0;
		if (ret)
			break;
		if (!ms)
			return 0;
		if (ms > 0)
			ms -= vbus_slice(ms);
	}
	pthread_mutex_lock(&bus->lock);
	ret = read_events(bus);
	found = take_event(bus, ev);
	pthread_mutex_unlock(&bus->lock);
	return found ? 1 : ret;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int port_of_type(struct vbus *bus, const char *type)
{
	struct known_port *p;
	int id = -ENOENT;

	pthread_mutex_lock(&bus->lock);
	for (p = bus->ports; p && id < 0; p = p->next)
		if (!strcmp(p->type, type))
			id = p->id;
	pthread_mutex_unlock(&bus->lock);
	return id;
}

EXPORT int vbus_find_port(struct vbus *bus, const char *type, int ms)
{
	struct pollfd pfd = { .fd = bus->fd, .events = POLLIN };
	long end = now_ms() + ms, left;
	int ret;

	for (;;) {
		ret = vbus_events_read(bus);
		if (ret)
			return ret;
		ret = port_of_type(bus, type);
		if (ret >= 0)
			return ret;
		left = ms < 0 ? -1 : end - now_ms();
		if (ms >= 0 && left < 0)
			return -ETIMEDOUT;
		if (poll(&pfd, 1, vbus_slice(left)) < 0 && errno != EINTR)
			return -errno;
	}
}

/* ---- attaching --------------------------------------------------------------------------- */

EXPORT int vbus_fd(const struct vbus *bus)
{
	return bus->fd;
}

EXPORT const char *vbus_name(const struct vbus *bus)
{
	return bus->name;
}

/* The file first, then the verb: two layers, each with a version of its own. */
static int bus_join(struct vbus *bus, const char *path)
{
	struct vbus_user_attach join = { .version = VBUS_USER_VERSION };
	struct vbus_msg_attach msg = { .version = htole32(VBUS_ABI_VERSION) };
	ssize_t ret;

	bus->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (bus->fd < 0 || ioctl(bus->fd, VBUS_USER_ATTACH, &join))
		return -errno;
	memcpy(bus->name, join.name, sizeof(bus->name) - 1);
	bus->doorbells = join.doorbells;
	bus->vectors = join.vectors;
	ret = vbus_verb(bus, VBUS_VERB_ATTACH, NULL, 0, &msg, sizeof(msg), &msg, sizeof(msg));
	if (ret < 0)
		return ret;
	return ret == sizeof(msg) ? 0 : -EPROTO;
}

EXPORT int vbus_attach(const char *path, struct vbus **bus)
{
	struct vbus *b = calloc(1, sizeof(*b));
	int err;

	if (!b)
		return -ENOMEM;
	b->fd = -1;
	b->events_end = &b->events;
	pthread_mutex_init(&b->lock, NULL);
	err = bus_join(b, path ? path : "/dev/vbus");
	if (err) {
		vbus_detach(b);
		return err;
	}
	*bus = b;
	return 0;
}

EXPORT void vbus_detach(struct vbus *bus)
{
	struct vbus_event ev;

	if (!bus)
		return;
	while (bus->open)
		vbus_port_close(bus->open);
	if (bus->fd >= 0)
		close(bus->fd);
	vbus_mem_unmap_all(bus);
	while (bus->ports)
		port_gone(bus, bus->ports->id);
	while (take_event(bus, &ev))
		;
	pthread_mutex_destroy(&bus->lock);
	free(bus);
}
