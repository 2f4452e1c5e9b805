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
#include <vbus/ring.h>

#include "split.h"

static void __iomem *split_io(const void *p)
{
	return (void __iomem __force *)p;
}

static void split_wrote(const struct vbus_ring_mem *mem)
{
	if (mem->crossings)
		mem->crossings->writes++;
}

static void split_writel(const struct vbus_ring_mem *mem, u32 v, const __le32 *word)
{
	split_wrote(mem);
	writel(v, split_io(word));
}

u32 vbus_split_read_gen(const struct vbus_ring_mem *mem)
{
	if (mem->crossings)
		mem->crossings->reads++;
	return readl(split_io(mem->peer_gen));
}

void vbus_split_clear_seq(const struct vbus_ring_mem *mem, struct vbus_slot *slot)
{
	split_writel(mem, 0, &slot->seq);
}

void __vbus_split_put(struct vbus_prod *p, const struct vbus_slot *s)
{
	u32 idx = p->idx++;
	struct vbus_slot *slot = &p->mem.slots[idx & p->mask];
	struct vbus_slot copy = *s;

	split_wrote(&p->mem);
	if (idx == p->first) {
		/* The seq of the first slot is withheld: addr, then lf. */
		__iowrite64_copy(split_io(&slot->addr), &copy.addr, 1);
		__raw_writel((__force u32)copy.lf, split_io(&slot->lf));
		return;
	}
	copy.seq = cpu_to_le32(idx + 1);
	__iowrite64_copy(split_io(slot), &copy, sizeof(copy) / 8);
}
EXPORT_SYMBOL_GPL(__vbus_split_put);

void __vbus_split_publish(struct vbus_prod *p)
{
	mb(); /* all that was read and written so far, then the slot */
	split_writel(&p->mem, p->first + 1, &p->mem.slots[p->first & p->mask].seq);
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
	split_writel(&c->mem, c->idx, &c->mem.line->wake);
	/* Out of the write-combining buffers before the read that is to push it. */
	mb();
	if (vbus_split_read_gen(&c->mem) != c->mem.gen)
		return -ENOLINK;
	/* The read is complete; what the producer published before it saw our wake is here. */
	return vbus_cons_pending(c);
}
EXPORT_SYMBOL_GPL(__vbus_split_arm);
