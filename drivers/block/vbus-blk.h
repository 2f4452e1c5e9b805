/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-blk: what its files share.
 *
 * A *port* (struct vblk) has queues from probe to remove; a *disk* (struct vblk_disk) comes and
 * goes with the medium. All of that coming and going is one work item, so that a probe never waits
 * for a disk to be read: the end of the port must be able to overtake it.
 *
 * Order of the end: no queue takes requests any more; the device side lets go of the rings, after
 * which nothing touches our memory; what it had not answered fails; then the disk goes.
 */
#ifndef _VBUS_BLK_H
#define _VBUS_BLK_H

#include <linux/blk-mq.h>
#include <linux/mempool.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vbus_blk.h>
#include <linux/workqueue.h>
#include <vbus/driver.h>

/* Requests of a queue in flight, and the slots they share. */
#define VBLK_DEPTH		128
#define VBLK_SLOTS		1024
/* Mapped segments of a request that need no memory of their own. */
#define VBLK_SMALL		8
#define VBLK_TIMEOUT		(30 * HZ)

struct vblk;

struct vblk_seg {
	dma_addr_t dma;
	u32 len;
};

/**
 * struct vblk_req - what we keep with a request
 * @next: in the list of those being completed
 * @segs: mapped data, @small or from the queue's pool
 * @nsegs: how many
 * @slots: of the ring; 0 if the device side does not have it
 * @status: result
 * @small: see @segs
 */
struct vblk_req {
	struct request *next;
	struct vblk_seg *segs;
	u16 nsegs;
	u16 slots;
	blk_status_t status;
	struct vblk_seg small[VBLK_SMALL];
};

/**
 * struct vblk_queue - a request queue
 * @port: whose
 * @index: which
 * @lock: guards the rest; the device side's interrupt takes it
 * @q: the rings
 * @free: slots that are
 * @live: requests may be posted
 * @pool: of segments
 * @name: of the interrupt
 */
struct vblk_queue {
	struct vblk *port;
	u32 index;
	spinlock_t lock;	/* see above */
	struct vbus_queue *q;
	u32 free;
	bool live;
	mempool_t *pool;
	char name[48];
} ____cacheline_aligned_in_smp;

/**
 * struct vblk_disk - a disk; exists for as long as somebody has it open
 * @disk: block layer's
 * @index: of its name
 * @gen: of the medium
 * @gone: there is no such medium any more
 * @serial: of the device
 */
struct vblk_disk {
	struct gendisk *disk;
	int index;
	u32 gen;
	bool gone;
	char serial[VBUS_BLK_SERIAL + 1];
};

/**
 * struct vblk - a port
 * @proxy: the port
 * @features: negotiated
 * @dma_dev: to map memory for
 * @tags: of all queues
 * @queues: all of them
 * @nqueues: how many
 * @max_segments: the device's
 * @max_bytes: the device's
 * @events: event stream
 * @work: looks at the device and follows
 * @wq: runs it
 * @stop: one stops the queues at a time
 * @disk: what is there, or NULL; @work, or when that cannot run
 * @flags: VBLK_F_*
 * @event_name: of the interrupt
 */
struct vblk {
	struct vbus_proxy *proxy;
	u64 features;
	struct device *dma_dev;
	struct blk_mq_tag_set tags;
	struct vblk_queue *queues;
	u32 nqueues;
	u32 max_segments;
	u32 max_bytes;
	struct vbus_queue *events;
	struct work_struct work;
	struct workqueue_struct *wq;
	struct mutex stop;	/* see above */
	struct vblk_disk *disk;
	unsigned long flags;
	char event_name[48];
};

/* Bits of &vblk.flags. */
enum {
	VBLK_F_GOING,		/* no more work */
	VBLK_F_BROKEN,		/* the device side does not do as agreed */
	VBLK_F_ASLEEP,		/* the machine sleeps, and so does the disk */
};

/* vbus-blk-main.c */
void vblk_broken(struct vblk *port, const char *why);
void vblk_queue_name(struct vblk *port, char *name, size_t len, u32 id);

/* vbus-blk-disk.c */
struct vblk_disk *vblk_disk_create(struct vblk *port, const struct vbus_blk_config *c);
int vblk_disk_add(struct vblk *port, struct vblk_disk *vd);
void vblk_disk_remove(struct vblk_disk *vd);
void vblk_disk_update(struct vblk_disk *vd, const struct vbus_blk_config *c);

/* vbus-blk-queue.c */
extern const struct blk_mq_ops vblk_mq_ops;

int vblk_queues_alloc(struct vblk *port);
void vblk_queues_free(struct vblk *port);
int vblk_queues_start(struct vblk *port);
void vblk_queues_stop(struct vblk *port);

#endif /* _VBUS_BLK_H */
