// SPDX-License-Identifier: GPL-2.0
/*
 * Pinning pages of the guest, and the guest taking memory away.
 *
 * vfio pins, and accounts to the process that mapped the memory. Beside vfio's pin each page has a
 * reference of ours, which outlives the pin for as long as somebody may be copying: so nobody ever
 * touches a page that belongs to somebody else by then, whatever the guest does and when.
 *
 * When the guest unmaps memory (a reboot unmaps all of it, a virtual IOMMU single pages), vfio
 * calls us, and calls again while a page of the range is pinned; at the eleventh time it stops the
 * host. So on return nothing in the range is pinned, and stays so: what is being pinned meanwhile
 * is waited for, and for a while nothing new is (the range is *closed*). Nothing that is held over
 * pinning may be waited for there, as vfio holds a lock over the call.
 */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/page_ref.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "kvm.h"

/*
 * How long a range that was unmapped stays closed, counted from our return to vfio. If vfio calls
 * again for the same request that was too short, and it is doubled; up to so many times.
 */
#define CLOSED_TIME	(HZ / 50)
#define CLOSED_DOUBLED	8u
/* How long pinning waits for a range to open. */
#define PIN_PATIENCE	(HZ / 5)
/* vfio takes so many at once. */
#define PIN_CHUNK	((u32)(PAGE_SIZE / sizeof(unsigned long)))
/* Pinning a chunk takes milliseconds at worst. vfio calls ten times before it despairs. */
#define INFLIGHT_TIMEOUT	HZ
#define MIB_PAGES	(SZ_1M / PAGE_SIZE)

void vkvm_mem_init(struct vkvm_guest *g)
{
	struct vkvm_mem *m = &g->mem;

	spin_lock_init(&m->lock);
	xa_init(&m->blocks);
	INIT_LIST_HEAD(&m->lru);
	INIT_LIST_HEAD(&m->maps);
	INIT_LIST_HEAD(&m->inflight);
	spin_lock_init(&m->bad_lock);
	init_waitqueue_head(&m->idle);
}

/* ---- closed ranges ------------------------------------------------------------------------ */

/* vkvm_pin_closed - was something in the range unmapped a moment ago, or all of it for good? */
bool vkvm_pin_closed(struct vkvm_mem *m, u64 addr, u64 len)
{
	struct vkvm_closed *c;

	lockdep_assert_held(&m->lock);
	if (m->dead)
		return true;
	for (c = m->closed; c < m->closed + VKVM_CLOSED_MAX; c++) {
		if (c->until && time_after_eq(jiffies, c->until))
			c->until = 0;
		if (c->until && addr <= c->last && addr + len - 1 >= c->first)
			return true;
	}
	return false;
}

/* That of the same range, or NULL. */
static struct vkvm_closed *closed_find(struct vkvm_mem *m, u64 first, u64 last)
{
	struct vkvm_closed *c;

	lockdep_assert_held(&m->lock);
	for (c = m->closed; c < m->closed + VKVM_CLOSED_MAX; c++)
		if (c->first == first && c->last == last)
			return c;
	return NULL;
}

/*
 * Has the current task not been in user mode since it was here? The flag is harmless: on the way
 * there it makes the kernel look for work that is not there.
 */
static bool same_request(const struct vkvm_closed *c)
{
	return c->task == current && test_thread_flag(TIF_NOTIFY_RESUME);
}

/* The place of the oldest, or one whose time has passed; what it closed too early is merged. */
static struct vkvm_closed *closed_take(struct vkvm_mem *m, u64 first, u64 last)
{
	struct vkvm_closed *c, *best = m->closed;

	lockdep_assert_held(&m->lock);
	for (c = m->closed; c < m->closed + VKVM_CLOSED_MAX; c++) {
		if (!c->until || time_after_eq(jiffies, c->until)) {
			c->until = 0;
			best = c;
			break;
		}
		if (time_before(c->until, best->until))
			best = c;
	}
	if (best->until) {
		first = min(first, best->first);
		last = max(last, best->last);
	}
	best->first = first;
	best->last = last;
	best->task = NULL;
	best->tries = 0;
	return best;
}

/* When vfio calls and, since that can take its time, again when we are @returning. */
static void mem_close_range(struct vkvm_mem *m, u64 first, u64 last, bool returning)
{
	struct vkvm_closed *c = closed_find(m, first, last) ?: closed_take(m, first, last);

	if (!returning)
		c->tries = same_request(c) ? c->tries + 1 : 0;
	c->task = current;
	c->until = (jiffies + (CLOSED_TIME << min(c->tries, CLOSED_DOUBLED))) ?: 1;
}

/* ---- accounting --------------------------------------------------------------------------- */

/* vkvm_pinning_add - note that something is under way; locked */
void vkvm_pinning_add(struct vkvm_mem *m, struct vkvm_pinning *p, u64 first, u64 last)
{
	lockdep_assert_held(&m->lock);
	p->first = first;
	p->last = last;
	list_add(&p->entry, &m->inflight);
}

static int pin_charge(struct vkvm_guest *g, struct vkvm_pinning *p, u64 addr, u32 npages)
{
	struct vkvm_mem *m = &g->mem;
	u64 limit = (u64)READ_ONCE(g->fn->max_pinned) * MIB_PAGES;
	int err = 0;

	spin_lock(&m->lock);
	if (m->dead)
		err = -ENODEV;
	else if (vkvm_pin_closed(m, addr, (u64)npages * PAGE_SIZE))
		err = -EAGAIN;
	else if (m->pinned + (u64)npages > limit)
		err = -ENOSPC;
	if (!err) {
		m->pinned += npages;
		vkvm_pinning_add(m, p, addr, addr + (u64)npages * PAGE_SIZE - 1);
	}
	spin_unlock(&m->lock);
	return err;
}

/**
 * vkvm_pin_begin() - get ready to pin; vkvm_pin_end() follows when pages are on a list or unpinned
 * @g: the guest
 * @p: to be filled in
 * @addr: of the first page
 * @npages: how many
 *
 * Makes room if the limit is reached, and waits for a range to open again.
 * Context: process; no lock but sleeping ones.
 * Return: 0, -EAGAIN (the range stays closed), -ENOSPC (the limit), -ENODEV (being closed).
 */
int vkvm_pin_begin(struct vkvm_guest *g, struct vkvm_pinning *p, u64 addr, u32 npages)
{
	unsigned long end = jiffies + PIN_PATIENCE;
	int err;

	for (;;) {
		err = pin_charge(g, p, addr, npages);
		if (err == -ENOSPC && vkvm_blocks_shrink(g))
			continue;
		if (err != -EAGAIN || time_after(jiffies, end))
			return err;
		usleep_range(1000, 2000);
	}
}

/* vkvm_pin_end - see vkvm_pin_begin(); @uncharge: pages that did not stay pinned */
void vkvm_pin_end(struct vkvm_guest *g, struct vkvm_pinning *p, u32 uncharge)
{
	struct vkvm_mem *m = &g->mem;

	spin_lock(&m->lock);
	m->pinned -= uncharge;
	list_del(&p->entry);
	spin_unlock(&m->lock);
	wake_up_all(&m->idle);
}

/* ---- pages -------------------------------------------------------------------------------- */

/* Our own references. A page without any is no memory of the guest's, but of some device. */
static u32 pages_get(struct page **pages, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		if (!folio_try_get(page_folio(pages[i])))
			break;
	return i;
}

static void pages_put(struct page **pages, u32 n)
{
	while (n)
		put_page(pages[--n]);
}

static int pin_chunk(struct vkvm_guest *g, u64 addr, u32 n, int prot, struct page **pages)
{
	int done = vfio_pin_pages(g->vdev, addr, n, prot, pages);
	u32 got;

	if (done < 0)
		return done;
	got = done == n ? pages_get(pages, n) : 0;
	if (got == n)
		return 0;
	pages_put(pages, got);
	if (done)
		vfio_unpin_pages(g->vdev, addr, done);
	return -EFAULT;
}

/**
 * vkvm_pin() - pin pages of the guest, with a reference each
 * @g: the guest
 * @addr: of the first
 * @npages: how many
 * @prot: IOMMU_READ, IOMMU_WRITE: what for
 * @pages: they
 *
 * Context: process; between vkvm_pin_begin() and vkvm_pin_end().
 * Return: 0, -EFAULT (not, or not all, the guest's memory), -EPERM (a virtual IOMMU does not allow
 * @prot), -ENOMEM (also: more than the process may lock).
 */
int vkvm_pin(struct vkvm_guest *g, u64 addr, u32 npages, int prot, struct page **pages)
{
	u32 done = 0, n;
	int err;

	while (done < npages) {
		n = min(npages - done, PIN_CHUNK);
		err = pin_chunk(g, addr + (u64)done * PAGE_SIZE, n, prot, pages + done);
		if (err) {
			vkvm_unpin(g, addr, done);
			pages_put(pages, done);
			return err == -ENOMEM || err == -EPERM ? err : -EFAULT;
		}
		done += n;
	}
	return 0;
}

/* vkvm_unpin - drop vfio's pins; the references stay */
void vkvm_unpin(struct vkvm_guest *g, u64 addr, u32 npages)
{
	u32 n;

	for (; npages; npages -= n, addr += (u64)n * PAGE_SIZE) {
		n = min(npages, PIN_CHUNK);
		vfio_unpin_pages(g->vdev, addr, n);
	}
}

/* ---- the guest takes memory away ---------------------------------------------------------- */

/* Is nothing under way in the range? */
static bool mem_settled(struct vkvm_mem *m, u64 first, u64 last)
{
	struct vkvm_pinning *p;
	bool settled = true;

	spin_lock(&m->lock);
	list_for_each_entry(p, &m->inflight, entry)
		if (p->first <= last && p->last >= first)
			settled = false;
	spin_unlock(&m->lock);
	return settled;
}

/**
 * struct vkvm_unmap - memory on its way out
 * @work: unpins
 * @guest: whose; a reference
 * @first: first byte
 * @last: last byte
 * @halves: mappings in it that were queues', which have been stopped
 * @blocks: were taken out of the cache
 * @pinning: says that it is under way
 */
struct vkvm_unmap {
	struct work_struct work;
	struct vkvm_guest *guest;
	u64 first;
	u64 last;
	u32 halves;
	struct list_head blocks;
	struct vkvm_pinning pinning;
};

static void unmap_work(struct work_struct *work)
{
	struct vkvm_unmap *u = container_of(work, struct vkvm_unmap, work);
	struct vkvm_guest *g = u->guest;
	u32 maps;

	maps = vkvm_maps_unpin(g, u->first, u->last);
	vkvm_pin_end(g, &u->pinning, vkvm_blocks_unpin(g, &u->blocks));
	if (maps > u->halves) {
		vbus_client_get(&g->client);
		if (!queue_work(vkvm_wq, &g->reset_work))
			vbus_client_put(&g->client);
	}
	vbus_client_put(&g->client);
	kfree(u);
}

/**
 * vkvm_mem_unmap() - the guest unmaps a range; afterwards nothing in it is pinned, for a while
 * @g: the guest
 * @addr: first byte
 * @len: bytes
 *
 * vfio calls with its list of devices locked, and unpinning takes the lock of its memory; another
 * device that joins takes them the other way round. So a work item unpins. If it cannot, because
 * somebody waits for the list with the memory locked, we return to be called again: vfio lets go
 * of the list in between.
 *
 * Context: process; vfio holds a lock that pinning may wait for.
 */
void vkvm_mem_unmap(struct vkvm_guest *g, u64 addr, u64 len)
{
	/* There is no way to say no. */
	struct vkvm_unmap *u = kmalloc(sizeof(*u), GFP_KERNEL | __GFP_NOFAIL);
	struct vkvm_mem *m = &g->mem;
	u64 last = addr + len - 1;

	INIT_WORK(&u->work, unmap_work);
	INIT_LIST_HEAD(&u->blocks);
	u->guest = g;
	u->first = addr;
	u->last = last;
	spin_lock(&m->lock);
	mem_close_range(m, addr, last, false);
	vkvm_blocks_take(m, addr, last, &u->blocks);
	vkvm_pinning_add(m, &u->pinning, addr, last);
	spin_unlock(&m->lock);

	/* Queues first: their rings are used without asking. */
	u->halves = vbus_client_withdraw(&g->client, addr, len);
	vbus_client_quiesce(&g->client);
	vbus_client_get(&g->client);
	/* It may drop the last reference; the module waits for this queue before it goes. */
	queue_work(vkvm_wq, &u->work);
	wait_event_timeout(m->idle, mem_settled(m, addr, last), INFLIGHT_TIMEOUT);
	spin_lock(&m->lock);
	mem_close_range(m, addr, last, true);
	spin_unlock(&m->lock);
	/* See same_request(). */
	set_thread_flag(TIF_NOTIFY_RESUME);
}

/**
 * vkvm_mem_close() - the function is being closed: unpin everything
 * @g: the guest; it has left its bus, so no pointers are out
 *
 * Context: process.
 */
void vkvm_mem_close(struct vkvm_guest *g)
{
	struct vkvm_mem *m = &g->mem;
	struct vkvm_pinning p;
	LIST_HEAD(blocks);

	spin_lock(&m->lock);
	m->dead = true;
	vkvm_blocks_take(m, 0, U64_MAX, &blocks);
	vkvm_pinning_add(m, &p, 0, U64_MAX);
	spin_unlock(&m->lock);
	vkvm_pin_end(g, &p, vkvm_blocks_unpin(g, &blocks));
	wait_event(m->idle, mem_settled(m, 0, U64_MAX));
}
