// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes from the driver to the tty. Softirq.
 *
 * A request is taken out of the ring once and given back when the tty has all its bytes. When the
 * tty is full no more is taken, so the driver's ring fills up and its writers wait. Whoever reads
 * the tty schedules the poll (unthrottle); since the tty layer does not say whenever it has room
 * again, a timer looks, too.
 *
 * While nobody has the tty open, nobody shall wait for it: the last bytes are kept for the next to
 * open it, older ones are dropped.
 */
#include "console.h"

/* Requests done before the driver gets them back. */
#define RX_BATCH	16

#define RX_WAIT_MIN	1
#define RX_WAIT_MAX	(HZ / 4)

static struct vcon_line *rx_to_line(struct vcon_rx *rx)
{
	return container_of(rx, struct vcon_line, rx);
}

/* The tty, if somebody is there to read. */
static struct vcon_tty *rx_tty(struct vcon_rx *rx)
{
	struct vcon_tty *vt = rx_to_line(rx)->tty;

	return vt && READ_ONCE(vt->open) ? vt : NULL;
}

static unsigned int rx_room(struct vcon_rx *rx)
{
	struct vcon_tty *vt = rx_tty(rx);

	if (!vt)
		return VCON_CHUNK;
	/* What came earlier goes first. */
	return kfifo_is_empty(&rx->backlog) ? tty_buffer_space_avail(&vt->port) : 0;
}

/* Keep the last bytes. */
static void rx_keep(struct vcon_rx *rx, const u8 *buf, unsigned int n)
{
	unsigned int over = max(n, kfifo_avail(&rx->backlog)) - kfifo_avail(&rx->backlog);
	u8 old[64];

	rx->dropped += over;
	while (over)
		over -= kfifo_out(&rx->backlog, old, min_t(unsigned int, over, sizeof(old)));
	kfifo_in(&rx->backlog, buf, n);
}

/* Returns how many bytes were taken. */
static unsigned int rx_pass(struct vcon_rx *rx, const u8 *buf, unsigned int n)
{
	struct vcon_tty *vt = rx_tty(rx);

	if (!vt) {
		rx_keep(rx, buf, n);
		return n;
	}
	n = tty_insert_flip_string(&vt->port, buf, n);
	rx->pushed += n;
	return n;
}

/* Returns false if there was no room. A break that nobody is there to see is none. */
static bool rx_pass_break(struct vcon_rx *rx)
{
	struct vcon_tty *vt = rx_tty(rx);

	if (vt && !tty_insert_flip_char(&vt->port, 0, TTY_BREAK))
		return false;
	rx->pushed++;
	return true;
}

/* What was kept goes to whoever has the tty open now. */
static void rx_recall(struct vcon_rx *rx)
{
	struct vcon_tty *vt = rx_tty(rx);
	unsigned int n, taken;

	while (vt && !kfifo_is_empty(&rx->backlog)) {
		n = min_t(unsigned int, VCON_CHUNK, tty_buffer_space_avail(&vt->port));
		n = kfifo_out_peek(&rx->backlog, rx->buf, n);
		taken = tty_insert_flip_string(&vt->port, rx->buf, n);
		rx->pushed += taken;
		taken = kfifo_out(&rx->backlog, rx->buf, taken);
		if (!taken)
			return;
	}
}

/* Take the next request out of the ring. */
static int rx_get(struct vcon_rx *rx)
{
	u64 features = rx->q->session->features;
	u8 flags;
	u32 len;

	if (!vbus_dqueue_get(rx->q, &rx->slot))
		return -ENOENT;
	len = vbus_slot_len(&rx->slot);
	flags = vbus_slot_flags(&rx->slot);
	rx->brk = flags & VBUS_CONSOLE_SLOT_F_BREAK;
	if (len > VBUS_CONSOLE_MAX_LEN || flags & ~VBUS_CONSOLE_SLOT_F_BREAK ||
	    (rx->brk ? !(features & VBUS_CONSOLE_F_BREAK) : !len))
		return -EPROTO;
	rx->off = 0;
	rx->busy = true;
	return 0;
}

/* Move a chunk of the request to the tty. Returns its size or errno; -ENOSPC: the tty is full. */
static int rx_chunk(struct vcon_rx *rx)
{
	u64 addr = vbus_slot_addr(&rx->slot) + rx->off;
	u32 n = min_t(u32, vbus_slot_len(&rx->slot) - rx->off, min_t(u32, VCON_CHUNK, rx_room(rx)));
	int err;

	if (!n)
		return -ENOSPC;
	err = vbus_dqueue_copy_from(rx->q, rx->buf, addr, n);
	if (err == -EAGAIN) {
		vbus_fault_add(&rx->fault, addr, n);
		vbus_fault_start(&rx->fault);
	}
	if (err == -EIO) {
		/* As on any serial line: bytes are lost. */
		rx->q->stats->dropped++;
		rx->off += n;
		return n;
	}
	if (err)
		return err;
	n = rx_pass(rx, rx->buf, n);
	rx->off += n;
	rx->q->stats->bytes += n;
	return n ?: -ENOSPC;
}

/* One step: queue locked. Returns bytes moved or errno; -ENOENT: there is nothing. */
static int rx_step(struct vcon_rx *rx)
{
	int rc = 0;

	if (!rx->busy)
		rc = rx_get(rx);
	if (!rc && rx->brk) {
		if (!rx_pass_break(rx))
			return -ENOSPC;
		rx->brk = false;
	}
	if (!rc && rx->off < vbus_slot_len(&rx->slot))
		rc = rx_chunk(rx);
	if (rc >= 0 && rx->off == vbus_slot_len(&rx->slot)) {
		rx->busy = false;
		rx->done++;
		rx->owed++;
		rx->q->stats->packets++;
	}
	return rc;
}

/* Give requests back. Queue locked. */
static void rx_complete(struct vcon_rx *rx)
{
	struct vbus_slot slot;

	if (!rx->owed)
		return;
	vbus_slot_set(&slot, rx->done, 0, 0);
	vbus_prod_put(&rx->q->cpl, &slot);
	vbus_dqueue_complete(rx->q, rx->owed);
	rx->owed = 0;
	vbus_dqueue_kick(rx->q);
}

static int rx_locked_step(struct vcon_rx *rx)
{
	int rc;

	if (!vbus_dqueue_lock(rx->q))
		return -ENODEV;
	rc = rx_step(rx);
	if (rc >= 0 && !rx->busy && !vbus_cons_pending(&rx->q->req))
		rc = -ENOENT;
	if (rc < 0 || rx->owed == RX_BATCH)
		rx_complete(rx);
	if (vcon_is_fatal(rc)) {
		rx->q->stats->bad++;
		vbus_session_break(rx->q->session, "bad bytes from the driver of a console");
	}
	vbus_dqueue_unlock(rx->q);
	return rc;
}

static void rx_stall(struct vcon_rx *rx)
{
	rx->stalled = true;
	rx->wait = clamp_t(unsigned int, rx->wait * 2, RX_WAIT_MIN, RX_WAIT_MAX);
	mod_timer(&rx->timer, jiffies + rx->wait);
}

static void rx_push(struct vcon_rx *rx)
{
	struct vcon_tty *vt = rx_to_line(rx)->tty;

	if (!rx->pushed)
		return;
	if (vt)
		tty_flip_buffer_push(&vt->port);
	rx->pushed = 0;
	rx->wait = 0;
}

static int rx_poll(struct vbus_poll *poll, int budget)
{
	struct vcon_rx *rx = container_of(poll, struct vcon_rx, poll);
	u32 bytes = 0;
	int done = 0, rc = 0;

	rx->stalled = false;
	rx_recall(rx);
	if (!rx->q && rx_tty(rx) && !kfifo_is_empty(&rx->backlog))
		rc = -ENOSPC;
	while (rx->q && !vbus_fault_busy(&rx->fault) && rc >= 0 && done < budget &&
	       bytes < VCON_POLL_BYTES) {
		rc = rx_locked_step(rx);
		bytes += max(rc, 0);
		done++;
	}
	if (rc >= 0 && rx->owed && vbus_dqueue_lock(rx->q)) {
		rx_complete(rx);
		vbus_dqueue_unlock(rx->q);
	}
	rx_push(rx);
	if (rc == -ENOSPC)
		rx_stall(rx);
	/* There may be more unless it ended with an error: ask to be run again. */
	return rc >= 0 && done ? vbus_poll_more(poll, done, budget) : 0;
}

static bool rx_arm(struct vbus_poll *poll)
{
	struct vcon_rx *rx = container_of(poll, struct vcon_rx, poll);

	if (!rx->q || rx->stalled || vbus_fault_busy(&rx->fault) ||
	    READ_ONCE(rx->q->session->broken))
		return false;
	return vbus_dqueue_arm(rx->q);
}

static void rx_timer(struct timer_list *timer)
{
	struct vcon_rx *rx = from_timer(rx, timer, timer);

	vbus_poll_schedule(&rx->poll);
}

int vcon_rx_init(struct vcon_rx *rx)
{
	vbus_poll_init(&rx->poll, rx_poll, rx_arm);
	vbus_poll_enable(&rx->poll);
	timer_setup(&rx->timer, rx_timer, 0);
	rx->buf = kmalloc(VCON_CHUNK, GFP_KERNEL);
	if (!rx->buf)
		return -ENOMEM;
	return kfifo_alloc(&rx->backlog, VCON_BACKLOG, GFP_KERNEL);
}

/* vcon_rx_fini - neither queue nor tty is left. Also after vcon_rx_init() failed */
void vcon_rx_fini(struct vcon_rx *rx)
{
	vbus_poll_disable(&rx->poll);
	del_timer_sync(&rx->timer);
	vbus_poll_fini(&rx->poll);
	kfifo_free(&rx->backlog);
	kfree(rx->buf);
}
