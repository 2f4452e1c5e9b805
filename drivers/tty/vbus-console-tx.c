// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes to the device. Any context, tx.lock held: nothing here prints or waits.
 */
#include <linux/build_bug.h>

#include "vbus-console.h"

/* They are indexed by counters that wrap. */
static_assert(!(CON_TX_BYTES & (CON_TX_BYTES - 1)) && !(CON_TX_SLOTS & (CON_TX_SLOTS - 1)));

/* Looks for completions at a time, of a device that may be making them up. */
#define TX_LOOKS	(2 * CON_TX_SLOTS)

/* The device says how many slots it has done in all. */
static bool tx_take_done(struct con_tx *tx, u32 done)
{
	if (done - tx->done > tx->posted - tx->done)
		return false;
	if (done != tx->done)
		tx->stuck = false;
	while (tx->done != done)
		tx->tail += tx->len[tx->done++ % CON_TX_SLOTS];
	return true;
}

/* con_tx_reclaim - see what the device is done with */
void con_tx_reclaim(struct con_line *line)
{
	struct con_tx *tx = &line->tx;
	struct vbus_slot slot;
	int i;

	lockdep_assert_held(&tx->lock);
	for (i = 0; i < TX_LOOKS && vbus_cons_get(&tx->q->cpl, &slot); i++) {
		if (!tx_take_done(tx, lower_32_bits(vbus_slot_addr(&slot)))) {
			con_broken(line);
			return;
		}
	}
}

/* con_tx_room - bytes that can be sent */
u32 con_tx_room(struct con_line *line)
{
	struct con_tx *tx = &line->tx;
	u32 slots = CON_TX_SLOTS - (tx->posted - tx->done);

	lockdep_assert_held(&tx->lock);
	/* Bytes that go over the end of the ring take two slots. */
	return slots > 1 ? CON_TX_BYTES - (tx->head - tx->tail) : 0;
}

static void tx_post(struct con_tx *tx, u32 off, u32 n, u8 flags)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, tx->dma + off, n, flags);
	vbus_prod_put(&tx->q->req, &slot);
	tx->len[tx->posted++ % CON_TX_SLOTS] = n;
	tx->head += n;
}

/*
 * con_tx_send - send what there is room for; returns how much that was
 *
 * Then ring: with vbus_queue_kick(), or where interrupts shall be on by then, with what
 * vbus_prod_kick() says.
 */
u32 con_tx_send(struct con_line *line, const u8 *buf, u32 n)
{
	struct con_tx *tx = &line->tx;
	u32 left;

	con_tx_reclaim(line);
	n = min(n, con_tx_room(line));
	for (left = n; left;) {
		u32 off = tx->head % CON_TX_BYTES;
		u32 part = min_t(u32, left, CON_TX_BYTES - off);

		memcpy(tx->buf + off, buf, part);
		tx_post(tx, off, part, 0);
		buf += part;
		left -= part;
	}
	vbus_prod_publish(&tx->q->req);
	return n;
}

/* con_tx_break - send a break; false if there is no room */
bool con_tx_break(struct con_line *line)
{
	struct con_tx *tx = &line->tx;

	con_tx_reclaim(line);
	if (!con_tx_room(line))
		return false;
	tx_post(tx, tx->head % CON_TX_BYTES, 0, VBUS_CONSOLE_SLOT_F_BREAK);
	vbus_prod_publish(&tx->q->req);
	vbus_queue_kick(tx->q);
	return true;
}

/* con_tx_wait - somebody waits for what is on its way: have the device ring when it is done */
void con_tx_wait(struct con_line *line)
{
	struct con_tx *tx = &line->tx;
	int i, more = 1;

	con_tx_reclaim(line);
	for (i = 0; i < TX_LOOKS && more > 0 && tx->posted != tx->done && !line->broken; i++) {
		more = vbus_cons_arm(&tx->q->cpl);
		if (more > 0)
			con_tx_reclaim(line);
	}
	if (more < 0)
		con_broken(line);
}

static void tx_callback(struct vbus_queue *q)
{
	struct con_line *line = q->priv;

	tasklet_schedule(&line->tasklet);
}

static void tx_free(struct con_line *line)
{
	vbus_free_coherent(line->proxy, CON_TX_BYTES, line->tx.buf, line->tx.dma);
}

int con_tx_start(struct con_line *line)
{
	struct con_tx *tx = &line->tx;
	struct vbus_queue_params params = {
		.id = VBUS_CONSOLE_Q_TX(line->index),
		.req_size = CON_TX_SLOTS,
		.cpl_size = CON_TX_SLOTS,
		.name = tx->name,
		.callback = tx_callback,
		.priv = line,
	};

	tx->buf = vbus_alloc_coherent(line->proxy, CON_TX_BYTES, &tx->dma, GFP_KERNEL);
	if (!tx->buf)
		return -ENOMEM;
	tx->head = 0;
	tx->tail = 0;
	tx->posted = 0;
	tx->done = 0;
	tx->stuck = false;
	vbus_queue_name(line->proxy, params.id, tx->name, sizeof(tx->name));
	tx->q = vbus_queue_create(line->proxy, &params);
	if (IS_ERR(tx->q)) {
		tx_free(line);
		return PTR_ERR(tx->q);
	}
	return 0;
}

void con_tx_stop(struct con_line *line)
{
	vbus_queue_destroy(line->tx.q);
	tx_free(line);
}
