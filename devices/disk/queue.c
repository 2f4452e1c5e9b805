// SPDX-License-Identifier: GPL-2.0
/*
 * A request queue: its worker, its poll, its end.
 *
 * The worker takes requests until the ring is empty, and arms the ring's doorbell only then. The
 * poll and the helper complete what the back end is done with. The end waits for none of them:
 * requests that are being worked on go on, without a driver, and the last one has the queue freed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched/mm.h>
#include <linux/sched/stat.h>
#include <linux/slab.h>

#include "disk.h"

/* Completions the driver is shown at once while there is more to do. */
#define DISK_BATCH	8

/* Frees queues, which hold disks, whose workqueue this therefore cannot be. */
struct workqueue_struct *disk_end_wq;

/* disk_wake - requests of dead queues are done: the live ones may begin */
void disk_wake(struct disk *d)
{
	struct disk_queue *dq;

	spin_lock_bh(&d->lock);
	list_for_each_entry(dq, &d->queues_live, live)
		queue_work(d->wq, &dq->work);
	spin_unlock_bh(&d->lock);
}

void disk_queue_set_media(struct disk_queue *dq, struct disk_media *m)
{
	struct disk_media *old;

	lockdep_assert_held(&dq->disk->lock);
	if (m)
		disk_media_get(m);
	spin_lock(&dq->lock);
	old = dq->media;
	dq->media = m;
	spin_unlock(&dq->lock);
	disk_media_put(old);
}

/* ---- completing -------------------------------------------------------------------------- */

/* The worker has better things to do. */
static void queue_help(struct disk_queue *dq)
{
	WRITE_ONCE(dq->helped, true);
	queue_work(dq->disk->wq, &dq->helper);
}

/**
 * disk_req_done() - the back end is done with a request
 * @req: the request
 *
 * Context: any. After it the queue can be gone.
 */
void disk_req_done(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;
	bool apart = req->op == VBUS_BLK_OP_READ && req->len >= DISK_APART;

	/* Whoever frees the queue waits for this: another may complete the request at once. */
	rcu_read_lock();
	if (llist_add(&req->done, &dq->done)) {
		/* Pairs with disk_queue_kill(): if not seen here, its work sees the request. */
		if (READ_ONCE(dq->dead))
			queue_work(dq->disk->wq, &dq->work);
		else if (!in_task() || READ_ONCE(dq->worker) != current)
			vbus_poll_schedule(&dq->poll);
		/* What is added while the helper runs is the helper's, the small as well. */
		else if (READ_ONCE(dq->helped) || (apart && num_online_cpus() > 1))
			queue_help(dq);
	}
	rcu_read_unlock();
}

/* Have the worker do something about a request. Any context but hard irq. */
void disk_queue_again(struct disk_req *req, void (*again)(struct disk_req *req))
{
	struct disk_queue *dq = req->dq;

	spin_lock_bh(&dq->lock);
	req->again = again;
	list_add_tail(&req->node, &dq->agains);
	queue_work(dq->disk->wq, &dq->work);
	spin_unlock_bh(&dq->lock);
}

/* The next request that the back end is done with. */
static struct disk_req *next_done(struct disk_queue *dq)
{
	struct llist_node *node;

	/* What comes later has whoever brings it see to it. */
	if (!READ_ONCE(dq->ready) && llist_empty(&dq->done))
		return NULL;
	spin_lock_bh(&dq->lock);
	node = dq->ready ?: llist_reverse_order(llist_del_all(&dq->done));
	if (node)
		WRITE_ONCE(dq->ready, node->next);
	spin_unlock_bh(&dq->lock);
	return node ? llist_entry(node, struct disk_req, done) : NULL;
}

static void queue_release(struct kref *ref)
{
	queue_work(disk_end_wq, &container_of(ref, struct disk_queue, ref)->end_work);
}

/* Its pages are gone. After it the queue can be gone, if it is dead. */
static void req_free(struct disk_req *req)
{
	struct disk_media *media = req->media;
	struct disk_queue *dq = req->dq;
	bool wake = false;

	spin_lock_bh(&dq->lock);
	if (req->large)
		list_add(&req->large->node, &dq->free_large);
	list_add(&req->node, &dq->free);
	dq->inflight--;
	if (dq->dead) {
		wake = atomic_dec_and_test(&dq->disk->stale);
	} else if (dq->starved) {
		dq->starved = false;
		queue_work(dq->disk->wq, &dq->work);
	}
	spin_unlock_bh(&dq->lock);
	disk_media_put(media);
	if (wake)
		disk_wake(dq->disk);
	kref_put(&dq->ref, queue_release);
}

/* Ring the driver about what was completed. */
static void queue_kick(struct disk_queue *dq)
{
	if (!READ_ONCE(dq->owed) || !disk_queue_enter(dq))
		return;
	dq->owed = 0;
	vbus_dqueue_kick(dq->q);
	disk_queue_leave(dq);
}

/* disk_req_answer - the driver gets its answer. Queue entered */
void disk_req_answer(struct disk_req *req)
{
	struct disk_queue *dq = req->dq;

	if (req->status == VBUS_BLK_S_FAULT)
		dq->q->stats->bad++;
	else if (!req->status)
		dq->q->stats->bytes += req->len;
	disk_complete(dq, req->tag, req->status, req->slots);
}

/* Nothing is to be copied. The driver may be gone. */
static void req_answer(struct disk_req *req)
{
	if (!disk_queue_enter(req->dq))
		return;
	disk_req_answer(req);
	disk_queue_leave(req->dq);
}

/*
 * Complete a request, or have the worker do more about it. Returns the bytes copied; the request is
 * not ours any more.
 */
static u32 req_finish(struct disk_req *req)
{
	u32 bytes = 0;
	int err;

	if (!disk_req_result(req))
		return 0;
	if (req->op == VBUS_BLK_OP_READ && !req->status) {
		err = disk_req_copy(req, true);
		bytes = req->copied;
		if (err == -EAGAIN) {
			disk_queue_again(req, disk_req_fault);
			return bytes;
		}
		if (err) {
			req->status = disk_copy_status(err);
			req_answer(req);
		}
	} else {
		req_answer(req);
	}
	disk_req_free_pages(req);
	req_free(req);
	return bytes;
}

/**
 * disk_queue_drain() - complete what the back end is done with
 * @dq: the queue
 * @budget: how many at most; what is left of it
 *
 * Context: process or softirq. Return: true if there was something.
 */
bool disk_queue_drain(struct disk_queue *dq, int *budget)
{
	struct disk_req *req;
	u32 bytes = 0;
	bool any = false;

	while (*budget > 0 && bytes < DISK_POLL_BYTES) {
		req = next_done(dq);
		if (!req)
			return any;
		any = true;
		--*budget;
		bytes += req_finish(req);
	}
	*budget = 0;
	return any;
}

/*
 * Could requests be taken? Where there is no room, or old ones come first, that is what wakes us.
 * Queue not dead.
 */
static bool queue_open(struct disk_queue *dq)
{
	lockdep_assert_held(&dq->lock);
	return !dq->starved && !atomic_read(&dq->disk->stale) &&
	       !READ_ONCE(dq->q->session->broken);
}

/* Are there requests to take? */
static bool queue_pending(struct disk_queue *dq)
{
	bool pending;

	if (!disk_queue_enter(dq))
		return false;
	pending = queue_open(dq) && vbus_cons_pending(&dq->q->req);
	disk_queue_leave(dq);
	return pending;
}

static int queue_poll(struct vbus_poll *poll, int budget)
{
	struct disk_queue *dq = container_of(poll, struct disk_queue, poll);
	int left = budget;

	disk_queue_drain(dq, &left);
	queue_kick(dq);
	if (queue_pending(dq))
		queue_work(dq->disk->wq, &dq->work);
	return budget - left;
}

/* ---- the worker -------------------------------------------------------------------------- */

static struct disk_req *next_again(struct disk_queue *dq)
{
	struct disk_req *req;

	/* Who adds one queues the worker's work after that. */
	if (list_empty(&dq->agains))
		return NULL;
	spin_lock_bh(&dq->lock);
	req = list_first_entry_or_null(&dq->agains, struct disk_req, node);
	if (req)
		list_del(&req->node);
	spin_unlock_bh(&dq->lock);
	return req;
}

/* Do something more about a request. Never asks for pages. Returns whether there was any. */
bool disk_queue_retry(struct disk_queue *dq)
{
	struct disk_req *req = next_again(dq);

	if (req)
		req->again(req);
	return req;
}

/* Start the next request. Returns whether there may be more. */
static bool queue_start(struct disk_queue *dq)
{
	struct disk_req *req;
	bool more;

	if (!disk_queue_enter(dq))
		return false;
	req = disk_take(dq, &more);
	disk_queue_leave(dq);
	if (req)
		disk_req_start(req);
	return more;
}

/* One request of each kind. Returns whether there was any. */
static bool queue_step(struct disk_queue *dq)
{
	int budget = DISK_BATCH;
	bool any;

	/* While another completes, begin. */
	if (READ_ONCE(dq->helped) && queue_start(dq))
		return true;
	any = disk_queue_drain(dq, &budget);
	if (READ_ONCE(dq->owed) >= DISK_BATCH)
		queue_kick(dq);
	any |= disk_queue_retry(dq);
	return queue_start(dq) || any;
}

/* Ask for a doorbell. Returns whether there is something to do after all. */
static bool queue_arm(struct disk_queue *dq)
{
	bool more = false;

	spin_lock_bh(&dq->lock);
	if (dq->q && queue_open(dq))
		more = vbus_dqueue_arm(dq->q);
	spin_unlock_bh(&dq->lock);
	return more;
}

/*
 * Look for the next request for a while. A driver that waits for each request before it sends the
 * next one is spared the doorbell and the wake-up; where that does not work, or somebody else wants
 * the processor, the while becomes shorter, down to nothing.
 */
static bool queue_linger(struct disk_queue *dq)
{
	u32 us = min(dq->busy_us, READ_ONCE(dq->disk->busy_us));
	u64 end = ktime_get_ns() + us * NSEC_PER_USEC;
	bool found = false;

	while (us && !found && !need_resched() && single_task_running()) {
		found = !llist_empty(&dq->done) || queue_pending(dq);
		if (!found && ktime_get_ns() > end)
			break;
		cpu_relax();
	}
	if (found)
		dq->busy_us = clamp_t(u32, us * 2, DISK_BUSY_MIN, DISK_BUSY_MAX);
	else
		dq->busy_us = us < DISK_BUSY_MIN ? 0 : us / 2;
	return found;
}

/* If the worker was woken so soon that it might as well have looked, it shall the next time. */
static void queue_woken(struct disk_queue *dq)
{
	u32 busy = READ_ONCE(dq->disk->busy_us);

	if (!dq->busy_us && ktime_get_ns() - dq->idle_since < busy * NSEC_PER_USEC)
		dq->busy_us = busy;
}

static void queue_worker(struct work_struct *work)
{
	struct disk_queue *dq = container_of(work, struct disk_queue, work);
	/* What we do may be what memory is waiting for: this disk may be a swap device. */
	unsigned int noio = memalloc_noio_save();
	unsigned int throttle = current->flags & PF_LOCAL_THROTTLE;

	current->flags |= PF_LOCAL_THROTTLE;
	WRITE_ONCE(dq->worker, current);
	queue_woken(dq);
	do {
		while (queue_step(dq))
			cond_resched();
		queue_kick(dq);
	} while (queue_linger(dq) || queue_arm(dq));
	WRITE_ONCE(dq->worker, NULL);
	dq->idle_since = ktime_get_ns();
	current_restore_flags(throttle, PF_LOCAL_THROTTLE);
	memalloc_noio_restore(noio);
}

static void queue_helper(struct work_struct *work)
{
	struct disk_queue *dq = container_of(work, struct disk_queue, helper);
	bool any;

	do {
		int budget = 1;

		any = disk_queue_drain(dq, &budget);
		queue_kick(dq);
		cond_resched();
	} while (any);
	/* What the worker adds from now on has it queue us again. */
	WRITE_ONCE(dq->helped, false);
}

/* ---- making and ending ------------------------------------------------------------------- */

static void queue_free(struct disk_queue *dq)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, &dq->spare, lru)
		__free_page(page);
	mutex_destroy(&dq->fault);
	kvfree(dq->larges);
	kvfree(dq->reqs);
	kfree(dq);
}

static void queue_end(struct work_struct *work)
{
	struct disk_queue *dq = container_of(work, struct disk_queue, end_work);
	struct disk *d = dq->disk;

	/* For disk_req_done(), which may have asked for the poll or the worker. */
	synchronize_rcu();
	vbus_poll_fini(&dq->poll);
	cancel_work_sync(&dq->helper);
	cancel_work_sync(&dq->work);
	queue_free(dq);
	vbus_device_put(&d->vdev);
}

static int queue_alloc(struct disk_queue *dq)
{
	unsigned int i;

	dq->reqs = kvcalloc(DISK_DEPTH, sizeof(*dq->reqs), GFP_KERNEL);
	dq->larges = kvcalloc(DISK_DEPTH_LARGE, sizeof(*dq->larges), GFP_KERNEL);
	if (!dq->reqs || !dq->larges)
		return -ENOMEM;
	/* Enough for the largest request, so that there is always one that can go on. */
	for (i = 0; i < DISK_MAX_PAGES; i++) {
		struct page *page = alloc_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		list_add(&page->lru, &dq->spare);
		dq->nspare++;
	}
	for (i = 0; i < DISK_DEPTH; i++) {
		dq->reqs[i].dq = dq;
		INIT_WORK(&dq->reqs[i].work, disk_slow_work);
		list_add_tail(&dq->reqs[i].node, &dq->free);
	}
	for (i = 0; i < DISK_DEPTH_LARGE; i++)
		list_add_tail(&dq->larges[i].node, &dq->free_large);
	return 0;
}

/* disk_queue_create - ready to be used when it returns; NULL if there is no memory */
struct disk_queue *disk_queue_create(struct disk *d, struct vbus_dqueue *q)
{
	struct disk_queue *dq = kzalloc(sizeof(*dq), GFP_KERNEL);

	if (!dq)
		return NULL;
	kref_init(&dq->ref);
	spin_lock_init(&dq->lock);
	mutex_init(&dq->fault);
	init_llist_head(&dq->done);
	INIT_LIST_HEAD(&dq->agains);
	INIT_LIST_HEAD(&dq->free);
	INIT_LIST_HEAD(&dq->free_large);
	INIT_LIST_HEAD(&dq->spare);
	INIT_WORK(&dq->work, queue_worker);
	INIT_WORK(&dq->end_work, queue_end);
	INIT_WORK(&dq->helper, queue_helper);
	if (queue_alloc(dq)) {
		queue_free(dq);
		return NULL;
	}
	dq->disk = to_disk(vbus_device_get(&d->vdev));
	dq->mem = q->session->mem;
	dq->q = q;
	vbus_poll_init(&dq->poll, queue_poll, NULL);
	vbus_poll_enable(&dq->poll);
	return dq;
}

/**
 * disk_queue_kill() - the driver is gone
 * @dq: the queue, not in the list of live ones any more
 *
 * On return nothing touches the driver's memory or the core's queue. Waits for one step of copying
 * at most. The queue can be gone.
 */
void disk_queue_kill(struct disk_queue *dq)
{
	struct disk *d = dq->disk;

	mutex_lock(&dq->fault);
	spin_lock_bh(&dq->lock);
	WRITE_ONCE(dq->dead, true);
	dq->q = NULL;
	atomic_add(dq->inflight, &d->stale);
	spin_unlock_bh(&dq->lock);
	mutex_unlock(&dq->fault);
	vbus_poll_disable(&dq->poll);
	/* For what the poll did not get to. */
	queue_work(d->wq, &dq->work);
	kref_put(&dq->ref, queue_release);
}
