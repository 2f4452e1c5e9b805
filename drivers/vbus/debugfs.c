// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: vbus/<bus>.<client>/queues dumps the rings of a client as the device side sees them.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "core.h"

#define DUMP_SLOTS	8	/* of each request ring, from the next to be taken */

/* Room for one queue; the rings are read under its lock, and printed after. */
struct queue_dump {
	u32 port, id, flags, doorbell, vector;
	u32 req_idx, req_size, cpl_idx, cpl_size, done;
	u64 garbage;
	bool live, armed;
	struct vbus_slot slots[DUMP_SLOTS];
};

static struct dentry *vbus_debugfs;

static void dump_take(struct queue_dump *d, struct vbus_dqueue *q)
{
	u32 i;

	memset(d, 0, sizeof(*d));
	d->port = q->session->node->id;
	d->id = q->id;
	d->flags = q->flags;
	d->doorbell = q->doorbell;
	d->vector = q->vector;
	d->live = q->live;
	d->armed = q->armed;
	d->done = q->done;
	d->req_size = q->req.mem.size;
	d->cpl_size = q->cpl.mem.size;
	d->cpl_idx = vbus_prod_index(&q->cpl);
	if (!d->req_size)
		return;
	d->req_idx = vbus_cons_index(&q->req);
	d->garbage = q->req.garbage;
	for (i = 0; q->live && i < min_t(u32, DUMP_SLOTS, d->req_size); i++)
		if (!vbus_cons_peek(&q->req, i, &d->slots[i]))
			break;
}

static void dump_show(struct seq_file *seq, const struct queue_dump *d)
{
	int i;

	seq_printf(seq, "port %u queue %u%s%s%s doorbell %u vector %d\n", d->port, d->id,
		   d->flags & VBUS_QUEUE_F_STREAM ? " stream" : "", d->live ? "" : " dead",
		   d->armed ? " armed" : "", d->doorbell, (int)d->vector);
	if (d->req_size)
		seq_printf(seq, "  requests: size %u next %u outstanding %u garbage %llu\n",
			   d->req_size, d->req_idx, d->req_idx - d->done, d->garbage);
	seq_printf(seq, "  completions: size %u next %u\n", d->cpl_size, d->cpl_idx);
	for (i = 0; i < DUMP_SLOTS && d->slots[i].seq; i++)
		seq_printf(seq, "    [%u] addr %#llx len %u flags %#x\n", d->req_idx + i,
			   vbus_slot_addr(&d->slots[i]), vbus_slot_len(&d->slots[i]),
			   vbus_slot_flags(&d->slots[i]));
}

/*
 * Taken all at once, under the list's lock; shown without it. @max is what there was room for: a
 * client with more queues than that gets the first ones.
 */
static u32 dump_client(struct vbus_client *client, struct queue_dump *dumps, u32 max)
{
	struct vbus_dqueue *q;
	u32 n = 0;

	spin_lock_bh(&client->qlock);
	list_for_each_entry(q, &client->qlist, entry) {
		if (n == max)
			break;
		spin_lock(&q->lock);
		dump_take(&dumps[n++], q);
		spin_unlock(&q->lock);
	}
	spin_unlock_bh(&client->qlock);
	return n;
}

static int queues_show(struct seq_file *seq, void *unused)
{
	struct vbus_client *client = seq->private;
	u32 max = client->conn->caps.doorbells, n, i;
	struct queue_dump *dumps;

	dumps = kvcalloc(max, sizeof(*dumps), GFP_KERNEL);
	if (!dumps)
		return -ENOMEM;
	n = dump_client(client, dumps, max);
	for (i = 0; i < n; i++)
		dump_show(seq, &dumps[i]);
	kvfree(dumps);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(queues);

/* debugfs itself keeps a reader and vbus_debugfs_client_del() apart. */
void vbus_debugfs_client_add(struct vbus_client *client)
{
	char name[2 * VBUS_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.%s", vbus_bus_name(client->bus), client->name);
	client->debugfs = debugfs_create_dir(name, vbus_debugfs);
	debugfs_create_file("queues", 0400, client->debugfs, client, &queues_fops);
}

void vbus_debugfs_client_del(struct vbus_client *client)
{
	debugfs_remove(client->debugfs);
}

void vbus_debugfs_init(void)
{
	vbus_debugfs = debugfs_create_dir("vbus", NULL);
}

void vbus_debugfs_exit(void)
{
	debugfs_remove(vbus_debugfs);
}
