// SPDX-License-Identifier: GPL-2.0
/*
 * The way back: a board has devices, and the PCI master uses them, over the link that carries the
 * master's devices as well.
 *
 * It is a link of its own to the two ends of the connector, which run in the other roles. They get
 * the same doorbell bits, and parts of the same windows. A link's driver has said all that there is
 * to know but one thing: where the board's memory is that the master calls at. The board offers it,
 * again and again, in the memory of the master, which takes the offer, and touches none of the
 * board's memory before or after. So no master writes to a board that has not said that it lives,
 * nor to one that is silent.
 *
 * A board that takes its offer back waits until the master has let go, or is silent.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/vbus_agent.h>
#include <linux/workqueue.h>

#include "life.h"
#include "reverse.h"

/* Who takes an offer back waits no longer for a master that lives but does not let go. */
#define OFFER_WAIT_MAX	(60 * HZ)

/* What is at @member of the memory where the peer is called. */
#define mem_off(member)	offsetof(struct vbus_agent_master_mem, member)

/**
 * struct link_reverse - the other direction of a link
 * @link: as the ends see it
 * @front: the link that carries it, which is lent by the hardware's driver
 * @name: of @link
 * @tick: offers, or looks for an offer
 * @wq: where that runs; a counter has to when memory is short, but who waits for drivers to go
 *	cannot
 * @offer: board: what is offered. Master: the one that was seen last, or is taken
 * @refused: master: id of one that cannot be taken
 * @heard: master: when its beat changed last
 * @pool: master: where drivers map memory; NULL if no offer is taken
 */
struct link_reverse {
	struct vbus_link link;
	struct vbus_link *front;
	char name[64];
	struct delayed_work tick;
	struct workqueue_struct *wq;
	struct vbus_agent_offer offer;
	__le32 refused;
	unsigned long heard;
	struct link_pool *pool;
};

struct vbus_link *reverse_link(struct link_reverse *r)
{
	return &r->link;
}

/* ---- operations ---------------------------------------------------------------------------- */

static void reverse_ring(struct vbus_link *link, u32 bit)
{
	link->front->ops->ring(link->front, bit);
}

static const struct vbus_link_ops reverse_ops = {
	.ring = reverse_ring,
};

/* ---- the board offers ---------------------------------------------------------------------- */

static void offer_write(struct link_reverse *r)
{
	le32_add_cpu(&r->offer.beat, 1);
	vbus_link_write(r->front, mem_off(offer), &r->offer, sizeof(r->offer));
	wmb(); /* on its way, whatever the mapping; no doorbell follows */
}

static void offer_tick(struct work_struct *work)
{
	struct link_reverse *r = container_of(work, struct link_reverse, tick.work);

	if (vbus_link_use(r->front)) {
		offer_write(r);
		vbus_link_unuse(r->front, false);
	}
	queue_delayed_work(r->wq, &r->tick, life_beat());
}

static bool offer_released(const struct link_reverse *r)
{
	const struct vbus_agent_master_mem *mem = r->link.in;

	return READ_ONCE(mem->released) == r->offer.id;
}

/* Has the master let go? It lets its counter run in the memory as long as it uses it. */
static bool offer_wait(const struct link_reverse *r)
{
	const struct vbus_agent_master_mem *mem = r->link.in;
	unsigned long begun = jiffies, heard = begun;
	__le32 beat = READ_ONCE(mem->beat), last;

	while (!offer_released(r)) {
		last = beat;
		beat = READ_ONCE(mem->beat);
		if (beat != last)
			heard = jiffies;
		if (time_after(jiffies, heard + life_timeout(&r->link)))
			return true;
		if (time_after(jiffies, begun + OFFER_WAIT_MAX))
			return false;
		msleep(20);
	}
	return true;
}

/*
 * The memory goes when the master has let go of it, or is silent: then it is dead, or did not use
 * it. If it lives but never lets go, the memory must not be used for anything else.
 */
static void offer_withdraw(struct link_reverse *r)
{
	struct vbus_link *front = r->front;

	r->offer.magic = cpu_to_le32(VBUS_AGENT_WITHDRAWN);
	if (!READ_ONCE(front->down))
		offer_write(r);
	if (!offer_wait(r)) {
		dev_warn(front->dev,
			 "the master goes on using memory that is taken back: %zu bytes are lost\n",
			 front->in_bytes);
		front->in = NULL;
		front->in_bytes = 0;
	}
	/* Nobody waits to be told any more. */
	if (!READ_ONCE(front->down)) {
		vbus_link_writel(front, mem_off(offer.magic), 0);
		wmb(); /* on its way */
	}
	vbus_link_unregister(&r->link);
}

/* Device side: calls come to our memory, and what the master maps is in the window. */
static int offer_begin(struct link_reverse *r)
{
	struct vbus_link *link = &r->link, *front = r->front;

	if (front->out_bytes < sizeof(struct vbus_agent_master_mem))
		return -ENOSPC;
	link->role = VBUS_LINK_MASTER;
	link->dev = front->dev;
	link->out = front->out;
	link->out_base = front->out_base;
	link->out_bytes = front->out_bytes;
	link->in = front->in;
	link->in_bytes = front->in_bytes;
	memset(link->in, 0, link->in_bytes);
	r->offer = (struct vbus_agent_offer){
		.magic = cpu_to_le32(VBUS_AGENT_OFFER),
		.id = cpu_to_le32(life_number()),
		.addr = cpu_to_le64(front->in_addr),
		.len = cpu_to_le64(front->in_bytes),
	};
	INIT_DELAYED_WORK(&r->tick, offer_tick);
	return vbus_link_register(link);
}

/* ---- the master takes ---------------------------------------------------------------------- */

/* What was seen a while ago may have been taken back since, and nobody has waited for us. */
static bool offer_holds(const struct link_reverse *r)
{
	const struct vbus_agent_master_mem *mem = r->front->in;

	return READ_ONCE(mem->offer.id) == r->offer.id &&
	       READ_ONCE(mem->offer.magic) == cpu_to_le32(VBUS_AGENT_OFFER);
}

/* Driver side: the window is what was offered of it, our memory the pool. */
static int offer_take(struct link_reverse *r)
{
	u64 off = le64_to_cpu(r->offer.addr) - r->front->out_base;
	u64 len = le64_to_cpu(r->offer.len);
	struct vbus_link *link = &r->link;
	struct link_pool *pool;
	int err;

	if (off >= r->front->out_bytes || len > r->front->out_bytes - off || off % 8 ||
	    len < sizeof(struct vbus_agent_master_mem))
		return -EFAULT;
	pool = vbus_link_pool_create(r->front->dev, r->name, r->front->pool,
				     r->front->pool_bytes, r->front->pool_addr);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	r->pool = pool;
	r->heard = jiffies;
	link->dev = vbus_link_pool_dev(pool);
	link->out = r->front->out + off;
	link->out_bytes = len;
	WRITE_ONCE(link->quiet, false);
	memset(&link->count, 0, sizeof(link->count));
	err = -EAGAIN;
	if (vbus_link_use(r->front)) {
		if (offer_holds(r))
			err = vbus_link_register(link);
		if (err)
			vbus_link_unuse(r->front, false);
	}
	if (err) {
		r->pool = NULL;
		vbus_link_pool_destroy(pool);
	}
	return err;
}

/*
 * A board that is not @alive is not written to any more, not even to say good-bye; but for what
 * drivers put into their rings until they are gone, and they wait for nobody. The caller says
 * vbus_link_unuse() when he, too, is through with it.
 */
static void offer_leave(struct link_reverse *r, bool alive)
{
	WRITE_ONCE(r->link.quiet, !alive);
	vbus_link_unregister(&r->link);
	vbus_link_pool_destroy(r->pool);
	r->pool = NULL;
	memset(&r->offer, 0, sizeof(r->offer));
}

static void offer_lose(struct link_reverse *r)
{
	offer_leave(r, false);
	vbus_link_unuse(r->front, true);
}

/* Does the board wait to be told that its offer @id is let go of? */
static bool offer_awaited(const struct link_reverse *r, u32 id)
{
	const struct vbus_agent_master_mem *mem = r->front->in;

	return le32_to_cpu(READ_ONCE(mem->offer.id)) == id &&
	       le32_to_cpu(READ_ONCE(mem->offer.magic)) == VBUS_AGENT_WITHDRAWN;
}

/*
 * The board waits for it. Said of an offer that is withdrawn only: one that was left for another
 * reason may be taken again.
 */
static void offer_release(struct link_reverse *r)
{
	u32 id = le32_to_cpu(r->offer.id);

	offer_leave(r, true);
	wmb(); /* all that was written, then that nothing is any more */
	if (offer_awaited(r, id)) {
		vbus_link_writel(&r->link, mem_off(released), id);
		wmb(); /* on its way */
	}
	vbus_link_unuse(r->front, true);
}

/* Memory keeps what a dead board has left: only an offer whose beat runs is one. */
static void offer_seek(struct link_reverse *r, const struct vbus_agent_offer *o)
{
	struct vbus_agent_offer last = r->offer;
	int err;

	r->offer = *o;
	if (o->magic != cpu_to_le32(VBUS_AGENT_OFFER) || !o->id || o->id == r->refused ||
	    o->beat == last.beat)
		return;
	last.beat = o->beat;
	if (memcmp(&last, o, sizeof(last)))
		return;
	err = offer_take(r);
	/* Memory may be there the next time, or another offer. */
	if (!err || err == -ENOMEM || err == -EAGAIN)
		return;
	r->refused = o->id;
	dev_notice_ratelimited(r->front->dev,
			       "devices of the board cannot be used: %pe; it offers %#llx bytes at %#llx\n",
			       ERR_PTR(err), le64_to_cpu(o->len), le64_to_cpu(o->addr));
}

static void offer_watch(struct link_reverse *r, const struct vbus_agent_offer *o)
{
	if (o->id == r->offer.id && o->beat != r->offer.beat) {
		r->offer.beat = o->beat;
		r->heard = jiffies;
	}
	if (o->id == r->offer.id && o->magic == cpu_to_le32(VBUS_AGENT_WITHDRAWN)) {
		offer_release(r);
	} else if (o->id != r->offer.id || o->magic != cpu_to_le32(VBUS_AGENT_OFFER)) {
		dev_notice_ratelimited(r->front->dev, "the board has restarted\n");
		offer_lose(r);
	} else if (READ_ONCE(r->front->down)) {
		dev_notice_ratelimited(r->front->dev, "the board cannot be reached: its devices go\n");
		offer_lose(r);
	} else if (time_after(jiffies, r->heard + life_timeout(&r->link))) {
		dev_notice_ratelimited(r->front->dev, "the board is silent: its devices go\n");
		offer_lose(r);
	}
}

static void take_tick(struct work_struct *work)
{
	struct link_reverse *r = container_of(work, struct link_reverse, tick.work);
	const struct vbus_agent_master_mem *mem = r->front->in;
	struct vbus_agent_offer o;

	memcpy(&o, &mem->offer, sizeof(o));
	dma_rmb(); /* the copy is what is looked at */
	if (r->pool)
		offer_watch(r, &o);
	else if (!READ_ONCE(r->front->down))
		offer_seek(r, &o);
	queue_delayed_work(r->wq, &r->tick, life_beat());
}

static int take_begin(struct link_reverse *r)
{
	struct vbus_link *link = &r->link, *front = r->front;

	if (front->in_bytes < sizeof(struct vbus_agent_master_mem))
		return -ENOSPC;
	link->role = VBUS_LINK_BOARD;
	link->ranges[0].addr = front->pool_addr;
	link->ranges[0].len = front->pool_bytes;
	link->nranges = 1;
	INIT_DELAYED_WORK(&r->tick, take_tick);
	return 0;
}

/* ---- both ---------------------------------------------------------------------------------- */

static int reverse_begin(struct link_reverse *r)
{
	bool offers = r->front->role == VBUS_LINK_BOARD;
	int err;

	/*
	 * The counter of an offer has to run when memory is short. Who takes one registers devices
	 * and has them go, which waits for works of others that need not run then.
	 */
	r->wq = alloc_workqueue("%s", WQ_UNBOUND | (offers ? WQ_MEM_RECLAIM : 0), 0, r->name);
	if (!r->wq)
		return -ENOMEM;
	err = offers ? offer_begin(r) : take_begin(r);
	if (err)
		destroy_workqueue(r->wq);
	return err;
}

/* The hardware is there; if its driver has lent what that takes, begin with the way back. */
void reverse_start(struct vbus_link *front)
{
	struct link_reverse *r;
	int err;

	if (front->front || !(front->role == VBUS_LINK_BOARD ? front->in : front->pool))
		return;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r) {
		dev_warn(front->dev, "one direction only: %pe\n", ERR_PTR(-ENOMEM));
		return;
	}
	r->front = front;
	snprintf(r->name, sizeof(r->name), "%s-reverse", front->name);
	r->link.name = r->name;
	r->link.owner = front->owner;
	r->link.ops = &reverse_ops;
	r->link.bits = front->bits;
	r->link.peer_bits = front->peer_bits;
	r->link.front = front;
	mutex_init(&r->link.use_lock);
	err = reverse_begin(r);
	if (err) {
		dev_warn(front->dev, "one direction only: %pe\n", ERR_PTR(err));
		kfree(r);
		return;
	}
	/* Pairs with vbus_link_rang(). */
	smp_store_release(&front->reverse, r);
	queue_delayed_work(r->wq, &r->tick, 0);
}

void reverse_stop(struct vbus_link *front)
{
	struct link_reverse *r = front->reverse;

	if (!r)
		return;
	cancel_delayed_work_sync(&r->tick);
	if (front->role == VBUS_LINK_BOARD)
		offer_withdraw(r);
	else if (r->pool)
		offer_release(r);
	WRITE_ONCE(front->reverse, NULL);
	/* Doorbells that found it are done after it. */
	synchronize_rcu();
	destroy_workqueue(r->wq);
	kfree(r);
}
