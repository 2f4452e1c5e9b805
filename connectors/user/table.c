// SPDX-License-Identifier: GPL-2.0
/*
 * The range table: peer addresses of one file, and the device side's way to what is behind them.
 *
 * Copies run in softirq and look ranges up in a sorted array under RCU; whoever takes a range out
 * waits for a grace period before its pages go. A range with a ring in it (maps) stays: taking it
 * out is EBUSY until the queue is gone.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "user.h"

/* Addresses of our choice begin here: far from 0, where an address nobody filled in points. */
#define USER_ADDR_FIRST	BIT_ULL(40)
/* No address is this large, so that sums do not wrap. */
#define USER_ADDR_END	BIT_ULL(63)

/**
 * struct user_ranges - a state of the table
 * @rcu: for the end of it
 * @n: ranges
 * @r: sorted by address; they do not overlap
 */
struct user_ranges {
	struct rcu_head rcu;
	u32 n;
	struct user_range *r[];
};

static struct user_ranges *ranges_locked(struct user_table *t)
{
	return rcu_dereference_protected(t->ranges, lockdep_is_held(&t->lock));
}

/* First range that ends above @addr; the number of ranges if there is none. */
static u32 ranges_seek(const struct user_ranges *all, u64 addr)
{
	u32 lo = 0, hi = all ? all->n : 0;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (all->r[mid]->addr + all->r[mid]->len > addr)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

/* The range that holds all of @len bytes at @addr and allows @access, or NULL. */
static struct user_range *ranges_find(const struct user_ranges *all, u64 addr, size_t len,
				      u32 access)
{
	u32 i = ranges_seek(all, addr);
	struct user_range *r;

	if (!all || i >= all->n)
		return NULL;
	r = all->r[array_index_nospec(i, all->n)];
	if (addr < r->addr || len > r->len - (addr - r->addr) || (r->access & access) != access)
		return NULL;
	return r;
}

static void *range_ptr(const struct user_range *r, u64 addr)
{
	return r->ptr + array_index_nospec(addr - r->addr, r->len);
}

/* ---- changes ----------------------------------------------------------------------------- */

void user_table_init(struct user_table *t)
{
	mutex_init(&t->lock);
	t->next = USER_ADDR_FIRST;
}

/* Make sure that @len bytes more can be added, before they are pinned. */
int user_table_reserve(struct user_table *t, u64 len)
{
	int err = 0;

	mutex_lock(&t->lock);
	if (t->closed) {
		err = -ENODEV;
	} else if (t->count >= USER_MAX_RANGES || len > USER_MAX_BYTES - t->bytes) {
		err = -ENOSPC;
	} else {
		t->count++;
		t->bytes += len;
	}
	mutex_unlock(&t->lock);
	return err;
}

void user_table_unreserve(struct user_table *t, u64 len)
{
	mutex_lock(&t->lock);
	t->count--;
	t->bytes -= len;
	mutex_unlock(&t->lock);
}

/* A free address; a page between neighbours makes running over the end of one an error. */
static u64 choose_addr(struct user_table *t, const struct user_ranges *all, u64 len)
{
	u64 addr = t->next;
	u32 i;

	for (i = ranges_seek(all, addr); all && i < all->n && all->r[i]->addr < addr + len; i++)
		addr = all->r[i]->addr + all->r[i]->len + PAGE_SIZE;
	t->next = addr + len + PAGE_SIZE;
	return addr;
}

static int place_range(struct user_table *t, const struct user_ranges *all, struct user_range *r)
{
	u32 i;

	if (r->addr == VBUS_USER_ADDR_ANY)
		r->addr = choose_addr(t, all, r->len);
	/* len is at most USER_MAX_BYTES. */
	if (r->addr > USER_ADDR_END - r->len)
		return -EINVAL;
	i = ranges_seek(all, r->addr);
	return all && i < all->n && all->r[i]->addr < r->addr + r->len ? -EEXIST : 0;
}

/* The table with @r added at, or what is there removed from, place @at. */
static struct user_ranges *ranges_copy(const struct user_ranges *old, u32 at, struct user_range *r)
{
	u32 n = old ? old->n : 0, to = r ? n + 1 : n - 1, skip = r ? 0 : 1;
	struct user_ranges *all = kmalloc(struct_size(all, r, to), GFP_KERNEL);
	u32 i;

	if (!all)
		return NULL;
	all->n = to;
	for (i = 0; i < at; i++)
		all->r[i] = old->r[i];
	if (r)
		all->r[at] = r;
	for (i = at + skip; i < n; i++)
		all->r[i + 1 - 2 * skip] = old->r[i];
	return all;
}

static void ranges_replace(struct user_table *t, struct user_ranges *all)
{
	struct user_ranges *old = ranges_locked(t);

	rcu_assign_pointer(t->ranges, all);
	if (old)
		kfree_rcu(old, rcu);
}

/*
 * Add what was reserved; r->addr may be VBUS_USER_ADDR_ANY. Return: 0, -EINVAL, -EEXIST (overlaps),
 * -ENODEV (closed), -ENOMEM.
 */
int user_table_add(struct user_table *t, struct user_range *r)
{
	struct user_ranges *old, *all;
	int err;

	mutex_lock(&t->lock);
	old = ranges_locked(t);
	err = t->closed ? -ENODEV : place_range(t, old, r);
	if (err)
		goto out_unlock;
	err = -ENOMEM;
	all = ranges_copy(old, ranges_seek(old, r->addr), r);
	if (!all)
		goto out_unlock;
	ranges_replace(t, all);
	err = 0;

out_unlock:
	mutex_unlock(&t->lock);
	return err;
}

/*
 * Take out the range at @addr. On return nobody touches its memory. Return: the range, which is the
 * caller's, or ERR_PTR() of -ENOENT, -EBUSY, -ENOMEM.
 */
struct user_range *user_table_del(struct user_table *t, u64 addr)
{
	struct user_ranges *old, *all;
	struct user_range *r;
	u32 i;

	mutex_lock(&t->lock);
	old = ranges_locked(t);
	i = ranges_seek(old, addr);
	r = ERR_PTR(-ENOENT);
	if (!old || i >= old->n || old->r[i]->addr != addr)
		goto out_unlock;
	r = ERR_PTR(-EBUSY);
	if (old->r[i]->maps)
		goto out_unlock;
	all = ranges_copy(old, i, NULL);
	r = ERR_PTR(-ENOMEM);
	if (!all)
		goto out_unlock;
	r = old->r[i];
	ranges_replace(t, all);
	t->count--;
	t->bytes -= r->len;

out_unlock:
	mutex_unlock(&t->lock);
	if (!IS_ERR(r))
		synchronize_rcu_expedited();
	return r;
}

/* From here on nothing can be added. */
void user_table_close(struct user_table *t)
{
	mutex_lock(&t->lock);
	t->closed = true;
	mutex_unlock(&t->lock);
}

/* The client is detached, so nobody looks anything up: one range after the other, then NULL. */
struct user_range *user_table_take(struct user_table *t)
{
	struct user_range *r = NULL;
	struct user_ranges *all;

	mutex_lock(&t->lock);
	all = ranges_locked(t);
	if (all && all->n) {
		r = all->r[--all->n];
	} else if (all) {
		RCU_INIT_POINTER(t->ranges, NULL);
		kfree(all);
	}
	mutex_unlock(&t->lock);
	return r;
}

/* ---- memctx ------------------------------------------------------------------------------ */

static struct user_table *mem_table(struct vbus_memctx *mem)
{
	return &container_of(mem, struct user_file, client.mem)->table;
}

static int user_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	struct user_table *t = mem_table(mem);
	struct user_range *r;

	rcu_read_lock();
	r = ranges_find(rcu_dereference(t->ranges), addr, len, VBUS_USER_MEM_READ);
	if (r)
		memcpy(dst, range_ptr(r, addr), len);
	rcu_read_unlock();
	return r || !len ? 0 : -EFAULT;
}

static int user_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	struct user_table *t = mem_table(mem);
	struct user_range *r;

	rcu_read_lock();
	r = ranges_find(rcu_dereference(t->ranges), addr, len, VBUS_USER_MEM_WRITE);
	if (r)
		memcpy(range_ptr(r, addr), src, len);
	rcu_read_unlock();
	return r || !len ? 0 : -EFAULT;
}

static void *user_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	struct user_table *t = mem_table(mem);
	struct user_range *r;

	mutex_lock(&t->lock);
	r = ranges_find(ranges_locked(t), addr, len, VBUS_USER_MEM_READ | VBUS_USER_MEM_WRITE);
	if (r)
		r->maps++;
	mutex_unlock(&t->lock);
	return r ? range_ptr(r, addr) : ERR_PTR(-EFAULT);
}

static void user_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
	struct user_table *t = mem_table(mem);
	struct user_range *r;

	mutex_lock(&t->lock);
	r = ranges_find(ranges_locked(t), addr, len, 0);
	if (r)
		r->maps--;
	mutex_unlock(&t->lock);
}

const struct vbus_memctx_ops user_memctx_ops = {
	.copy_from = user_copy_from,
	.copy_to = user_copy_to,
	.map = user_map,
	.unmap = user_unmap,
};
