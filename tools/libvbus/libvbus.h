/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libvbus: be the driver side of a vbus from a process; see libvbus(3).
 *
 * Functions that can fail return a negative errno. A bus and what belongs to it may be used by one
 * thread at a time, except that each queue may be used by a thread of its own.
 */
#ifndef _LIBVBUS_H
#define _LIBVBUS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>
#include <linux/vbus.h>
#include <linux/vbus_ring.h>
#include <linux/vbus_user.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vbus;		/* an attachment to a bus */
struct vbus_port;	/* an open port of it */
struct vbus_queue;	/* a queue or stream of that */

/* ---- bus --------------------------------------------------------------------------------- */

/*
 * Attach to the bus this process is a member of; @path NULL: /dev/vbus. EPERM: it is not a member;
 * ENOENT: no user connector on this machine.
 */
int vbus_attach(const char *path, struct vbus **bus);
/* Closes everything. Memory that came from vbus_mem_alloc() is unmapped. */
void vbus_detach(struct vbus *bus);

/* The file: poll it for events; its ioctls are in linux/vbus_user.h. */
int vbus_fd(const struct vbus *bus);
/* Name of the client, such as "user.0". */
const char *vbus_name(const struct vbus *bus);

/*
 * The next event; @ms: how long to wait, -1 for ever. Return: 1, 0 (none), -ENODEV (the
 * administrator detached us), -EOVERFLOW (some were lost: attach anew).
 */
int vbus_event_get(struct vbus *bus, struct vbus_event *ev, int ms);
/*
 * Id of a port of this type; waits @ms for one. -ETIMEDOUT if there is none.
 */
int vbus_find_port(struct vbus *bus, const char *type, int ms);

/* The status of a reply as a negative errno, 0 for VBUS_OK. */
int vbus_status_errno(unsigned int status);
/*
 * A verb as it is: for tests, and for what has no function of its own. Return: bytes of payload in
 * @out or -errno; @handle is replaced by that of the reply.
 */
ssize_t vbus_verb(struct vbus *bus, unsigned int verb, __u32 *handle, __u32 arg,
		  const void *in, size_t in_len, void *out, size_t out_len);

/* ---- memory ------------------------------------------------------------------------------ */

/* Zeroed memory both sides can use; @bytes is rounded up to pages. NULL: see errno. */
void *vbus_mem_alloc(struct vbus *bus, size_t bytes, __u64 *addr);
/* -EBUSY while a queue is in it. */
int vbus_mem_free(struct vbus *bus, void *ptr);
/* Memory the process has: whole pages, private and anonymous. @flags: VBUS_USER_MEM_*. */
int vbus_mem_add(struct vbus *bus, void *ptr, size_t bytes, unsigned int flags, __u64 *addr);
/* A memfd, sealed against shrinking. */
int vbus_mem_add_fd(struct vbus *bus, int fd, off_t start, size_t bytes, unsigned int flags,
		    __u64 *addr);
int vbus_mem_del(struct vbus *bus, __u64 addr);

/* ---- ports ------------------------------------------------------------------------------- */

/* @features: in: wanted, out: what it got; may be NULL for none. -EBUSY: taken by another. */
int vbus_port_open(struct vbus *bus, unsigned int id, __u32 version, __u64 *features,
		   struct vbus_port **port);
/* Closes its queues, too. */
void vbus_port_close(struct vbus_port *port);
/* Return: bytes of output or -errno. */
ssize_t vbus_port_call(struct vbus_port *port, __u32 func, const void *in, size_t in_len,
		       void *out, size_t out_len);
/* A region of registered memory, or none with @bytes 0. */
int vbus_port_shm(struct vbus_port *port, __u32 id, __u64 addr, __u64 bytes, __u32 flags);

/* ---- queues ------------------------------------------------------------------------------ */

/*
 * @req slots of requests and @cpl of completions, powers of two; @req 0: a stream.
 */
int vbus_queue_create(struct vbus_port *port, __u32 id, __u32 req, __u32 cpl,
		      struct vbus_queue **queue);
void vbus_queue_destroy(struct vbus_queue *queue);

/* Request slots that are free. A slot is in use until vbus_queue_done() gives it back. */
unsigned int vbus_queue_room(const struct vbus_queue *queue);
/* Stage a request; -ENOSPC if there is no room. */
int vbus_queue_put(struct vbus_queue *queue, __u64 addr, __u32 len, __u8 flags);
/* The same for requests that lay a struct of their own over the slot. */
int vbus_queue_put_slot(struct vbus_queue *queue, const struct vbus_slot *slot);
/* Publish what was staged, all at once, and ring if the device side asked for it. */
void vbus_queue_publish(struct vbus_queue *queue);
/* The device side is done with @n request slots; what says so is up to the device. */
void vbus_queue_done(struct vbus_queue *queue, unsigned int n);

/* Take a completion, or an event of a stream; false if there is none. */
bool vbus_queue_get(struct vbus_queue *queue, struct vbus_slot *slot);
/* An eventfd that is readable after an interrupt; for poll loops, with vbus_queue_arm(). */
int vbus_queue_fd(const struct vbus_queue *queue);
/* Going to sleep: ask for an interrupt. True: there is something, do not sleep. */
bool vbus_queue_arm(struct vbus_queue *queue);
/*
 * Sleep until there is something, at most @ms (-1: for ever). Return: 1, 0 (the time is up),
 * -ENODEV (the port is gone, or the bus), -EINTR, -errno.
 */
int vbus_queue_wait(struct vbus_queue *queue, int ms);
/* An eventfd that rings the device side, for programs that hand it on; -errno. */
int vbus_queue_doorbell_fd(struct vbus_queue *queue);

#ifdef __cplusplus
}
#endif

#endif /* _LIBVBUS_H */
