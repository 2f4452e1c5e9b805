/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Limits of a disk became one structure, given when it is allocated, in 6.9, and flags of a queue
 * moved into it in 6.11. struct disk_limits has what a driver of ours says, for both.
 */
#include_next <linux/blk-mq.h>

#ifndef _VBUS_COMPAT_LINUX_BLK_MQ_H
#define _VBUS_COMPAT_LINUX_BLK_MQ_H

#include <linux/blkdev.h>
#include <linux/version.h>

struct disk_limits {
	u32 logical_block_size;
	u32 physical_block_size;
	u32 io_min;
	u32 io_opt;
	u32 max_hw_sectors;
	u32 max_segments;
	u32 max_segment_size;
	u32 max_discard_sectors;
	u32 discard_granularity;
	u32 max_zeroes_sectors;
	u32 dma_alignment;
	bool write_cache;
	bool fua;
	bool rotational;
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
static inline struct gendisk *disk_alloc_limits(struct blk_mq_tag_set *set,
						const struct disk_limits *l, void *data)
{
	struct queue_limits lim = {
		.logical_block_size = l->logical_block_size,
		.physical_block_size = l->physical_block_size,
		.io_min = l->io_min,
		.io_opt = l->io_opt,
		.max_hw_sectors = l->max_hw_sectors,
		.max_segments = l->max_segments,
		.max_segment_size = l->max_segment_size,
		.max_hw_discard_sectors = l->max_discard_sectors,
		.discard_granularity = l->discard_granularity,
		.max_write_zeroes_sectors = l->max_zeroes_sectors,
		.dma_alignment = l->dma_alignment,
		.features = (l->write_cache ? BLK_FEAT_WRITE_CACHE : 0) |
			    (l->fua ? BLK_FEAT_FUA : 0) |
			    (l->rotational ? BLK_FEAT_ROTATIONAL : 0),
	};

	return blk_mq_alloc_disk(set, &lim, data);
}
#else
static inline struct gendisk *disk_alloc_limits(struct blk_mq_tag_set *set,
						const struct disk_limits *l, void *data)
{
	struct gendisk *disk = blk_mq_alloc_disk(set, data);
	struct request_queue *q;

	if (IS_ERR(disk))
		return disk;
	q = disk->queue;
	blk_queue_logical_block_size(q, l->logical_block_size);
	blk_queue_physical_block_size(q, l->physical_block_size);
	blk_queue_io_min(q, l->io_min);
	blk_queue_io_opt(q, l->io_opt);
	blk_queue_max_hw_sectors(q, l->max_hw_sectors);
	blk_queue_max_segments(q, l->max_segments);
	blk_queue_max_segment_size(q, l->max_segment_size);
	blk_queue_max_discard_sectors(q, l->max_discard_sectors);
	q->limits.discard_granularity = l->discard_granularity;
	blk_queue_max_write_zeroes_sectors(q, l->max_zeroes_sectors);
	blk_queue_dma_alignment(q, l->dma_alignment);
	blk_queue_write_cache(q, l->write_cache, l->fua);
	if (!l->rotational)
		blk_queue_flag_set(QUEUE_FLAG_NONROT, q);
	return disk;
}
#endif

#endif /* _VBUS_COMPAT_LINUX_BLK_MQ_H */
