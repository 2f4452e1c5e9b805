// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells: from a number the peer wrote to the poll of a queue; and the timer that looks after
 * sleeping queues, so that a doorbell that was lost or held back costs a delay and not a hang.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

#define TICK		(HZ / 10)
#define TICKS_PER_SEC	10

int vbus_doorbell_init(struct vbus_client *client)
{
	u32 n = client->conn->caps.doorbells;

	client->doorbells = kcalloc(n, sizeof(*client->doorbells), GFP_KERNEL);
	client->doorbell_map = bitmap_zalloc(n, GFP_KERNEL);
	if (client->doorbells && client->doorbell_map)
		return 0;
	vbus_doorbell_fini(client);
	return -ENOMEM;
}

void vbus_doorbell_fini(struct vbus_client *client)
{
	bitmap_free(client->doorbell_map);
	kfree(client->doorbells);
}

int vbus_doorbell_add(struct vbus_client *client, struct vbus_dqueue *q)
{
	u32 n = client->conn->caps.doorbells;

	lockdep_assert_held(&client->lock);
	q->doorbell = find_first_zero_bit(client->doorbell_map, n);
	if (q->doorbell >= n)
		return -ENOSPC;
	set_bit(q->doorbell, client->doorbell_map);
	rcu_assign_pointer(client->doorbells[q->doorbell].queue, q);
	return 0;
}

/* After it and a grace period no doorbell finds the queue. */
void vbus_doorbell_del(struct vbus_client *client, struct vbus_dqueue *q)
{
	lockdep_assert_held(&client->lock);
	RCU_INIT_POINTER(client->doorbells[q->doorbell].queue, NULL);
	clear_bit(q->doorbell, client->doorbell_map);
}

static bool kick_allowed(struct vbus_client *client)
{
	u32 kicks = READ_ONCE(client->bus->limits.kicks);

	return (u32)atomic_inc_return(&client->kicks) <= kicks / TICKS_PER_SEC;
}

/* Under RCU. */
static void doorbell_ring(struct vbus_client *client, struct vbus_dqueue *q, u32 nr)
{
	bool asked = READ_ONCE(q->armed);

	if (!kick_allowed(client)) {
		client->throttled++;
		WRITE_ONCE(q->throttled, true);
		return;
	}
	/* A counter for people; two doorbells at the same instant may count as one. */
	q->stats->doorbells++;
	WRITE_ONCE(q->armed, false);
	trace_vbus_doorbell(client, nr);
	if (!q->poll)
		return;
	if (client->conn->caps.dear_doorbells && asked)
		vbus_poll_rung(q->poll, READ_ONCE(client->bus->limits.kicks));
	else
		vbus_poll_schedule(q->poll);
}

void vbus_client_doorbell(struct vbus_client *client, u32 nr)
{
	struct vbus_dqueue *q;

	if (nr >= client->conn->caps.doorbells) {
		client->bad_doorbells++;
		return;
	}
	nr = array_index_nospec(nr, client->conn->caps.doorbells);
	rcu_read_lock();
	q = rcu_dereference(client->doorbells[nr].queue);
	if (q)
		doorbell_ring(client, q, nr);
	else
		client->bad_doorbells++;
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vbus_client_doorbell);

void vbus_client_doorbells(struct vbus_client *client, u32 first, u32 step)
{
	struct vbus_dqueue *q;
	u32 nr;

	rcu_read_lock();
	for (nr = first; nr < client->conn->caps.doorbells; nr += step) {
		q = rcu_dereference(client->doorbells[nr].queue);
		if (q)
			doorbell_ring(client, q, nr);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vbus_client_doorbells);

/* Is there what the queue sleeps for: requests, or, for a stream, room (or a wrong credit)? */
static bool queue_has_work(struct vbus_dqueue *q)
{
	if (q->flags & VBUS_QUEUE_F_STREAM)
		return vbus_prod_space(&q->cpl);
	return vbus_cons_pending(&q->req);
}

/* A doorbell is missed if the ring has work, is armed, and was so one tick ago. */
static bool queue_missed(struct vbus_dqueue *q)
{
	bool missed = false;

	if (!vbus_dqueue_lock(q))
		return false;
	if (READ_ONCE(q->armed) && queue_has_work(q)) {
		missed = q->suspect;
		q->suspect = !missed;
		if (missed)
			q->stats->missed++;
	} else {
		q->suspect = false;
	}
	vbus_dqueue_unlock(q);
	return missed;
}

void vbus_sleepers_tick(struct timer_list *timer)
{
	struct vbus_client *client = from_timer(client, timer, timer);
	struct vbus_dqueue *q;

	atomic_set(&client->kicks, 0);
	spin_lock_bh(&client->qlock);
	list_for_each_entry(q, &client->qlist, entry) {
		bool throttled = xchg(&q->throttled, false);

		if (!q->poll)
			continue;
		vbus_poll_limit(q->poll, READ_ONCE(client->bus->limits.kicks));
		if (queue_missed(q) || throttled)
			vbus_poll_schedule(q->poll);
	}
	if (!list_empty(&client->qlist))
		mod_timer(timer, jiffies + TICK);
	spin_unlock_bh(&client->qlock);
}

void vbus_sleepers_add(struct vbus_client *client, struct vbus_dqueue *q)
{
	spin_lock_bh(&client->qlock);
	if (list_empty(&client->qlist))
		mod_timer(&client->timer, jiffies + TICK);
	list_add_tail(&q->entry, &client->qlist);
	spin_unlock_bh(&client->qlock);
}

void vbus_sleepers_del(struct vbus_client *client, struct vbus_dqueue *q)
{
	bool last;

	spin_lock_bh(&client->qlock);
	list_del(&q->entry);
	last = list_empty(&client->qlist);
	spin_unlock_bh(&client->qlock);
	if (last)
		del_timer_sync(&client->timer);
}

void vbus_client_quiesce(struct vbus_client *client)
{
	struct vbus_dqueue *q;

	spin_lock_bh(&client->qlock);
	list_for_each_entry(q, &client->qlist, entry) {
		/* Queues that are not on the list any more are dead: nobody copies for them. */
		spin_lock(&q->lock);
		spin_unlock(&q->lock);
	}
	spin_unlock_bh(&client->qlock);
}
EXPORT_SYMBOL_GPL(vbus_client_quiesce);

static bool half_in(u64 half, size_t bytes, u64 first, u64 last)
{
	return bytes && half <= last && half + bytes - 1 >= first;
}

/* How many of a queue's halves lie in the range; both are peer memory where homes are shared. */
static u32 queue_halves_in(struct vbus_client *client, struct vbus_dqueue *q, u64 first, u64 last)
{
	u32 n = half_in(q->drv_half, q->drv_bytes, first, last);

	if (client->conn->caps.home == VBUS_HOME_SHARED)
		n += half_in(q->dev_half, q->dev_bytes, first, last);
	return n;
}

u32 vbus_client_withdraw(struct vbus_client *client, u64 addr, u64 len)
{
	struct vbus_dqueue *q;
	u32 halves = 0, n;

	spin_lock_bh(&client->qlock);
	list_for_each_entry(q, &client->qlist, entry) {
		n = queue_halves_in(client, q, addr, addr + len - 1);
		if (!n)
			continue;
		halves += n;
		spin_lock(&q->lock);
		q->live = false;
		spin_unlock(&q->lock);
		vbus_session_break(q->session, "the memory of its queue was taken away");
	}
	spin_unlock_bh(&client->qlock);
	return halves;
}
EXPORT_SYMBOL_GPL(vbus_client_withdraw);
