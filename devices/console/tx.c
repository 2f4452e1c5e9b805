// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes from the tty to the driver. Softirq.
 *
 * They wait in the tty's write buffer until the driver has posted buffers; when that is full the
 * tty's writers wait.
 */
#include "console.h"

static struct vcon_line *tx_to_line(struct vcon_tx *tx)
{
	return container_of(tx, struct vcon_line, tx);
}

/* Put @n bytes into the buffer @slot. Queue locked. */
static int tx_fill(struct vcon_tx *tx, const struct vbus_slot *slot, u32 n, bool brk)
{
	struct vbus_dqueue *q = tx->q;
	u64 addr = vbus_slot_addr(slot);
	struct vbus_slot cpl;
	int err = 0;

	if (n)
		err = vbus_dqueue_copy_to(q, addr, tx->buf, n);
	if (err == -EAGAIN) {
		vbus_fault_add(&tx->fault, addr, n);
		vbus_fault_start(&tx->fault);
	}
	if (err)
		return err;
	vbus_dqueue_take(q, 1);
	vbus_slot_set(&cpl, addr, n, brk ? VBUS_CONSOLE_SLOT_F_BREAK : 0);
	vbus_prod_put(&q->cpl, &cpl);
	vbus_dqueue_complete(q, 1);
	q->stats->packets++;
	q->stats->bytes += n;
	return 0;
}

/* One step: queue locked. Returns bytes moved or errno; -ENODATA: there are none to move. */
static int tx_step(struct vcon_tx *tx, struct vcon_tty *vt)
{
	struct vbus_slot slot;
	bool brk, carry;
	u32 n, len;
	int err;

	if (!vcon_tty_pending(vt))
		return -ENODATA;
	if (!vbus_dqueue_peek(tx->q, 0, &slot))
		return -ENOENT;
	len = vbus_slot_len(&slot);
	if (!len || len > VBUS_CONSOLE_MAX_LEN || vbus_slot_flags(&slot))
		return -EPROTO;
	n = vcon_tty_peek(vt, tx->buf, min_t(u32, len, VCON_CHUNK), &brk);
	carry = brk && tx->q->session->features & VBUS_CONSOLE_F_BREAK;
	if (n || carry) {
		err = tx_fill(tx, &slot, n, carry);
		if (err == -EIO) {
			/* As on any serial line: bytes are lost. A break is still to be sent. */
			tx->q->stats->dropped++;
			brk = false;
		} else if (err) {
			return err;
		}
	}
	vcon_tty_skip(vt, n, brk);
	return n;
}

static int tx_locked_step(struct vcon_tx *tx, struct vcon_tty *vt, bool last)
{
	int rc;

	if (!vbus_dqueue_lock(tx->q))
		return -ENODEV;
	rc = tx_step(tx, vt);
	/* Seldom is there more; then there is no need to come again to see it. */
	if (rc >= 0 && !vcon_tty_pending(vt))
		rc = -ENODATA;
	tx->starved = rc == -ENOENT;
	if (tx->starved)
		tx->q->stats->ring_full++;
	if (rc < 0 || last)
		vbus_dqueue_kick(tx->q);
	if (vcon_is_fatal(rc)) {
		tx->q->stats->bad++;
		vbus_session_break(tx->q->session, "bad buffer from the driver of a console");
	}
	vbus_dqueue_unlock(tx->q);
	return rc;
}

static int tx_poll(struct vbus_poll *poll, int budget)
{
	struct vcon_tx *tx = container_of(poll, struct vcon_tx, poll);
	struct vcon_tty *vt = tx_to_line(tx)->tty;
	int done = 0, rc = 0;

	while (tx->q && vt && !vbus_fault_busy(&tx->fault) && rc >= 0 && done < budget)
		rc = tx_locked_step(tx, vt, ++done == budget);
	if (done)
		tty_port_tty_wakeup(&vt->port);
	/* There may be more unless it ended with an error: ask to be run again. */
	return rc >= 0 && done ? vbus_poll_more(poll, done, budget) : 0;
}

/* The driver's buffers are only of interest if there is something to put into them. */
static bool tx_arm(struct vbus_poll *poll)
{
	struct vcon_tx *tx = container_of(poll, struct vcon_tx, poll);

	if (!tx->q || !tx->starved || READ_ONCE(tx->q->session->broken))
		return false;
	return vbus_dqueue_arm(tx->q);
}

int vcon_tx_init(struct vcon_tx *tx)
{
	vbus_poll_init(&tx->poll, tx_poll, tx_arm);
	vbus_poll_enable(&tx->poll);
	tx->buf = kmalloc(VCON_CHUNK, GFP_KERNEL);
	return tx->buf ? 0 : -ENOMEM;
}

/* vcon_tx_fini - neither queue nor tty is left. Also after vcon_tx_init() failed */
void vcon_tx_fini(struct vcon_tx *tx)
{
	vbus_poll_disable(&tx->poll);
	vbus_poll_fini(&tx->poll);
	kfree(tx->buf);
}
