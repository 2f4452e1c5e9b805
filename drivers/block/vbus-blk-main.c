// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-blk: block driver for ports of type "virtual-disk".
 *
 * The port's life: open it, set up queues, listen to its events, and follow what they tell with a
 * disk. The device's answers and events are checked like everything that comes from the other side.
 */
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "vbus-blk.h"

/* Events taken in one go. */
#define VBLK_EVENTS		16
/* How long to wait for requests before the machine sleeps. */
#define VBLK_FREEZE_TIMEOUT	(10 * HZ)

static void vblk_schedule(struct vblk *port)
{
	if (!test_bit(VBLK_F_GOING, &port->flags))
		queue_work(port->wq, &port->work);
}

/* A queue cannot go on. Any context. The disk goes. */
void vblk_broken(struct vblk *port, const char *why)
{
	if (test_and_set_bit(VBLK_F_BROKEN, &port->flags))
		return;
	dev_err_ratelimited(&port->proxy->dev, "device misbehaves (%s); its disk is gone\n", why);
	vblk_schedule(port);
}

/* vbus-<client>-<port>-<queue>, as the proxy device is called <client>:<port> */
void vblk_queue_name(struct vblk *port, char *name, size_t len, u32 id)
{
	snprintf(name, len, "vbus-%s-%u", dev_name(&port->proxy->dev), id);
	strreplace(name, ':', '-');
}

/* ---- configuration ----------------------------------------------------------------------- */

static bool block_size_valid(u32 size, u32 physical)
{
	return is_power_of_2(size) && size >= VBUS_BLK_MIN_BLOCK && size <= VBUS_BLK_MAX_BLOCK &&
	       size <= PAGE_SIZE && is_power_of_2(physical) && physical >= size;
}

static bool medium_valid(const struct vbus_blk_config *c)
{
	u32 size = le32_to_cpu(c->block_size);

	if (!(le32_to_cpu(c->flags) & VBUS_BLK_CFG_ONLINE))
		return true;
	return block_size_valid(size, le32_to_cpu(c->physical_block_size)) && c->generation &&
	       !((le64_to_cpu(c->capacity) << SECTOR_SHIFT) & (size - 1)) &&
	       le64_to_cpu(c->capacity) <= 1ull << 48;
}

static bool drive_valid(const struct vbus_blk_config *c)
{
	u32 bytes = le32_to_cpu(c->max_bytes);

	return c->max_segments && c->queues && bytes >= PAGE_SIZE &&
	       !(bytes & (VBUS_BLK_MAX_BLOCK - 1));
}

static int vblk_get_config(struct vbus_proxy *p, struct vbus_blk_config *c)
{
	int ret = vbus_call(p, VBUS_BLK_CALL_CONFIG, NULL, 0, c, sizeof(*c));

	if (ret < 0)
		return ret;
	if (ret == sizeof(*c) && drive_valid(c) && medium_valid(c))
		return 0;
	dev_err_ratelimited(&p->dev, "device describes itself wrongly (%d bytes, blocks of %u, %llu sectors, %u queues)\n",
			    ret, le32_to_cpu(c->block_size), le64_to_cpu(c->capacity),
			    le32_to_cpu(c->queues));
	return -EPROTO;
}

/* ---- following the medium ---------------------------------------------------------------- */

static void vblk_drop_disk(struct vblk *port)
{
	struct vblk_disk *vd = port->disk;

	if (!vd)
		return;
	port->disk = NULL;
	vblk_disk_remove(vd);
}

/* Requests that waited while the machine slept go on, or fail. */
static void vblk_wake_disk(struct vblk *port)
{
	if (test_and_clear_bit(VBLK_F_ASLEEP, &port->flags))
		blk_mq_unquiesce_queue(port->disk->disk->queue);
}

/* Requests are for this medium from here on; the disk of another one is gone. */
static int vblk_start_medium(struct vblk *port, const struct vbus_blk_config *c)
{
	int ret = vbus_call(port->proxy, VBUS_BLK_CALL_START, &c->generation,
			    sizeof(c->generation), NULL, 0);

	return min(ret, 0);
}

static void vblk_new_disk(struct vblk *port, const struct vbus_blk_config *c)
{
	struct vblk_disk *vd;
	int err;

	/* Another one may be there already, which an event tells. */
	if (vblk_start_medium(port, c))
		return;
	vd = vblk_disk_create(port, c);
	if (IS_ERR(vd)) {
		err = PTR_ERR(vd);
	} else {
		err = vblk_disk_add(port, vd);
		if (!err)
			port->disk = vd;
	}
	if (err)
		dev_err(&port->proxy->dev, "cannot add a disk: %pe\n", ERR_PTR(err));
}

static void vblk_follow(struct vblk *port)
{
	struct vbus_blk_config c;
	int err;

	if (test_bit(VBLK_F_BROKEN, &port->flags)) {
		vblk_queues_stop(port);
		vblk_drop_disk(port);
		return;
	}
	err = vblk_get_config(port->proxy, &c);
	if (err) {
		/* It is gone, or that was said. */
		if (err != -ENODEV && err != -EPROTO)
			dev_err_ratelimited(&port->proxy->dev, "medium is not known: %pe\n",
					    ERR_PTR(err));
		return;
	}
	if (port->disk && port->disk->gen != le32_to_cpu(c.generation))
		vblk_drop_disk(port);
	if (port->disk)
		vblk_disk_update(port->disk, &c);
	else if (le32_to_cpu(c.flags) & VBUS_BLK_CFG_ONLINE)
		vblk_new_disk(port, &c);
}

/* Take what is there; what it is about is asked for. Returns true if there may be more. */
static bool vblk_take_events(struct vblk *port)
{
	struct vbus_queue *q = port->events;
	struct vbus_slot slot;
	int i;

	for (i = 0; i < VBLK_EVENTS && vbus_cons_get(&q->cpl, &slot); i++)
		vbus_queue_credit(q, &slot);
	return i == VBLK_EVENTS || vbus_cons_arm(&q->cpl) > 0;
}

static void vblk_work(struct work_struct *work)
{
	struct vblk *port = container_of(work, struct vblk, work);

	/* Events first: what changes after we asked comes with another one. */
	if (port->events && vblk_take_events(port))
		vblk_schedule(port);
	vblk_follow(port);
}

static void vblk_event_callback(struct vbus_queue *q)
{
	vblk_schedule(q->priv);
}

static int vblk_listen(struct vblk *port)
{
	struct vbus_queue_params params = {
		.id = VBUS_BLK_Q_EVENT,
		.cpl_size = 16,
		.stream = true,
		.name = port->event_name,
		.callback = vblk_event_callback,
		.priv = port,
	};
	struct vbus_queue *q;

	vblk_queue_name(port, port->event_name, sizeof(port->event_name), params.id);
	q = vbus_queue_create(port->proxy, &params);
	if (IS_ERR(q))
		return PTR_ERR(q);
	port->events = q;
	clear_bit(VBLK_F_GOING, &port->flags);
	vblk_schedule(port);
	return 0;
}

/* No work is running or will, on return. Requests it waits for must be able to end. */
static void vblk_deafen(struct vblk *port)
{
	set_bit(VBLK_F_GOING, &port->flags);
	vbus_queue_destroy(port->events);
	cancel_work_sync(&port->work);
	port->events = NULL;
}

/* ---- the port ---------------------------------------------------------------------------- */

static int vblk_alloc_tags(struct vblk *port)
{
	struct blk_mq_tag_set *set = &port->tags;

	set->ops = &vblk_mq_ops;
	set->nr_hw_queues = port->nqueues;
	set->queue_depth = VBLK_DEPTH;
	set->numa_node = NUMA_NO_NODE;
	/* The order of requests is the device side's business, which knows the medium. */
	set->flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	set->cmd_size = sizeof(struct vblk_req);
	set->driver_data = port;
	return blk_mq_alloc_tag_set(set);
}

static int vblk_alloc(struct vblk *port, const struct vbus_blk_config *c)
{
	int err;

	port->nqueues = min3(le32_to_cpu(c->queues), (u32)VBUS_BLK_MAX_QUEUES, num_online_cpus());
	port->max_segments = min_t(u32, le32_to_cpu(c->max_segments), VBUS_BLK_MAX_SEGMENTS);
	port->max_bytes = min_t(u32, le32_to_cpu(c->max_bytes), SZ_1M);
	err = vblk_alloc_tags(port);
	if (err)
		return err;
	/* A kernel that dumps a crash has one queue, whatever was asked for. */
	port->nqueues = port->tags.nr_hw_queues;
	err = vblk_queues_alloc(port);
	if (err)
		blk_mq_free_tag_set(&port->tags);
	return err;
}

static void vblk_free(struct vblk *port)
{
	blk_mq_free_tag_set(&port->tags);
	vblk_queues_free(port);
}

static struct vblk *vblk_create(struct vbus_proxy *p)
{
	struct vblk *port = kzalloc(sizeof(*port), GFP_KERNEL);

	if (!port)
		return NULL;
	port->proxy = p;
	port->dma_dev = vbus_dma_dev(p);
	mutex_init(&port->stop);
	INIT_WORK(&port->work, vblk_work);
	port->wq = alloc_workqueue("vbus-blk-%s", WQ_UNBOUND, 1, dev_name(&p->dev));
	if (!port->wq) {
		kfree(port);
		return NULL;
	}
	return port;
}

static void vblk_destroy(struct vblk *port)
{
	destroy_workqueue(port->wq);
	mutex_destroy(&port->stop);
	kfree(port);
}

static int vblk_probe(struct vbus_proxy *p)
{
	struct vblk *port = vblk_create(p);
	struct vbus_blk_config c;
	int err;

	if (!port)
		return -ENOMEM;
	err = vbus_open(p, VBUS_BLK_VERSION, VBUS_BLK_F_ALL);
	if (err)
		goto err_destroy;
	port->features = p->features;
	err = vblk_get_config(p, &c);
	if (err)
		goto err_close;
	err = vblk_alloc(port, &c);
	if (err)
		goto err_close;
	err = vblk_queues_start(port);
	if (err)
		goto err_free;
	err = vblk_listen(port);
	if (err)
		goto err_stop;
	vbus_set_drvdata(p, port);
	return 0;

err_stop:
	vblk_queues_stop(port);
err_free:
	vblk_free(port);
err_close:
	vbus_close(p);
err_destroy:
	vblk_destroy(port);
	return err;
}

static void vblk_remove(struct vbus_proxy *p)
{
	struct vblk *port = vbus_get_drvdata(p);

	/* First the requests fail, then whoever waits for them comes to an end. */
	set_bit(VBLK_F_GOING, &port->flags);
	vblk_queues_stop(port);
	vblk_deafen(port);
	/* What was to be woken and could not be is taken away. */
	vblk_wake_disk(port);
	vblk_drop_disk(port);
	vbus_close(p);
	vblk_free(port);
	vblk_destroy(port);
}

/* kexec: the next kernel does not know about our memory, so the device must let go of it. */
static void vblk_shutdown(struct vbus_proxy *p)
{
	struct vblk *port = vbus_get_drvdata(p);

	if (!port)
		return;
	set_bit(VBLK_F_GOING, &port->flags);
	vblk_queues_stop(port);
	vblk_deafen(port);
	vbus_close(p);
}

/* No request is in flight, and none comes. */
static int vblk_freeze(struct vblk_disk *vd)
{
	struct request_queue *q = vd->disk->queue;
	int err = 0;

	blk_freeze_queue_start(q);
	if (blk_mq_freeze_queue_wait_timeout(q, VBLK_FREEZE_TIMEOUT))
		blk_mq_quiesce_queue_nowait(q);
	else
		err = -EBUSY;
	blk_mq_unfreeze_queue(q);
	return err;
}

static int vblk_suspend(struct device *dev)
{
	struct vblk *port = vbus_get_drvdata(to_vbus_proxy(dev));
	int err;

	vblk_deafen(port);
	if (port->disk) {
		err = vblk_freeze(port->disk);
		if (err) {
			dev_warn(dev, "requests are not answered; cannot sleep\n");
			vblk_listen(port);
			return err;
		}
		set_bit(VBLK_F_ASLEEP, &port->flags);
	}
	vblk_queues_stop(port);
	vbus_close(port->proxy);
	return 0;
}

static int vblk_reopen(struct vblk *port)
{
	struct vbus_proxy *p = port->proxy;
	struct vbus_blk_config c;
	int err;

	err = vbus_open(p, VBUS_BLK_VERSION, port->features);
	if (err)
		return err;
	err = -EOPNOTSUPP;
	if (p->features == port->features)
		err = vblk_get_config(p, &c);
	if (!err && (le32_to_cpu(c.queues) < port->nqueues ||
		     le32_to_cpu(c.max_segments) < port->max_segments ||
		     le32_to_cpu(c.max_bytes) < port->max_bytes))
		err = -EOPNOTSUPP;
	if (!err)
		err = vblk_queues_start(port);
	if (err) {
		vbus_close(p);
		return err;
	}
	if (port->disk && port->disk->gen == le32_to_cpu(c.generation))
		vblk_start_medium(port, &c);
	return 0;
}

static int vblk_resume(struct device *dev)
{
	struct vblk *port = vbus_get_drvdata(to_vbus_proxy(dev));
	int err = vblk_reopen(port);

	/*
	 * The medium may be another one now, which is found out by the work that listening starts.
	 * It takes the old disk away and waits for its requests, which therefore go on before.
	 */
	vblk_wake_disk(port);
	if (!err) {
		err = vblk_listen(port);
		if (err) {
			vblk_queues_stop(port);
			vbus_close(port->proxy);
		}
	}
	/* Then requests fail. */
	if (err)
		dev_err(dev, "cannot be resumed: %pe\n", ERR_PTR(err));
	return err;
}

static DEFINE_SIMPLE_DEV_PM_OPS(vblk_pm_ops, vblk_suspend, vblk_resume);

static const char * const vblk_types[] = { VBUS_BLK_TYPE, NULL };

static struct vbus_driver vblk_driver = {
	.driver = {
		.name = "vbus-blk",
		.pm = pm_sleep_ptr(&vblk_pm_ops),
	},
	.types = vblk_types,
	.probe = vblk_probe,
	.remove = vblk_remove,
	.shutdown = vblk_shutdown,
};
module_vbus_driver(vblk_driver);

MODULE_DESCRIPTION("Block driver for vbus ports of type virtual-disk");
MODULE_LICENSE("GPL");
MODULE_ALIAS_VBUS(VBUS_BLK_TYPE);
