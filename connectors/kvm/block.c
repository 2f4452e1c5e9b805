// SPDX-License-Identifier: GPL-2.0
/*
 * The cache of pinned memory that copies go through: 64 KiB blocks, the least recently used of
 * which make room when the guest's limit is reached.
 *
 * Lookups run in softirq, under RCU. A block that is taken out lives on for a grace period, and so
 * do its pages; that copies under a queue's lock are over before it is unpinned is seen to by
 * vbus_client_quiesce().
 *
 * Where the guest has no memory a block has holes. Around such places (and where a virtual IOMMU
 * maps single pages, some of them for reading only) pages come into a block one by one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "kvm.h"

/* This many make room at a time: waiting for copies costs the same for one and for many. */
#define SHRINK_BATCH	32
/* An address that could not be pinned is not tried again for so long. */
#define BAD_TIME	(HZ / 10)

static u32 block_index(u64 addr)
{
	return (addr >> PAGE_SHIFT) & (VKVM_BLOCK_PAGES - 1);
}

static u64 block_addr(const struct vkvm_block *b)
{
	return b->nr << VKVM_BLOCK_SHIFT;
}

/* vkvm_block_page - the pinned page at @addr, NULL, or -EFAULT: not to be written to; under RCU */
struct page *vkvm_block_page(struct vkvm_guest *g, u64 addr, bool write)
{
	struct vkvm_block *b = xa_load(&g->mem.blocks, addr >> VKVM_BLOCK_SHIFT);
	u32 i = block_index(addr);
	struct page *page;

	if (!b)
		return NULL;
	if (!READ_ONCE(b->used))
		WRITE_ONCE(b->used, true);
	/* Pairs with block_put_page(): what is said of the page comes first. */
	page = smp_load_acquire(&b->pages[i]);
	if (page && write && test_bit(i, b->readonly))
		return ERR_PTR(-EFAULT);
	return page;
}

static void block_free(struct rcu_head *rcu)
{
	struct vkvm_block *b = container_of(rcu, struct vkvm_block, rcu);
	u32 i;

	for (i = 0; i < VKVM_BLOCK_PAGES; i++)
		if (b->pages[i])
			put_page(b->pages[i]);
	kfree(b);
}

static void block_unpin(struct vkvm_guest *g, struct vkvm_block *b)
{
	u32 i;

	if (b->npages == VKVM_BLOCK_PAGES) {
		vkvm_unpin(g, block_addr(b), VKVM_BLOCK_PAGES);
		return;
	}
	for (i = 0; i < VKVM_BLOCK_PAGES; i++)
		if (b->pages[i])
			vkvm_unpin(g, block_addr(b) + i * PAGE_SIZE, 1);
}

/* ---- taking blocks out -------------------------------------------------------------------- */

static void block_take(struct vkvm_mem *m, struct vkvm_block *b, struct list_head *list)
{
	lockdep_assert_held(&m->lock);
	xa_erase(&m->blocks, b->nr);
	list_move_tail(&b->entry, list);
}

/* vkvm_blocks_take - take out what touches a range; locked */
void vkvm_blocks_take(struct vkvm_mem *m, u64 first, u64 last, struct list_head *list)
{
	struct vkvm_block *b;
	unsigned long nr;

	xa_for_each_range(&m->blocks, nr, b, first >> VKVM_BLOCK_SHIFT, last >> VKVM_BLOCK_SHIFT)
		block_take(m, b, list);
}

/* vkvm_blocks_unpin - end blocks that were taken out; how many pages they had */
u32 vkvm_blocks_unpin(struct vkvm_guest *g, struct list_head *list)
{
	struct vkvm_block *b, *next;
	u32 npages = 0;

	/* Copies that are no queue's (of calls, or to fetch memory) are under RCU alone. */
	if (!list_empty(list))
		synchronize_rcu_expedited();
	list_for_each_entry_safe(b, next, list, entry) {
		list_del(&b->entry);
		npages += b->npages;
		block_unpin(g, b);
		call_rcu(&b->rcu, block_free);
	}
	return npages;
}

/* Who was used since the last look is spared once. */
static u32 blocks_choose(struct vkvm_mem *m, struct list_head *list)
{
	struct vkvm_block *b, *next;
	u32 n = 0, looks = 2;

	lockdep_assert_held(&m->lock);
	while (looks-- && n < SHRINK_BATCH) {
		list_for_each_entry_safe(b, next, &m->lru, entry) {
			if (n == SHRINK_BATCH)
				break;
			if (xchg(&b->used, false) && looks)
				continue;
			block_take(m, b, list);
			n++;
		}
	}
	return n;
}

/**
 * vkvm_blocks_shrink() - make room for other pages
 * @g: the guest
 *
 * Context: process. Return: whether there was something to give up.
 */
bool vkvm_blocks_shrink(struct vkvm_guest *g)
{
	struct vkvm_mem *m = &g->mem;
	struct vkvm_pinning p;
	LIST_HEAD(list);
	u32 n;

	spin_lock(&m->lock);
	n = blocks_choose(m, &list);
	m->evictions += n;
	vkvm_pinning_add(m, &p, 0, U64_MAX);
	spin_unlock(&m->lock);
	if (n)
		vbus_client_quiesce(&g->client);
	vkvm_pin_end(g, &p, vkvm_blocks_unpin(g, &list));
	return n;
}

/* ---- putting them in ---------------------------------------------------------------------- */

/* A new block, complete. Return: 0 or errno; -EEXIST if there is one by now. */
static int block_add(struct vkvm_guest *g, u64 nr, struct vkvm_block *b)
{
	struct vkvm_mem *m = &g->mem;
	int err;

	err = xa_reserve(&m->blocks, nr, GFP_KERNEL);
	if (err)
		return err;
	spin_lock(&m->lock);
	if (vkvm_pin_closed(m, nr << VKVM_BLOCK_SHIFT, VKVM_BLOCK_SIZE))
		err = -EAGAIN;
	else if (xa_load(&m->blocks, nr))
		err = -EEXIST;
	else
		err = xa_err(xa_store(&m->blocks, nr, b, GFP_NOWAIT));
	if (!err)
		list_add_tail(&b->entry, &m->lru);
	spin_unlock(&m->lock);
	if (err)
		xa_release(&m->blocks, nr);
	return err;
}

static int block_fetch_whole(struct vkvm_guest *g, u64 nr)
{
	struct vkvm_block *b = kzalloc(sizeof(*b), GFP_KERNEL);
	struct vkvm_pinning p;
	int err;

	if (!b)
		return -ENOMEM;
	b->nr = nr;
	b->npages = VKVM_BLOCK_PAGES;
	b->used = true;
	err = vkvm_pin_begin(g, &p, nr << VKVM_BLOCK_SHIFT, VKVM_BLOCK_PAGES);
	if (err)
		goto err_free;
	err = vkvm_pin(g, nr << VKVM_BLOCK_SHIFT, VKVM_BLOCK_PAGES, IOMMU_READ | IOMMU_WRITE,
		       b->pages);
	if (err) {
		memset(b->pages, 0, sizeof(b->pages));
		goto err_end;
	}
	err = block_add(g, nr, b);
	if (err) {
		block_unpin(g, b);
		goto err_end;
	}
	vkvm_pin_end(g, &p, 0);
	return 0;

err_end:
	vkvm_pin_end(g, &p, VKVM_BLOCK_PAGES);
err_free:
	block_free(&b->rcu);
	return err == -EEXIST ? 0 : err;
}

/* Put a page into a block there is; takes over its pin and reference if it returns 0. */
static int block_put_page(struct vkvm_guest *g, u64 addr, struct page *page, bool readonly)
{
	struct vkvm_mem *m = &g->mem;
	u32 i = block_index(addr);
	struct vkvm_block *b;
	int err = -EAGAIN;

	spin_lock(&m->lock);
	b = xa_load(&m->blocks, addr >> VKVM_BLOCK_SHIFT);
	if (b && !vkvm_pin_closed(m, addr, PAGE_SIZE)) {
		err = -EEXIST;
		if (!b->pages[i]) {
			if (readonly)
				set_bit(i, b->readonly);
			/* Pairs with vkvm_block_page(). */
			smp_store_release(&b->pages[i], page);
			b->npages++;
			err = 0;
		}
	}
	spin_unlock(&m->lock);
	return err;
}

/* There is a block, maybe without any page. */
static int block_make_empty(struct vkvm_guest *g, u64 nr)
{
	struct vkvm_block *b;
	int err;

	if (xa_load(&g->mem.blocks, nr))
		return 0;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	b->nr = nr;
	b->used = true;
	err = block_add(g, nr, b);
	if (err)
		kfree(b);
	return err == -EEXIST ? 0 : err;
}

static int block_fetch_page(struct vkvm_guest *g, u64 addr)
{
	struct vkvm_pinning p;
	bool readonly = false;
	struct page *page;
	int err;

	addr &= PAGE_MASK;
	err = vkvm_pin_begin(g, &p, addr, 1);
	if (err)
		return err;
	err = vkvm_pin(g, addr, 1, IOMMU_READ | IOMMU_WRITE, &page);
	if (err == -EPERM) {
		readonly = true;
		err = vkvm_pin(g, addr, 1, IOMMU_READ, &page);
	}
	if (err)
		goto out_end;
	err = block_make_empty(g, addr >> VKVM_BLOCK_SHIFT) ?:
	      block_put_page(g, addr, page, readonly);
	if (err) {
		vkvm_unpin(g, addr, 1);
		put_page(page);
	}
out_end:
	vkvm_pin_end(g, &p, err ? 1 : 0);
	return err == -EEXIST ? 0 : err;
}

/* ---- what cannot be pinned ---------------------------------------------------------------- */

/*
 * A softirq that finds nothing pinned asks for process context, which may find that there is
 * nothing to be pinned. The softirq that comes back must be told, or it would ask forever.
 */
static void block_mark_bad(struct vkvm_guest *g, u64 addr)
{
	struct vkvm_mem *m = &g->mem;
	struct vkvm_bad *bad;

	spin_lock_bh(&m->bad_lock);
	bad = &m->bad[m->next_bad++ % VKVM_BAD_MAX];
	bad->addr = addr & PAGE_MASK;
	bad->until = (jiffies + BAD_TIME) ?: 1;
	spin_unlock_bh(&m->bad_lock);
}

/* vkvm_block_is_bad - could this page not be pinned a moment ago? Any context but hard irq */
bool vkvm_block_is_bad(struct vkvm_guest *g, u64 addr)
{
	struct vkvm_mem *m = &g->mem;
	struct vkvm_bad *bad;
	bool found = false;

	spin_lock_bh(&m->bad_lock);
	for (bad = m->bad; bad < m->bad + VKVM_BAD_MAX; bad++)
		if (bad->until && bad->addr == (addr & PAGE_MASK) &&
		    time_before(jiffies, bad->until))
			found = true;
	spin_unlock_bh(&m->bad_lock);
	return found;
}

/**
 * vkvm_block_fetch() - have the page at an address pinned, and what is around it
 * @g: the guest
 * @addr: peer address, not trusted
 *
 * The page can be gone again on return. Context: process.
 * Return: 0, -EFAULT, -EAGAIN (the guest is unmapping it), -ENOMEM, -ENOSPC, -ENODEV.
 */
int vkvm_block_fetch(struct vkvm_guest *g, u64 addr)
{
	u64 nr = addr >> VKVM_BLOCK_SHIFT;
	int err = -EFAULT;

	if (!xa_load(&g->mem.blocks, nr))
		err = block_fetch_whole(g, nr);
	if (err == -EFAULT || err == -EPERM)
		err = block_fetch_page(g, addr);
	if (err && err != -EAGAIN) {
		block_mark_bad(g, addr);
		pr_info_ratelimited("%s: %s: cannot pin memory at 0x%llx: %pe\n",
				    vbus_bus_name(g->fn->bus), g->client.name, addr, ERR_PTR(err));
	}
	return err;
}
