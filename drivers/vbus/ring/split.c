// SPDX-License-Identifier: GPL-2.0
/*
 * Split homes: the peer's half is I/O memory behind a link. Everything that crosses is written
 * here, and only here are the ring's pointers turned into __iomem ones.
 *
 * Bodies go out as raw copies, which neither swap bytes (all fields are little-endian in memory
 * already) nor order anything; what orders them is the mandatory barrier before the word that
 * publishes. It is a full barrier, not a write barrier, for two reasons: publishing also returns
 * what was read (a completion gives the request's slot back, a credit the stream's), and a mapping
 * may combine writes, whose buffers it empties.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/io.h>
#include <vbus/model.h>
#include <vbus/ring.h>

#include "split.h"

static void __iomem *split_io(const void *p)
{
	return (void __iomem __force *)p;
}

static void split_wrote(const struct vbus_ring_mem *mem, size_t len)
{
	if (mem->crossings)
		mem->crossings->writes++;
	vbus_model_write(len);
}

static void split_writel(const struct vbus_ring_mem *mem, u32 v, const __le32 *word)
{
	writel(v, split_io(word));
	split_wrote(mem, sizeof(v));
}

u32 vbus_split_read_gen(const struct vbus_ring_mem *mem)
{
	if (mem->crossings)
		mem->crossings->reads++;
	vbus_model_read(sizeof(u32));
	return readl(split_io(mem->peer_gen));
}

void vbus_split_set_seq(const struct vbus_ring_mem *mem, struct vbus_slot *slot, u32 seq)
{
	split_writel(mem, seq, &slot->seq);
}

/*
 * What is staged of a line goes across at a time. The seq of the first slot is withheld: it stays
 * what it was a round ago, and the rest of the line says so, so that the line has no hole.
 */
static void split_flush(struct vbus_prod *p)
{
	struct vbus_slot *staged = &p->line[p->sent % VBUS_SLOTS_PER_LINE];
	u32 n = p->idx - p->sent;

	if (!n)
		return;
	if (p->sent == p->first)
		staged->seq = cpu_to_le32(p->first + 1 - p->mem.size);
	__iowrite64_copy(split_io(&p->mem.slots[p->sent & p->mask]), staged,
			 n * sizeof(*staged) / 8);
	split_wrote(&p->mem, n * sizeof(*staged));
	p->sent = p->idx;
}

/* A mapping that combines writes sends a line at a time anyway, if nothing else comes between. */
void __vbus_split_put(struct vbus_prod *p, const struct vbus_slot *s)
{
	struct vbus_slot *copy = &p->line[p->idx % VBUS_SLOTS_PER_LINE];

	*copy = *s;
	copy->seq = cpu_to_le32(++p->idx);
	/* The smallest rings are shorter than a line. */
	if (p->idx % VBUS_SLOTS_PER_LINE == 0 || (p->idx & p->mask) == 0)
		split_flush(p);
}
EXPORT_SYMBOL_GPL(__vbus_split_put);

void __vbus_split_publish(struct vbus_prod *p)
{
	split_flush(p);
	mb(); /* all that was read and written so far, then the slot */
	split_writel(&p->mem, p->first + 1, &p->mem.slots[p->first & p->mask].seq);
	/* Whoever decides about the doorbell may do so on another CPU. */
	wmb();
	p->first = p->idx;
}
EXPORT_SYMBOL_GPL(__vbus_split_publish);

void __vbus_split_credit(struct vbus_cons *c)
{
	mb(); /* the slots were read, then they may be overwritten */
	split_writel(&c->mem, c->idx, &c->mem.line->credit);
	c->credited = c->idx;
}
EXPORT_SYMBOL_GPL(__vbus_split_credit);

int __vbus_split_arm(struct vbus_cons *c)
{
	if (c->stream && c->credited != c->idx)
		__vbus_split_credit(c);
	c->wake = c->idx;
	split_writel(&c->mem, c->idx, &c->mem.line->wake);
	/* Out of the write-combining buffers before the read that is to push it. */
	mb();
	if (vbus_split_read_gen(&c->mem) != c->mem.gen)
		return -ENOLINK;
	/* The read is complete; what the producer published before it saw our wake is here. */
	return vbus_cons_pending(c);
}
EXPORT_SYMBOL_GPL(__vbus_split_arm);

void __vbus_split_disarm(struct vbus_cons *c)
{
	split_writel(&c->mem, c->wake, &c->mem.line->wake);
	wmb(); /* on its way, whatever the mapping */
}
EXPORT_SYMBOL_GPL(__vbus_split_disarm);
