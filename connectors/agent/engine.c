// SPDX-License-Identifier: GPL-2.0
/*
 * The DMA engine of a link: copies by it, and what becomes of those that fail.
 *
 * Models copy in softirq with a queue's lock held, so a copy waits for its transfer, looking at the
 * channel. A copy comes here only if it was measured that a processor would take longer to make it,
 * so this costs less time than it saves, and the wait has an end.
 *
 * Transfers are between the board and a buffer of ours, never a model's memory: a transfer that
 * was given up cannot write to what somebody has freed, and a processor can make its copy at once.
 * Towards the board there is no such buffer. So a copy whose transfer failed is answered -EAGAIN
 * until the channel was stopped, which needs process context; then a processor can make that one,
 * too. The board's driver gets its memory back when nothing can arrive there any more.
 *
 * Of a channel that does not stop nothing of the kind can be said. Who waits for it gives up after
 * a second at most. If it cannot be stopped at all the copy fails, and what its transfer was told
 * to write may still be written to the board's memory, whatever is there by then. All that can be
 * done is not to use the channel again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <asm/barrier.h>

#include "engine.h"

/* How long a channel rests after a failure: each time twice as long, until a copy succeeds. */
#define ENGINE_REST_MIN		1000u
#define ENGINE_REST_MAX		64000u

/* A transfer may take this many times what was measured. */
#define ENGINE_PATIENCE		8

static struct device *engine_dev(const struct engine *e)
{
	return dmaengine_get_dma_device(e->chan);
}

/* ---- a transfer ---------------------------------------------------------------------------- */

/* How long a transfer may take, ns. */
static u64 engine_patience(const struct engine *e, size_t len, enum engine_way way)
{
	const struct engine_rate *rate = &e->ways[way].rate;
	u64 expected = rate->setup + ((u64)len * rate->kib >> 10);
	u64 least = (u64)READ_ONCE(e->timeout_ms) * NSEC_PER_MSEC;

	return clamp_t(u64, ENGINE_PATIENCE * expected, least, ENGINE_TIMEOUT_MAX * NSEC_PER_MSEC);
}

static int engine_wait(struct engine *e, dma_cookie_t cookie, u64 patience)
{
	u64 end = ktime_get_ns() + patience, now;

	do {
		/* Before the look: while we were not running, the transfer may have been. */
		now = ktime_get_ns();
		switch (dma_async_is_tx_complete(e->chan, cookie, NULL, NULL)) {
		case DMA_COMPLETE:
			/* Before the bytes that it brought. */
			dma_rmb();
			return 0;
		case DMA_ERROR:
			return -EIO;
		default:
			cpu_relax();
		}
	} while (now < end);
	return -ETIMEDOUT;
}

/* Between the buffer and the board. 0, ENGINE_PASS (not begun), -EIO, -ETIMEDOUT. */
static int engine_transfer(struct engine *e, u64 off, size_t len, enum engine_way way)
{
	dma_addr_t board = e->link->dma_base + off;
	struct dma_async_tx_descriptor *tx;
	dma_cookie_t cookie;

	if (way == ENGINE_WRITE)
		tx = dmaengine_prep_dma_memcpy(e->chan, board, e->buf_dma, len,
					       DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	else
		tx = dmaengine_prep_dma_memcpy(e->chan, e->buf_dma, board, len,
					       DMA_PREP_INTERRUPT | DMA_CTRL_ACK);
	if (!tx)
		return ENGINE_PASS;
	cookie = dmaengine_submit(tx);
	if (dma_submit_error(cookie))
		return -EIO;
	dma_async_issue_pending(e->chan);
	return engine_wait(e, cookie, engine_patience(e, len, way));
}

/* engine_move - a copy; nobody else uses the engine */
int engine_move(struct engine *e, u64 off, void *ptr, size_t len, enum engine_way way)
{
	size_t n;
	int ret;

	for (; len; off += n, ptr += n, len -= n) {
		n = min_t(size_t, len, ENGINE_BUF);
		if (way == ENGINE_WRITE)
			memcpy(e->buf, ptr, n);
		dma_sync_single_for_device(engine_dev(e), e->buf_dma, n, DMA_BIDIRECTIONAL);
		ret = engine_transfer(e, off, n, way);
		if (ret)
			return ret;
		dma_sync_single_for_cpu(engine_dev(e), e->buf_dma, n, DMA_BIDIRECTIONAL);
		if (way == ENGINE_READ)
			memcpy(ptr, e->buf, n);
	}
	return 0;
}

/* ---- failures ------------------------------------------------------------------------------ */

static void engine_count_failure(struct engine *e, int err)
{
	if (err == -ETIMEDOUT)
		e->timeouts++;
	else
		e->errors++;
}

/* Return: what its copy is told. */
static int engine_fail(struct engine *e, u64 off, size_t len, enum engine_way way, int err)
{
	lockdep_assert_held(&e->lock);
	dev_notice_ratelimited(e->link->dev, "DMA %s the board failed: %pe\n",
			       way == ENGINE_WRITE ? "to" : "from", ERR_PTR(err));
	engine_count_failure(e, err);
	if (way == ENGINE_WRITE) {
		e->failed.off = off;
		e->failed.len = len;
	}
	WRITE_ONCE(e->state, ENGINE_RESETTING);
	/* Not every channel can do this at once; the work does it in any case. */
	dmaengine_terminate_async(e->chan);
	queue_delayed_work(e->wq, &e->reset, 0);
	/* What was to be read may still arrive in our buffer, which nobody looks at. */
	return way == ENGINE_WRITE ? -EAGAIN : ENGINE_PASS;
}

/* Nothing is going on when it returns 0. Process context. */
static int engine_terminate(struct engine *e)
{
	int err = dmaengine_terminate_sync(e->chan);

	if (err)
		dev_err(e->link->dev, "DMA channel %s cannot be stopped: %pe; it is not used again\n",
			dma_chan_name(e->chan), ERR_PTR(err));
	return err;
}

static void engine_reset(struct work_struct *work)
{
	struct engine *e = container_of(work, struct engine, reset.work);
	int err = 0;

	if (READ_ONCE(e->state) == ENGINE_RESETTING)
		err = engine_terminate(e);
	spin_lock_bh(&e->lock);
	switch (e->state) {
	case ENGINE_RESETTING:
		if (err) {
			WRITE_ONCE(e->state, ENGINE_BROKEN);
			break;
		}
		e->resets++;
		e->failed.len = 0;
		WRITE_ONCE(e->state, ENGINE_RESTING);
		queue_delayed_work(e->wq, &e->reset, msecs_to_jiffies(e->rest_ms));
		e->rest_ms = min(2 * e->rest_ms, ENGINE_REST_MAX);
		break;
	case ENGINE_RESTING:
		WRITE_ONCE(e->state, ENGINE_READY);
		break;
	default:
		/* Stopped meanwhile. */
		break;
	}
	spin_unlock_bh(&e->lock);
	wake_up_all(&e->settled);
}

/*
 * May the write that failed still arrive in one of these pages? In pages of the board's, since
 * whoever asks whether a buffer can be had again touches one byte of each.
 */
static bool engine_threatens(const struct engine *e, u64 off, size_t len)
{
	u64 base = e->link->out_base, first = base + e->failed.off;
	u64 begin = round_down(first, PAGE_SIZE), end = round_up(first + e->failed.len, PAGE_SIZE);

	return e->failed.len && base + off < end && begin < base + off + len;
}

/* A copy while the channel is being stopped, or could not be: ENGINE_PASS, -EAGAIN, -EIO. */
static int engine_after(struct engine *e, u64 off, size_t len, enum engine_way way)
{
	int ret = ENGINE_PASS;

	spin_lock_bh(&e->lock);
	if (e->state == ENGINE_RESETTING) {
		if (engine_threatens(e, off, len))
			ret = -EAGAIN;
	} else if (e->state == ENGINE_BROKEN && way == ENGINE_WRITE && len &&
		   off == e->failed.off && len == e->failed.len) {
		e->failed.len = 0;
		ret = -EIO;
	}
	spin_unlock_bh(&e->lock);
	return ret;
}

/* ---- copies -------------------------------------------------------------------------------- */

static int engine_try(struct engine *e, u64 off, void *ptr, size_t len, enum engine_way way)
{
	struct engine_way_state *w = &e->ways[way];
	int ret;

	lockdep_assert_held(&e->lock);
	ret = engine_move(e, off, ptr, len, way);
	if (ret < 0)
		return engine_fail(e, off, len, way, ret);
	if (!ret) {
		w->copies++;
		w->bytes += len;
		e->rest_ms = ENGINE_REST_MIN;
	}
	return ret;
}

static int engine_copy(struct engine *e, u64 off, void *ptr, size_t len, enum engine_way way)
{
	int ret = ENGINE_PASS;

	if (!e)
		return ENGINE_PASS;
	switch (READ_ONCE(e->state)) {
	case ENGINE_READY:
		break;
	case ENGINE_RESETTING:
	case ENGINE_BROKEN:
		return engine_after(e, off, len, way);
	default:
		return ENGINE_PASS;
	}
	if (len < READ_ONCE(e->ways[way].min) ||
	    !is_dma_copy_aligned(e->chan->device, e->link->dma_base + off, e->buf_dma, len))
		return ENGINE_PASS;
	/* Whoever would have to wait for another's copy has made it by himself sooner. */
	if (!spin_trylock_bh(&e->lock)) {
		atomic_long_inc(&e->busy);
		return ENGINE_PASS;
	}
	if (e->state == ENGINE_READY)
		ret = engine_try(e, off, ptr, len, way);
	spin_unlock_bh(&e->lock);
	return ret;
}

/**
 * engine_read() - a copy from the board
 * @e: the engine, or NULL
 * @dst: where to
 * @off: offset in the window, checked
 * @len: bytes
 *
 * Context: process or softirq; waits for at most ENGINE_TIMEOUT_MAX ms for each ENGINE_BUF bytes.
 * Return: 0; ENGINE_PASS (a processor shall make it); -EAGAIN (a write failed that may still arrive
 * in these pages: ask again from process context).
 */
int engine_read(struct engine *e, void *dst, u64 off, size_t len)
{
	return engine_copy(e, off, dst, len, ENGINE_READ);
}

/* engine_write - the reverse; also -EIO: it failed, and the channel cannot be stopped */
int engine_write(struct engine *e, u64 off, const void *src, size_t len)
{
	return engine_copy(e, off, (void *)src, len, ENGINE_WRITE);
}

/* ---- coming and going ---------------------------------------------------------------------- */

/**
 * engine_start() - a board is there
 * @e: the engine, off, or NULL
 * @scratch: offset in the window of ENGINE_BIG bytes of the board's that it does not look at yet
 *
 * The engine is used if it is seen to move bytes to and from the board. Context: process.
 */
void engine_start(struct engine *e, u64 scratch)
{
	int err;

	if (!e || e->state == ENGINE_BROKEN)
		return;
	err = engine_measure(e, scratch);
	if (err) {
		engine_count_failure(e, err);
		dev_warn_ratelimited(e->link->dev,
				     "DMA channel %s is not used: a trial copy failed: %pe\n",
				     dma_chan_name(e->chan), ERR_PTR(err));
	}
	if (err && engine_terminate(e))
		WRITE_ONCE(e->state, ENGINE_BROKEN);
	else if (!err)
		WRITE_ONCE(e->state, ENGINE_READY);
}

/**
 * engine_stop() - no transfer is going on, or begun, after this
 * @e: the engine, or NULL
 *
 * Context: process.
 */
void engine_stop(struct engine *e)
{
	bool used;

	if (!e)
		return;
	/* Waits for a copy. */
	spin_lock_bh(&e->lock);
	used = e->state != ENGINE_OFF && e->state != ENGINE_BROKEN;
	if (used)
		WRITE_ONCE(e->state, ENGINE_OFF);
	e->failed.len = 0;
	spin_unlock_bh(&e->lock);
	cancel_delayed_work_sync(&e->reset);
	if (used && engine_terminate(e))
		WRITE_ONCE(e->state, ENGINE_BROKEN);
	wake_up_all(&e->settled);
}

/**
 * engine_settle() - wait until a transfer that failed was stopped
 * @e: the engine, or NULL
 *
 * For who is about to give the board its memory back; a second at most. Context: process.
 */
void engine_settle(struct engine *e)
{
	if (e)
		wait_event_timeout(e->settled, READ_ONCE(e->state) != ENGINE_RESETTING, HZ);
}

static bool engine_usable(const struct vbus_link *link)
{
	struct dma_device *d = link->dma->device;

	if (!dma_has_cap(DMA_MEMCPY, d->cap_mask) || !d->device_prep_dma_memcpy) {
		dev_warn(link->dev, "DMA channel %s cannot copy memory\n",
			 dma_chan_name(link->dma));
		return false;
	}
	/* A dead board must be safe from it. */
	if (!d->device_terminate_all) {
		dev_warn(link->dev, "DMA channel %s cannot be stopped\n", dma_chan_name(link->dma));
		return false;
	}
	return true;
}

/* engine_create - NULL if the link has no channel, or none that can be used, or memory is short */
struct engine *engine_create(struct vbus_link *link, struct workqueue_struct *wq)
{
	struct engine *e;
	int way;

	if (!link->dma || !engine_usable(link))
		return NULL;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return NULL;
	e->link = link;
	e->chan = link->dma;
	e->wq = wq;
	e->timeout_ms = ENGINE_TIMEOUT;
	e->rest_ms = ENGINE_REST_MIN;
	for (way = 0; way < ENGINE_WAYS; way++)
		e->ways[way].min = ENGINE_NEVER;
	spin_lock_init(&e->lock);
	init_waitqueue_head(&e->settled);
	INIT_DELAYED_WORK(&e->reset, engine_reset);
	e->buf = (void *)__get_free_pages(GFP_KERNEL, get_order(ENGINE_BUF));
	if (!e->buf)
		goto err_free;
	e->buf_dma = dma_map_single(engine_dev(e), e->buf, ENGINE_BUF, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(engine_dev(e), e->buf_dma))
		goto err_buf;
	return e;

err_buf:
	free_pages((unsigned long)e->buf, get_order(ENGINE_BUF));
err_free:
	kfree(e);
	return NULL;
}

/* engine_destroy - it was stopped */
void engine_destroy(struct engine *e)
{
	if (!e)
		return;
	if (e->state != ENGINE_BROKEN) {
		dma_unmap_single(engine_dev(e), e->buf_dma, ENGINE_BUF, DMA_BIDIRECTIONAL);
		free_pages((unsigned long)e->buf, get_order(ENGINE_BUF));
	}
	kfree(e);
}
