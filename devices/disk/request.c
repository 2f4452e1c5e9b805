// SPDX-License-Identifier: GPL-2.0
/*
 * A request from the worker to the file and back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/falloc.h>
#include <linux/ioprio.h>
#include <linux/pagemap.h>
#include <linux/sched/mm.h>
#include <linux/uio.h>

#include "disk.h"

/* Attempts to reach the driver's memory, a millisecond apart. */
#define FAULT_TRIES	500

static u16 status_of_errno(long err)
{
	switch (err) {
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return VBUS_BLK_S_NOSPC;
	case -EROFS:
	case -EPERM:
		return VBUS_BLK_S_RO;
	case -ENOMEM:
		return VBUS_BLK_S_NOMEM;
	case -EOPNOTSUPP:
		return VBUS_BLK_S_UNSUPP;
	case -ENODATA:
	case -EILSEQ:
		return VBUS_BLK_S_MEDIUM;
	default:
		return VBUS_BLK_S_IOERR;
	}
}

static void req_fail(struct disk_req *req, u16 status)
{
	req->status = status;
	disk_req_done(req);
}

/* ---- the driver's memory ----------------------------------------------------------------- */

/* The next step between our pages and the driver's memory. Queue entered. */
static int copy_step(struct disk_req *req, bool to_driver)
{
	struct vbus_dqueue *q = req->dq->q;
	u32 step = DISK_COPY_STEP;

	while (step && req->copied < req->len) {
		const struct disk_seg *seg = &req->segs[req->seg];
		u32 off = offset_in_page(req->copied), n;
		void *page;
		int err;

		if (req->seg_off == seg->len) {
			req->seg++;
			req->seg_off = 0;
			continue;
		}
		page = page_address(req->vec[req->copied >> PAGE_SHIFT].bv_page);
		n = min3(seg->len - req->seg_off, (u32)PAGE_SIZE - off, step);
		if (to_driver)
			err = vbus_dqueue_copy_to(q, seg->addr + req->seg_off, page + off, n);
		else
			err = vbus_dqueue_copy_from(q, page + off, seg->addr + req->seg_off, n);
		if (unlikely(err))
			return err;
		req->seg_off += n;
		req->copied += n;
		step -= n;
	}
	return 0;
}

/* disk_copy_status - of a request whose copy failed for good: only a bad address is the driver's */
u16 disk_copy_status(int err)
{
	return err == -EIO ? VBUS_BLK_S_IOERR : VBUS_BLK_S_FAULT;
}

/**
 * disk_req_copy() - copy what is left, in steps, so that nobody waits for all of it
 * @req: the request
 * @to_driver: which way; the last step to the driver is answering the request
 *
 * Context: process or softirq. Return: 0, -EAGAIN (ask again from the worker, after
 * disk_req_fault()), -EFAULT, -EIO (not the driver's fault), -ENODEV (the queue is dead).
 */
int disk_req_copy(struct disk_req *req, bool to_driver)
{
	struct disk_queue *dq = req->dq;
	int err = 0;

	while (!err && req->copied < req->len) {
		if (!disk_queue_enter(dq))
			return -ENODEV;
		err = copy_step(req, to_driver);
		if (!err && to_driver && req->copied == req->len)
			disk_req_answer(req);
		disk_queue_leave(dq);
	}
	return err;
}

/* One byte of a page is enough for a connector to fetch it. */
static int touch_byte(struct disk_queue *dq, u64 addr, bool write)
{
	u8 byte = 0;
	int err = -ENODEV;

	mutex_lock(&dq->fault);
	if (!dq->dead)
		err = write ? vbus_memctx_copy_to(dq->mem, addr, &byte, 1) :
			      vbus_memctx_copy_from(dq->mem, &byte, addr, 1);
	mutex_unlock(&dq->fault);
	return err;
}

/*
 * What is still to be copied. What we are to write to must not be read, but it was posted for us to
 * fill.
 */
static int touch_rest(struct disk_req *req)
{
	bool write = req->op == VBUS_BLK_OP_READ;
	u32 i, off = req->seg_off;
	int err = 0;

	for (i = req->seg; i < req->nsegs && !err; i++, off = 0) {
		const struct disk_seg *seg = &req->segs[i];

		for (; off < seg->len && !err; off += PAGE_SIZE - offset_in_page(seg->addr + off))
			err = touch_byte(req->dq, seg->addr + off, write);
	}
	return err;
}

/*
 * disk_req_fault - a connector that cannot reach the memory from softirq gets it fetched here. The
 * driver may be withdrawing it just then, which connectors answer with -EAGAIN for a while.
 */
void disk_req_fault(struct disk_req *req)
{
	if (touch_rest(req) == -EAGAIN)
		usleep_range(1000, 2000);
	if (++req->tries > FAULT_TRIES)
		req->status = VBUS_BLK_S_IOERR;
	if (req->op == VBUS_BLK_OP_READ)
		disk_req_done(req);
	else
		disk_req_start(req);
}

/* ---- pages ------------------------------------------------------------------------------- */

static void req_add_page(struct disk_req *req, struct page *page)
{
	u32 left = req->len - req->npages * PAGE_SIZE;

	bvec_set_page(&req->vec[req->npages++], page, min_t(u32, left, PAGE_SIZE), 0);
}

/* Those the queue has. */
static void pages_take(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;
	struct page *page;

	spin_lock_bh(&dq->lock);
	while (req->npages * PAGE_SIZE < req->len && dq->nspare) {
		page = list_first_entry(&dq->spare, struct page, lru);
		list_del(&page->lru);
		dq->nspare--;
		req_add_page(req, page);
	}
	spin_unlock_bh(&dq->lock);
}

/*
 * Never fails for long: the queue has enough for one request, and the pages of those that the back
 * end works on come back. They are given back by the drain, and that can be us; those of requests
 * that have to be tried again only if we try them.
 */
static bool pages_get(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;

	pages_take(req);
	while (req->npages * PAGE_SIZE < req->len) {
		struct page *page = alloc_page(GFP_NOWAIT | __GFP_NOMEMALLOC | __GFP_NORETRY |
					       __GFP_NOWARN);
		int budget = INT_MAX;

		if (likely(page)) {
			req_add_page(req, page);
			continue;
		}
		if (READ_ONCE(dq->dead))
			return false;
		if (!disk_queue_drain(dq, &budget) && !disk_queue_retry(dq))
			usleep_range(1000, 2000);
		pages_take(req);
	}
	return true;
}

/* disk_req_free_pages - the queue keeps some: to have new ones cleared takes as long as a copy */
void disk_req_free_pages(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;

	if (!req->npages)
		return;
	spin_lock_bh(&dq->lock);
	while (req->npages && dq->nspare < DISK_SPARE_PAGES) {
		list_add(&req->vec[--req->npages].bv_page->lru, &dq->spare);
		dq->nspare++;
	}
	spin_unlock_bh(&dq->lock);
	while (req->npages)
		__free_page(req->vec[--req->npages].bv_page);
}

/* ---- reads and writes -------------------------------------------------------------------- */

static bool is_write(const struct disk_req *req)
{
	return req->op == VBUS_BLK_OP_WRITE;
}

static bool is_regular(const struct kiocb *iocb)
{
	return S_ISREG(file_inode(iocb->ki_filp)->i_mode);
}

static void rw_done(struct kiocb *iocb, long ret)
{
	struct disk_req *req = container_of(iocb, struct disk_req, iocb);

	if (is_write(req) && is_regular(iocb))
		kiocb_end_write(iocb);
	req->ret = ret;
	disk_req_done(req);
}

/* What is left of it. */
static void rw_start(struct disk_req *req)
{
	struct file *file = req->media->backing->file;
	struct kiocb *iocb = &req->iocb;
	struct iov_iter iter;
	ssize_t ret;

	iov_iter_bvec(&iter, is_write(req) ? ITER_SOURCE : ITER_DEST, req->vec, req->npages,
		      req->len);
	iov_iter_advance(&iter, req->moved);
	*iocb = (struct kiocb) {
		.ki_filp = file,
		.ki_pos = req->pos + req->moved,
		.ki_complete = rw_done,
		.ki_flags = req->direct ? IOCB_DIRECT : 0,
		.ki_ioprio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_NONE, 0),
	};
	if (!is_write(req)) {
		ret = file->f_op->read_iter(iocb, &iter);
	} else {
		if (req->flags & VBUS_BLK_HDR_FUA)
			iocb->ki_flags |= IOCB_DSYNC;
		iocb->ki_flags |= IOCB_WRITE;
		if (is_regular(iocb))
			kiocb_start_write(iocb);
		ret = file->f_op->write_iter(iocb, &iter);
	}
	if (ret != -EIOCBQUEUED)
		rw_done(iocb, ret);
}

/**
 * disk_req_result() - look at what the back end answered
 * @req: the request
 *
 * Return: true if it is complete, with its status; false if it is on its way again.
 */
bool disk_req_result(struct disk_req *req)
{
	long ret = req->ret;
	bool rw = req->op <= VBUS_BLK_OP_WRITE;

	if (req->status)
		return true;
	if (!rw || ret < 0) {
		if (!ret)
			return true;
		/* Only these have pages and are done by rw_start(). */
		if (rw && req->direct && (ret == -EINVAL || ret == -EOPNOTSUPP)) {
			req->direct = false;
			disk_queue_again(req, rw_start);
			return false;
		}
		req->status = status_of_errno(ret);
	} else {
		req->moved += min_t(u32, ret, req->len - req->moved);
		if (req->moved == req->len)
			return true;
		if (ret) {
			req->ret = 0;
			disk_queue_again(req, rw_start);
			return false;
		}
		/* The file is shorter than it was. */
		req->status = VBUS_BLK_S_IOERR;
	}
	atomic64_inc(&req->dq->disk->errors);
	return true;
}

static void write_start(struct disk_req *req)
{
	int err = disk_req_copy(req, false);

	if (!err)
		rw_start(req);
	else if (err == -EAGAIN)
		disk_queue_again(req, disk_req_fault);
	else
		req_fail(req, disk_copy_status(err));
}

/* ---- the rest, which can take long ------------------------------------------------------- */

static int file_range(struct disk_req *req, int mode)
{
	return vfs_fallocate(req->media->backing->file, mode | FALLOC_FL_KEEP_SIZE, req->pos,
			     req->len);
}

/*
 * What the page cache holds of it is wrong afterwards. Nor must it be read into the cache again
 * before that, with what a reader of other sectors reads ahead, say; hence the locks.
 */
static void bdev_begin(struct disk_req *req)
{
	struct address_space *mapping = req->media->backing->file->f_mapping;

	inode_lock(mapping->host);
	filemap_invalidate_lock(mapping);
	truncate_inode_pages_range(mapping, req->pos, req->pos + req->len - 1);
}

static void bdev_end(struct disk_req *req)
{
	struct address_space *mapping = req->media->backing->file->f_mapping;

	filemap_invalidate_unlock(mapping);
	inode_unlock(mapping->host);
}

static int slow_discard(struct disk_req *req)
{
	struct block_device *bdev = req->media->backing->bdev;
	int err;

	if (!bdev)
		return file_range(req, FALLOC_FL_PUNCH_HOLE);
	bdev_begin(req);
	err = blkdev_issue_discard(bdev, req->pos >> SECTOR_SHIFT, req->len >> SECTOR_SHIFT,
				   GFP_NOIO);
	bdev_end(req);
	return err;
}

static int slow_zeroes(struct disk_req *req)
{
	bool unmap = !(req->flags & VBUS_BLK_HDR_NOUNMAP);
	struct block_device *bdev = req->media->backing->bdev;
	int err;

	if (bdev) {
		bdev_begin(req);
		err = blkdev_issue_zeroout(bdev, req->pos >> SECTOR_SHIFT,
					   req->len >> SECTOR_SHIFT, GFP_NOIO,
					   unmap ? 0 : BLKDEV_ZERO_NOUNMAP);
		bdev_end(req);
		return err;
	}
	err = file_range(req, unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
	if (err == -EOPNOTSUPP && unmap)
		err = file_range(req, FALLOC_FL_ZERO_RANGE);
	return err;
}

static int slow_op(struct disk_req *req)
{
	struct file *file = req->media->backing->file;
	int err;

	switch (req->op) {
	case VBUS_BLK_OP_FLUSH:
		/* Nothing was written to it by us, and it may not be able to. */
		return req->media->ro ? 0 : vfs_fsync(file, 1);
	case VBUS_BLK_OP_DISCARD:
		err = slow_discard(req);
		break;
	default:
		err = slow_zeroes(req);
		break;
	}
	if (!err && req->flags & VBUS_BLK_HDR_FUA)
		err = vfs_fsync(file, 1);
	return err;
}

void disk_slow_work(struct work_struct *work)
{
	struct disk_req *req = container_of(work, struct disk_req, work);
	unsigned int noio = memalloc_noio_save();

	req->ret = slow_op(req);
	disk_req_done(req);
	memalloc_noio_restore(noio);
}

/* disk_req_start - from the worker, with the request as it was taken */
void disk_req_start(struct disk_req *req)
{
	req->ret = 0;
	if (req->op > VBUS_BLK_OP_WRITE)
		queue_work(req->dq->disk->wq, &req->work);
	else if (req->status || !pages_get(req))
		req_fail(req, req->status ?: VBUS_BLK_S_NOMEM);
	else if (is_write(req))
		write_start(req);
	else
		rw_start(req);
}
