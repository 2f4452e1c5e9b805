// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-blk: a disk of the block layer, from its medium's coming to its last user's leaving.
 */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "vbus-blk.h"

/* Of the names, vbda to vbdzz and on. */
static DEFINE_IDA(vblk_index);

static void vblk_disk_free(struct vblk_disk *vd)
{
	ida_free(&vblk_index, vd->index);
	kfree(vd);
}

/* The last one has closed it. */
static void vblk_free_disk(struct gendisk *disk)
{
	vblk_disk_free(disk->private_data);
}

static const struct block_device_operations vblk_fops = {
	.owner = THIS_MODULE,
	.free_disk = vblk_free_disk,
};

static ssize_t serial_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct vblk_disk *vd = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", vd->serial);
}
static DEVICE_ATTR_RO(serial);

static struct attribute *vblk_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};

static const struct attribute_group vblk_group = {
	.attrs = vblk_attrs,
};

static const struct attribute_group *vblk_groups[] = {
	&vblk_group,
	NULL,
};

/* a to z, then aa to zz, ... */
static void vblk_disk_name(char *name, size_t len, int index)
{
	char letters[8], *p = letters + sizeof(letters);

	*--p = '\0';
	do {
		*--p = 'a' + index % 26;
		index = index / 26 - 1;
	} while (index >= 0 && p > letters);
	snprintf(name, len, "vbd%s", p);
}

static void vblk_limits(struct vblk *port, const struct vbus_blk_config *c, struct disk_limits *l)
{
	/* Of all of a request: where that is limited, memory that requests share is. */
	size_t max = min_t(size_t, port->max_bytes, dma_max_mapping_size(port->dma_dev));
	u64 f = port->features;

	*l = (struct disk_limits) {
		.logical_block_size = le32_to_cpu(c->block_size),
		.physical_block_size = le32_to_cpu(c->physical_block_size),
		.io_min = le32_to_cpu(c->io_min),
		.io_opt = le32_to_cpu(c->io_opt),
		.max_hw_sectors = max >> SECTOR_SHIFT,
		.max_segments = port->max_segments,
		.max_segment_size = max_t(size_t, max & PAGE_MASK, PAGE_SIZE),
		.dma_alignment = 3,
		.write_cache = f & VBUS_BLK_F_FLUSH,
		.fua = f & VBUS_BLK_F_FUA,
		.rotational = le32_to_cpu(c->flags) & VBUS_BLK_CFG_ROTATIONAL,
	};
	if (f & VBUS_BLK_F_DISCARD) {
		l->max_discard_sectors = le32_to_cpu(c->max_discard);
		/* The block layer divides by it and rounds to it: not 0, nor next to overflow. */
		l->discard_granularity = clamp(le32_to_cpu(c->discard_granularity),
					       l->logical_block_size, (u32)SZ_1G);
	}
	if (f & VBUS_BLK_F_ZEROES)
		l->max_zeroes_sectors = le32_to_cpu(c->max_zeroes);
}

static int vblk_gendisk_create(struct vblk *port, struct vblk_disk *vd,
			       const struct vbus_blk_config *c)
{
	struct disk_limits limits;
	struct gendisk *disk;

	vblk_limits(port, c, &limits);
	disk = disk_alloc_limits(&port->tags, &limits, vd);
	if (IS_ERR(disk))
		return PTR_ERR(disk);
	vd->disk = disk;
	disk->private_data = vd;
	disk->fops = &vblk_fops;
	vblk_disk_name(disk->disk_name, sizeof(disk->disk_name), vd->index);
	blk_queue_rq_timeout(disk->queue, VBLK_TIMEOUT);
	set_capacity(disk, le64_to_cpu(c->capacity));
	set_disk_ro(disk, le32_to_cpu(c->flags) & VBUS_BLK_CFG_RO);
	return 0;
}

/* A disk nobody knows of yet; vblk_disk_add() follows. */
struct vblk_disk *vblk_disk_create(struct vblk *port, const struct vbus_blk_config *c)
{
	struct vblk_disk *vd = kzalloc(sizeof(*vd), GFP_KERNEL);
	int err;

	if (!vd)
		return ERR_PTR(-ENOMEM);
	vd->gen = le32_to_cpu(c->generation);
	memcpy(vd->serial, c->serial, sizeof(c->serial));
	vd->index = ida_alloc(&vblk_index, GFP_KERNEL);
	if (vd->index < 0) {
		err = vd->index;
		goto err_free;
	}
	err = vblk_gendisk_create(port, vd, c);
	if (err)
		goto err_index;
	return vd;

err_index:
	ida_free(&vblk_index, vd->index);
err_free:
	kfree(vd);
	return ERR_PTR(err);
}

/* Reads the partition table. On an error the disk is gone. */
int vblk_disk_add(struct vblk *port, struct vblk_disk *vd)
{
	int err = device_add_disk(&port->proxy->dev, vd->disk, vblk_groups);

	if (err) {
		/* Of a disk that was never there, the block layer does not tell us the end. */
		put_disk(vd->disk);
		vblk_disk_free(vd);
	}
	return err;
}

/* Its users get errors from here on. */
void vblk_disk_remove(struct vblk_disk *vd)
{
	WRITE_ONCE(vd->gone, true);
	blk_mark_disk_dead(vd->disk);
	del_gendisk(vd->disk);
	put_disk(vd->disk);
}

/* The same medium, of another size. */
void vblk_disk_update(struct vblk_disk *vd, const struct vbus_blk_config *c)
{
	u64 old = get_capacity(vd->disk), new = le64_to_cpu(c->capacity);

	if (new != old) {
		set_capacity_and_notify(vd->disk, new);
		dev_info(disk_to_dev(vd->disk), "%llu sectors, was %llu\n", new, old);
	}
}
