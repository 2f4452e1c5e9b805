// SPDX-License-Identifier: GPL-2.0
/*
 * Memory on both sides of a link, as the master sees it: the board's through the window, and ours
 * that the board writes to.
 *
 * A peer address is a bus address of the board, and is good if it lies in what the board registered
 * in its hello; or it is in the inbox, our own memory, where the board has put payload so that we
 * need not read it across. Large copies are made by the link's DMA engine, if it has one.
 */
#include <linux/bitmap.h>
#include <linux/nospec.h>
#include <linux/slab.h>

#include "agent.h"

static struct agent_client *mem_client(struct vbus_memctx *mem)
{
	return container_of(mem, struct agent_client, client.mem);
}

/* The offset in the window of @len bytes at @addr, or -1. */
static u64 window_off(const struct agent_client *c, u64 addr, size_t len)
{
	u64 off = addr - c->link->out_base;
	u32 i;

	for (i = 0; i < c->nranges; i++) {
		if (off >= c->ranges[i].off && len <= c->ranges[i].len &&
		    off - c->ranges[i].off <= c->ranges[i].len - len)
			return off;
	}
	return U64_MAX;
}

static int agent_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	struct agent_client *c = mem_client(mem);
	u64 off;
	int ret;

	if (READ_ONCE(c->down))
		return -EFAULT;
	if (addr & VBUS_AGENT_INBOX) {
		off = addr & ~VBUS_AGENT_INBOX;
		if (len > c->agent->inbox_len || off > c->agent->inbox_len - len)
			return -EFAULT;
		memcpy(dst, c->link->in + c->agent->inbox + off, len);
		return 0;
	}
	off = window_off(c, addr, len);
	if (off == U64_MAX)
		return -EFAULT;
	ret = engine_read(c->agent->engine, dst, off, len);
	if (ret != ENGINE_PASS)
		return ret;
	vbus_link_read(c->link, dst, off, len);
	return 0;
}

static int agent_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	struct agent_client *c = mem_client(mem);
	u64 off = window_off(c, addr, len);
	int ret;

	if (off == U64_MAX || READ_ONCE(c->down))
		return -EFAULT;
	ret = engine_write(c->agent->engine, off, src, len);
	if (ret != ENGINE_PASS)
		return ret;
	vbus_link_write(c->link, off, src, len);
	return 0;
}

static void *agent_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	struct agent_client *c = mem_client(mem);
	u64 off = window_off(c, addr, len);

	if (off == U64_MAX || READ_ONCE(c->down))
		return ERR_PTR(-EFAULT);
	return (void __force *)(c->link->out + off);
}

/* A queue has ended, and the board may want its buffers back. */
static void agent_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
	engine_settle(mem_client(mem)->agent->engine);
}

const struct vbus_memctx_ops agent_mem_ops = {
	.copy_from = agent_copy_from,
	.copy_to = agent_copy_to,
	.map = agent_map,
	.unmap = agent_unmap,
};

/* ---- our memory that the board writes to ------------------------------------------------- */

/* The rendezvous comes first and the inbox has the second half; between them, pages for queues. */
int agent_pages_init(struct agent *a)
{
	size_t first = ALIGN(sizeof(struct vbus_agent_master_mem), AGENT_PAGE);
	size_t half = round_down(a->link->in_bytes / 2, AGENT_PAGE);

	if (half < first + AGENT_PAGE)
		return -ENOSPC;
	a->inbox = half;
	a->inbox_len = min_t(u64, a->link->in_bytes - half, round_down(U32_MAX, PAGE_SIZE));
	a->npages = half / AGENT_PAGE;
	a->halves = bitmap_zalloc(a->npages, GFP_KERNEL);
	if (!a->halves)
		return -ENOMEM;
	bitmap_set(a->halves, 0, first / AGENT_PAGE);
	spin_lock_init(&a->halves_lock);
	return 0;
}

void agent_pages_exit(struct agent *a)
{
	bitmap_free(a->halves);
}

void *agent_half_alloc(struct vbus_client *client, size_t bytes, u64 *window)
{
	struct agent *a = to_agent_client(client)->agent;
	u32 n = DIV_ROUND_UP(bytes, AGENT_PAGE);
	unsigned long page;

	spin_lock(&a->halves_lock);
	page = bitmap_find_next_zero_area(a->halves, a->npages, 0, n, 0);
	if (page < a->npages)
		bitmap_set(a->halves, page, n);
	spin_unlock(&a->halves_lock);
	if (page >= a->npages)
		return NULL;
	*window = page * AGENT_PAGE;
	return a->link->in + *window;
}

void agent_half_free(struct vbus_client *client, void *half, size_t bytes)
{
	struct agent *a = to_agent_client(client)->agent;

	spin_lock(&a->halves_lock);
	bitmap_clear(a->halves, (half - a->link->in) / AGENT_PAGE,
		     DIV_ROUND_UP(bytes, AGENT_PAGE));
	spin_unlock(&a->halves_lock);
}
