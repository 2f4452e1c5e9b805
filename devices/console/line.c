// SPDX-License-Identifier: GPL-2.0
/*
 * A line: two polls, the queues of a driver on one side and a tty on the other, each of which comes
 * and goes on its own.
 */
#include <linux/slab.h>

#include "console.h"

struct vcon_line *vcon_line_create(struct vcon *v, unsigned int index)
{
	struct vcon_line *line = kzalloc(sizeof(*line), GFP_KERNEL);

	if (!line)
		return NULL;
	line->vcon = v;
	line->index = index;
	mutex_init(&line->change);
	/* Both, since both are undone. */
	if (vcon_rx_init(&line->rx) | vcon_tx_init(&line->tx)) {
		vcon_line_free(line);
		return NULL;
	}
	return line;
}

/* vcon_line_free - it has neither queues nor a tty. NULL is harmless */
void vcon_line_free(struct vcon_line *line)
{
	if (!line)
		return;
	vcon_rx_fini(&line->rx);
	vcon_tx_fini(&line->tx);
	mutex_destroy(&line->change);
	kfree(line);
}

static void line_freeze(struct vcon_line *line)
{
	mutex_lock(&line->change);
	vbus_poll_disable(&line->rx.poll);
	vbus_poll_disable(&line->tx.poll);
}

static void line_thaw(struct vcon_line *line)
{
	vbus_poll_enable(&line->rx.poll);
	vbus_poll_enable(&line->tx.poll);
	vbus_poll_schedule(&line->rx.poll);
	vbus_poll_schedule(&line->tx.poll);
	mutex_unlock(&line->change);
}

/* vcon_line_set_tty - the device is enabled or (NULL) disabled */
void vcon_line_set_tty(struct vcon_line *line, struct vcon_tty *vt)
{
	line_freeze(line);
	spin_lock_bh(&line->vcon->lock);
	line->tty = vt;
	spin_unlock_bh(&line->vcon->lock);
	line_thaw(line);
}

/* vcon_line_get_tty - its tty with a reference, or NULL */
struct vcon_tty *vcon_line_get_tty(struct vcon_line *line)
{
	struct vcon_tty *vt;

	spin_lock_bh(&line->vcon->lock);
	vt = line->tty;
	if (vt)
		tty_port_get(&vt->port);
	spin_unlock_bh(&line->vcon->lock);
	return vt;
}

/* The driver has both queues now, or not any more. */
static void line_set_attached(struct vcon_line *line)
{
	bool was = line->attached;
	struct vcon_tty *vt;

	WRITE_ONCE(line->attached, line->rx.q && line->tx.q);
	if (!was || line->attached)
		return;
	vt = vcon_line_get_tty(line);
	if (!vt)
		return;
	vcon_tty_carrier_lost(vt);
	tty_port_put(&vt->port);
}

/* vcon_line_set_rx - the queue from the driver is there or (NULL) about to go; verbs */
void vcon_line_set_rx(struct vcon_line *line, struct vbus_dqueue *q)
{
	struct vcon_rx *rx = &line->rx;

	line_freeze(line);
	if (rx->q)
		vbus_fault_fini(&rx->fault);
	rx->q = q;
	rx->busy = false;
	rx->brk = false;
	rx->done = 0;
	rx->owed = 0;
	if (q) {
		vbus_fault_init(&rx->fault, q, &rx->poll, false);
		q->poll = &rx->poll;
	}
	line_thaw(line);
	line_set_attached(line);
}

/* vcon_line_set_tx - the same of the queue to the driver */
void vcon_line_set_tx(struct vcon_line *line, struct vbus_dqueue *q)
{
	struct vcon_tx *tx = &line->tx;

	line_freeze(line);
	if (tx->q)
		vbus_fault_fini(&tx->fault);
	tx->q = q;
	tx->starved = false;
	if (q) {
		vbus_fault_init(&tx->fault, q, &tx->poll, true);
		q->poll = &tx->poll;
	}
	line_thaw(line);
	line_set_attached(line);
}

/* vcon_line_tell - an event for the driver: a state (VCON_CELL_LINK), or that something happened */
void vcon_line_tell(struct vcon_line *line, enum vcon_cell cell, u32 type)
{
	unsigned int i = line->index * VCON_CELLS + cell;
	u64 event = vbus_event_make(type, line->index);
	struct vcon *v = line->vcon;

	spin_lock_bh(&v->lock);
	if (v->session && cell == VCON_CELL_LINK)
		vbus_events_set(&v->session->ev, i, event);
	else if (v->session)
		vbus_events_signal(&v->session->ev, i, event);
	spin_unlock_bh(&v->lock);
}

/* vcon_line_resize - the window of the tty has a new size */
void vcon_line_resize(struct vcon_line *line, u16 rows, u16 cols)
{
	struct vcon *v = line->vcon;
	bool wanted;

	spin_lock_bh(&v->lock);
	wanted = v->session && v->session->s.features & VBUS_CONSOLE_F_SIZE &&
		 (line->rows != rows || line->cols != cols);
	line->rows = rows;
	line->cols = cols;
	spin_unlock_bh(&v->lock);
	if (wanted)
		vcon_line_tell(line, VCON_CELL_SIZE, VBUS_PEV_RESIZE);
}
