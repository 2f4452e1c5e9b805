// SPDX-License-Identifier: GPL-2.0
/*
 * The range table: peer addresses of one driver side.
 *
 * Both sides share one kernel, so a peer address could simply be a pointer. It is not, because the
 * device side must be able to reach what the driver side has mapped and nothing else, and because
 * a stale or invented address must be an error here as it is on every other connector. So each
 * mapping is a range in a table and an address names the range:
 *
 *	63      48 47          28 27           0
 *	generation | range index  | offset
 *
 * The generation changes whenever a range is taken out. It is never 0 nor all ones, hence no
 * address is 0 or DMA_MAPPING_ERROR.
 *
 * Life of memory. Copies are done under the lock of the range, and taking the range out takes that
 * lock: when dma_unmap_*() returns, no copy is going on and none can begin. Work under the lock is
 * limited to LO_COPY_STEP bytes, which bounds the wait and the time interrupts are off.
 *
 * A pin (lo_table_pin(), for rings) hands out a pointer that is used without that lock, so a pinned
 * range must outlive the driver's interest in it. We can promise that only for memory that is ours
 * to free, that of dma_alloc_coherent(): dma_free_coherent() of a pinned range makes its address
 * invalid at once but leaves freeing the memory to the last lo_table_unpin(). Mapped memory
 * belongs to others, who will reuse it the moment it is unmapped; it cannot be pinned, only copied.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "loopback.h"

#define LO_NONE		U32_MAX
#define LO_GEN_MAX	(U16_MAX - 1)
#define LO_COPY_STEP	SZ_16K

/**
 * struct lo_range - one mapping
 * @lock: guards all below but @next; any context. Taken with queue locks held
 * @gen: generation that addresses of this range carry
 * @access: LO_READ, LO_WRITE; 0: not mapped
 * @owned: the memory was allocated by us
 * @len: bytes
 * @pins: pointers handed out
 * @ptr: the memory; stays set while pinned, also after @access became 0
 * @next: next free range; the table's lock
 */
struct lo_range {
	spinlock_t lock;	/* see above */
	u16 gen;
	u8 access;
	bool owned;
	u32 len;
	u32 pins;
	void *ptr;
	u32 next;
};

static u32 addr_index(u64 addr)
{
	return (addr >> LO_OFFSET_BITS) & (BIT(LO_INDEX_BITS) - 1);
}

static u32 addr_offset(u64 addr)
{
	return addr & (LO_RANGE_MAX - 1);
}

/* Every index the bits can express is inside @chunks, so the mask also stops speculation. */
static struct lo_range *range_at(struct lo_table *t, u32 index)
{
	/* Pairs with chunk_add(): who sees the chunk sees it initialised. */
	struct lo_range *chunk = smp_load_acquire(&t->chunks[index / LO_CHUNK_RANGES]);

	return chunk ? &chunk[index % LO_CHUNK_RANGES] : NULL;
}

/* One more chunk of free ranges. Return: 0, -ENOMEM or -ENOSPC. */
static int chunk_add(struct lo_table *t)
{
	u32 first = t->nchunks * LO_CHUNK_RANGES;
	struct lo_range *chunk;
	u32 i, gen;

	if (t->nchunks == LO_CHUNKS)
		return -ENOSPC;
	chunk = kcalloc(LO_CHUNK_RANGES, sizeof(*chunk), GFP_ATOMIC | __GFP_NOWARN);
	if (!chunk)
		return -ENOMEM;
	gen = get_random_u32();
	for (i = 0; i < LO_CHUNK_RANGES; i++) {
		spin_lock_init(&chunk[i].lock);
		/* Not the same in every table, so that a foreign address is no good. */
		chunk[i].gen = 1 + (gen + i) % LO_GEN_MAX;
		chunk[i].next = i + 1 < LO_CHUNK_RANGES ? first + i + 1 : t->free;
	}
	t->free = first;
	/* Pairs with range_at(). */
	smp_store_release(&t->chunks[t->nchunks++], chunk);
	return 0;
}

static struct lo_range *range_alloc(struct lo_table *t, u32 *index)
{
	struct lo_range *r = NULL;
	unsigned long flags;

	spin_lock_irqsave(&t->lock, flags);
	if (t->free != LO_NONE || !chunk_add(t)) {
		*index = t->free;
		r = range_at(t, t->free);
		t->free = r->next;
	}
	spin_unlock_irqrestore(&t->lock, flags);
	return r;
}

/*
 * Are @len bytes at @addr inside the range, and is @access allowed there? The offset that was
 * checked is to be used through range_ptr().
 */
static bool range_holds(const struct lo_range *r, u64 addr, size_t len, u8 access)
{
	lockdep_assert_held(&r->lock);
	return r->gen == addr >> LO_GEN_SHIFT && r->access && (r->access & access) == access &&
	       len <= r->len && addr_offset(addr) <= r->len - len;
}

static void *range_ptr(const struct lo_range *r, u64 addr)
{
	return r->ptr + array_index_nospec(addr_offset(addr), r->len);
}

/* Neither mapped nor pinned: it cannot be found by address, so whoever sees this frees it. */
static bool range_dead(const struct lo_range *r)
{
	lockdep_assert_held(&r->lock);
	return !r->access && !r->pins;
}

/* Was seen dead under its lock, which is not needed any more. */
static void range_free(struct lo_table *t, struct lo_range *r, u32 index)
{
	unsigned long flags;

	if (r->owned)
		kvfree(r->ptr);
	r->ptr = NULL;
	spin_lock_irqsave(&t->lock, flags);
	r->next = t->free;
	t->free = index;
	spin_unlock_irqrestore(&t->lock, flags);
}

/**
 * lo_table_add() - give memory an address
 * @t: the table
 * @ptr: the memory
 * @len: bytes
 * @access: what the device side may do with it
 * @owned: from kvmalloc(); freed when the range is taken out and no longer pinned
 *
 * Context: any.
 * Return: the address, or DMA_MAPPING_ERROR.
 */
dma_addr_t lo_table_add(struct lo_table *t, void *ptr, size_t len, u8 access, bool owned)
{
	struct lo_range *r;
	unsigned long flags;
	dma_addr_t addr;
	u32 index;

	if (!len || len > LO_RANGE_MAX || !access)
		return DMA_MAPPING_ERROR;
	r = range_alloc(t, &index);
	if (!r)
		return DMA_MAPPING_ERROR;
	spin_lock_irqsave(&r->lock, flags);
	r->ptr = ptr;
	r->len = len;
	r->access = access;
	r->owned = owned;
	addr = (u64)r->gen << LO_GEN_SHIFT | (u64)index << LO_OFFSET_BITS;
	spin_unlock_irqrestore(&r->lock, flags);
	return addr;
}

/**
 * lo_table_del() - take a range out
 * @t: the table
 * @addr: its first address
 *
 * On return nobody reads or writes the memory through this table, but for pins of owned memory.
 * Context: any.
 */
void lo_table_del(struct lo_table *t, dma_addr_t addr)
{
	struct lo_range *r = range_at(t, addr_index(addr));
	bool found = false, dead = false;
	unsigned long flags;

	if (r) {
		spin_lock_irqsave(&r->lock, flags);
		found = range_holds(r, addr, 1, 0);
		if (found) {
			r->access = 0;
			r->gen = r->gen % LO_GEN_MAX + 1;
			dead = range_dead(r);
		}
		spin_unlock_irqrestore(&r->lock, flags);
	}
	if (dead)
		range_free(t, r, addr_index(addr));
	if (!found)
		pr_warn_ratelimited("a driver unmaps %pad, which is not mapped\n", &addr);
}

/* Copy the beginning of what is asked for. Return: bytes copied, or -EFAULT. */
static ssize_t range_copy(struct lo_range *r, u64 addr, void *buf, size_t len, u8 access)
{
	size_t step = min_t(size_t, len, LO_COPY_STEP);
	ssize_t ret = -EFAULT;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (range_holds(r, addr, len, access)) {
		if (access == LO_READ)
			memcpy(buf, range_ptr(r, addr), step);
		else
			memcpy(range_ptr(r, addr), buf, step);
		ret = step;
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return ret;
}

/**
 * lo_table_copy() - copy to or from a range
 * @t: the table
 * @addr: peer address, not trusted
 * @buf: our side
 * @len: bytes, not trusted
 * @access: LO_READ copies to @buf, LO_WRITE from it
 *
 * Context: any.
 * Return: 0, -EFAULT. The range can go away halfway, if it is a long one.
 */
int lo_table_copy(struct lo_table *t, u64 addr, void *buf, size_t len, u8 access)
{
	struct lo_range *r = range_at(t, addr_index(addr));
	ssize_t n;

	if (!r)
		return len ? -EFAULT : 0;
	for (; len; len -= n, addr += n, buf += n) {
		n = range_copy(r, addr, buf, len, access);
		if (n < 0)
			return n;
	}
	return 0;
}

/**
 * lo_table_pin() - a pointer to coherent memory, good until lo_table_unpin()
 * @t: the table
 * @addr: peer address, not trusted
 * @len: bytes, not trusted
 *
 * Return: the pointer, -EFAULT (not mapped), -EOPNOTSUPP (memory that can only be copied).
 */
void *lo_table_pin(struct lo_table *t, u64 addr, size_t len)
{
	struct lo_range *r = range_at(t, addr_index(addr));
	void *ptr = ERR_PTR(-EFAULT);
	unsigned long flags;

	if (!r)
		return ptr;
	spin_lock_irqsave(&r->lock, flags);
	if (range_holds(r, addr, len, LO_READ | LO_WRITE)) {
		ptr = ERR_PTR(-EOPNOTSUPP);
		if (r->owned) {
			ptr = range_ptr(r, addr);
			r->pins++;
		}
	}
	spin_unlock_irqrestore(&r->lock, flags);
	return ptr;
}

/* lo_table_unpin - @addr was pinned; its range may have been taken out since, but not reused */
void lo_table_unpin(struct lo_table *t, u64 addr)
{
	struct lo_range *r = range_at(t, addr_index(addr));
	unsigned long flags;
	bool dead;

	spin_lock_irqsave(&r->lock, flags);
	r->pins--;
	dead = range_dead(r);
	spin_unlock_irqrestore(&r->lock, flags);
	if (dead)
		range_free(t, r, addr_index(addr));
}

int lo_table_init(struct lo_table *t)
{
	spin_lock_init(&t->lock);
	t->free = LO_NONE;
	t->chunks = kvcalloc(LO_CHUNKS, sizeof(*t->chunks), GFP_KERNEL);
	return t->chunks ? 0 : -ENOMEM;
}

/* Ranges that are left are a driver's bug; the memory is freed if it is ours to free. */
static u32 chunk_free(struct lo_range *chunk)
{
	u32 i, left = 0;

	for (i = 0; i < LO_CHUNK_RANGES; i++) {
		if (!chunk[i].ptr)
			continue;
		left++;
		if (chunk[i].owned)
			kvfree(chunk[i].ptr);
	}
	kfree(chunk);
	return left;
}

/* Both sides are gone. */
void lo_table_exit(struct lo_table *t)
{
	u32 i, left = 0;

	for (i = 0; i < t->nchunks; i++)
		left += chunk_free(t->chunks[i]);
	if (left)
		pr_warn_ratelimited("drivers left %u ranges of memory mapped\n", left);
	kvfree(t->chunks);
}
