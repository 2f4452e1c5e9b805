// SPDX-License-Identifier: GPL-2.0
/*
 * The board's end of a link: calls until a master answers, then shows the devices of its bus, and
 * starts over when the master is dead, has restarted or has sent it away.
 *
 * Each start is a new life with a new number. A board that was stopped for too long, and does not
 * know, finds the master silent: the master does not touch a board that it has given up.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "board.h"
#include "life.h"

/* A master that has seen a call answers within this time, or will not. */
#define CALLED_WAIT	(HZ / 2)

static DEFINE_IDA(board_numbers);

/* ---- a life -------------------------------------------------------------------------------- */

/* What the master will look at, zeroed; then, last, the word that says it is good. */
static void board_write_hello(struct board *b)
{
	struct vbus_link *link = b->link;
	struct vbus_agent_hello h = {
		.version = cpu_to_le32(VBUS_AGENT_VERSION),
		.gen = cpu_to_le32(b->gen),
		.nranges = cpu_to_le32(link->nranges),
		.block = cpu_to_le64(b->block_dma),
		.timeout_ms = cpu_to_le32(vbus_link_timeout_ms(link)),
	};
	static const u8 zeros[offsetof(struct vbus_agent_master_mem, verb)];
	u32 i;

	for (i = 0; i < link->nranges; i++) {
		h.ranges[i].addr = cpu_to_le64(link->ranges[i].addr);
		h.ranges[i].len = cpu_to_le64(link->ranges[i].len);
	}
	/* What our last life has written arrives before this is answered. */
	vbus_link_readl(link, master_off(hello.magic));
	vbus_link_writel(link, master_off(hello.magic), 0);
	wmb(); /* not good any more, then changed */
	vbus_link_write(link, 0, zeros, sizeof(zeros));
	vbus_link_write(link, 0, &h, sizeof(h));
	vbus_link_writel(link, master_off(event_ack), b->event_seq);
	vbus_link_writel(link, master_off(verb_seq), b->verb_seq);
	wmb(); /* all of it, then the magic */
	vbus_link_writel(link, master_off(hello.magic), VBUS_AGENT_MAGIC);
	wmb(); /* and then the doorbell */
	vbus_link_ring(link, BELL_CONTROL);
}

/* Nothing of the last life is running any more. If the link is down board_carrier() comes back. */
static void board_begin(struct board *b)
{
	u32 gen;

	if (!vbus_link_use(b->link))
		return;
	b->using = true;
	do {
		gen = life_number();
	} while (gen == b->gen);
	b->gen = gen;
	/* Not where any life was: what was written for an older one may still be on its way. */
	b->event_seq = get_random_u32();
	b->verb_seq = get_random_u32();
	bells_reset(&b->bells);
	memset(b->block, 0, sizeof(*b->block));
	b->block->event_seq = cpu_to_le32(b->event_seq);
	b->block->reply_seq = cpu_to_le32(b->verb_seq);
	b->block->sentinel = cpu_to_le32(VBUS_AGENT_MAGIC);
	dma_wmb(); /* our memory, then who is told of it */
	WRITE_ONCE(b->dead, false);
	WRITE_ONCE(b->state, BOARD_CALLING);
	board_write_hello(b);
}

/* Is this the master's answer to us? */
static bool board_accepted(const struct board *b)
{
	bool ok = le32_to_cpu(READ_ONCE(b->block->ack)) == b->gen &&
		  le32_to_cpu(READ_ONCE(b->block->magic)) == VBUS_AGENT_MAGIC;

	dma_rmb(); /* that, then the rest */
	return ok;
}

static void board_over(struct board *b, const char *why)
{
	dev_notice_ratelimited(b->link->dev, "the master %s\n", why);
	WRITE_ONCE(b->dead, true);
	WRITE_ONCE(b->state, BOARD_DOWN);
	wake_up_all(&b->answered);
}

void board_end(struct board *b, const char *why)
{
	board_over(b, why);
	queue_work(b->devices_wq, &b->life);
}

static bool board_unreachable(const struct board *b)
{
	return READ_ONCE(b->link->quiet) || READ_ONCE(b->link->down);
}

/*
 * Our memory can be freed when the master has let go of it, or has had the time to. One that was
 * given up is not told, so it would not answer; one that was @called may be about to.
 */
static void board_leave(struct board *b, bool called)
{
	unsigned long end = jiffies + (called ? CALLED_WAIT : life_timeout(b->link));

	WRITE_ONCE(b->dead, true);
	if (!b->using || board_unreachable(b))
		return;
	vbus_link_writel(b->link, master_off(hello.magic), 0);
	wmb(); /* that, then the doorbell */
	vbus_link_ring(b->link, BELL_CONTROL);
	/* Who has lent the memory to be called at waits as long as the counter runs. */
	while (time_before(jiffies, end) && (called || board_accepted(b)) &&
	       !board_unreachable(b)) {
		if (called && board_accepted(b)) {
			called = false;
			end = jiffies + life_timeout(b->link);
		}
		vbus_link_writel(b->link, master_off(beat), ++b->beat);
		wmb(); /* it is on its way: no doorbell follows */
		msleep(20);
	}
}

/* As board_end(), of a master that lives, before anybody frees what it writes to. */
void board_part(struct board *b, const char *why)
{
	board_over(b, why);
	board_leave(b, false);
	queue_work(b->devices_wq, &b->life);
}

static void board_watch_call(struct board *b)
{
	u32 version;

	if (le32_to_cpu(READ_ONCE(b->block->ack)) != b->gen)
		return;
	if (!board_accepted(b)) {
		/* And will not take this life again. */
		board_end(b, "has sent us away at once");
		return;
	}
	version = le32_to_cpu(READ_ONCE(b->block->version));
	if (version != VBUS_AGENT_VERSION) {
		dev_notice_ratelimited(b->link->dev, "the master's version is %u, not %u\n",
				       version, VBUS_AGENT_VERSION);
		return;
	}
	if (board_inbox_init(b))
		dev_notice_ratelimited(b->link->dev, "the master's inbox is not in the window\n");
	b->master_gen = le32_to_cpu(READ_ONCE(b->block->gen));
	b->heard = jiffies;
	WRITE_ONCE(b->state, BOARD_UP);
	queue_work(b->devices_wq, &b->life);
}

static void board_watch_master(struct board *b)
{
	u32 beat = le32_to_cpu(READ_ONCE(b->block->beat));

	if (beat != b->master_beat)
		b->heard = jiffies;
	b->master_beat = beat;
	if (!board_accepted(b) || le32_to_cpu(READ_ONCE(b->block->gen)) != b->master_gen)
		board_end(b, "has sent us away, or has restarted");
	else if (time_after(jiffies, b->heard + life_timeout(b->link)))
		board_end(b, "is silent: dead");
}

static void board_tick(struct work_struct *work)
{
	struct board *b = container_of(work, struct board, tick.work);

	if (b->state != BOARD_DOWN && READ_ONCE(b->lost))
		board_end(b, "could not be reached");
	/* Over memory that was lent we may write as long as drivers are there: that says so. */
	if (b->state != BOARD_DOWN || b->link->front) {
		vbus_link_writel(b->link, master_off(beat), ++b->beat);
		wmb(); /* on its way, whatever the mapping; no doorbell follows */
	}
	if (b->state == BOARD_CALLING)
		board_watch_call(b);
	else if (b->state == BOARD_UP)
		board_watch_master(b);
	if (b->state == BOARD_UP) {
		/* Doorbells that were lost. */
		board_rang_vectors(b, BELL_ALL);
		wake_up(&b->answered);
		queue_work(b->devices_wq, &b->events);
	}
	queue_delayed_work(b->wq, &b->tick, life_beat());
}

static void board_unbridge(struct board *b)
{
	if (b->bridged)
		vbus_bridge_unregister(&b->bridge);
	WRITE_ONCE(b->bridged, false);
	cancel_work_sync(&b->events);
}

/* The window is left alone until the next life. */
static void board_rest(struct board *b)
{
	if (!b->using)
		return;
	b->using = false;
	vbus_link_unuse(b->link, false);
}

/* Registering asks the master, so it is not for the work that watches it. */
static void board_life(struct work_struct *work)
{
	struct board *b = container_of(work, struct board, life);
	int err;

	if (READ_ONCE(b->leaving))
		return;
	switch (READ_ONCE(b->state)) {
	case BOARD_UP:
		if (b->bridged)
			break;
		err = vbus_bridge_register(&b->bridge);
		/* Pairs with board_events(), which finds the bridge set up. */
		smp_store_release(&b->bridged, !err);
		if (!err) {
			/* Those that came while it was not. */
			queue_work(b->devices_wq, &b->events);
			dev_info_ratelimited(b->link->dev, "master (life %#x) is there\n",
					     b->master_gen);
		} else if (!READ_ONCE(b->dead)) {
			board_end(b, "does not let us attach");
		}
		break;
	case BOARD_DOWN:
		board_unbridge(b);
		/* One that has not seen that the life is over may still write. */
		cancel_delayed_work_sync(&b->tick);
		board_rest(b);
		WRITE_ONCE(b->lost, false);
		smp_mb(); /* that, then a look at the link; pairs with board_carrier() */
		if (!READ_ONCE(b->leaving))
			board_begin(b);
		queue_delayed_work(b->wq, &b->tick, 0);
		break;
	case BOARD_CALLING:
		break;
	}
}

/* Any context. */
static void board_rang(struct vbus_link *link, u32 bit)
{
	struct board *b = link->priv;

	board_rang_vectors(b, bit);
	if (bit != BELL_CONTROL)
		return;
	wake_up(&b->answered);
	queue_work(b->devices_wq, &b->events);
	if (READ_ONCE(b->state) == BOARD_CALLING)
		mod_delayed_work(b->wq, &b->tick, 0);
}

/* What was said before may not have arrived, so this life ends even if it has not begun to talk. */
static void board_carrier(struct vbus_link *link)
{
	struct board *b = link->priv;

	smp_mb(); /* the link is up or down, then that; pairs with board_life() */
	WRITE_ONCE(b->lost, true);
	mod_delayed_work(b->wq, &b->tick, 0);
	queue_work(b->devices_wq, &b->life);
}

/* ---- files --------------------------------------------------------------------------------- */

static struct board *kobj_board(struct kobject *kobj)
{
	return vbus_link_of(kobj)->priv;
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const char * const names[] = {
		[BOARD_CALLING] = "calling",
		[BOARD_UP] = "up",
		[BOARD_DOWN] = "down",
	};

	return sysfs_emit(buf, "%s\n", names[READ_ONCE(kobj_board(kobj)->state)]);
}

static struct kobj_attribute state_attr = __ATTR_RO(state);

static ssize_t ring_reads_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(kobj_board(kobj)->bridge.crossings.reads));
}

static struct kobj_attribute ring_reads_attr = __ATTR_RO(ring_reads);

static ssize_t ring_writes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(kobj_board(kobj)->bridge.crossings.writes));
}

static struct kobj_attribute ring_writes_attr = __ATTR_RO(ring_writes);

static struct attribute *board_attrs[] = {
	&state_attr.attr,
	&ring_reads_attr.attr,
	&ring_writes_attr.attr,
	NULL,
};

static const struct attribute_group board_group = {
	.attrs = board_attrs,
};

/* ---- links --------------------------------------------------------------------------------- */

static void board_init_bridge(struct board *b)
{
	b->bridge.dev = b->link->dev;
	b->bridge.owner = THIS_MODULE;
	b->bridge.ops = &board_bridge_ops;
	b->bridge.home = VBUS_HOME_SPLIT;
	snprintf(b->bridge.name, sizeof(b->bridge.name), "agent.%d", b->number);
	mutex_init(&b->verb_lock);
	init_waitqueue_head(&b->answered);
	spin_lock_init(&b->inbox_lock);
	vbus_vectors_init(&b->vectors, VBUS_AGENT_BELLS);
}

static int board_init_works(struct board *b)
{
	INIT_DELAYED_WORK(&b->tick, board_tick);
	INIT_WORK(&b->life, board_life);
	INIT_WORK(&b->events, board_events);
	b->wq = alloc_workqueue("vbus-board-%d", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, b->number);
	if (!b->wq)
		return -ENOMEM;
	b->devices_wq = alloc_workqueue("vbus-devices-%d", WQ_UNBOUND, 0, b->number);
	if (!b->devices_wq) {
		destroy_workqueue(b->wq);
		return -ENOMEM;
	}
	return 0;
}

/* The first queues works on the second. */
static void board_exit_works(struct board *b)
{
	destroy_workqueue(b->wq);
	destroy_workqueue(b->devices_wq);
}

static void *board_attach(struct vbus_link *link)
{
	struct board *b;
	int err;

	if (link->out_bytes < sizeof(struct vbus_agent_master_mem))
		return ERR_PTR(-ENOSPC);
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return ERR_PTR(-ENOMEM);
	b->link = link;
	b->number = ida_alloc(&board_numbers, GFP_KERNEL);
	err = b->number < 0 ? b->number : 0;
	if (err)
		goto err_free;
	board_init_bridge(b);
	err = -ENOMEM;
	b->block = dma_alloc_coherent(link->dev, sizeof(*b->block), &b->block_dma, GFP_KERNEL);
	if (!b->block)
		goto err_number;
	err = board_init_works(b);
	if (err)
		goto err_block;
	link->priv = b;
	err = sysfs_create_group(link->kobj, &board_group);
	if (err)
		goto err_wq;
	b->state = BOARD_DOWN;
	board_begin(b);
	queue_delayed_work(b->wq, &b->tick, 0);
	return b;

err_wq:
	board_exit_works(b);
err_block:
	dma_free_coherent(link->dev, sizeof(*b->block), b->block, b->block_dma);
err_number:
	ida_free(&board_numbers, b->number);
err_free:
	kfree(b);
	return ERR_PTR(err);
}

/*
 * Doorbells do not come any more, but who waits for a reply looks by himself; and the link is
 * looked after while drivers say good-bye.
 */
static void board_detach(struct vbus_link *link)
{
	struct board *b = link->priv;

	sysfs_remove_group(link->kobj, &board_group);
	WRITE_ONCE(b->leaving, true);
	cancel_work_sync(&b->life);
	board_unbridge(b);
	cancel_delayed_work_sync(&b->tick);
	board_leave(b, b->state == BOARD_CALLING);
	board_rest(b);
	board_exit_works(b);
	vbus_vectors_fini(&b->vectors);
	dma_free_coherent(link->dev, sizeof(*b->block), b->block, b->block_dma);
	ida_free(&board_numbers, b->number);
	mutex_destroy(&b->verb_lock);
	kfree(b);
}

static struct vbus_link_user board_user = {
	.role = VBUS_LINK_BOARD,
	.owner = THIS_MODULE,
	.attach = board_attach,
	.detach = board_detach,
	.rang = board_rang,
	.carrier = board_carrier,
};

static int __init board_init(void)
{
	return vbus_link_user_register(&board_user);
}

static void __exit board_exit(void)
{
	vbus_link_user_unregister(&board_user);
}

module_init(board_init);
module_exit(board_exit);

MODULE_DESCRIPTION("vbus for PCI-agent boards: the board");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
