// SPDX-License-Identifier: GPL-2.0
/*
 * A DMA engine made of software: a provider of the kernel's dmaengine with one channel, DMA_MEMCPY,
 * for machines that have no real one.
 *
 * A processor of this machine makes the copies, in the interrupt of a timer: not in a thread, since
 * who waits for a copy in softirq may be on the only processor on which the thread could run. Who
 * asks whether a copy is done makes it as well, if its time has come: an emulated machine's timer
 * can be late by more than a driver would wait for hardware. So nothing is gained by it, and its
 * speed means nothing. What is real is the interface, that copies are made some time after they
 * were asked for, and what goes wrong:
 *
 *	delay_us	how long each transfer takes
 *	kib_ns		how much longer for each 1024 bytes
 *	error		so many of the next transfers end in an error, half of their bytes moved
 *	hang		so many of the next ones never end, until the channel is stopped
 *	stop_ms		how long it takes until a stopped channel has really stopped
 *	unstoppable	a channel with a transfer that hangs refuses to be stopped
 *
 * in /sys/kernel/debug/vbus-testdma, beside counters. A transfer that hangs when the channel is
 * stopped writes "stop_ms" later, as hardware does that is only slow, and "late" counts it.
 *
 * Addresses must be RAM or in the window that is given when the module is loaded: any other counts
 * in "strays" and is an error.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

static unsigned long long window[2];
static int window_words;
module_param_array(window, ullong, &window_words, 0444);
MODULE_PARM_DESC(window, "physical address and bytes of I/O memory that it can reach");

#define TESTDMA_DESCS	16

struct testdma_desc {
	struct dma_async_tx_descriptor tx;
	struct list_head node;
	dma_addr_t dst;
	dma_addr_t src;
	size_t len;
};

/**
 * struct testdma - the engine
 * @dma: the provider
 * @chan: its channel
 * @io: the window
 * @lock: guards the rest. Transfers are made with it held
 * @free: descriptors
 * @prepared: those of them that somebody has; they are on no list but this one until submitted
 * @submitted: asked for, not issued
 * @active: issued
 * @stuck: one that hangs
 * @failed: cookie of the last one that failed
 * @timer: has the first of @active carried out
 * @due: when that is
 * @debugfs: directory
 * @delay_us: see above, as the next ones
 * @kib_ns: see above
 * @error: see above
 * @hang: see above
 * @stop_ms: see above
 * @unstoppable: see above
 * @transfers: that were completed
 * @bytes: of them
 * @in_flight: issued and not completed
 * @stops: how often the channel was stopped
 * @late: transfers that hung and wrote after that
 * @strays: transfers to or from where they must not
 * @descs: memory of the descriptors
 */
struct testdma {
	struct dma_device dma;
	struct dma_chan chan;
	void __iomem *io;
	spinlock_t lock;	/* see above */
	struct list_head free;
	struct list_head prepared;
	struct list_head submitted;
	struct list_head active;
	struct testdma_desc *stuck;
	dma_cookie_t failed;
	struct hrtimer timer;
	ktime_t due;
	struct dentry *debugfs;
	u32 delay_us;
	u32 kib_ns;
	u32 error;
	u32 hang;
	u32 stop_ms;
	bool unstoppable;
	u32 transfers;
	u32 bytes;
	u32 in_flight;
	u32 stops;
	u32 late;
	u32 strays;
	struct testdma_desc descs[TESTDMA_DESCS];
};

static struct testdma *to_testdma(struct dma_chan *chan)
{
	return container_of(chan, struct testdma, chan);
}

/* ---- copying ------------------------------------------------------------------------------- */

static bool is_ram(dma_addr_t addr, size_t len)
{
	return virt_addr_valid(phys_to_virt(addr)) && virt_addr_valid(phys_to_virt(addr + len - 1));
}

/* Where in the window, or NULL. */
static void __iomem *in_window(struct testdma *td, dma_addr_t addr, size_t len)
{
	u64 off = addr - window[0];

	if (!td->io || off >= window[1] || len > window[1] - off)
		return NULL;
	return td->io + off;
}

static int testdma_move(struct testdma *td, const struct testdma_desc *d, size_t len)
{
	void __iomem *dst = in_window(td, d->dst, d->len), *src = in_window(td, d->src, d->len);

	if (dst && is_ram(d->src, d->len))
		memcpy_toio(dst, phys_to_virt(d->src), len);
	else if (src && is_ram(d->dst, d->len))
		memcpy_fromio(phys_to_virt(d->dst), src, len);
	else
		return -EFAULT;
	return 0;
}

static void testdma_kick(struct testdma *td)
{
	struct testdma_desc *d = list_first_entry_or_null(&td->active, struct testdma_desc, node);

	if (!d || td->stuck)
		return;
	td->due = ktime_add_ns(ktime_get(), (u64)td->delay_us * NSEC_PER_USEC +
					    ((u64)d->len * td->kib_ns >> 10));
	hrtimer_start(&td->timer, td->due, HRTIMER_MODE_ABS_HARD);
}

/* The first of the list is done. */
static void testdma_done(struct testdma *td, struct testdma_desc *d, bool ok)
{
	if (ok) {
		td->chan.completed_cookie = d->tx.cookie;
		td->transfers++;
		td->bytes += d->len;
	} else {
		td->failed = d->tx.cookie;
	}
	td->in_flight--;
	list_move_tail(&d->node, &td->free);
}

/* The next transfer, if its time has come. */
static void testdma_carry_out(struct testdma *td)
{
	struct testdma_desc *d = list_first_entry_or_null(&td->active, struct testdma_desc, node);

	lockdep_assert_held(&td->lock);
	if (!d || td->stuck || ktime_before(ktime_get(), td->due))
		return;
	if (td->hang) {
		td->hang--;
		td->stuck = d;
		return;
	}
	if (td->error) {
		td->error--;
		testdma_move(td, d, d->len / 2);
		testdma_done(td, d, false);
	} else if (testdma_move(td, d, d->len)) {
		td->strays++;
		testdma_done(td, d, false);
	} else {
		testdma_done(td, d, true);
	}
	testdma_kick(td);
}

static enum hrtimer_restart testdma_timer(struct hrtimer *timer)
{
	struct testdma *td = container_of(timer, struct testdma, timer);
	unsigned long flags;

	spin_lock_irqsave(&td->lock, flags);
	testdma_carry_out(td);
	spin_unlock_irqrestore(&td->lock, flags);
	return HRTIMER_NORESTART;
}

/* ---- what dmaengine asks for --------------------------------------------------------------- */

static dma_cookie_t testdma_submit(struct dma_async_tx_descriptor *tx)
{
	struct testdma_desc *d = container_of(tx, struct testdma_desc, tx);
	struct testdma *td = to_testdma(tx->chan);
	unsigned long flags;

	spin_lock_irqsave(&td->lock, flags);
	if (++td->chan.cookie < DMA_MIN_COOKIE)
		td->chan.cookie = DMA_MIN_COOKIE;
	tx->cookie = td->chan.cookie;
	list_move_tail(&d->node, &td->submitted);
	spin_unlock_irqrestore(&td->lock, flags);
	return tx->cookie;
}

static struct dma_async_tx_descriptor *testdma_prep(struct dma_chan *chan, dma_addr_t dst,
						    dma_addr_t src, size_t len,
						    unsigned long flags)
{
	struct testdma *td = to_testdma(chan);
	struct testdma_desc *d;
	unsigned long irq;

	spin_lock_irqsave(&td->lock, irq);
	d = list_first_entry_or_null(&td->free, struct testdma_desc, node);
	if (d)
		list_move_tail(&d->node, &td->prepared);
	spin_unlock_irqrestore(&td->lock, irq);
	if (!d)
		return NULL;
	dma_async_tx_descriptor_init(&d->tx, chan);
	d->tx.tx_submit = testdma_submit;
	d->tx.flags = flags;
	d->dst = dst;
	d->src = src;
	d->len = len;
	return &d->tx;
}

static void testdma_issue(struct dma_chan *chan)
{
	struct testdma *td = to_testdma(chan);
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&td->lock, flags);
	idle = list_empty(&td->active);
	td->in_flight += list_count_nodes(&td->submitted);
	list_splice_tail_init(&td->submitted, &td->active);
	if (idle)
		testdma_kick(td);
	spin_unlock_irqrestore(&td->lock, flags);
}

static enum dma_status testdma_status(struct dma_chan *chan, dma_cookie_t cookie,
				      struct dma_tx_state *state)
{
	struct testdma *td = to_testdma(chan);
	enum dma_status status;
	unsigned long flags;

	spin_lock_irqsave(&td->lock, flags);
	testdma_carry_out(td);
	status = dma_async_is_complete(cookie, chan->completed_cookie, chan->cookie);
	if (status != DMA_COMPLETE && cookie == td->failed)
		status = DMA_ERROR;
	dma_set_tx_state(state, chan->completed_cookie, chan->cookie, 0);
	spin_unlock_irqrestore(&td->lock, flags);
	return status;
}

/* Nothing is begun any more, but what hangs may still write until it is synchronized. */
static int testdma_terminate(struct dma_chan *chan)
{
	struct testdma *td = to_testdma(chan);
	unsigned long flags;

	spin_lock_irqsave(&td->lock, flags);
	if (td->stuck && td->unstoppable) {
		spin_unlock_irqrestore(&td->lock, flags);
		return -EBUSY;
	}
	td->stops++;
	td->in_flight = 0;
	list_splice_tail_init(&td->submitted, &td->free);
	list_splice_tail_init(&td->active, &td->free);
	list_splice_tail_init(&td->prepared, &td->free);
	if (td->stuck) {
		/* Not for others yet. */
		list_del_init(&td->stuck->node);
		td->in_flight = 1;
	}
	spin_unlock_irqrestore(&td->lock, flags);
	return 0;
}

static void testdma_synchronize(struct dma_chan *chan)
{
	struct testdma *td = to_testdma(chan);
	unsigned long flags;

	hrtimer_cancel(&td->timer);
	if (td->stop_ms)
		msleep(td->stop_ms);
	spin_lock_irqsave(&td->lock, flags);
	if (td->stuck) {
		if (td->stop_ms && !testdma_move(td, td->stuck, td->stuck->len))
			td->late++;
		/* Releasing a channel synchronizes it without having stopped it. */
		list_move_tail(&td->stuck->node, &td->free);
		td->stuck = NULL;
		td->in_flight = 0;
	}
	spin_unlock_irqrestore(&td->lock, flags);
}

static int testdma_alloc(struct dma_chan *chan)
{
	struct testdma *td = to_testdma(chan);

	chan->cookie = DMA_MIN_COOKIE;
	chan->completed_cookie = DMA_MIN_COOKIE;
	td->failed = 0;
	return TESTDMA_DESCS;
}

static void testdma_free(struct dma_chan *chan)
{
	to_testdma(chan)->unstoppable = false;
	testdma_terminate(chan);
	testdma_synchronize(chan);
}

/* ---- the device ---------------------------------------------------------------------------- */

static void testdma_init_lists(struct testdma *td)
{
	int i;

	spin_lock_init(&td->lock);
	INIT_LIST_HEAD(&td->free);
	INIT_LIST_HEAD(&td->prepared);
	INIT_LIST_HEAD(&td->submitted);
	INIT_LIST_HEAD(&td->active);
	for (i = 0; i < TESTDMA_DESCS; i++)
		list_add_tail(&td->descs[i].node, &td->free);
}

static void testdma_init_dma(struct testdma *td, struct device *dev)
{
	struct dma_device *dma = &td->dma;

	dma_cap_set(DMA_MEMCPY, dma->cap_mask);
	dma_cap_set(DMA_PRIVATE, dma->cap_mask);
	dma->dev = dev;
	dma->device_alloc_chan_resources = testdma_alloc;
	dma->device_free_chan_resources = testdma_free;
	dma->device_prep_dma_memcpy = testdma_prep;
	dma->device_issue_pending = testdma_issue;
	dma->device_tx_status = testdma_status;
	dma->device_terminate_all = testdma_terminate;
	dma->device_synchronize = testdma_synchronize;
	INIT_LIST_HEAD(&dma->channels);
	td->chan.device = dma;
	list_add_tail(&td->chan.device_node, &dma->channels);
}

static void testdma_init_debugfs(struct testdma *td)
{
	struct dentry *dir = debugfs_create_dir("vbus-testdma", NULL);

	td->debugfs = dir;
	debugfs_create_u32("delay_us", 0600, dir, &td->delay_us);
	debugfs_create_u32("kib_ns", 0600, dir, &td->kib_ns);
	debugfs_create_u32("error", 0600, dir, &td->error);
	debugfs_create_u32("hang", 0600, dir, &td->hang);
	debugfs_create_u32("stop_ms", 0600, dir, &td->stop_ms);
	debugfs_create_bool("unstoppable", 0600, dir, &td->unstoppable);
	debugfs_create_u32("transfers", 0400, dir, &td->transfers);
	debugfs_create_u32("bytes", 0400, dir, &td->bytes);
	debugfs_create_u32("in_flight", 0400, dir, &td->in_flight);
	debugfs_create_u32("stops", 0400, dir, &td->stops);
	debugfs_create_u32("late", 0400, dir, &td->late);
	debugfs_create_u32("strays", 0400, dir, &td->strays);
}

static void testdma_end(void *arg)
{
	struct testdma *td = arg;

	debugfs_remove_recursive(td->debugfs);
	dma_async_device_unregister(&td->dma);
	hrtimer_cancel(&td->timer);
}

static int testdma_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct testdma *td;
	int err;

	td = devm_kzalloc(dev, sizeof(*td), GFP_KERNEL);
	if (!td)
		return -ENOMEM;
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	if (window_words == 2) {
		td->io = devm_ioremap_wc(dev, window[0], window[1]);
		if (!td->io)
			return -ENOMEM;
	}
	testdma_init_lists(td);
	hrtimer_init(&td->timer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS_HARD);
	td->timer.function = testdma_timer;
	testdma_init_dma(td, dev);
	err = dma_async_device_register(&td->dma);
	if (err)
		return err;
	testdma_init_debugfs(td);
	dev_info(dev, "a DMA engine made of software\n");
	return devm_add_action_or_reset(dev, testdma_end, td);
}

static struct platform_driver testdma_driver = {
	.driver = {
		.name = "vbus-testdma",
		/* Only the module takes it away, and its users pin that. */
		.suppress_bind_attrs = true,
	},
};

static struct platform_device *testdma_device;

static int __init testdma_init(void)
{
	testdma_device = platform_create_bundle(&testdma_driver, testdma_probe, NULL, 0, NULL, 0);
	return PTR_ERR_OR_ZERO(testdma_device);
}

static void __exit testdma_exit(void)
{
	platform_device_unregister(testdma_device);
	platform_driver_unregister(&testdma_driver);
}

module_init(testdma_init);
module_exit(testdma_exit);

MODULE_DESCRIPTION("DMA engine made of software, for tests of vbus");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
