// SPDX-License-Identifier: GPL-2.0
/*
 * The device as its driver sees it: open, calls, queues, close.
 *
 * All of it runs under the consumer's verb lock and waits for nobody but our own polls. What the
 * driver sends is a private copy; what it says is checked.
 */
#include <linux/nospec.h>

#include "console.h"

static struct vcon *session_to_vcon(struct vbus_session *s)
{
	return container_of(s->port, struct vcon, port);
}

static int port_open(struct vbus_session *s)
{
	struct vcon_session *vs = to_vcon_session(s);
	struct vcon *v = session_to_vcon(s);
	unsigned int i;
	u32 link;

	vbus_events_init(&vs->ev, vs->cells, ARRAY_SIZE(vs->cells));
	spin_lock_bh(&v->lock);
	link = v->enabled ? VBUS_PEV_LINK_UP : VBUS_PEV_LINK_DOWN;
	for (i = 0; i < v->nlines; i++)
		vbus_events_set(&vs->ev, i * VCON_CELLS + VCON_CELL_LINK, vbus_event_make(link, i));
	v->session = vs;
	spin_unlock_bh(&v->lock);
	return 0;
}

static void port_close(struct vbus_session *s)
{
	struct vcon *v = session_to_vcon(s);

	spin_lock_bh(&v->lock);
	v->session = NULL;
	spin_unlock_bh(&v->lock);
}

/* The number of lines stays while there is a session. */
static struct vcon_line *port_line(struct vcon *v, u32 index)
{
	if (index >= v->nlines)
		return NULL;
	return v->lines[array_index_nospec(index, v->nlines)];
}

static int call_info(struct vcon *v, u32 in_len, void *out, u32 *out_len)
{
	struct vbus_console_info info = { .lines = cpu_to_le32(v->nlines) };

	if (in_len || *out_len < sizeof(info))
		return -EINVAL;
	memcpy(out, &info, sizeof(info));
	*out_len = sizeof(info);
	return 0;
}

static int call_line(struct vbus_session *s, const void *in, u32 in_len, void *out, u32 *out_len)
{
	struct vcon *v = session_to_vcon(s);
	struct vbus_console_line reply = { };
	struct vcon_line *line;
	__le32 index;

	if (in_len != sizeof(index) || *out_len < sizeof(reply))
		return -EINVAL;
	memcpy(&index, in, sizeof(index));
	line = port_line(v, le32_to_cpu(index));
	if (!line)
		return -ENOENT;
	spin_lock_bh(&v->lock);
	if (s->features & VBUS_CONSOLE_F_SIZE) {
		reply.rows = cpu_to_le16(line->rows);
		reply.cols = cpu_to_le16(line->cols);
	}
	reply.link = cpu_to_le32(v->enabled);
	spin_unlock_bh(&v->lock);
	memcpy(out, &reply, sizeof(reply));
	*out_len = sizeof(reply);
	return 0;
}

static int port_call(struct vbus_session *s, u32 func, const void *in, u32 in_len,
		     void *out, u32 *out_len)
{
	switch (func) {
	case VBUS_CONSOLE_CALL_INFO:
		return call_info(session_to_vcon(s), in_len, out, out_len);
	case VBUS_CONSOLE_CALL_LINE:
		return call_line(s, in, in_len, out, out_len);
	default:
		return -ENOENT;
	}
}

static int port_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct vcon_line *line;

	if (q->id == VBUS_CONSOLE_Q_EVENT)
		return vbus_events_add(&to_vcon_session(s)->ev, q);
	line = port_line(session_to_vcon(s), (q->id - VBUS_CONSOLE_Q_RX(0)) / 2);
	if (!line)
		return -ENOENT;
	if (q->flags & VBUS_QUEUE_F_STREAM || q->cpl.mem.size < q->req.mem.size)
		return -EINVAL;
	q->priv = line;
	if (q->id == VBUS_CONSOLE_Q_RX(line->index))
		vcon_line_set_tx(line, q);
	else
		vcon_line_set_rx(line, q);
	return 0;
}

static void port_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct vcon_line *line = q->priv;

	if (q->id == VBUS_CONSOLE_Q_EVENT)
		vbus_events_del(&to_vcon_session(s)->ev);
	else if (q->id == VBUS_CONSOLE_Q_RX(line->index))
		vcon_line_set_tx(line, NULL);
	else
		vcon_line_set_rx(line, NULL);
}

const struct vbus_port_ops vcon_port_ops = {
	.session_size = sizeof(struct vcon_session),
	.open = port_open,
	.close = port_close,
	.call = port_call,
	.queue_add = port_queue_add,
	.queue_del = port_queue_del,
};
