/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvbus: what its files share.
 */
#ifndef _LIBVBUS_INTERNAL_H
#define _LIBVBUS_INTERNAL_H

#include <pthread.h>
#include "libvbus.h"

#define EXPORT __attribute__((visibility("default")))

/* A port that is there. */
struct known_port {
	struct known_port *next;
	__u32 id;
	char type[VBUS_TYPE_SIZE + 1];
};

/* An event that was read and not handed out. */
struct kept_event {
	struct kept_event *next;
	struct vbus_event ev;
};

/* Memory from vbus_mem_alloc(). */
struct own_memory {
	struct own_memory *next;
	void *ptr;
	size_t bytes;
	__u64 addr;
};

struct vbus {
	int fd;
	char name[VBUS_NAME_SIZE];
	__u32 doorbells, vectors;
	__u32 next_vector;
	pthread_mutex_t lock;		/* reading events, and what is made of them: up to @open */
	struct kept_event *events, **events_end;
	struct known_port *ports;
	struct vbus_port *open;
	struct own_memory *memory;
};

struct vbus_port {
	struct vbus_port *next;
	struct vbus *bus;
	__u32 id;
	__u32 handle;
	int gone;		/* DEVDROP came */
	struct vbus_queue *queues;
};

/*
 * Threads that wait for events wake each other up, but the first to read leaves nothing for the
 * others to poll for. So they look again at what was read, this often.
 */
#define LOOK_AGAIN_MS 100

static inline int vbus_slice(long ms)
{
	return ms < 0 || ms > LOOK_AGAIN_MS ? LOOK_AGAIN_MS : ms;
}

int vbus_events_read(struct vbus *bus);
void vbus_mem_unmap_all(struct vbus *bus);

#endif /* _LIBVBUS_INTERNAL_H */
