// SPDX-License-Identifier: GPL-2.0
/*
 * How long a link would take: see vbus/model.h. Files in /sys/module/vbus_link/parameters:
 *
 *	model_slower	0 switches the model off; N makes the link N times as slow as the others
 *			say. With a large one the emulated processors, which are slow themselves,
 *			are fast beside the link
 *	model_read_ns	a read, of up to 4 bytes: a processor waits for each
 *	model_write_ns	a posted write, of up to 64 bytes: what a mapping combines
 *	model_rate	bytes per microsecond (MB/s) that processors' writes cannot exceed, or 0
 *	model_slack_us	time that the link was idle is made up for, so much of it at most: an
 *			emulated processor that should have used it may not have been running
 *	model_naive	the board leaves payload in its memory, and the master reads it there
 *
 * Accesses of one machine take turns. The other one's do not wait for them, so the link is full
 * duplex; nor do a DMA engine's, which has a rate of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>
#include <linux/export.h>
#include <linux/spinlock.h>
#include <vbus/model.h>

#define MODEL_WORD	4
#define MODEL_BURST	64

static unsigned int slower;
static unsigned int read_ns = 1000;
static unsigned int write_ns = 100;
static unsigned int rate;
static unsigned int slack_us;
static bool naive;
module_param_named(model_slower, slower, uint, 0644);
module_param_named(model_read_ns, read_ns, uint, 0644);
module_param_named(model_write_ns, write_ns, uint, 0644);
module_param_named(model_rate, rate, uint, 0644);
module_param_named(model_slack_us, slack_us, uint, 0644);
module_param_named(model_naive, naive, bool, 0644);

static DEFINE_SPINLOCK(model_lock);
/* Until then the link is busy; under the lock. */
static u64 model_until;

static void model_take(u64 ns)
{
	u64 slack = (u64)READ_ONCE(slack_us) * NSEC_PER_USEC, now, until;
	unsigned long flags;

	ns *= READ_ONCE(slower);
	if (!ns)
		return;
	spin_lock_irqsave(&model_lock, flags);
	now = ktime_get_ns();
	model_until = max(model_until, now > slack ? now - slack : 0) + ns;
	until = model_until;
	spin_unlock_irqrestore(&model_lock, flags);
	while (ktime_get_ns() < until)
		cpu_relax();
}

void vbus_model_read(size_t len)
{
	model_take((u64)DIV_ROUND_UP(len, MODEL_WORD) * READ_ONCE(read_ns));
}
EXPORT_SYMBOL_GPL(vbus_model_read);

void vbus_model_write(size_t len)
{
	u64 ns = (u64)DIV_ROUND_UP(len, MODEL_BURST) * READ_ONCE(write_ns);
	u32 most = READ_ONCE(rate);

	if (most)
		ns = max(ns, div_u64((u64)len * 1000, most));
	model_take(ns);
}
EXPORT_SYMBOL_GPL(vbus_model_write);

bool vbus_model_naive(void)
{
	return READ_ONCE(naive);
}
EXPORT_SYMBOL_GPL(vbus_model_naive);
