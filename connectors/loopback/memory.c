// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of the driver side, seen from both sides.
 *
 * Drivers use the ordinary DMA API on the bridge's device, and these DMA operations put what they
 * map into the range table. The addresses that come out travel through rings and verbs, and the
 * device side's memctx looks them up again. A connector to hardware supplies a memctx only: there
 * the DMA API is the platform's.
 */
#include <linux/dma-map-ops.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include "loopback.h"

/* ---- driver side: DMA API ---------------------------------------------------------------- */

static struct lo_table *dev_table(struct device *dev)
{
	return &container_of(dev, struct loopback, dev)->table;
}

static u8 dir_access(enum dma_data_direction dir)
{
	switch (dir) {
	case DMA_TO_DEVICE:
		return LO_READ;
	case DMA_FROM_DEVICE:
		return LO_WRITE;
	case DMA_BIDIRECTIONAL:
		return LO_READ | LO_WRITE;
	default:
		return 0;
	}
}

static void *lo_alloc(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp,
		      unsigned long attrs)
{
	/* From a page on it is page-aligned, as callers expect. */
	size_t bytes = PAGE_ALIGN(size);
	void *ptr;

	if (bytes > LO_RANGE_MAX)
		return NULL;
	ptr = kvzalloc(bytes, gfp);
	if (!ptr)
		return NULL;
	*addr = lo_table_add(dev_table(dev), ptr, size, LO_READ | LO_WRITE, true);
	if (*addr != DMA_MAPPING_ERROR)
		return ptr;
	kvfree(ptr);
	return NULL;
}

/* The table frees the memory, when the device side has no pointer to it any more. */
static void lo_free(struct device *dev, size_t size, void *ptr, dma_addr_t addr,
		    unsigned long attrs)
{
	lo_table_del(dev_table(dev), addr);
}

static dma_addr_t lo_map_page(struct device *dev, struct page *page, unsigned long offset,
			      size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	return lo_table_add(dev_table(dev), page_address(page) + offset, size, dir_access(dir),
			    false);
}

static void lo_unmap_page(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	lo_table_del(dev_table(dev), addr);
}

static void lo_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i)
		lo_table_del(dev_table(dev), sg_dma_address(sg));
}

static int lo_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
		     enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		sg_dma_address(sg) = lo_table_add(dev_table(dev), sg_virt(sg), sg->length,
						  dir_access(dir), false);
		if (sg_dma_address(sg) == DMA_MAPPING_ERROR) {
			lo_unmap_sg(dev, sgl, i, dir, attrs);
			return -ENOMEM;
		}
		sg_dma_len(sg) = sg->length;
	}
	return nents;
}

/* Addresses use all 64 bits. */
static int lo_dma_supported(struct device *dev, u64 mask)
{
	return mask == DMA_BIT_MASK(64);
}

static u64 lo_get_required_mask(struct device *dev)
{
	return DMA_BIT_MASK(64);
}

static size_t lo_max_mapping_size(struct device *dev)
{
	return LO_RANGE_MAX;
}

/* No sync functions: copies are coherent. */
const struct dma_map_ops lo_dma_ops = {
	.alloc = lo_alloc,
	.free = lo_free,
	.map_page = lo_map_page,
	.unmap_page = lo_unmap_page,
	.map_sg = lo_map_sg,
	.unmap_sg = lo_unmap_sg,
	.dma_supported = lo_dma_supported,
	.get_required_mask = lo_get_required_mask,
	.max_mapping_size = lo_max_mapping_size,
};

/* ---- device side: memctx ----------------------------------------------------------------- */

static struct lo_table *mem_table(struct vbus_memctx *mem)
{
	return &container_of(mem, struct loopback, client.mem)->table;
}

static int lo_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	return lo_table_copy(mem_table(mem), addr, dst, len, LO_READ);
}

static int lo_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	return lo_table_copy(mem_table(mem), addr, (void *)src, len, LO_WRITE);
}

static void *lo_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	return lo_table_pin(mem_table(mem), addr, len);
}

static void lo_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
	lo_table_unpin(mem_table(mem), addr);
}

const struct vbus_memctx_ops lo_memctx_ops = {
	.copy_from = lo_copy_from,
	.copy_to = lo_copy_to,
	.map = lo_map,
	.unmap = lo_unmap,
};
