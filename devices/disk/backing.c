// SPDX-License-Identifier: GPL-2.0
/*
 * What is behind a disk: a file or block device, opened with the credentials and in the namespaces
 * of the one who named it, and claimed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/namei.h>
#include <linux/slab.h>

#include "disk.h"

/* What is exported: by any number of disks to be read, or by one to be written. */
static LIST_HEAD(claims);
static DEFINE_SPINLOCK(claims_lock);

static bool claim_free(const struct disk_backing *b, bool writable)
{
	struct disk_backing *other;

	lockdep_assert_held(&claims_lock);
	list_for_each_entry(other, &claims, entry)
		if (other != b && other->inode == b->inode && (writable || other->writable))
			return false;
	return true;
}

/**
 * disk_backing_claim() - claim it, or claim it differently
 * @b: the backing
 * @writable: shall be written to
 *
 * Return: 0, -EBUSY (exported elsewhere), -EACCES (not open for writing).
 */
int disk_backing_claim(struct disk_backing *b, bool writable)
{
	int err = -EBUSY;

	if (writable && !(b->file->f_mode & FMODE_WRITE))
		return -EACCES;
	spin_lock_bh(&claims_lock);
	if (claim_free(b, writable)) {
		b->writable = writable;
		if (list_empty(&b->entry))
			list_add_tail(&b->entry, &claims);
		err = 0;
	}
	spin_unlock_bh(&claims_lock);
	return err;
}

static void backing_release(struct kref *ref)
{
	struct disk_backing *b = container_of(ref, struct disk_backing, ref);

	spin_lock_bh(&claims_lock);
	list_del(&b->entry);
	spin_unlock_bh(&claims_lock);
	fput(b->file);
	kfree(b->path);
	kfree(b);
}

/* Any context but hard irq; NULL is nothing. */
void disk_backing_put(struct disk_backing *b)
{
	if (b)
		kref_put(&b->ref, backing_release);
}

/* disk_backing_is - does the path name what is open already? */
bool disk_backing_is(const struct disk_backing *b, const char *path)
{
	struct inode *inode;
	struct path p;
	bool same;

	if (kern_path(path, LOOKUP_FOLLOW, &p))
		return false;
	inode = d_backing_inode(p.dentry);
	same = inode == file_inode(b->file) ||
	       (b->bdev && S_ISBLK(inode->i_mode) && inode->i_rdev == b->bdev->bd_dev);
	path_put(&p);
	return same;
}

u64 disk_backing_size(const struct disk_backing *b)
{
	return i_size_read(b->inode);
}

/* disk_backing_check - can it be a medium with blocks of that size? */
int disk_backing_check(struct disk *d, const struct disk_backing *b, u32 block_size)
{
	u64 size = disk_backing_size(b);

	if (!size) {
		disk_complain(d, "src_path: %s is empty", b->path);
		return -EINVAL;
	}
	if (size & (block_size - 1)) {
		disk_complain(d, "src_path: %s: %llu bytes are not a multiple of the block size %u",
			      b->path, size, block_size);
		return -EINVAL;
	}
	if (b->bdev && bdev_logical_block_size(b->bdev) > block_size) {
		disk_complain(d, "src_path: %s has blocks of %u bytes, block_size is %u",
			      b->path, bdev_logical_block_size(b->bdev), block_size);
		return -EINVAL;
	}
	return 0;
}

static int type_check(struct disk *d, const char *path, umode_t mode)
{
	if (S_ISREG(mode) || S_ISBLK(mode))
		return 0;
	disk_complain(d, "src_path: %s is neither a file nor a block device", path);
	return S_ISDIR(mode) ? -EISDIR : -EINVAL;
}

/* Opening other things may wait, or do something. */
static int path_check(struct disk *d, const char *path, bool *block)
{
	struct path p;
	umode_t mode;
	int err;

	err = kern_path(path, LOOKUP_FOLLOW, &p);
	if (err) {
		disk_complain(d, "src_path: %s cannot be found: %pe", path, ERR_PTR(err));
		return err;
	}
	mode = d_backing_inode(p.dentry)->i_mode;
	path_put(&p);
	*block = S_ISBLK(mode);
	return type_check(d, path, mode);
}

static struct file *open_file(struct disk *d, const char *path, bool writable)
{
	int flags = O_LARGEFILE | (writable ? O_RDWR : O_RDONLY);
	struct file *file;
	bool block;
	int err;

	err = path_check(d, path, &block);
	if (err)
		return ERR_PTR(err);
	/* Nobody mounts a block device that we write to, nor do we write to one that is mounted. */
	if (block && writable)
		flags |= O_EXCL;
	file = filp_open(path, flags, 0);
	if (IS_ERR(file)) {
		disk_complain(d, "src_path: %s cannot be opened for %s: %pe", path,
			      writable ? "writing" : "reading", file);
		return file;
	}
	err = type_check(d, path, file_inode(file)->i_mode);
	if (!err && (!file->f_op->read_iter || (writable && !file->f_op->write_iter))) {
		disk_complain(d, "src_path: %s is on a file system that cannot do this", path);
		err = -EINVAL;
	}
	if (!err && IS_SWAPFILE(file->f_mapping->host)) {
		disk_complain(d, "src_path: %s is used to swap", path);
		err = -EBUSY;
	}
	if (!err)
		return file;
	fput(file);
	return ERR_PTR(err);
}

/* The path as its writer sees it, which is not how everybody who reads src_path would. */
static char *seen_path(struct file *file)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *path, *copy;

	if (!buf)
		return NULL;
	path = d_path(&file->f_path, buf, PATH_MAX);
	copy = kstrdup(IS_ERR(path) ? "?" : path, GFP_KERNEL);
	kfree(buf);
	return copy;
}

static struct disk_backing *backing_alloc(struct file *file)
{
	struct disk_backing *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return NULL;
	b->path = seen_path(file);
	if (!b->path) {
		kfree(b);
		return NULL;
	}
	kref_init(&b->ref);
	INIT_LIST_HEAD(&b->entry);
	b->file = file;
	b->inode = file->f_mapping->host;
	if (S_ISBLK(file_inode(file)->i_mode))
		b->bdev = I_BDEV(b->inode);
	return b;
}

/**
 * disk_backing_open() - open and claim it
 * @d: for whom
 * @path: as written by the current task
 * @writable: shall be written to
 *
 * Context: process, cfg not held: can take long. Return: the backing, or ERR_PTR(); why is in the
 * log.
 */
struct disk_backing *disk_backing_open(struct disk *d, const char *path, bool writable)
{
	struct file *file = open_file(d, path, writable);
	struct disk_backing *b;
	int err;

	if (IS_ERR(file))
		return ERR_CAST(file);
	b = backing_alloc(file);
	if (!b) {
		fput(file);
		return ERR_PTR(-ENOMEM);
	}
	err = disk_backing_claim(b, writable);
	if (!err)
		return b;
	disk_complain(d, "src_path: %s is exported by another disk", b->path);
	disk_backing_put(b);
	return ERR_PTR(err);
}
