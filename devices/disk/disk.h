/* SPDX-License-Identifier: GPL-2.0 */
/*
 * disk: a drive, the device side.
 *
 *	struct disk		a device: a drive and what the administrator set
 *	struct disk_backing	an open file or block device, and the claim on it; src_path
 *	struct disk_media	a medium: the backing with the settings of the moment, from
 *				enabling to disabling. What is being worked on keeps it
 *	struct disk_session	a driver that has the port open
 *	struct disk_queue	one of its request queues. Outlives the session for as long as one
 *				of its requests is being worked on
 *	struct disk_req		a request, with pages of our own: a back end that answers late
 *				writes to nothing that is the driver's
 *
 * A queue has a worker, which takes requests out of the ring, copies in what is to be written and
 * hands them to the file with a kiocb. What the file completes is put on a list, from which the
 * queue's poll (softirq) or, when it is at it anyway, the worker copies out what was read and
 * completes towards the driver. A back end that reads at once, out of the page cache, keeps the
 * worker from it; large reads are then left to the queue's helper, which another processor runs.
 *
 * Locks, outermost first:
 *	disk.cfg		admin's changes
 *	disk.lock		small state; BHs off
 *	disk_queue.lock		BHs off. disk_queue.q is dereferenced under it only
 *	vbus_dqueue.lock
 * disk_queue.fault is a leaf mutex.
 */
#ifndef _DISK_H
#define _DISK_H

#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/fs.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/sizes.h>
#include <linux/spinlock.h>
#include <linux/vbus_blk.h>
#include <linux/workqueue.h>
#include <vbus/device.h>

/* Requests of a queue that are worked on at a time, and how many of them can be large. */
#define DISK_DEPTH		128
#define DISK_DEPTH_LARGE	16
/* What a request that is not large has at most. */
#define DISK_SMALL_SEGS		16
#define DISK_SMALL_PAGES	16
#define DISK_MAX_BYTES		(512 * 1024)
#define DISK_MAX_PAGES		(DISK_MAX_BYTES / PAGE_SIZE)
/* Unused pages that a queue keeps at most: for one request that is read, one that is copied. */
#define DISK_SPARE_PAGES	(2 * DISK_MAX_PAGES)

/* Bytes copied while holding a queue's lock, and in one poll. */
#define DISK_COPY_STEP		(32 * 1024)
#define DISK_POLL_BYTES		(256 * 1024)

/* Reads of as many bytes are copied to the driver by another processor than the one that read. */
#define DISK_APART		(64 * 1024)

/* How long a worker looks for the next request before it sleeps, at most; admin's limits, us. */
#define DISK_BUSY_DEFAULT	50
#define DISK_BUSY_MAX		1000
#define DISK_BUSY_MIN		8

/* Sectors of one discard; of one request for zeroes that may have to be written out. */
#define DISK_MAX_RANGE		(SZ_1G >> SECTOR_SHIFT)
#define DISK_MAX_WRITTEN	(SZ_32M >> SECTOR_SHIFT)

#define disk_complain(d, fmt, ...) \
	pr_warn_ratelimited("%s: " fmt "\n", vbus_device_name(&(d)->vdev), ##__VA_ARGS__)

struct disk_media;
struct disk_queue;
struct disk_session;

/**
 * struct disk_backing - an open file and the claim on it
 * @ref: references
 * @entry: in the list of claims
 * @file: the file
 * @inode: of the file or block device; identity of the claim
 * @bdev: the block device, or NULL
 * @writable: open for writing, which nobody else may share
 * @path: as the writer of src_path saw it
 */
struct disk_backing {
	struct kref ref;
	struct list_head entry;
	struct file *file;
	struct inode *inode;
	struct block_device *bdev;
	bool writable;
	char *path;
};

/**
 * struct disk - a device
 * @vdev: the core's part
 * @port: the one port
 * @wq: does what may sleep
 * @cfg: serialises the admin's changes; see the top of this file
 * @backing: what src_path named, or NULL; cfg
 * @lock: guards the rest but the counters
 * @media: while enabled
 * @session: the driver, or NULL
 * @queues_live: its queues
 * @gen: of the last medium
 * @ro: for the next medium, as are the others
 * @direct: bypass the page cache where possible
 * @block_size: bytes
 * @queues: request queues offered
 * @serial: serial number
 * @busy_us: see DISK_BUSY_DEFAULT; may change at any time
 * @stale: requests still worked on for queues that are dead. A new driver's wait for them: the
 *	sectors they write must not change after those it was promised
 * @nmedia: media that are not gone yet
 * @idle: woken when there are none
 * @errors: requests the back end failed
 */
struct disk {
	struct vbus_device vdev;
	struct vbus_port port;
	struct workqueue_struct *wq;
	struct mutex cfg;	/* see above */
	struct disk_backing *backing;
	spinlock_t lock;	/* see above */
	struct disk_media *media;
	struct disk_session *session;
	struct list_head queues_live;
	u32 gen;
	bool ro;
	bool direct;
	u32 block_size;
	unsigned int queues;
	char serial[VBUS_BLK_SERIAL + 1];
	u32 busy_us;
	atomic_t stale;
	atomic_t nmedia;
	wait_queue_head_t idle;
	atomic64_t errors;
};

static inline struct disk *to_disk(struct vbus_device *vdev)
{
	return container_of(vdev, struct disk, vdev);
}

/**
 * struct disk_media - a medium; all but @size and @off never changes
 * @ref: references
 * @disk: whose; not a reference
 * @backing: what is behind it
 * @gen: its number
 * @size: bytes
 * @off: taken out
 * @ro: cannot be written to
 * @direct: bypasses the page cache
 * @rotational: moving parts
 * @block_size: see &struct vbus_blk_config, as the rest
 */
struct disk_media {
	struct kref ref;
	struct disk *disk;
	struct disk_backing *backing;
	u32 gen;
	atomic64_t size;
	bool off;
	bool ro;
	bool direct;
	bool rotational;
	u32 block_size;
	u32 physical_block_size;
	u32 io_min;
	u32 io_opt;
	u32 max_discard;
	u32 discard_granularity;
	u32 max_zeroes;
};

/**
 * struct disk_events - what the driver was told last; disk.lock
 * @q: the event stream, or NULL
 * @poll: runs when the driver gives credit back
 * @disk: whose
 * @gen: medium it knows of, 0 for none
 * @size: of it
 */
struct disk_events {
	struct vbus_dqueue *q;
	struct vbus_poll poll;
	struct disk *disk;
	u32 gen;
	u64 size;
};

/**
 * struct disk_session - a driver's use of the port
 * @s: the core's part
 * @disk: the device
 * @queues: request queues it may set up
 * @gen: medium it started, 0 for none; disk.lock
 * @ev: event stream
 */
struct disk_session {
	struct vbus_session s;
	struct disk *disk;
	unsigned int queues;
	u32 gen;
	struct disk_events ev;
};

static inline struct disk_session *to_disk_session(struct vbus_session *s)
{
	return container_of(s, struct disk_session, s);
}

/* A private copy of a data slot. */
struct disk_seg {
	u64 addr;
	u32 len;
};

/* What a large request needs. */
struct disk_large {
	struct list_head node;
	struct disk_seg segs[VBUS_BLK_MAX_SEGMENTS];
	struct bio_vec vec[DISK_MAX_PAGES];
};

/**
 * struct disk_req - a request
 * @node: in a list of its queue
 * @done: in the list of what the back end completed
 * @dq: its queue
 * @media: the medium, a reference
 * @iocb: reads and writes
 * @work: the other operations
 * @again: to be called by the worker
 * @op: enum vbus_blk_op
 * @flags: VBUS_BLK_HDR_*
 * @tag: the driver's
 * @slots: of the request ring it takes
 * @status: enum vbus_blk_status
 * @direct: bypass the page cache
 * @pos: first byte
 * @len: bytes
 * @moved: bytes read or written so far
 * @ret: answer of the back end
 * @nsegs: data slots
 * @npages: pages in use
 * @tries: to reach the driver's memory
 * @seg: how far copying came: the data slot,
 * @seg_off: bytes of it,
 * @copied: bytes of all
 * @large: if it is large
 * @segs: data slots
 * @vec: our pages
 * @small_segs: room for them, unless it is large
 * @small_vec: the same
 */
struct disk_req {
	struct list_head node;
	struct llist_node done;
	struct disk_queue *dq;
	struct disk_media *media;
	struct kiocb iocb;
	struct work_struct work;
	void (*again)(struct disk_req *req);
	u8 op;
	u8 flags;
	u16 tag;
	u16 slots;
	u16 status;
	bool direct;
	u64 pos;
	u32 len;
	u32 moved;
	long ret;
	u32 nsegs;
	u32 npages;
	u32 tries;
	u32 seg;
	u32 seg_off;
	u32 copied;
	struct disk_large *large;
	struct disk_seg *segs;
	struct bio_vec *vec;
	struct disk_seg small_segs[DISK_SMALL_SEGS];
	struct bio_vec small_vec[DISK_SMALL_PAGES];
};

/**
 * struct disk_queue - a request queue
 * @ref: the session's, until it is dead, and one for each request in use
 * @disk: the device, a reference
 * @mem: the driver's memory, as long as the queue is not dead
 * @work: the worker
 * @end_work: frees it
 * @poll: completes in softirq
 * @helper: completes large reads that the worker would have to
 * @helped: it is at it, or will be
 * @worker: the task running @work
 * @busy_us: how long the worker looks for the next request; its own, as the next
 * @idle_since: when it last went to sleep, ns
 * @done: requests the back end completed
 * @fault: held to touch the driver's memory outside of softirq, and to end the queue
 * @reqs: all of them
 * @larges: all of them
 * @lock: guards the rest; see the top of this file
 * @live: in the device's list; disk.lock
 * @q: the core's part, NULL once dead
 * @dead: for good
 * @starved: the ring may hold requests there was no room for
 * @media: what the driver started, a reference, or NULL
 * @ready: taken from @done, in order
 * @agains: requests with something to do for the worker
 * @free: unused
 * @free_large: unused
 * @spare: pages for requests
 * @nspare: how many
 * @inflight: requests in use
 * @owed: completions the driver was not rung for yet
 * @slots: of the request being taken
 */
struct disk_queue {
	struct kref ref;
	struct disk *disk;
	struct vbus_memctx *mem;
	struct work_struct work;
	struct work_struct end_work;
	struct work_struct helper;
	bool helped;
	struct vbus_poll poll;
	struct task_struct *worker;
	u32 busy_us;
	u64 idle_since;
	struct llist_head done;
	struct mutex fault;	/* see above */
	struct disk_req *reqs;
	struct disk_large *larges;
	spinlock_t lock;	/* see above */
	struct list_head live;
	struct vbus_dqueue *q;
	bool dead;
	bool starved;
	struct disk_media *media;
	struct llist_node *ready;
	struct list_head agains;
	struct list_head free;
	struct list_head free_large;
	struct list_head spare;
	unsigned int nspare;
	unsigned int inflight;
	unsigned int owed;
	struct vbus_slot slots[VBUS_BLK_MAX_SEGMENTS];
};

/**
 * disk_queue_enter() - touch the ring and the driver's memory
 * @dq: the queue
 *
 * Return: true with its locks held and @dq->q usable; false if it is dead, nothing held.
 */
static inline bool disk_queue_enter(struct disk_queue *dq)
{
	spin_lock_bh(&dq->lock);
	if (likely(dq->q && vbus_dqueue_lock(dq->q)))
		return true;
	spin_unlock_bh(&dq->lock);
	return false;
}

static inline void disk_queue_leave(struct disk_queue *dq)
{
	vbus_dqueue_unlock(dq->q);
	spin_unlock_bh(&dq->lock);
}

/* backing.c */
struct disk_backing *disk_backing_open(struct disk *d, const char *path, bool writable);
void disk_backing_put(struct disk_backing *b);
int disk_backing_check(struct disk *d, const struct disk_backing *b, u32 block_size);
bool disk_backing_is(const struct disk_backing *b, const char *path);
u64 disk_backing_size(const struct disk_backing *b);
int disk_backing_claim(struct disk_backing *b, bool writable);

/* media.c */
int disk_enable(struct disk *d, bool on);			/* cfg held */
int disk_rescan(struct disk *d);				/* cfg held */
void disk_media_get(struct disk_media *m);
void disk_media_put(struct disk_media *m);

/* port.c */
extern const struct vbus_port_ops disk_port_ops;

/* event.c */
void disk_events_push(struct disk *d);				/* lock held */
void disk_events_add(struct disk_session *ds, struct vbus_dqueue *q);
void disk_events_del(struct disk_session *ds);

/* queue.c */
extern struct workqueue_struct *disk_end_wq;

struct disk_queue *disk_queue_create(struct disk *d, struct vbus_dqueue *q);
void disk_queue_kill(struct disk_queue *dq);
void disk_queue_set_media(struct disk_queue *dq, struct disk_media *m);	/* disk.lock held */
void disk_queue_again(struct disk_req *req, void (*again)(struct disk_req *req));
bool disk_queue_retry(struct disk_queue *dq);			/* worker */
void disk_req_done(struct disk_req *req);
void disk_req_answer(struct disk_req *req);
bool disk_queue_drain(struct disk_queue *dq, int *budget);	/* poll; see there */
void disk_wake(struct disk *d);

/* take.c: queue entered */
struct disk_req *disk_take(struct disk_queue *dq, bool *more);
void disk_complete(struct disk_queue *dq, u16 tag, u16 status, u32 slots);

/* request.c */
void disk_req_start(struct disk_req *req);			/* worker */
bool disk_req_result(struct disk_req *req);
u16 disk_copy_status(int err);
int disk_req_copy(struct disk_req *req, bool to_driver);
void disk_req_fault(struct disk_req *req);			/* worker */
void disk_req_free_pages(struct disk_req *req);
void disk_slow_work(struct work_struct *work);

/* attrs.c */
extern const struct attribute_group *disk_groups[];

#endif /* _DISK_H */
