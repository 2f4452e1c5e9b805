/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-ins for what a device with DMA operations of its own takes from the kernel. Each
 * page of memory is an allocation of its own: who runs over its end is caught.
 */
#ifndef _UNIT_POOL_STANDIN_H
#define _UNIT_POOL_STANDIN_H

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>

typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef unsigned int gfp_t;
#define GFP_KERNEL		0
#define U32_MAX			((u32)-1)
#define PAGE_SIZE		4096u
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define offset_in_page(x)	((x) % PAGE_SIZE)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define IS_ENABLED(x)		1
#define is_vmalloc_addr(p)	((void)(p), false)
#define ERR_PTR(err)		((void *)(long)(err))
#define IS_ERR(p)		((unsigned long)(p) >= (unsigned long)-4095)
#define kzalloc(n, f)		calloc(1, n)
#define kvcalloc(n, size, f)	calloc(n, size)
#define kfree			free
#define kvfree			free

struct module;
struct list_head { struct list_head *next, *prev; };
struct kobject { int unused; };
struct mutex { int unused; };

static int module_users;
#define THIS_MODULE		NULL
#define __module_get(m)		(module_users++)
#define module_put(m)		(assert(module_users), module_users--)

/* ---- devices ---- */

struct attribute { int unused; };
struct attribute_group { struct attribute **attrs; };
struct device_dma_parameters { unsigned int max; };
struct dma_map_ops;
struct device {
	struct device *parent;
	void (*release)(struct device *dev);
	const struct attribute_group **groups;
	u64 *dma_mask, coherent_dma_mask;
	struct device_dma_parameters *dma_parms;
	const struct dma_map_ops *ops;
	int refs;
};
struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf);
};

#define DEVICE_ATTR_RO(name) struct device_attribute dev_attr_##name = { .show = name##_show }
#define ATTRIBUTE_GROUPS(name)								\
static const struct attribute_group name##_group = { .attrs = name##_attrs };		\
static const struct attribute_group *name##_groups[] = { &name##_group, NULL }
#define sysfs_emit sprintf
#define device_initialize(dev)	((dev)->refs = 1)
#define dev_set_name(dev, fmt, name) ((void)(name), 0)
#define device_add(dev)		((void)(dev), 0)
static inline void get_device(struct device *dev) { dev->refs++; }
static inline void put_device(struct device *dev)
{
	if (!--dev->refs)
		dev->release(dev);
}
#define device_unregister put_device

/* ---- locks and bits ---- */

typedef struct { bool held; } spinlock_t;
#define spin_lock_init(l)	((l)->held = false)
#define spin_lock_irq(l)	do { assert(!(l)->held); (l)->held = true; } while (0)
#define spin_unlock_irq(l)	do { assert((l)->held); (l)->held = false; } while (0)
#define spin_lock_irqsave(l, flags)	 do { (flags) = 0; spin_lock_irq(l); } while (0)
#define spin_unlock_irqrestore(l, flags) do { (void)(flags); spin_unlock_irq(l); } while (0)

#define lockdep_assert_held(l)	assert((l)->held)

/* Who frees the memory must have waited: the test looks at @grace. */
struct rcu_sim { int readers, grace; };
extern struct rcu_sim sim_rcu;
#define rcu_read_lock()		(sim_rcu.readers++)
#define rcu_read_unlock()	do { assert(sim_rcu.readers); sim_rcu.readers--; } while (0)
#define synchronize_rcu()	do { assert(!sim_rcu.readers); sim_rcu.grace++; } while (0)

/* A bit is a word here. */
#define bitmap_zalloc(n, f)	calloc(n, sizeof(unsigned long))
#define bitmap_free		free
static inline void bitmap_set(unsigned long *map, unsigned int at, unsigned int n)
{
	for (; n--; at++) {
		assert(!map[at]);
		map[at] = 1;
	}
}
static inline void bitmap_clear(unsigned long *map, unsigned int at, unsigned int n)
{
	for (; n--; at++) {
		assert(map[at]);
		map[at] = 0;
	}
}
static inline unsigned int bitmap_weight(const unsigned long *map, unsigned int n)
{
	unsigned int w = 0;

	while (n--)
		w += map[n];
	return w;
}
static inline unsigned long bitmap_find_next_zero_area_off(unsigned long *map, unsigned long size,
							   unsigned long at, unsigned int n,
							   unsigned long mask, unsigned long off)
{
	unsigned long i;

	for (; at + n <= size; at++) {
		if ((at + off) & mask)
			continue;
		for (i = 0; i < n && !map[at + i]; i++)
			;
		if (i == n)
			return at;
	}
	return size + 1;
}
static inline int get_order(unsigned long size)
{
	int order = 0;

	while ((unsigned long)PAGE_SIZE << order < size)
		order++;
	return order;
}
static inline int fls64(u64 x) { return x ? 64 - __builtin_clzll(x) : 0; }

/* ---- memory: physical addresses are page numbers and offsets ---- */

struct page { u8 *mem; };
extern struct page sim_pages[];
#define PHYS_PFN(phys)		((phys) / PAGE_SIZE)
#define pfn_to_page(pfn)	(&sim_pages[pfn])
#define page_to_phys(page)	((phys_addr_t)((page) - sim_pages) * PAGE_SIZE)
/* What is copied is copied under RCU. */
#define kmap_local_page(page)	(assert(sim_rcu.readers), (void *)(page)->mem)
#define kunmap_local(p)		do { } while (0)

struct scatterlist { struct page *page; unsigned int offset, length, len; dma_addr_t addr; };
#define for_each_sg(sgl, sg, n, i) for ((i) = 0, (sg) = (sgl); (i) < (n); (i)++, (sg)++)
#define sg_page(sg)		((sg)->page)
#define sg_dma_address(sg)	((sg)->addr)
#define sg_dma_len(sg)		((sg)->len)

/* ---- DMA API ---- */

enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };
#define DMA_ATTR_SKIP_CPU_SYNC	1
#define DMA_MAPPING_ERROR	(~(dma_addr_t)0)
#define DMA_BIT_MASK(n)		((n) == 64 ? ~0ull : (1ull << (n)) - 1)
struct dma_map_ops {
	void *(*alloc)(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp, unsigned long attrs);
	void (*free)(struct device *dev, size_t size, void *ptr, dma_addr_t addr, unsigned long attrs);
	dma_addr_t (*map_page)(struct device *dev, struct page *page, unsigned long offset, size_t size,
			       enum dma_data_direction dir, unsigned long attrs);
	void (*unmap_page)(struct device *dev, dma_addr_t addr, size_t size, enum dma_data_direction dir,
			   unsigned long attrs);
	int (*map_sg)(struct device *dev, struct scatterlist *sgl, int nents, enum dma_data_direction dir,
		      unsigned long attrs);
	void (*unmap_sg)(struct device *dev, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, unsigned long attrs);
	void (*sync_single_for_cpu)(struct device *dev, dma_addr_t addr, size_t size,
				    enum dma_data_direction dir);
	void (*sync_single_for_device)(struct device *dev, dma_addr_t addr, size_t size,
				       enum dma_data_direction dir);
	void (*sync_sg_for_cpu)(struct device *dev, struct scatterlist *sgl, int nents,
				enum dma_data_direction dir);
	void (*sync_sg_for_device)(struct device *dev, struct scatterlist *sgl, int nents,
				   enum dma_data_direction dir);
	int (*dma_supported)(struct device *dev, u64 mask);
	u64 (*get_required_mask)(struct device *dev);
	size_t (*max_mapping_size)(struct device *dev);
};
#define dma_set_max_seg_size(dev, n) ((dev)->dma_parms->max = (n))
#define set_dma_ops(dev, o)	((dev)->ops = (o))

#endif
