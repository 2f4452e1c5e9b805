// SPDX-License-Identifier: GPL-2.0
/*
 * The port as its driver sees it: open, calls, queues, close.
 *
 * All of it runs under the consumer's verb lock and waits for nobody but our own polls: not for the
 * back end, and not for disk.cfg, which is held while one waits for the back end. What the driver
 * sends is a private copy; what it says is checked.
 */
#include "disk.h"

static int port_open(struct vbus_session *s)
{
	struct disk_session *ds = to_disk_session(s);
	struct disk *d = container_of(s->port, struct disk, port);

	ds->disk = d;
	spin_lock_bh(&d->lock);
	if (d->session) {
		spin_unlock_bh(&d->lock);
		return -EBUSY;
	}
	d->session = ds;
	ds->queues = d->queues;
	spin_unlock_bh(&d->lock);
	return 0;
}

static void port_close(struct vbus_session *s)
{
	struct disk *d = to_disk_session(s)->disk;

	spin_lock_bh(&d->lock);
	d->session = NULL;
	spin_unlock_bh(&d->lock);
}

/* ---- calls ------------------------------------------------------------------------------- */

static void config_media(struct vbus_blk_config *c, const struct disk_media *m)
{
	u32 flags = VBUS_BLK_CFG_ONLINE;

	if (m->ro)
		flags |= VBUS_BLK_CFG_RO;
	if (m->rotational)
		flags |= VBUS_BLK_CFG_ROTATIONAL;
	c->flags = cpu_to_le32(flags);
	c->generation = cpu_to_le32(m->gen);
	c->capacity = cpu_to_le64((u64)atomic64_read(&m->size) >> SECTOR_SHIFT);
	c->block_size = cpu_to_le32(m->block_size);
	c->physical_block_size = cpu_to_le32(m->physical_block_size);
	c->io_min = cpu_to_le32(m->io_min);
	c->io_opt = cpu_to_le32(m->io_opt);
	c->max_discard = cpu_to_le32(m->max_discard);
	c->discard_granularity = cpu_to_le32(m->discard_granularity);
	c->max_zeroes = cpu_to_le32(m->max_zeroes);
}

static int call_config(struct disk_session *ds, void *out, u32 *out_len)
{
	struct disk *d = ds->disk;
	struct vbus_blk_config c = {
		.max_segments = cpu_to_le32(VBUS_BLK_MAX_SEGMENTS),
		.max_bytes = cpu_to_le32(DISK_MAX_BYTES),
		.queues = cpu_to_le32(ds->queues),
		.depth = cpu_to_le32(DISK_DEPTH),
	};

	if (*out_len < sizeof(c))
		return -EINVAL;
	spin_lock_bh(&d->lock);
	if (d->media)
		config_media(&c, d->media);
	memcpy(c.serial, d->serial, sizeof(c.serial));
	spin_unlock_bh(&d->lock);
	memcpy(out, &c, sizeof(c));
	*out_len = sizeof(c);
	return 0;
}

static int call_start(struct disk_session *ds, const void *in, u32 in_len)
{
	struct disk *d = ds->disk;
	struct disk_queue *dq;
	int err = -EINVAL;
	__le32 wire;
	u32 gen;

	if (in_len != sizeof(wire))
		return -EINVAL;
	memcpy(&wire, in, sizeof(wire));
	gen = le32_to_cpu(wire);
	spin_lock_bh(&d->lock);
	if (d->media && d->media->gen == gen) {
		ds->gen = gen;
		list_for_each_entry(dq, &d->queues_live, live)
			disk_queue_set_media(dq, d->media);
		err = 0;
	}
	spin_unlock_bh(&d->lock);
	return err;
}

static int port_call(struct vbus_session *s, u32 func, const void *in, u32 in_len,
		     void *out, u32 *out_len)
{
	struct disk_session *ds = to_disk_session(s);

	switch (func) {
	case VBUS_BLK_CALL_CONFIG:
		return in_len ? -EINVAL : call_config(ds, out, out_len);
	case VBUS_BLK_CALL_START:
		*out_len = 0;
		return call_start(ds, in, in_len);
	default:
		return -ENOENT;
	}
}

/* ---- queues ------------------------------------------------------------------------------ */

static int port_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct disk_session *ds = to_disk_session(s);
	struct disk *d = ds->disk;
	struct disk_queue *dq;

	if (q->id == VBUS_BLK_Q_EVENT) {
		if (!(q->flags & VBUS_QUEUE_F_STREAM))
			return -EINVAL;
		disk_events_add(ds, q);
		return 0;
	}
	if (q->id - VBUS_BLK_Q_REQ(0) >= ds->queues)
		return -ENOENT;
	/* What is outstanding never exceeds the request ring, so neither do completions. */
	if (q->flags & VBUS_QUEUE_F_STREAM || q->cpl.mem.size < q->req.mem.size)
		return -EINVAL;
	dq = disk_queue_create(d, q);
	if (!dq)
		return -ENOMEM;
	q->priv = dq;
	q->poll = &dq->poll;
	spin_lock_bh(&d->lock);
	list_add_tail(&dq->live, &d->queues_live);
	if (d->media && d->media->gen == ds->gen)
		disk_queue_set_media(dq, d->media);
	spin_unlock_bh(&d->lock);
	return 0;
}

static void port_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct disk_session *ds = to_disk_session(s);
	struct disk_queue *dq = q->priv;

	if (q->id == VBUS_BLK_Q_EVENT) {
		disk_events_del(ds);
		return;
	}
	spin_lock_bh(&ds->disk->lock);
	list_del(&dq->live);
	disk_queue_set_media(dq, NULL);
	spin_unlock_bh(&ds->disk->lock);
	disk_queue_kill(dq);
	q->poll = NULL;
	q->priv = NULL;
}

const struct vbus_port_ops disk_port_ops = {
	.session_size = sizeof(struct disk_session),
	.open = port_open,
	.close = port_close,
	.call = port_call,
	.queue_add = port_queue_add,
	.queue_del = port_queue_del,
};
