// SPDX-License-Identifier: GPL-2.0
/*
 * Setting up a ring, and what happens to it seldom enough to be out of line. The per-slot path is
 * inline in include/vbus/ring.h; split homes are in split.c.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>
#include <vbus/ring.h>

#include "split.h"

/* All-ones is what a read from a dead link returns; it must never look like a live peer. */
#define RING_GEN_DEAD	0xffffffffu

/*
 * The base is kept below 2^31 so that a zeroed slot cannot pass for a published one: index 2^32-1,
 * whose seq is zero, comes only after every slot has been written.
 */
static bool ring_mem_ok(const struct vbus_ring_mem *mem)
{
	return vbus_ring_size_ok(mem->size) && mem->base < 0x80000000u &&
	       mem->gen != RING_GEN_DEAD &&
	       (mem->home == VBUS_HOME_SHARED || mem->home == VBUS_HOME_SPLIT);
}

static bool ring_slots_ok(const struct vbus_ring_mem *mem)
{
	return mem->slots && IS_ALIGNED((unsigned long)mem->slots, sizeof(struct vbus_slot));
}

static bool ring_line_ok(const struct vbus_ring_mem *mem)
{
	return mem->line && IS_ALIGNED((unsigned long)mem->line, VBUS_HALF_ALIGN);
}

/* An end needs all of it: unlike formatting, which is about one part, it uses both. */
static bool ring_end_ok(const struct vbus_ring_mem *mem)
{
	if (!ring_mem_ok(mem) || !ring_slots_ok(mem) || !ring_line_ok(mem))
		return false;
	return mem->home == VBUS_HOME_SHARED ||
	       (mem->peer_gen && IS_ALIGNED((unsigned long)mem->peer_gen, sizeof(__le32)));
}

int vbus_ring_format_slots(const struct vbus_ring_mem *mem)
{
	if (!ring_mem_ok(mem) || !ring_slots_ok(mem))
		return -EINVAL;
	memset(mem->slots, 0, mem->size * sizeof(*mem->slots));
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_ring_format_slots);

int vbus_ring_format_line(const struct vbus_ring_mem *mem)
{
	struct vbus_line *line = mem->line;

	if (!ring_mem_ok(mem) || !ring_line_ok(mem))
		return -EINVAL;
	memset(line, 0, sizeof(*line));
	line->credit = cpu_to_le32(mem->base);
	line->wake = cpu_to_le32(mem->base);
	if (mem->home == VBUS_HOME_SPLIT)
		wmb(); /* as below, for a peer that is no CPU */
	/* Release: who reads the new life number may rely on the rest. */
	virt_store_release(&line->gen, cpu_to_le32(mem->gen));
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_ring_format_line);

u32 vbus_ring_flush(const struct vbus_ring_mem *mem)
{
	if (mem->home == VBUS_HOME_SHARED)
		return mem->gen;
	return vbus_split_read_gen(mem);
}
EXPORT_SYMBOL_GPL(vbus_ring_flush);

int vbus_prod_init(struct vbus_prod *p, const struct vbus_ring_mem *mem)
{
	if (!ring_end_ok(mem))
		return -EINVAL;
	*p = (struct vbus_prod) {
		.mem = *mem,
		.mask = mem->size - 1,
		.idx = mem->base,
		.first = mem->base,
		.kicked = mem->base,
		.credit = mem->base,
		.sent = mem->base,
	};
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_prod_init);

int vbus_cons_init(struct vbus_cons *c, const struct vbus_ring_mem *mem)
{
	if (!ring_end_ok(mem))
		return -EINVAL;
	*c = (struct vbus_cons) {
		.mem = *mem,
		.mask = mem->size - 1,
		.idx = mem->base,
		.credited = mem->base,
		.wake = mem->base,
	};
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_cons_init);

/*
 * Slots behind the first carry their seq already. Left there, they would be taken as soon as a
 * shorter batch is published in front of them.
 */
void vbus_prod_unput(struct vbus_prod *p)
{
	u32 seq;

	while (p->idx != p->first) {
		struct vbus_slot *slot = &p->mem.slots[--p->idx & p->mask];

		if (p->idx == p->first)
			break;
		/* As it was a round ago; no other number is empty for all of them. */
		seq = p->idx + 1 - p->mem.size;
		if (__vbus_ring_shared(&p->mem))
			WRITE_ONCE(slot->seq, cpu_to_le32(seq));
		else if (p->idx - p->first < p->sent - p->first)
			vbus_split_set_seq(&p->mem, slot, seq);
	}
	p->sent = p->first;
}
EXPORT_SYMBOL_GPL(vbus_prod_unput);

int vbus_prod_space(struct vbus_prod *p)
{
	u32 credit = __vbus_ring_acquire(&p->mem, &p->mem.line->credit);
	u32 used;

	/* It may only move forward, and only over what was published. */
	if (credit - p->credit > p->first - p->credit)
		return -EPROTO;
	p->credit = credit;
	used = p->idx - credit;
	return used < p->mem.size ? p->mem.size - used : 0;
}
EXPORT_SYMBOL_GPL(vbus_prod_space);

int vbus_prod_credit_wait(struct vbus_prod *p)
{
	/* A doorbell may overtake the credit it announces; a read across the link may not. */
	if (!__vbus_ring_shared(&p->mem) && vbus_split_read_gen(&p->mem) != p->mem.gen)
		return -ENOLINK;
	return vbus_prod_space(p);
}
EXPORT_SYMBOL_GPL(vbus_prod_credit_wait);

bool vbus_cons_credit(struct vbus_cons *c, bool want)
{
	u32 due = c->idx - c->credited;

	c->stream = true;
	if (!want && due * 4 < c->mem.size)
		return false;
	if (__vbus_ring_shared(&c->mem)) {
		/* Release: slots are read before the producer may overwrite them. */
		virt_store_release(&c->mem.line->credit, cpu_to_le32(c->idx));
		c->credited = c->idx;
	} else {
		__vbus_split_credit(c);
	}
	if (!want)
		return false;
	/* The credit goes before the doorbell that announces it. */
	__vbus_ring_mb(&c->mem);
	return true;
}
EXPORT_SYMBOL_GPL(vbus_cons_credit);

MODULE_DESCRIPTION("vbus one-way ring");
MODULE_LICENSE("GPL");
