// SPDX-License-Identifier: GPL-2.0
/*
 * The memctx: the guest's memory for device models. A peer address is what the guest's DMA API gave
 * its driver: an I/O virtual address, which vfio and we look up.
 */
#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "kvm.h"

/* A block can be taken away between being fetched and being used. */
#define FETCH_TRIES	4

static struct vkvm_guest *mem_guest(struct vbus_memctx *mem)
{
	return container_of(mem, struct vkvm_guest, client.mem);
}

/* Copy what is pinned, up to the end of a page. Return: bytes; 0: it is not pinned; -EFAULT. */
static ssize_t copy_some(struct vkvm_guest *g, u64 addr, void *buf, size_t len, bool write)
{
	size_t off = offset_in_page(addr), n = min(len, PAGE_SIZE - off);
	struct page *page;

	rcu_read_lock();
	page = vkvm_block_page(g, addr, write);
	if (IS_ERR_OR_NULL(page)) {
		rcu_read_unlock();
		return PTR_ERR_OR_ZERO(page);
	}
	if (write)
		memcpy(page_address(page) + off, buf, n);
	else
		memcpy(buf, page_address(page) + off, n);
	rcu_read_unlock();
	return n;
}

/* In softirq there is no pinning; the caller comes back from process context. */
static int copy_miss(struct vkvm_guest *g, u64 addr)
{
	int err;

	if (in_softirq()) {
		if (vkvm_block_is_bad(g, addr))
			return -EFAULT;
		g->mem.misses++;
		return -EAGAIN;
	}
	err = vkvm_block_fetch(g, addr);
	return err == -ENODEV ? -EFAULT : err;
}

static int mem_copy(struct vkvm_guest *g, u64 addr, void *buf, size_t len, bool write)
{
	u32 tries = FETCH_TRIES;
	ssize_t n;
	int err;

	while (len) {
		n = copy_some(g, addr, buf, len, write);
		if (n < 0)
			return n;
		if (!n) {
			err = tries-- ? copy_miss(g, addr) : -EAGAIN;
			if (err)
				return err;
			continue;
		}
		tries = FETCH_TRIES;
		addr += n;
		buf += n;
		len -= n;
	}
	return 0;
}

static int guest_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	return mem_copy(mem_guest(mem), addr, dst, len, false);
}

static int guest_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	return mem_copy(mem_guest(mem), addr, (void *)src, len, true);
}

/* ---- mappings ----------------------------------------------------------------------------- */

static void map_free(struct vkvm_map *map)
{
	kvfree(map->pages);
	kfree(map);
}

static u32 range_pages(u64 addr, size_t len)
{
	return (offset_in_page(addr) + len + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

static struct vkvm_map *map_alloc(u64 addr, size_t len)
{
	struct vkvm_map *map = kzalloc(sizeof(*map), GFP_KERNEL);

	if (!map)
		return NULL;
	map->addr = addr & PAGE_MASK;
	map->npages = range_pages(addr, len);
	/* As many as the guest likes: too many are no reason to warn. */
	map->pages = kvmalloc_array(map->npages, sizeof(*map->pages), GFP_KERNEL | __GFP_NOWARN);
	if (map->pages)
		return map;
	kfree(map);
	return NULL;
}

static bool pages_in_a_row(struct page **pages, u32 n)
{
	u32 i;

	for (i = 1; i < n; i++)
		if (page_address(pages[i]) != page_address(pages[0]) + i * PAGE_SIZE)
			return false;
	return true;
}

/* The kernel maps all memory; only pages that are not neighbours need a mapping of their own. */
static int map_pages(struct vkvm_map *map)
{
	map->vmapped = !pages_in_a_row(map->pages, map->npages);
	map->base = map->vmapped ? vmap(map->pages, map->npages, VM_MAP, PAGE_KERNEL) :
				   page_address(map->pages[0]);
	return map->base ? 0 : -ENOMEM;
}

static void map_put_pages(struct vkvm_map *map)
{
	u32 i;

	if (map->vmapped)
		vunmap(map->base);
	for (i = 0; i < map->npages; i++)
		put_page(map->pages[i]);
}

/* On the list, unless the guest unmapped it in the meantime. */
static int map_publish(struct vkvm_mem *m, struct vkvm_map *map)
{
	int err = 0;

	spin_lock(&m->lock);
	if (vkvm_pin_closed(m, map->addr, (u64)map->npages * PAGE_SIZE))
		err = -EAGAIN;
	else
		list_add(&map->entry, &m->maps);
	spin_unlock(&m->lock);
	return err;
}

static int map_fill(struct vkvm_guest *g, struct vkvm_map *map)
{
	struct vkvm_pinning p;
	int err;

	err = vkvm_pin_begin(g, &p, map->addr, map->npages);
	if (err)
		return err;
	err = vkvm_pin(g, map->addr, map->npages, IOMMU_READ | IOMMU_WRITE, map->pages);
	if (err)
		goto out_end;
	err = map_pages(map) ?: map_publish(&g->mem, map);
	if (err) {
		vkvm_unpin(g, map->addr, map->npages);
		if (!map->base)
			map->vmapped = false;
		map_put_pages(map);
	}
out_end:
	vkvm_pin_end(g, &p, err ? map->npages : 0);
	return err;
}

static void *guest_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	struct vkvm_guest *g = mem_guest(mem);
	struct vkvm_map *map;
	int err;

	/* More than could ever be pinned; the exact limit is checked when it is charged. */
	if (!len || len >> PAGE_SHIFT > (u64)READ_ONCE(g->fn->max_pinned) << (20 - PAGE_SHIFT))
		return ERR_PTR(len ? -ENOSPC : -EINVAL);
	map = map_alloc(addr, len);
	if (!map)
		return ERR_PTR(-ENOMEM);
	err = map_fill(g, map);
	if (err) {
		map_free(map);
		return ERR_PTR(err == -ENODEV || err == -EPERM ? -EFAULT : err);
	}
	return map->base + offset_in_page(addr);
}

/*
 * Take a mapping off the list. The address is not enough: the guest may have put other pages there
 * since, and somebody have mapped these. Two can be of the same pages, too; then the older one is
 * found, which is the one that is gone if either is. Whether it is still pinned is settled under
 * the lock, see vkvm_maps_unpin().
 */
static struct vkvm_map *map_take(struct vkvm_mem *m, struct vkvm_pinning *p, void *ptr, u64 addr,
				 size_t len)
{
	void *base = ptr - offset_in_page(addr);
	u32 npages = range_pages(addr, len);
	struct vkvm_map *map, *found = NULL;

	addr &= PAGE_MASK;
	spin_lock(&m->lock);
	list_for_each_entry_reverse(map, &m->maps, entry) {
		if (map->base == base && map->addr == addr && map->npages == npages) {
			found = map;
			list_del(&map->entry);
			break;
		}
	}
	vkvm_pinning_add(m, p, addr, addr + (u64)npages * PAGE_SIZE - 1);
	spin_unlock(&m->lock);
	return found;
}

static void guest_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
	struct vkvm_guest *g = mem_guest(mem);
	struct vkvm_pinning p;
	struct vkvm_map *map;
	u32 unpinned = 0;

	map = map_take(&g->mem, &p, ptr, addr, len);
	if (map && !map->gone) {
		vkvm_unpin(g, map->addr, map->npages);
		unpinned = map->npages;
	}
	vkvm_pin_end(g, &p, unpinned);
	if (!map)
		return;
	map_put_pages(map);
	map_free(map);
}

const struct vbus_memctx_ops vkvm_memctx_ops = {
	.copy_from = guest_copy_from,
	.copy_to = guest_copy_to,
	.map = guest_map,
	.unmap = guest_unmap,
};

/* The next mapping that touches the range and is still pinned; marked. */
static struct vkvm_map *map_mark_gone(struct vkvm_mem *m, u64 first, u64 last)
{
	struct vkvm_map *map;

	lockdep_assert_held(&m->lock);
	list_for_each_entry(map, &m->maps, entry) {
		if (!map->gone && map->addr <= last &&
		    map->addr + (u64)map->npages * PAGE_SIZE - 1 >= first) {
			map->gone = true;
			return map;
		}
	}
	return NULL;
}

/**
 * vkvm_maps_unpin() - unpin mappings that touch a range
 * @g: the guest
 * @first: its first byte
 * @last: its last byte
 *
 * The pointers stay good, since the pages have references, until they are unmapped; but what is
 * written there may be lost, or be found in memory the guest uses for something else.
 * Context: process. Return: how many there were.
 */
u32 vkvm_maps_unpin(struct vkvm_guest *g, u64 first, u64 last)
{
	struct vkvm_mem *m = &g->mem;
	struct vkvm_pinning p;
	struct vkvm_map *map;
	u32 n = 0, npages;
	u64 addr;

	for (;;) {
		spin_lock(&m->lock);
		map = map_mark_gone(m, first, last);
		if (!map) {
			spin_unlock(&m->lock);
			return n;
		}
		/* From here on it can be freed at any time. */
		addr = map->addr;
		npages = map->npages;
		vkvm_pinning_add(m, &p, first, last);
		spin_unlock(&m->lock);
		vkvm_unpin(g, addr, npages);
		vkvm_pin_end(g, &p, npages);
		n++;
	}
}
