// SPDX-License-Identifier: GPL-2.0
/*
 * A port as its driver sees it: open, calls, queues, close.
 *
 * All of it runs under the consumer's verb lock, takes no rtnl and waits for nobody but our own
 * polls. What the driver sends is a private copy; what it says is checked.
 */
#include <linux/nospec.h>

#include "venet.h"

static int port_open(struct vbus_session *s)
{
	struct venet_session *vs = to_venet_session(s);
	struct venet_port *port = container_of(s->port, struct venet_port, port);
	struct venet *v = port->venet;

	vs->port = port;
	vbus_events_init(&vs->ev, vs->cells, VENET_CELLS);
	spin_lock_bh(&v->lock);
	if (port->session) {
		spin_unlock_bh(&v->lock);
		return -EBUSY;
	}
	port->session = vs;
	vs->queues = v->queues;
	vs->mtu = v->mtu;
	vbus_events_told(&vs->ev, VENET_CELL_MTU, vbus_event_make(VBUS_PEV_RESIZE, v->mtu));
	ether_addr_copy(vs->mac, venet_port_mac(port));
	s->features &= v->features;
	spin_unlock_bh(&v->lock);
	return 0;
}

static void port_close(struct vbus_session *s)
{
	struct venet_session *vs = to_venet_session(s);
	struct venet *v = vs->port->venet;

	venet_down(vs);
	spin_lock_bh(&v->lock);
	vs->port->session = NULL;
	spin_unlock_bh(&v->lock);
}

/* ---- calls ------------------------------------------------------------------------------- */

static int call_info(struct venet_session *vs, void *out, u32 *out_len)
{
	struct venet *v = vs->port->venet;
	struct vbus_enet_info info = {
		.max_mtu = cpu_to_le32(VBUS_ENET_MAX_MTU),
		.queues = cpu_to_le32(vs->queues),
	};

	if (*out_len < sizeof(info))
		return -EINVAL;
	spin_lock_bh(&v->lock);
	ether_addr_copy(info.mac, venet_port_mac(vs->port));
	info.link = v->be->link(v, vs->port->index);
	info.mtu = cpu_to_le32(v->mtu);
	/* The driver has seen it; from here on it is told of changes. */
	vbus_events_told(&vs->ev, VENET_CELL_MTU, vbus_event_make(VBUS_PEV_RESIZE, v->mtu));
	spin_unlock_bh(&v->lock);
	memcpy(out, &info, sizeof(info));
	*out_len = sizeof(info);
	return 0;
}

static int call_up(struct venet_session *vs, const void *in, u32 in_len)
{
	struct vbus_enet_up up;

	if (in_len != sizeof(up))
		return -EINVAL;
	memcpy(&up, in, sizeof(up));
	return venet_up(vs, le32_to_cpu(up.pairs), le32_to_cpu(up.rx_buf));
}

static int call_down(struct venet_session *vs, u32 in_len)
{
	if (in_len)
		return -EINVAL;
	venet_down(vs);
	return 0;
}

static int call_mtu(struct venet_session *vs, const void *in, u32 in_len)
{
	__le32 wire;
	u32 mtu;

	if (in_len != sizeof(wire))
		return -EINVAL;
	memcpy(&wire, in, sizeof(wire));
	mtu = le32_to_cpu(wire);
	if (mtu < VBUS_ENET_MIN_MTU || mtu > VBUS_ENET_MAX_MTU)
		return -EINVAL;
	vs->mtu = mtu;
	if (vs->path)
		WRITE_ONCE(vs->path->max_frame, mtu + VENET_FRAME_SLACK);
	return 0;
}

static int call_mac(struct venet_session *vs, const void *in, u32 in_len)
{
	struct venet *v = vs->port->venet;

	if (in_len != ETH_ALEN || !is_valid_ether_addr(in))
		return -EINVAL;
	spin_lock_bh(&v->lock);
	memcpy(vs->mac, in, ETH_ALEN);
	spin_unlock_bh(&v->lock);
	return 0;
}

static int port_call(struct vbus_session *s, u32 func, const void *in, u32 in_len,
		     void *out, u32 *out_len)
{
	struct venet_session *vs = to_venet_session(s);

	if (func == VBUS_ENET_CALL_INFO)
		return in_len ? -EINVAL : call_info(vs, out, out_len);

	*out_len = 0;
	switch (func) {
	case VBUS_ENET_CALL_UP:
		return call_up(vs, in, in_len);
	case VBUS_ENET_CALL_DOWN:
		return call_down(vs, in_len);
	case VBUS_ENET_CALL_MTU:
		return call_mtu(vs, in, in_len);
	case VBUS_ENET_CALL_MAC:
		return call_mac(vs, in, in_len);
	default:
		return -ENOENT;
	}
}

/* ---- queues ------------------------------------------------------------------------------ */

static int rx_add(struct venet_session *vs, unsigned int pair, struct vbus_dqueue *q)
{
	struct venet_rx *rx;

	/* A completion answers two slots at least. */
	if (q->req.mem.size < VENET_MIN_RING || q->cpl.mem.size < q->req.mem.size / 2)
		return -EINVAL;
	rx = venet_rx_create(vs->port, pair, q);
	if (!rx)
		return -ENOMEM;
	q->priv = rx;
	q->poll = &rx->poll;
	vs->rx[pair] = rx;
	return 0;
}

static int tx_add(struct venet_session *vs, unsigned int pair, struct vbus_dqueue *q)
{
	struct venet_tx *tx;

	/* Each buffer may need a header slot beside its own. */
	if (q->req.mem.size < VENET_MIN_RING || q->cpl.mem.size < q->req.mem.size * 2)
		return -EINVAL;
	tx = venet_tx_create(vs->port, pair, q);
	if (!tx)
		return -ENOMEM;
	q->priv = tx;
	q->poll = &tx->poll;
	vs->tx[pair] = tx;
	return 0;
}

static int port_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct venet_session *vs = to_venet_session(s);
	unsigned int pair;

	if (q->id == VBUS_ENET_Q_EVENT)
		return vbus_events_add(&vs->ev, q);
	pair = (q->id - VBUS_ENET_Q_RX(0)) / 2;
	if (pair >= vs->queues)
		return -ENOENT;
	if (q->flags & VBUS_QUEUE_F_STREAM)
		return -EINVAL;
	pair = array_index_nospec(pair, VBUS_ENET_MAX_PAIRS);
	if (q->id == VBUS_ENET_Q_RX(pair))
		return tx_add(vs, pair, q);
	return rx_add(vs, pair, q);
}

static void port_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct venet_session *vs = to_venet_session(s);
	unsigned int pair;

	if (q->id == VBUS_ENET_Q_EVENT) {
		vbus_events_del(&vs->ev);
		return;
	}
	/* A driver should say DOWN first; one that does not, or is gone, is taken down here. */
	pair = (q->id - VBUS_ENET_Q_RX(0)) / 2;
	if (vs->path && pair < vs->path->pairs)
		venet_down(vs);
	if (q->id == VBUS_ENET_Q_RX(pair)) {
		venet_tx_destroy(vs->tx[pair]);
		vs->tx[pair] = NULL;
	} else {
		venet_rx_destroy(vs->rx[pair]);
		vs->rx[pair] = NULL;
	}
	q->poll = NULL;
	q->priv = NULL;
}

const struct vbus_port_ops venet_port_ops = {
	.session_size = sizeof(struct venet_session),
	.open = port_open,
	.close = port_close,
	.call = port_call,
	.queue_add = port_queue_add,
	.queue_del = port_queue_del,
};
