// SPDX-License-Identifier: GPL-2.0
/*
 * What the proxy bus asks of a link: verbs and doorbells to the master, interrupts and events from
 * it. All that crosses the link here is a write; the one read is a ring's, when it goes idle.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <vbus/model.h>

#include "board.h"
#include "life.h"

/* Someone who waits for the master looks again this often, in case a doorbell got lost. */
#define BOARD_LOOK_AGAIN	max(HZ / 50, 1)
/* No verb waits for anybody, so a master that takes longer than this is as good as dead. */
#define BOARD_ANSWER_MAX	(60 * HZ)
/* Who leaves waits as long as an honest master may need to end a queue, if a copy failed. */
#define BOARD_LEAVE_MAX		(2 * HZ)

static struct board *to_board(struct vbus_bridge *bridge)
{
	return container_of(bridge, struct board, bridge);
}

/* ---- verbs --------------------------------------------------------------------------------- */

static bool board_answered(struct board *b, u32 seq)
{
	return le32_to_cpu(READ_ONCE(b->block->reply_seq)) == seq;
}

static void verb_send(struct board *b, const void *req, size_t len, u32 seq)
{
	vbus_link_write(b->link, master_off(verb), req, len);
	vbus_link_writel(b->link, master_off(verb_len), len);
	wmb(); /* all of it, then its number */
	vbus_link_writel(b->link, master_off(verb_seq), seq);
	wmb(); /* the number, then the doorbell */
	vbus_link_ring(b->link, BELL_CONTROL);
}

static int verb_take_reply(struct board *b, void *reply, size_t room)
{
	u32 len;

	dma_rmb(); /* the number, then what it says is complete */
	len = le32_to_cpu(READ_ONCE(b->block->reply_len));
	if (!len || len > room)
		return -EBADMSG;
	memcpy(reply, b->block->reply, len);
	return len;
}

static bool verb_late(const struct board *b, unsigned long begun)
{
	unsigned long max = BOARD_ANSWER_MAX;

	if (READ_ONCE(b->leaving))
		max = max_t(unsigned long, life_timeout(b->link),
			    BOARD_LEAVE_MAX);
	return time_after(jiffies, begun + max);
}

/*
 * The master may take its time, but not for ever, nor be dead: that is noticed elsewhere. If it was
 * for the link, nothing that was asked arrives any more.
 */
static int verb_exchange(struct board *b, const void *req, size_t req_len, void *reply,
			 size_t reply_len)
{
	unsigned long begun = jiffies;
	u32 seq;

	lockdep_assert_held(&b->verb_lock);
	if (READ_ONCE(b->dead))
		return -ENODEV;
	seq = ++b->verb_seq;
	verb_send(b, req, req_len, seq);
	while (!wait_event_timeout(b->answered, READ_ONCE(b->dead) || board_answered(b, seq),
				   BOARD_LOOK_AGAIN)) {
		if (READ_ONCE(b->link->quiet))
			board_end(b, "is given up");
		else if (verb_late(b, begun))
			board_part(b, "does not answer");
	}
	if (!board_answered(b, seq))
		return -ENODEV;
	return verb_take_reply(b, reply, reply_len);
}

static int board_verb(struct vbus_bridge *bridge, const void *req, size_t req_len, void *reply,
		      size_t reply_len)
{
	struct board *b = to_board(bridge);
	int ret;

	if (req_len > VBUS_AGENT_MSG)
		return -EMSGSIZE;
	mutex_lock(&b->verb_lock);
	ret = verb_exchange(b, req, req_len, reply, reply_len);
	mutex_unlock(&b->verb_lock);
	return ret;
}

/* ---- doorbells ----------------------------------------------------------------------------- */

static void board_doorbell(struct vbus_bridge *bridge, u32 nr)
{
	struct board *b = to_board(bridge);

	if (nr < VBUS_AGENT_BELLS && !READ_ONCE(b->dead))
		bells_ring(&b->bells, b->link, master_off(bell), nr);
}

static int board_vector_get(struct vbus_bridge *bridge, const char *name, void (*fn)(void *arg),
			    void *arg)
{
	return vbus_vectors_get(&to_board(bridge)->vectors, fn, arg);
}

static void board_vector_put(struct vbus_bridge *bridge, u32 nr, void *arg)
{
	vbus_vectors_put(&to_board(bridge)->vectors, nr);
}

static void call_vector(void *arg, u32 nr)
{
	vbus_vectors_call(&((struct board *)arg)->vectors, nr);
}

/* Any context. */
void board_rang_vectors(struct board *b, u32 bit)
{
	bells_look(&b->bells, b->link, b->block->bell, bit, call_vector, b);
}

/* ---- halves -------------------------------------------------------------------------------- */

static void *board_half_map(struct vbus_bridge *bridge, u64 window, size_t bytes)
{
	struct vbus_link *link = to_board(bridge)->link;

	if (window < sizeof(struct vbus_agent_master_mem) || window >= link->out_bytes ||
	    bytes > link->out_bytes - window)
		return ERR_PTR(-EFAULT);
	return (void __force *)(link->out + window);
}

static void board_half_unmap(struct vbus_bridge *bridge, void *half, size_t bytes)
{
}

/* ---- inbox --------------------------------------------------------------------------------- */

/* The master has said where it is; believed as far as it is in the window. */
int board_inbox_init(struct board *b)
{
	u64 off = le64_to_cpu(READ_ONCE(b->block->inbox));
	u32 len = le32_to_cpu(READ_ONCE(b->block->inbox_len));

	bitmap_zero(b->inbox_map, BOARD_INBOX_MAX);
	b->inbox_pages = 0;
	if (off < sizeof(struct vbus_agent_master_mem) || off >= b->link->out_bytes ||
	    len > b->link->out_bytes - off || off % VBUS_HALF_ALIGN)
		return -EPROTO;
	b->inbox = off;
	b->inbox_pages = min(len / BOARD_INBOX_PAGE, BOARD_INBOX_MAX);
	return 0;
}

static int board_inbox_get(struct vbus_bridge *bridge, size_t bytes, u64 *inbox)
{
	u32 n = DIV_ROUND_UP(bytes, BOARD_INBOX_PAGE);
	struct board *b = to_board(bridge);
	unsigned long page;

	if (vbus_model_naive())
		return -EOPNOTSUPP;
	spin_lock(&b->inbox_lock);
	page = bitmap_find_next_zero_area(b->inbox_map, b->inbox_pages, 0, n, 0);
	if (page < b->inbox_pages)
		bitmap_set(b->inbox_map, page, n);
	spin_unlock(&b->inbox_lock);
	*inbox = VBUS_AGENT_INBOX | (u64)page * BOARD_INBOX_PAGE;
	return page < b->inbox_pages ? 0 : -ENOSPC;
}

static void board_inbox_put(struct vbus_bridge *bridge, u64 inbox, size_t bytes)
{
	struct board *b = to_board(bridge);

	spin_lock(&b->inbox_lock);
	bitmap_clear(b->inbox_map, (inbox & ~VBUS_AGENT_INBOX) / BOARD_INBOX_PAGE,
		     DIV_ROUND_UP(bytes, BOARD_INBOX_PAGE));
	spin_unlock(&b->inbox_lock);
}

static void board_push(struct vbus_bridge *bridge, u64 addr, const void *data, size_t len)
{
	struct board *b = to_board(bridge);

	vbus_link_push(b->link, b->inbox + (addr & ~VBUS_AGENT_INBOX), data, len);
}

const struct vbus_bridge_ops board_bridge_ops = {
	.verb = board_verb,
	.doorbell = board_doorbell,
	.vector_get = board_vector_get,
	.vector_put = board_vector_put,
	.half_map = board_half_map,
	.half_unmap = board_half_unmap,
	.inbox_get = board_inbox_get,
	.inbox_put = board_inbox_put,
	.push = board_push,
};

/* ---- events -------------------------------------------------------------------------------- */

/* Process context, one at a time. What makes no sense the proxy bus refuses, and logs. */
void board_events(struct work_struct *work)
{
	struct board *b = container_of(work, struct board, events);
	u32 sent, n;

	/*
	 * An honest master has nothing to say before ATTACH, and the bridge's lock and table are
	 * not there yet. Pairs with board_life().
	 */
	if (!smp_load_acquire(&b->bridged))
		return;
	for (n = 0; n < VBUS_AGENT_EVENTS && !READ_ONCE(b->dead); n++) {
		struct vbus_event ev;

		sent = le32_to_cpu(READ_ONCE(b->block->event_seq));
		if (!(sent - b->event_seq) || sent - b->event_seq > VBUS_AGENT_EVENTS)
			return;
		dma_rmb(); /* the number, then the event */
		ev = b->block->events[b->event_seq % VBUS_AGENT_EVENTS];
		vbus_bridge_event(&b->bridge, &ev);
		mb(); /* the event was read, then it may be overwritten */
		vbus_link_writel(b->link, master_off(event_ack), ++b->event_seq);
		vbus_link_ring(b->link, BELL_CONTROL);
	}
	/* A master that always has one more must not keep who cancels this waiting. */
	if (n == VBUS_AGENT_EVENTS)
		queue_work(b->devices_wq, &b->events);
}
