// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: a client's use of a port, from OPEN to CLOSE.
 *
 * A session whose device left the bus, or whose peer broke the rules, is dead: its rings are
 * stopped and the model has let go of it, but its handle stays, to answer with the reason until it
 * is closed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static void session_release(struct kref *ref)
{
	struct vbus_session *s = container_of(ref, struct vbus_session, ref);

	vbus_node_put(s->node);
	vbus_client_put(s->client);
	/* A doorbell may still be looking at the model's poll, which lies in here. */
	kfree_rcu(s, rcu);
}

static void session_put(struct vbus_session *s)
{
	kref_put(&s->ref, session_release);
}

static void session_break_work(struct work_struct *work)
{
	struct vbus_session *s = container_of(work, struct vbus_session, break_work);

	mutex_lock(&s->client->lock);
	vbus_session_kill(s, VBUS_EPROTO);
	mutex_unlock(&s->client->lock);
	session_put(s);
}

void vbus_session_break(struct vbus_session *s, const char *why)
{
	if (cmpxchg(&s->broken, 0, 1))
		return;
	trace_vbus_session_break(s, why);
	pr_warn_ratelimited("%s: %s: port %u closed: %s\n", vbus_bus_name(s->client->bus),
			    s->client->name, s->node->id, why);
	kref_get(&s->ref);
	queue_work(vbus_wq, &s->break_work);
}
EXPORT_SYMBOL_GPL(vbus_session_break);

static bool port_take(struct vbus_port *port)
{
	bool ok;

	spin_lock(&vbus_port_lock);
	ok = port->sessions < max(port->max_sessions, 1u);
	if (ok)
		port->sessions++;
	else
		port->wanted = true;
	spin_unlock(&vbus_port_lock);
	return ok;
}

static void port_give(struct vbus_port *port, struct vbus_node *node)
{
	bool wanted;

	spin_lock(&vbus_port_lock);
	port->sessions--;
	wanted = port->wanted;
	port->wanted = false;
	spin_unlock(&vbus_port_lock);
	if (wanted)
		vbus_node_available(node);
}

static struct vbus_session *session_alloc(struct vbus_client *client, struct vbus_node *node,
					  u64 features)
{
	struct vbus_session *s = kzalloc(node->port->ops->session_size, GFP_KERNEL);

	if (!s)
		return NULL;
	kref_init(&s->ref);
	INIT_WORK(&s->break_work, session_break_work);
	vbus_client_get(client);
	vbus_node_get(node);
	s->client = client;
	s->mem = &client->mem;
	s->node = node;
	s->port = node->port;
	s->features = features;
	return s;
}

static int open_check(const struct vbus_port *port, const struct vbus_msg_open *msg)
{
	if (le32_to_cpu(msg->version) != port->version)
		return -EOPNOTSUPP;
	if (le64_to_cpu(msg->features) & ~port->features)
		return -EOPNOTSUPP;
	return 0;
}

static int session_add_handle(struct vbus_session *s)
{
	struct vbus_client *client = s->client;

	/* Cyclic, so that a stale handle rarely names the session of another. */
	return xa_alloc_cyclic(&client->handles, &s->handle, s, XA_LIMIT(1, INT_MAX),
			       &client->next_handle, GFP_KERNEL);
}

static int session_charge(struct vbus_client *client)
{
	struct vbus_bus *bus = client->bus;

	if (vbus_bus_charge(bus, &bus->sessions, READ_ONCE(bus->limits.sessions)))
		return 0;
	pr_info_ratelimited("%s: %s: no more sessions: limits/sessions is %u\n",
			    vbus_bus_name(bus), client->name, bus->limits.sessions);
	return -ENOSPC;
}

/* Open a port and fill in the reply; returns the session or ERR_PTR(). */
struct vbus_session *vbus_session_open(struct vbus_client *client, struct vbus_msg_open *msg)
{
	struct vbus_view *view = xa_load(&client->views, le32_to_cpu(msg->port));
	struct vbus_session *s;
	struct vbus_port *port;
	int err;

	lockdep_assert_held(&client->lock);
	if (!view)
		return ERR_PTR(-ENOENT);
	if (view->drop)
		return ERR_PTR(-ENODEV);
	port = view->node->port;
	err = open_check(port, msg);
	if (err)
		return ERR_PTR(err);
	err = session_charge(client);
	if (err)
		return ERR_PTR(err);
	err = -EBUSY;
	if (!port_take(port))
		goto err_charge;
	err = -ENOMEM;
	s = session_alloc(client, view->node, le64_to_cpu(msg->features));
	if (!s)
		goto err_port;
	err = session_add_handle(s);
	if (err < 0)
		goto err_session;
	err = port->ops->open(s);
	if (err)
		goto err_handle;
	s->dir = vbus_portdir_add(s);
	if (IS_ERR(s->dir)) {
		err = PTR_ERR(s->dir);
		goto err_open;
	}
	trace_vbus_session_open(s);
	msg->features = cpu_to_le64(s->features);
	return s;

err_open:
	port->ops->close(s);
err_handle:
	/* Should the model have broken it meanwhile, there is nothing left to end. */
	s->dead = true;
	s->port = NULL;
	xa_erase(&client->handles, s->handle);
err_session:
	session_put(s);
err_port:
	port_give(port, view->node);
err_charge:
	atomic_dec(&client->bus->sessions);
	return ERR_PTR(err);
}

/*
 * The end of a session has two halves with an RCU grace period between them, which sessions that
 * end together share.
 *
 * First half: mark it dead, so that its handle answers @status; stop its rings. Returns whether the
 * grace period is needed: a doorbell may still be on its way to the poll of a queue.
 */
static bool session_stop(struct vbus_session *s, enum vbus_status status)
{
	bool queues = false;
	int i;

	lockdep_assert_held(&s->client->lock);
	if (s->dead)
		return false;
	WRITE_ONCE(s->dead, true);
	s->status = status;
	trace_vbus_session_close(s);
	for (i = 0; i < VBUS_MAX_QUEUES; i++) {
		if (s->queues[i]) {
			vbus_queue_mark_dead(s->queues[i]);
			queues = true;
		}
	}
	return queues;
}

/* Second half: end the queues, take the regions, let the model go, give the port back. */
static void session_finish(struct vbus_session *s)
{
	struct vbus_port *port = s->port;
	int i;

	lockdep_assert_held(&s->client->lock);
	if (!port)
		return;
	for (i = 0; i < VBUS_MAX_QUEUES; i++)
		if (s->queues[i])
			vbus_queue_teardown(s->queues[i]);
	for (i = 0; i < VBUS_MAX_SHM; i++)
		if (s->shms[i])
			vbus_shm_remove(s, i);
	port->ops->close(s);
	for (i = 0; i < VBUS_MAX_QUEUES; i++)
		if (s->stats[i])
			vbus_qstats_del(s->stats[i]);
	vbus_portdir_del(s->dir);
	s->port = NULL;
	port_give(port, s->node);
}

/* The handle counts against limits/sessions to the last: a peer can keep those of dead sessions. */
static void session_drop_handle(struct vbus_session *s)
{
	xa_erase(&s->client->handles, s->handle);
	atomic_dec(&s->client->bus->sessions);
	session_put(s);
}

/* End a session but for its handle, which answers @status from now on. */
void vbus_session_kill(struct vbus_session *s, enum vbus_status status)
{
	if (session_stop(s, status))
		synchronize_rcu_expedited();
	session_finish(s);
}

/* End a session and its handle. */
void vbus_session_close(struct vbus_session *s)
{
	vbus_session_kill(s, VBUS_EGONE);
	session_drop_handle(s);
}

void vbus_session_kill_node(struct vbus_client *client, struct vbus_node *node)
{
	struct vbus_session *s;
	unsigned long handle;
	bool queues = false;

	xa_for_each(&client->handles, handle, s)
		if (s->node == node)
			queues |= session_stop(s, VBUS_EGONE);
	if (queues)
		synchronize_rcu_expedited();
	xa_for_each(&client->handles, handle, s)
		if (s->node == node)
			session_finish(s);
}

void vbus_session_close_all(struct vbus_client *client)
{
	struct vbus_session *s;
	unsigned long handle;
	bool queues = false;

	xa_for_each(&client->handles, handle, s)
		queues |= session_stop(s, VBUS_EGONE);
	if (queues)
		synchronize_rcu_expedited();
	xa_for_each(&client->handles, handle, s) {
		session_finish(s);
		session_drop_handle(s);
	}
}
