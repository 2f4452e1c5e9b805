// SPDX-License-Identifier: GPL-2.0
/*
 * One life of a board, as a client of a bus: verbs and doorbells that come from it, events and
 * interrupts that go to it. All that crosses the link here is a write.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "agent.h"

/* Someone who waits for the board looks again this often, in case a doorbell got lost. */
#define AGENT_LOOK_AGAIN	(HZ / 20)

/* ---- from the board ---------------------------------------------------------------------- */

static void client_bell(void *arg, u32 nr)
{
	vbus_client_doorbell(arg, nr);
}

/* Any context. */
void agent_client_rang(struct agent_client *c, u32 bit)
{
	bells_look(&c->bells, c->link, c->agent->mem->bell, bit, client_bell, &c->client);
	wake_up(&c->acked);
}

static void client_reply(struct agent_client *c, u32 seq, u32 len)
{
	if (READ_ONCE(c->down))
		return;
	vbus_link_write(c->link, block_off(c, reply), c->reply, len);
	vbus_link_writel(c->link, block_off(c, reply_len), len);
	wmb(); /* all of it, then its number */
	vbus_link_writel(c->link, block_off(c, reply_seq), seq);
	wmb(); /* the number, then the doorbell */
	vbus_link_ring(c->link, BELL_CONTROL);
}

/* Carry out the board's request, if there is a new one. Process context, one at a time. */
void agent_client_verbs(struct agent_client *c)
{
	struct vbus_agent_master_mem *mem = c->agent->mem;
	u32 seq = le32_to_cpu(READ_ONCE(mem->verb_seq)), len;
	ssize_t n = 0;

	if (seq == c->verb_seq || READ_ONCE(c->down))
		return;
	c->verb_seq = seq;
	dma_rmb(); /* the number, then what it says is complete */
	len = le32_to_cpu(READ_ONCE(mem->verb_len));
	if (len <= sizeof(c->request)) {
		memcpy(c->request, mem->verb, len);
		n = vbus_client_verb(&c->client, c->request, len, c->reply, sizeof(c->reply));
	}
	client_reply(c, seq, max_t(ssize_t, n, 0));
}

/* ---- to the board ------------------------------------------------------------------------ */

/* Room for one more event? A board that acknowledges what was not sent has none. */
static bool event_room(struct agent_client *c)
{
	u32 acked = le32_to_cpu(READ_ONCE(c->agent->mem->event_ack));

	return c->event_seq - acked < VBUS_AGENT_EVENTS;
}

static void client_event(struct vbus_client *client, const struct vbus_event *ev)
{
	struct agent_client *c = to_agent_client(client);
	u32 slot = c->event_seq % VBUS_AGENT_EVENTS;

	/* Not for ever: a board that is dead is noticed and taken down. */
	while (!wait_event_timeout(c->acked, READ_ONCE(c->down) || event_room(c),
				   AGENT_LOOK_AGAIN))
		;
	if (READ_ONCE(c->down))
		return;
	vbus_link_write(c->link, block_off(c, events) + slot * sizeof(*ev), ev, sizeof(*ev));
	wmb(); /* the event, then its number */
	vbus_link_writel(c->link, block_off(c, event_seq), ++c->event_seq);
	wmb(); /* the number, then the doorbell */
	vbus_link_ring(c->link, BELL_CONTROL);
}

static void client_raise(struct vbus_client *client, u32 vector)
{
	struct agent_client *c = to_agent_client(client);

	if (vector >= VBUS_AGENT_BELLS || READ_ONCE(c->down))
		return;
	vector = array_index_nospec(vector, VBUS_AGENT_BELLS);
	bells_ring(&c->bells, c->link, block_off(c, bell), vector);
}

static void client_release(struct vbus_client *client)
{
	kfree(to_agent_client(client));
}

static const struct vbus_client_ops agent_client_ops = {
	.event = client_event,
	.raise = client_raise,
	.alloc_half = agent_half_alloc,
	.free_half = agent_half_free,
	.release = client_release,
};

struct vbus_connector agent_connector = {
	.name = "agent",
	.owner = THIS_MODULE,
	.caps = {
		.home = VBUS_HOME_SPLIT,
		.copy_softirq = true,
		.lossy_doorbells = true,
		.doorbells = VBUS_AGENT_BELLS,
	},
	.ops = &agent_client_ops,
};

/* From success on, vbus_client_put() ends it. */
struct agent_client *agent_client_new(struct agent *a)
{
	struct agent_client *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err;

	if (!c)
		return ERR_PTR(-ENOMEM);
	c->agent = a;
	c->link = a->link;
	init_waitqueue_head(&c->acked);
	err = vbus_client_init(&c->client, &agent_connector);
	if (err) {
		kfree(c);
		return ERR_PTR(err);
	}
	c->client.mem.ops = &agent_mem_ops;
	return c;
}
