// SPDX-License-Identifier: GPL-2.0
/*
 * libvbus: ports.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include "internal.h"

EXPORT int vbus_port_open(struct vbus *bus, unsigned int id, __u32 version, __u64 *features,
			  struct vbus_port **port)
{
	struct vbus_msg_open msg = {
		.port = htole32(id),
		.version = htole32(version),
		.features = htole64(features ? *features : 0),
	};
	struct vbus_port *p = calloc(1, sizeof(*p));
	ssize_t ret;

	if (!p)
		return -ENOMEM;
	ret = vbus_verb(bus, VBUS_VERB_OPEN, &p->handle, 0, &msg, sizeof(msg), &msg, sizeof(msg));
	if (ret < 0) {
		free(p);
		return ret;
	}
	if (features)
		*features = le64toh(msg.features);
	p->bus = bus;
	p->id = id;
	pthread_mutex_lock(&bus->lock);
	p->next = bus->open;
	bus->open = p;
	pthread_mutex_unlock(&bus->lock);
	*port = p;
	return 0;
}

EXPORT void vbus_port_close(struct vbus_port *port)
{
	struct vbus_port **p;

	if (!port)
		return;
	while (port->queues)
		vbus_queue_destroy(port->queues);
	vbus_verb(port->bus, VBUS_VERB_CLOSE, &port->handle, 0, NULL, 0, NULL, 0);
	pthread_mutex_lock(&port->bus->lock);
	for (p = &port->bus->open; *p != port; p = &(*p)->next)
		;
	*p = port->next;
	pthread_mutex_unlock(&port->bus->lock);
	free(port);
}

EXPORT ssize_t vbus_port_call(struct vbus_port *port, __u32 func, const void *in, size_t in_len,
			      void *out, size_t out_len)
{
	__u32 handle = port->handle;

	return vbus_verb(port->bus, VBUS_VERB_CALL, &handle, func, in, in_len, out, out_len);
}

EXPORT int vbus_port_shm(struct vbus_port *port, __u32 id, __u64 addr, __u64 bytes, __u32 flags)
{
	struct vbus_msg_shm msg = {
		.addr = htole64(addr),
		.len = htole64(bytes),
		.flags = htole32(flags),
		.vector = htole32(VBUS_NO_VECTOR),
	};
	__u32 handle = port->handle;
	ssize_t ret;

	ret = vbus_verb(port->bus, VBUS_VERB_SHM, &handle, id, &msg, sizeof(msg), &msg,
			sizeof(msg));
	return ret < 0 ? ret : 0;
}
