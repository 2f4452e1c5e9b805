// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes from the device, in a tasklet.
 *
 * A buffer is posted again when the tty has all its bytes; so while the tty is full the device runs
 * out of buffers, and whoever writes there waits. What comes while nobody has the tty open is
 * lost, as on any serial line, but for commands to the kernel (sysrq).
 */
#include <linux/sysrq.h>

#include "vbus-console.h"

/* Buffers taken before others get the CPU. */
#define RX_BUDGET	64

#define RX_WAIT_MIN	1
#define RX_WAIT_MAX	(HZ / 4)

/* How long after a break a byte is a command. */
#define RX_SYSRQ	(5 * HZ)

static struct con_line *rx_to_line(struct con_rx *rx)
{
	return container_of(rx, struct con_line, rx);
}

static u32 rx_offset(u32 count)
{
	return count % CON_RX_BUFS * CON_RX_BUF;
}

static void rx_post(struct con_rx *rx)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, rx->dma + rx_offset(rx->posted), CON_RX_BUF, 0);
	vbus_prod_put(&rx->q->req, &slot);
	vbus_prod_publish(&rx->q->req);
	rx->posted++;
}

/* The next buffer that came back. */
static int rx_get(struct con_rx *rx)
{
	struct vbus_slot slot;
	u8 flags;

	if (!vbus_cons_get(&rx->q->cpl, &slot))
		return -ENOENT;
	flags = vbus_slot_flags(&slot);
	rx->len = vbus_slot_len(&slot);
	rx->brk = flags & VBUS_CONSOLE_SLOT_F_BREAK;
	if (rx->taken == rx->posted || vbus_slot_addr(&slot) != rx->dma + rx_offset(rx->taken) ||
	    rx->len > CON_RX_BUF || flags & ~VBUS_CONSOLE_SLOT_F_BREAK || (!rx->len && !rx->brk))
		return -EPROTO;
	rx->off = 0;
	rx->busy = true;
	return 0;
}

/* A break makes the next byte a command if this is the console; else it is for the tty. */
static bool rx_break(struct con_rx *rx)
{
	struct con_line *line = rx_to_line(rx);

	if (READ_ONCE(line->console.flags) & CON_ENABLED) {
		rx->sysrq = jiffies + RX_SYSRQ ?: 1;
	} else if (tty_port_initialized(&line->port)) {
		if (!tty_insert_flip_char(&line->port, 0, TTY_BREAK))
			return false;
		rx->pushed = true;
	}
	return true;
}

static void rx_sysrq(struct con_rx *rx)
{
	unsigned long until = rx->sysrq;

	rx->sysrq = 0;
	if (time_after(jiffies, until))
		return;
	handle_sysrq(rx->buf[rx_offset(rx->taken) + rx->off]);
	rx->off++;
}

static void rx_deliver(struct con_rx *rx)
{
	struct con_line *line = rx_to_line(rx);
	u32 n = rx->len - rx->off;

	if (tty_port_initialized(&line->port)) {
		n = tty_insert_flip_string(&line->port, rx->buf + rx_offset(rx->taken) + rx->off,
					   n);
		rx->pushed |= n;
	} else {
		rx->dropped += n;
	}
	rx->off += n;
}

/* One buffer, or what the tty has room for of it. */
static int rx_step(struct con_rx *rx)
{
	int err;

	if (!rx->busy) {
		err = rx_get(rx);
		if (err)
			return err;
	}
	if (rx->brk && !rx_break(rx))
		return -ENOSPC;
	rx->brk = false;
	if (rx->sysrq && rx->len)
		rx_sysrq(rx);
	rx_deliver(rx);
	if (rx->off < rx->len)
		return -ENOSPC;
	rx->busy = false;
	rx->taken++;
	rx_post(rx);
	return 0;
}

static void rx_stall(struct con_rx *rx)
{
	rx->wait = clamp_t(unsigned int, rx->wait * 2, RX_WAIT_MIN, RX_WAIT_MAX);
	mod_timer(&rx->timer, jiffies + rx->wait);
}

/* con_rx_run - take what there is; line live */
void con_rx_run(struct con_line *line)
{
	struct con_rx *rx = &line->rx;
	int i, err = 0;

	for (i = 0; i < RX_BUDGET && !err; i++)
		err = rx_step(rx);
	if (rx->pushed) {
		rx->pushed = false;
		rx->wait = 0;
		tty_flip_buffer_push(&line->port);
	}
	vbus_queue_kick(rx->q);
	if (err == -ENOENT)
		err = vbus_cons_arm(&rx->q->cpl);
	if (err == -ENOSPC)
		rx_stall(rx);
	else if (err < 0)
		con_broken(line);
	else if (err > 0 || i == RX_BUDGET)
		tasklet_schedule(&line->tasklet);
}

static void rx_timer(struct timer_list *timer)
{
	struct con_rx *rx = from_timer(rx, timer, timer);

	tasklet_schedule(&rx_to_line(rx)->tasklet);
}

static void rx_callback(struct vbus_queue *q)
{
	struct con_line *line = q->priv;

	tasklet_schedule(&line->tasklet);
}

void con_rx_init(struct con_line *line)
{
	timer_setup(&line->rx.timer, rx_timer, 0);
}

static void rx_free(struct con_line *line)
{
	vbus_free_coherent(line->proxy, CON_RX_BUFS * CON_RX_BUF, line->rx.buf, line->rx.dma);
}

int con_rx_start(struct con_line *line)
{
	struct con_rx *rx = &line->rx;
	struct vbus_queue_params params = {
		.id = VBUS_CONSOLE_Q_RX(line->index),
		.req_size = CON_RX_BUFS,
		.cpl_size = CON_RX_BUFS,
		.name = rx->name,
		.callback = rx_callback,
		.priv = line,
	};
	int i;

	rx->buf = vbus_alloc_coherent(line->proxy, CON_RX_BUFS * CON_RX_BUF, &rx->dma, GFP_KERNEL);
	if (!rx->buf)
		return -ENOMEM;
	vbus_queue_name(line->proxy, params.id, rx->name, sizeof(rx->name));
	rx->q = vbus_queue_create(line->proxy, &params);
	if (IS_ERR(rx->q)) {
		rx_free(line);
		return PTR_ERR(rx->q);
	}
	rx->posted = 0;
	rx->taken = 0;
	rx->busy = false;
	rx->sysrq = 0;
	for (i = 0; i < CON_RX_BUFS; i++)
		rx_post(rx);
	return 0;
}

/* The tasklet does not run the receiver any more. */
void con_rx_stop(struct con_line *line)
{
	del_timer_sync(&line->rx.timer);
	vbus_queue_destroy(line->rx.q);
	rx_free(line);
}
