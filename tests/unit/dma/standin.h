/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-ins for what code that drives a DMA channel takes from the kernel. One thread: a
 * lock that is held is a mistake, and work runs when the test says so. What the channel does is in
 * the test (sim_*).
 */
#ifndef _UNIT_DMA_STANDIN_H
#define _UNIT_DMA_STANDIN_H

#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <asm/barrier.h>
#include <linux/kernel.h>

#define HZ		1000
#define NSEC_PER_MSEC	1000000L
#define GFP_KERNEL	0
#define PAGE_SIZE	4096ul
#define round_down(x, a) ((x) / (a) * (a))
#define round_up(x, a) round_down((x) + (a) - 1, a)
#define U32_MAX		((u32)-1)
#ifndef fallthrough
#define fallthrough __attribute__((__fallthrough__))
#endif
#define clamp_t(t, v, lo, hi) min_t(t, max_t(t, v, lo), hi)
#define cpu_relax() do { } while (0)
#define IS_ENABLED(x) 0
#define ERR_PTR(err) ((void *)(long)(err))

typedef u64 dma_addr_t;
struct list_head { struct list_head *next, *prev; };
struct kobject { int unused; };
struct mutex { int unused; };
struct device { int complaints; };

static inline void dev_complain(struct device *dev, const char *fmt, ...)
{
	dev->complaints++;
}

#define dev_warn dev_complain
#define dev_err dev_complain
#define dev_warn_ratelimited dev_complain
#define dev_notice_ratelimited dev_complain

/* ---- locks, work, waiting ---- */

extern int sim_bh_off;
#define local_bh_disable() (sim_bh_off++)
#define local_bh_enable() (sim_bh_off--)

typedef struct { bool held; } spinlock_t;
static inline void spin_lock_init(spinlock_t *l) { l->held = false; }
static inline bool spin_trylock_bh(spinlock_t *l)
{
	if (l->held)
		return false;
	local_bh_disable();
	return l->held = true;
}
static inline void spin_lock_bh(spinlock_t *l) { assert(spin_trylock_bh(l)); }
static inline void spin_unlock_bh(spinlock_t *l)
{
	assert(l->held);
	l->held = false;
	local_bh_enable();
}
#define lockdep_assert_held(l) assert((l)->held)

typedef struct { long n; } atomic_long_t;
#define atomic_long_inc(a) ((a)->n++)
#define atomic_long_read(a) ((a)->n)

struct work_struct { void (*fn)(struct work_struct *work); };
struct delayed_work { struct work_struct work; bool pending; unsigned long delay; };
struct workqueue_struct { struct delayed_work *queued; };
#define INIT_DELAYED_WORK(w, f) (*(w) = (struct delayed_work){ .work.fn = (f) })
static inline void queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *w,
				      unsigned long delay)
{
	w->pending = true;
	w->delay = delay;
	wq->queued = w;
}
static inline void cancel_delayed_work_sync(struct delayed_work *w) { w->pending = false; }
#define msecs_to_jiffies(ms) (ms)

typedef struct { int woken; } wait_queue_head_t;
#define init_waitqueue_head(q) ((q)->woken = 0)
#define wake_up_all(q) ((q)->woken++)
void sim_work(void);
#define wait_event_timeout(q, cond, t) ({ if (!(cond)) sim_work(); (cond); })

/* ---- memory, time, noise ---- */

#define kzalloc(n, f) calloc(1, n)
#define kmalloc(n, f) malloc(n)
#define kfree free
#define get_order(n) (n)
#define __get_free_pages(f, order) ((unsigned long)malloc(order))
#define free_pages(p, order) free((void *)(p))
u64 ktime_get_ns(void);
static inline void get_random_bytes(void *p, size_t n)
{
	u8 *b = p;

	while (n--)
		*b++ = rand();
}

/* ---- dmaengine ---- */

enum dma_data_direction { DMA_BIDIRECTIONAL };
enum dma_status { DMA_COMPLETE, DMA_IN_PROGRESS, DMA_PAUSED, DMA_ERROR };
typedef int dma_cookie_t;
struct dma_async_tx_descriptor { int unused; };
struct dma_chan { struct dma_device *device; struct device *own; };
struct dma_device {
	struct device *dev;
	bool cap_mask;
	void *device_prep_dma_memcpy;
	void *device_terminate_all;
};

#define DMA_PREP_INTERRUPT	1
#define DMA_CTRL_ACK		2
#define dma_has_cap(cap, mask) (mask)
#define dma_chan_name(chan) ((void)(chan), "channel")
#define dmaengine_get_dma_device(chan) ((chan)->own ?: (chan)->device->dev)
#define dma_submit_error(cookie) ((cookie) < 0)
#define is_dma_copy_aligned(d, a, b, len) (!(((a) | (b) | (len)) & sim_align))
extern u64 sim_align;
struct dma_async_tx_descriptor *dmaengine_prep_dma_memcpy(struct dma_chan *chan, dma_addr_t dst,
							  dma_addr_t src, size_t len,
							  unsigned long flags);
dma_cookie_t dmaengine_submit(struct dma_async_tx_descriptor *tx);
void dma_async_issue_pending(struct dma_chan *chan);
enum dma_status dma_async_is_tx_complete(struct dma_chan *chan, dma_cookie_t cookie, void *last,
					 void *used);
int dmaengine_terminate_async(struct dma_chan *chan);
int dmaengine_terminate_sync(struct dma_chan *chan);

extern struct device *sim_mapper;
static inline dma_addr_t dma_map_single(struct device *dev, void *p, size_t n, int dir)
{
	sim_mapper = dev;
	return (dma_addr_t)(uintptr_t)p;
}
#define dma_mapping_error(dev, addr) (!(addr))
#define dma_unmap_single(dev, addr, n, dir) do { } while (0)
#define dma_sync_single_for_device(dev, addr, n, dir) do { } while (0)
#define dma_sync_single_for_cpu(dev, addr, n, dir) do { } while (0)

#endif
