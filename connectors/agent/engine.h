/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The DMA engine of a link, which makes the large copies between the master and the board.
 */
#ifndef _VBUS_AGENT_ENGINE_H
#define _VBUS_AGENT_ENGINE_H

#include <linux/atomic.h>
#include <linux/dmaengine.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <vbus/link.h>

#include "threshold.h"

/* What one transfer moves at most; longer copies take several. */
#define ENGINE_BUF	65536

/* What engine_read() and engine_write() leave to a processor. */
#define ENGINE_PASS	1

/* Bounds of "timeout_ms". A copy waits with BHs off. */
#define ENGINE_TIMEOUT		2
#define ENGINE_TIMEOUT_MAX	100

/* Which way the bytes go, seen from the master. */
enum engine_way {
	ENGINE_READ,
	ENGINE_WRITE,
	ENGINE_WAYS,
};

/**
 * enum engine_state - what is done with copies
 * @ENGINE_OFF: no board, or it was found to be of no use; processors make them
 * @ENGINE_READY: large ones are given to it
 * @ENGINE_RESETTING: a transfer failed and may still be going on; whoever wants its memory waits
 * @ENGINE_RESTING: it was stopped; for a while processors make the copies
 * @ENGINE_BROKEN: it could not be stopped, and may still write; it is not used any more, nor is its
 *	buffer freed
 */
enum engine_state {
	ENGINE_OFF,
	ENGINE_READY,
	ENGINE_RESETTING,
	ENGINE_RESTING,
	ENGINE_BROKEN,
};

/**
 * struct engine_way_state - one direction
 * @min: bytes from which on copies are made by the engine
 * @measured: what @min is if nobody has chosen it
 * @chosen: what somebody has chosen, or 0
 * @rate: how fast it is
 * @cpu_ns: time of a processor for ENGINE_BIG bytes
 * @dma_ns: time of the engine for them
 * @copies: how many it has made
 * @bytes: how many they had
 */
struct engine_way_state {
	u32 min;
	u32 measured;
	u32 chosen;
	struct engine_rate rate;
	u32 cpu_ns;
	u32 dma_ns;
	unsigned long copies;
	unsigned long bytes;
};

/**
 * struct engine - the DMA channel of a link
 * @link: the link
 * @chan: the channel
 * @wq: where @reset runs
 * @lock: one copy at a time; guards the rest
 * @state: enum engine_state
 * @buf: ENGINE_BUF bytes of ours: all transfers are between it and the board
 * @buf_dma: its address for the channel
 * @ways: the two directions
 * @timeout_ms: the least time a transfer is given
 * @failed: the write whose transfer failed, until nothing of it is going on any more or, if that
 *	cannot be had, its owner was told; len is 0 if there is none
 * @rest_ms: how long it rests the next time it fails
 * @reset: stops it after a failure, and takes it back later
 * @settled: who waits until it was stopped
 * @errors: transfers that ended in an error, or could not be started
 * @timeouts: transfers that did not end
 * @resets: how often it was stopped for one of these
 * @busy: large copies that a processor made since the engine was making another
 */
struct engine {
	struct vbus_link *link;
	struct dma_chan *chan;
	struct workqueue_struct *wq;
	spinlock_t lock;	/* see above */
	enum engine_state state;
	void *buf;
	dma_addr_t buf_dma;
	struct engine_way_state ways[ENGINE_WAYS];
	u32 timeout_ms;
	struct {
		u64 off;
		size_t len;
	} failed;
	u32 rest_ms;
	struct delayed_work reset;
	wait_queue_head_t settled;
	unsigned long errors;
	unsigned long timeouts;
	unsigned long resets;
	atomic_long_t busy;
};

/* engine.c */
struct engine *engine_create(struct vbus_link *link, struct workqueue_struct *wq);
void engine_destroy(struct engine *e);
void engine_start(struct engine *e, u64 scratch);
void engine_stop(struct engine *e);
void engine_settle(struct engine *e);
int engine_read(struct engine *e, void *dst, u64 off, size_t len);
int engine_write(struct engine *e, u64 off, const void *src, size_t len);
int engine_move(struct engine *e, u64 off, void *ptr, size_t len, enum engine_way way);

/* measure.c */
int engine_measure(struct engine *e, u64 scratch);

/* engine_sysfs.c: "dma" in the link's directory */
int engine_files_add(struct vbus_link *link);
void engine_files_del(struct vbus_link *link);

#endif /* _VBUS_AGENT_ENGINE_H */
