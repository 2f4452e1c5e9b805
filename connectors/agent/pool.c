// SPDX-License-Identifier: GPL-2.0
/*
 * Memory in the place of all of it, for a driver side whose peer's window shows some of it only:
 * what drivers map is copied there and back.
 *
 * Drivers use the ordinary DMA API on the pool's device; its addresses are what the peer's window
 * takes. The pool is bounded: a mapping that finds no room fails, and drivers try again, as they do
 * with any machine's bounce buffers. The peer can read and write the pool, and nothing else; what
 * says who has which part of it is not in the pool.
 */
#include <linux/bitmap.h>
#include <linux/dma-map-ops.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "reverse.h"

/* What memory is given away in. */
#define POOL_UNIT	512
/* Drivers have no request of more than this part of it: it could wait for ever for all at once. */
#define POOL_SHARE	16
/*
 * This part of it is not for mappings that last: sockets keep network buffers for as long as they
 * like, and who can wait for room must get some.
 */
#define POOL_REST	4

/**
 * struct link_pool - the pool, a device to map memory for
 * @dev: the device; drivers' network buffers may keep it for longer than the link
 * @dma_parms: its
 * @mem: the memory; NULL once the link is gone. Who touches it holds rcu_read_lock()
 * @addr: its peer address
 * @units: how many POOL_UNIT it has
 * @lock: guards @map and @full
 * @map: units in use
 * @full: how often there was no room
 * @orig: for each unit of a mapping, the memory it stands for
 */
struct link_pool {
	struct device dev;
	struct device_dma_parameters dma_parms;
	void *mem;
	u64 addr;
	u32 units;
	spinlock_t lock;	/* @map, @full */
	unsigned long *map;
	unsigned long full;
	phys_addr_t *orig;
};

static struct link_pool *dev_pool(struct device *dev)
{
	return container_of(dev, struct link_pool, dev);
}

/**
 * enum pool_use - what is to be had of the pool
 * @POOL_LASTS: a mapping with DMA_ATTR_SKIP_CPU_SYNC, as network buffers have: all but the rest
 * @POOL_PASSES: any other mapping: of the rest, if there is room in it
 * @POOL_COHERENT: memory of a queue: anywhere
 */
enum pool_use {
	POOL_LASTS,
	POOL_PASSES,
	POOL_COHERENT,
};

/*
 * The first of @n free units from @from to @to, or a number that is no unit; what is aligned is the
 * peer address.
 */
static unsigned long pool_find(struct link_pool *p, u32 from, u32 to, u32 n, size_t align)
{
	unsigned long unit;

	lockdep_assert_held(&p->lock);
	unit = bitmap_find_next_zero_area_off(p->map, to, from, n, align / POOL_UNIT - 1,
					      p->addr / POOL_UNIT);
	return unit < to ? unit : p->units;
}

/* The first of the units for @size bytes, or a number that is none. Any context. */
static u32 pool_get(struct link_pool *p, size_t size, size_t align, enum pool_use use)
{
	u32 n = DIV_ROUND_UP(size, POOL_UNIT), rest = p->units - p->units / POOL_REST;
	unsigned long flags, unit = p->units;

	spin_lock_irqsave(&p->lock, flags);
	if (use == POOL_PASSES)
		unit = pool_find(p, rest, p->units, n, align);
	if (unit == p->units)
		unit = pool_find(p, 0, use == POOL_LASTS ? rest : p->units, n, align);
	if (unit < p->units)
		bitmap_set(p->map, unit, n);
	else
		p->full++;
	spin_unlock_irqrestore(&p->lock, flags);
	return unit;
}

static void pool_put(struct link_pool *p, dma_addr_t addr, size_t size)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	bitmap_clear(p->map, (addr - p->addr) / POOL_UNIT, DIV_ROUND_UP(size, POOL_UNIT));
	spin_unlock_irqrestore(&p->lock, flags);
}

/* What the peer is only to write does not go to it: it holds whatever its pages had before. */
static bool pool_reads(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE || dir == DMA_BIDIRECTIONAL;
}

/* Between the pool and the memory it stands for, which may be high. */
static void pool_copy(struct link_pool *p, dma_addr_t addr, size_t len, bool back)
{
	size_t off = addr - p->addr;
	void *mem;

	rcu_read_lock();
	mem = READ_ONCE(p->mem);
	while (mem && len) {
		phys_addr_t phys = p->orig[off / POOL_UNIT] + off % POOL_UNIT;
		size_t n = min_t(size_t, len, PAGE_SIZE - offset_in_page(phys));
		void *page = kmap_local_page(pfn_to_page(PHYS_PFN(phys)));

		if (back)
			memcpy(page + offset_in_page(phys), mem + off, n);
		else
			memcpy(mem + off, page + offset_in_page(phys), n);
		kunmap_local(page);
		off += n;
		len -= n;
	}
	rcu_read_unlock();
}

static void pool_clear(struct link_pool *p, dma_addr_t addr, size_t len)
{
	void *mem;

	rcu_read_lock();
	mem = READ_ONCE(p->mem);
	if (mem)
		memset(mem + (addr - p->addr), 0, len);
	rcu_read_unlock();
}

/* ---- DMA API ------------------------------------------------------------------------------- */

static void *pool_alloc(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp,
			unsigned long attrs)
{
	struct link_pool *p = dev_pool(dev);
	void *mem = READ_ONCE(p->mem);
	u32 unit;

	if (!mem)
		return NULL;
	/* Whole pages, aligned to a power of two of them, as the DMA API promises. */
	unit = pool_get(p, PAGE_ALIGN(size), PAGE_SIZE << get_order(size), POOL_COHERENT);
	if (unit == p->units)
		return NULL;
	*addr = p->addr + (u64)unit * POOL_UNIT;
	mem += (size_t)unit * POOL_UNIT;
	pool_clear(p, *addr, PAGE_ALIGN(size));
	return mem;
}

static void pool_free(struct device *dev, size_t size, void *ptr, dma_addr_t addr,
		      unsigned long attrs)
{
	pool_put(dev_pool(dev), addr, PAGE_ALIGN(size));
}

/*
 * What is not copied is cleared: the peer may write less than it could, and must not leave there
 * what somebody else had in the pool.
 */
static dma_addr_t pool_map_page(struct device *dev, struct page *page, unsigned long offset,
				size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct link_pool *p = dev_pool(dev);
	phys_addr_t phys = page_to_phys(page) + offset;
	dma_addr_t addr;
	u32 unit, i;

	if (!READ_ONCE(p->mem))
		return DMA_MAPPING_ERROR;
	unit = pool_get(p, size, POOL_UNIT,
			attrs & DMA_ATTR_SKIP_CPU_SYNC ? POOL_LASTS : POOL_PASSES);
	if (unit == p->units)
		return DMA_MAPPING_ERROR;
	for (i = 0; i < DIV_ROUND_UP(size, POOL_UNIT); i++)
		p->orig[unit + i] = phys + i * POOL_UNIT;
	addr = p->addr + (u64)unit * POOL_UNIT;
	if (pool_reads(dir) && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		pool_copy(p, addr, size, false);
	else
		pool_clear(p, addr, size);
	return addr;
}

static void pool_unmap_page(struct device *dev, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, unsigned long attrs)
{
	struct link_pool *p = dev_pool(dev);

	if (dir != DMA_TO_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		pool_copy(p, addr, size, true);
	pool_put(p, addr, size);
}

static void pool_sync_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
			      enum dma_data_direction dir)
{
	if (dir != DMA_TO_DEVICE)
		pool_copy(dev_pool(dev), addr, size, true);
}

static void pool_sync_for_device(struct device *dev, dma_addr_t addr, size_t size,
				 enum dma_data_direction dir)
{
	if (pool_reads(dir))
		pool_copy(dev_pool(dev), addr, size, false);
}

static void pool_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_unmap_page(dev, sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
}

static int pool_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
		       enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		sg_dma_address(sg) = pool_map_page(dev, sg_page(sg), sg->offset, sg->length, dir,
						   attrs);
		if (sg_dma_address(sg) == DMA_MAPPING_ERROR) {
			pool_unmap_sg(dev, sgl, i, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
			return -ENOMEM;
		}
		sg_dma_len(sg) = sg->length;
	}
	return nents;
}

static void pool_sync_sg_for_cpu(struct device *dev, struct scatterlist *sgl, int nents,
				 enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_sync_for_cpu(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static void pool_sync_sg_for_device(struct device *dev, struct scatterlist *sgl, int nents,
				    enum dma_data_direction dir)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		pool_sync_for_device(dev, sg_dma_address(sg), sg_dma_len(sg), dir);
}

static u64 pool_required_mask(struct device *dev)
{
	struct link_pool *p = dev_pool(dev);

	return DMA_BIT_MASK(fls64(p->addr + (u64)p->units * POOL_UNIT - 1));
}

static int pool_dma_supported(struct device *dev, u64 mask)
{
	return mask >= pool_required_mask(dev);
}

static size_t pool_max_mapping_size(struct device *dev)
{
	return max_t(size_t, dev_pool(dev)->units / POOL_SHARE * POOL_UNIT, PAGE_SIZE);
}

static const struct dma_map_ops pool_dma_ops = {
	.alloc = pool_alloc,
	.free = pool_free,
	.map_page = pool_map_page,
	.unmap_page = pool_unmap_page,
	.map_sg = pool_map_sg,
	.unmap_sg = pool_unmap_sg,
	.sync_single_for_cpu = pool_sync_for_cpu,
	.sync_single_for_device = pool_sync_for_device,
	.sync_sg_for_cpu = pool_sync_sg_for_cpu,
	.sync_sg_for_device = pool_sync_sg_for_device,
	.dma_supported = pool_dma_supported,
	.get_required_mask = pool_required_mask,
	.max_mapping_size = pool_max_mapping_size,
};

/* ---- files --------------------------------------------------------------------------------- */

static ssize_t bytes_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", (u64)dev_pool(dev)->units * POOL_UNIT);
}

static DEVICE_ATTR_RO(bytes);

static ssize_t used_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct link_pool *p = dev_pool(dev);
	u32 used;

	spin_lock_irq(&p->lock);
	used = bitmap_weight(p->map, p->units);
	spin_unlock_irq(&p->lock);
	return sysfs_emit(buf, "%llu\n", (u64)used * POOL_UNIT);
}

static DEVICE_ATTR_RO(used);

static ssize_t full_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lu\n", READ_ONCE(dev_pool(dev)->full));
}

static DEVICE_ATTR_RO(full);

static struct attribute *pool_attrs[] = {
	&dev_attr_bytes.attr,
	&dev_attr_used.attr,
	&dev_attr_full.attr,
	NULL,
};
ATTRIBUTE_GROUPS(pool);

/* ---- the device ---------------------------------------------------------------------------- */

static void pool_release(struct device *dev)
{
	struct link_pool *p = dev_pool(dev);

	kvfree(p->orig);
	bitmap_free(p->map);
	kfree(p);
	/* Who unloads the module waits for readers before its text goes. */
	rcu_read_lock();
	module_put(THIS_MODULE);
	rcu_read_unlock();
}

static void pool_init_dev(struct link_pool *p, struct device *parent)
{
	struct device *dev = &p->dev;

	/* Pages of sockets are unmapped when those like, maybe long after the link has gone. */
	__module_get(THIS_MODULE);
	device_initialize(dev);
	dev->parent = parent;
	dev->release = pool_release;
	dev->groups = pool_groups;
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_parms = &p->dma_parms;
	dma_set_max_seg_size(dev, pool_max_mapping_size(dev));
	set_dma_ops(dev, &pool_dma_ops);
}

/*
 * The debugging of the DMA API looks for the pages of coherent memory when that is freed, even if
 * it is switched off. Without a map of all pages that could be there it finds what is none.
 */
static bool pool_possible(const void *mem)
{
	return !IS_ENABLED(CONFIG_DMA_API_DEBUG) || !IS_ENABLED(CONFIG_SPARSEMEM) ||
	       IS_ENABLED(CONFIG_SPARSEMEM_VMEMMAP) || !is_vmalloc_addr(mem);
}

struct link_pool *vbus_link_pool_create(struct device *parent, const char *name, void *mem,
					size_t bytes, u64 addr)
{
	struct link_pool *p;
	int err = -ENOMEM;

	if (!pool_possible(mem))
		return ERR_PTR(-EOPNOTSUPP);
	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	p->mem = mem;
	p->addr = addr;
	p->units = bytes / POOL_UNIT;
	spin_lock_init(&p->lock);
	pool_init_dev(p, parent);
	p->map = bitmap_zalloc(p->units, GFP_KERNEL);
	p->orig = kvcalloc(p->units, sizeof(*p->orig), GFP_KERNEL);
	if (p->map && p->orig)
		err = dev_set_name(&p->dev, "%s", name) ?: device_add(&p->dev);
	if (!err)
		return p;
	put_device(&p->dev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(vbus_link_pool_create);

void vbus_link_pool_destroy(struct link_pool *p)
{
	WRITE_ONCE(p->mem, NULL);
	/* A copy that has found it is done after this. */
	synchronize_rcu();
	device_unregister(&p->dev);
}
EXPORT_SYMBOL_GPL(vbus_link_pool_destroy);

struct device *vbus_link_pool_dev(struct link_pool *p)
{
	return &p->dev;
}
EXPORT_SYMBOL_GPL(vbus_link_pool_dev);
