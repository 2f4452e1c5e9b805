// SPDX-License-Identifier: GPL-2.0
/*
 * UP and DOWN: publishing the way to a driver, and taking it back.
 */
#include <linux/slab.h>

#include "venet.h"

static bool pairs_ready(const struct venet_session *vs, u32 pairs)
{
	u32 i;

	for (i = 0; i < pairs; i++)
		if (!vs->rx[i] || !vs->tx[i])
			return false;
	return true;
}

static struct venet_path *path_alloc(struct venet_session *vs, u32 pairs, u32 rx_buf)
{
	struct venet_path *path = kzalloc(sizeof(*path), GFP_KERNEL);
	u32 longest = VBUS_ENET_MAX_MTU + VENET_FRAME_SLACK;

	if (!path)
		return NULL;
	path->port = vs->port;
	path->features = vs->s.features;
	path->pairs = pairs;
	path->rx_buf = rx_buf;
	path->max_gso = rx_buf * VBUS_ENET_MAX_FRAGS;
	path->max_frame = vs->mtu + VENET_FRAME_SLACK;
	if (path->features & (VBUS_ENET_F_RX_TSO4 | VBUS_ENET_F_RX_TSO6))
		longest = VBUS_ENET_MAX_FRAME;
	path->need = min_t(u32, DIV_ROUND_UP(longest, rx_buf), VBUS_ENET_MAX_FRAGS);
	memcpy(path->rx, vs->rx, sizeof(path->rx[0]) * pairs);
	memcpy(path->tx, vs->tx, sizeof(path->tx[0]) * pairs);
	return path;
}

static void path_publish(struct venet_session *vs, struct venet_path *path)
{
	struct venet_port *port = vs->port;
	struct venet *v = port->venet;

	spin_lock_bh(&v->lock);
	rcu_assign_pointer(port->path, path);
	if (path)
		vbus_events_signal(&vs->ev, VENET_CELL_LINK, 0);	/* whatever it is */
	if (v->be->changed)
		v->be->changed(v);
	venet_events_push_all(v);
	spin_unlock_bh(&v->lock);
}

/**
 * venet_up() - the driver wants traffic
 * @vs: its session
 * @pairs: queue pairs to use
 * @rx_buf: bytes of its receive buffers
 *
 * Return: 0, -EBUSY (is up), -EINVAL (out of range), -ENOENT (queues missing), -ENOMEM.
 */
int venet_up(struct venet_session *vs, u32 pairs, u32 rx_buf)
{
	struct venet_path *path;
	u32 i;
	int rc;

	if (vs->path)
		return -EBUSY;
	if (!pairs || pairs > vs->queues ||
	    rx_buf < VBUS_ENET_MIN_BUF || rx_buf > VBUS_ENET_MAX_BUF)
		return -EINVAL;
	if (!pairs_ready(vs, pairs))
		return -ENOENT;
	path = path_alloc(vs, pairs, rx_buf);
	if (!path)
		return -ENOMEM;
	for (i = 0; i < pairs; i++) {
		rc = venet_tx_set(path->tx[i], path);
		if (rc) {
			kfree(path);
			return rc;
		}
	}
	for (i = 0; i < pairs; i++) {
		vbus_poll_enable(&path->rx[i]->poll);
		vbus_poll_enable(&path->tx[i]->poll);
	}
	vs->path = path;
	path_publish(vs, path);
	/* Doorbells that came before are lost; these take what is there and arm the rings. */
	for (i = 0; i < pairs; i++)
		vbus_poll_schedule(&path->rx[i]->poll);
	return 0;
}

/**
 * venet_down() - no more traffic; on return nothing uses the queues
 * @vs: the session, up or not
 */
void venet_down(struct venet_session *vs)
{
	struct venet_path *path = vs->path;
	u32 i;

	if (!path)
		return;
	vs->path = NULL;
	path_publish(vs, NULL);
	/* Senders and the polls of another port may still be in the middle of a packet for us. */
	synchronize_net();
	for (i = 0; i < path->pairs; i++) {
		/* The last of a series may have found no path. */
		venet_tx_flush(path->tx[i]);
		vbus_poll_disable(&path->rx[i]->poll);
		vbus_poll_disable(&path->tx[i]->poll);
		/* Nobody starts it any more; it wakes a sender, who then finds no path. */
		del_timer_sync(&path->tx[i]->timer);
		rcu_read_lock();
		vs->port->venet->be->wake(path->tx[i], path->pairs);
		rcu_read_unlock();
	}
	kfree(path);
}
