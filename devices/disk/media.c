// SPDX-License-Identifier: GPL-2.0
/*
 * Media: putting one in, taking it out, and finding out that it grew.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/slab.h>

#include "disk.h"

/* How long disabling waits for the back end, so that the file is usually free on return. */
#define DISABLE_WAIT	HZ

static void media_release(struct kref *ref)
{
	struct disk_media *m = container_of(ref, struct disk_media, ref);
	struct disk *d = m->disk;

	disk_backing_put(m->backing);
	kfree(m);
	if (atomic_dec_and_test(&d->nmedia))
		wake_up(&d->idle);
}

void disk_media_get(struct disk_media *m)
{
	kref_get(&m->ref);
}

/* The caller has a reference to the disk, too. NULL is nothing. */
void disk_media_put(struct disk_media *m)
{
	if (m)
		kref_put(&m->ref, media_release);
}

/* Direct I/O has to be aligned to what is below. */
static bool direct_possible(const struct disk_media *m)
{
	struct file *file = m->backing->file;
	struct block_device *bdev = m->backing->bdev ?: m->backing->inode->i_sb->s_bdev;

	if (!(file->f_mode & FMODE_CAN_ODIRECT))
		return false;
	return !bdev || m->block_size >= bdev_logical_block_size(bdev);
}

static void limits_of_bdev(struct disk_media *m, struct block_device *bdev)
{
	m->physical_block_size = bdev_physical_block_size(bdev);
	m->io_min = bdev_io_min(bdev);
	m->io_opt = bdev_io_opt(bdev);
	m->rotational = !bdev_nonrot(bdev);
	m->max_discard = min(bdev_max_discard_sectors(bdev), DISK_MAX_RANGE);
	m->discard_granularity = bdev_discard_granularity(bdev);
	m->max_zeroes = bdev_write_zeroes_sectors(bdev) ? DISK_MAX_RANGE : DISK_MAX_WRITTEN;
}

static void limits_of_file(struct disk_media *m, struct file *file)
{
	struct inode *inode = m->backing->inode;

	m->physical_block_size = i_blocksize(inode);
	if (file->f_op->fallocate) {
		m->max_discard = DISK_MAX_RANGE;
		m->discard_granularity = i_blocksize(inode);
		m->max_zeroes = DISK_MAX_RANGE;
	}
}

static void media_set_limits(struct disk_media *m)
{
	if (m->backing->bdev)
		limits_of_bdev(m, m->backing->bdev);
	else
		limits_of_file(m, m->backing->file);
	m->physical_block_size = max(m->physical_block_size, m->block_size);
	m->io_min = max(m->io_min, m->physical_block_size);
	if (m->max_discard)
		m->discard_granularity = max(m->discard_granularity, m->block_size);
	if (m->ro) {
		m->max_discard = 0;
		m->max_zeroes = 0;
	}
}

static struct disk_media *media_create(struct disk *d)
{
	struct disk_media *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	kref_init(&m->ref);
	kref_get(&d->backing->ref);
	atomic_inc(&d->nmedia);
	m->disk = d;
	m->backing = d->backing;
	atomic64_set(&m->size, disk_backing_size(d->backing));
	m->ro = d->ro;
	m->block_size = d->block_size;
	m->direct = d->direct && direct_possible(m);
	media_set_limits(m);
	return m;
}

static int media_insert(struct disk *d)
{
	struct disk_media *m;
	int err;

	if (!d->backing) {
		disk_complain(d, "enabled: write a path to src_path first");
		return -EINVAL;
	}
	err = disk_backing_check(d, d->backing, d->block_size);
	if (err)
		return err;
	m = media_create(d);
	if (!m)
		return -ENOMEM;
	spin_lock_bh(&d->lock);
	/* 0 is none. */
	d->gen += d->gen == U32_MAX ? 2 : 1;
	m->gen = d->gen;
	d->media = m;
	disk_events_push(d);
	spin_unlock_bh(&d->lock);
	return 0;
}

static void media_eject(struct disk *d)
{
	struct disk_media *m = d->media;
	struct disk_queue *dq;

	spin_lock_bh(&d->lock);
	d->media = NULL;
	WRITE_ONCE(m->off, true);
	list_for_each_entry(dq, &d->queues_live, live)
		disk_queue_set_media(dq, NULL);
	disk_events_push(d);
	spin_unlock_bh(&d->lock);
	disk_media_put(m);
	if (!wait_event_timeout(d->idle, !atomic_read(&d->nmedia), DISABLE_WAIT))
		disk_complain(d, "enabled: the file stays open until requests in flight are done");
}

/* disk_enable - carry out the admin's will; nothing happens if it is so already */
int disk_enable(struct disk *d, bool on)
{
	lockdep_assert_held(&d->cfg);
	if (on == !!d->media)
		return 0;
	if (on)
		return media_insert(d);
	media_eject(d);
	return 0;
}

/* disk_rescan - the back end may have another size now */
int disk_rescan(struct disk *d)
{
	int err;

	lockdep_assert_held(&d->cfg);
	if (!d->media)
		return 0;
	err = disk_backing_check(d, d->backing, d->block_size);
	if (err)
		return err;
	spin_lock_bh(&d->lock);
	atomic64_set(&d->media->size, disk_backing_size(d->backing));
	disk_events_push(d);
	spin_unlock_bh(&d->lock);
	return 0;
}
