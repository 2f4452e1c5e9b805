// SPDX-License-Identifier: GPL-2.0
/*
 * The memctx: a table of ranges, of which any may be withdrawn at any time.
 */
#include <linux/random.h>
#include <linux/vmalloc.h>
#include "hostile.h"

static struct hostile *mem_to_hostile(struct vbus_memctx *mem)
{
	return container_of(mem, struct hostile, client.mem);
}

/* Kernel pointer of peer memory, or NULL; @h->mem_lock held. */
static void *range_find(struct hostile *h, u64 addr, size_t len)
{
	int i;

	for (i = 0; i < HR_COUNT; i++) {
		struct hostile_range *r = &h->range[i];

		if (r->open && addr >= r->addr && addr - r->addr < r->len &&
		    len <= r->len - (addr - r->addr))
			return r->ptr + (addr - r->addr);
	}
	return NULL;
}

static int hostile_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	struct hostile *h = mem_to_hostile(mem);
	void *src;

	read_lock_bh(&h->mem_lock);
	src = range_find(h, addr, len);
	if (src)
		memcpy(dst, src, len);
	read_unlock_bh(&h->mem_lock);
	return src ? 0 : -EFAULT;
}

static int hostile_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	struct hostile *h = mem_to_hostile(mem);
	void *dst;

	read_lock_bh(&h->mem_lock);
	dst = range_find(h, addr, len);
	if (dst)
		memcpy(dst, src, len);
	read_unlock_bh(&h->mem_lock);
	return dst ? 0 : -EFAULT;
}

static void *hostile_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	struct hostile *h = mem_to_hostile(mem);
	void *ptr;

	read_lock_bh(&h->mem_lock);
	ptr = range_find(h, addr, len);
	read_unlock_bh(&h->mem_lock);
	if (!ptr)
		return ERR_PTR(-EFAULT);
	atomic_inc(&h->maps);
	return ptr;
}

static void hostile_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
	atomic_dec(&mem_to_hostile(mem)->maps);
}

static const struct vbus_memctx_ops hostile_memctx_ops = {
	.copy_from = hostile_copy_from,
	.copy_to = hostile_copy_to,
	.map = hostile_map,
	.unmap = hostile_unmap,
};

static int range_init(struct hostile_range *r, u64 addr, size_t len)
{
	r->addr = addr;
	r->len = len;
	r->ptr = vzalloc(len);
	r->open = true;
	return r->ptr ? 0 : -ENOMEM;
}

int hostile_mem_init(struct hostile *h)
{
	int err;

	rwlock_init(&h->mem_lock);
	h->client.mem.ops = &hostile_memctx_ops;
	err = range_init(&h->range[HR_ARENA], HR_ARENA_ADDR, HR_ARENA_BYTES) ?:
	      range_init(&h->range[HR_PAGE], HR_PAGE_ADDR, HR_PAGE_BYTES);
	if (err)
		hostile_mem_free(h);
	return err;
}

void hostile_mem_free(struct hostile *h)
{
	int i;

	for (i = 0; i < HR_COUNT; i++)
		vfree(h->range[i].ptr);
}

/*
 * As a connector does it: no copy begins after this, none is going on. What was mapped stays for as
 * long as it is mapped, but belongs to somebody else on the peer's side, who may write to it.
 */
void hostile_withdraw(struct hostile *h, enum hostile_range_id id, bool scramble)
{
	struct hostile_range *r = &h->range[id];

	write_lock_bh(&h->mem_lock);
	r->open = false;
	write_unlock_bh(&h->mem_lock);
	vbus_client_quiesce(&h->client);
	if (scramble)
		get_random_bytes(r->ptr, r->len);
}

void hostile_restore(struct hostile *h, enum hostile_range_id id)
{
	write_lock_bh(&h->mem_lock);
	h->range[id].open = true;
	write_unlock_bh(&h->mem_lock);
}
