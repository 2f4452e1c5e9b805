// SPDX-License-Identifier: GPL-2.0
/*
 * Verbs: requests to the device side and their answers.
 *
 * The answer comes from a side that is not trusted. It is looked at in a private copy, and one that
 * does not fit its request is -EBADMSG.
 */
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include "proxy.h"

/* Room for the payload of every verb but CALL. */
#define XFER_SMALL	48

static const int status_errnos[] = {
	[VBUS_OK] = 0,
	[VBUS_EINVAL] = -EINVAL,
	[VBUS_ENOENT] = -ENOENT,
	[VBUS_EBUSY] = -EBUSY,
	[VBUS_ENOMEM] = -ENOMEM,
	[VBUS_ENOSPC] = -ENOSPC,
	[VBUS_EVERSION] = -EOPNOTSUPP,
	[VBUS_EGONE] = -ENODEV,
	[VBUS_EFAULT] = -EFAULT,
	[VBUS_EPROTO] = -EPROTO,
	[VBUS_EPERM] = -EPERM,
	[VBUS_EIO] = -EIO,
	[VBUS_PENDING] = -EINPROGRESS,
	[VBUS_ESTATE] = -ENOTCONN,
};

static int status_errno(u16 status)
{
	if (status >= ARRAY_SIZE(status_errnos))
		return -EIO;
	return status_errnos[array_index_nospec(status, ARRAY_SIZE(status_errnos))];
}

static void xfer_request(const struct vbus_xfer *x, void *buf)
{
	struct vbus_msg *req = buf;

	*req = (struct vbus_msg) {
		.verb = cpu_to_le16(x->verb),
		.handle = cpu_to_le32(x->handle),
		.arg = cpu_to_le32(x->arg),
		.len = cpu_to_le32(x->in_len),
	};
	memcpy(buf + sizeof(*req), x->in, x->in_len);
}

/* @len bytes have arrived in @buf. */
static int xfer_reply(struct vbus_xfer *x, const void *buf, size_t len)
{
	const struct vbus_msg *reply = buf;
	size_t payload = len - sizeof(*reply);
	int err;

	if (len < sizeof(*reply) || le16_to_cpu(reply->verb) != x->verb ||
	    le32_to_cpu(reply->len) != payload || payload > x->out_len)
		return -EBADMSG;
	err = status_errno(le16_to_cpu(reply->status));
	x->answered = true;
	if (err)
		return err;
	if (x->exact && payload != x->out_len)
		return -EBADMSG;
	if (x->verb == VBUS_VERB_OPEN)
		x->handle = le32_to_cpu(reply->handle);
	memcpy(x->out, buf + sizeof(*reply), payload);
	x->out_len = payload;
	return 0;
}

static int xfer_exchange(struct vbus_bridge *bridge, struct vbus_xfer *x, void *req, void *reply)
{
	int len;

	xfer_request(x, req);
	len = bridge->ops->verb(bridge, req, sizeof(struct vbus_msg) + x->in_len,
				reply, sizeof(struct vbus_msg) + x->out_len);
	if (len < 0)
		return len;
	return xfer_reply(x, reply, len);
}

/* The small ones need no memory: closing must work when there is none. */
static int xfer_small(struct vbus_bridge *bridge, struct vbus_xfer *x)
{
	u8 req[sizeof(struct vbus_msg) + XFER_SMALL] __aligned(8);
	u8 reply[sizeof(struct vbus_msg) + XFER_SMALL] __aligned(8);

	return xfer_exchange(bridge, x, req, reply);
}

static int xfer_large(struct vbus_bridge *bridge, struct vbus_xfer *x)
{
	size_t req_len = ALIGN(sizeof(struct vbus_msg) + x->in_len, 8);
	void *buf = kmalloc(req_len + sizeof(struct vbus_msg) + x->out_len, GFP_KERNEL);
	int err;

	if (!buf)
		return -ENOMEM;
	err = xfer_exchange(bridge, x, buf, buf + req_len);
	kfree(buf);
	return err;
}

/* Carry out a verb. Return: 0 or errno, see struct vbus_xfer for the rest. */
int vbus_xfer_bridge(struct vbus_bridge *bridge, struct vbus_xfer *x)
{
	int err;

	if (x->in_len <= XFER_SMALL && x->out_len <= XFER_SMALL)
		err = xfer_small(bridge, x);
	else
		err = xfer_large(bridge, x);
	if (err == -EBADMSG)
		dev_warn_ratelimited(bridge->dev, "malformed answer to verb %u\n", x->verb);
	return err;
}

static int xfer_session_locked(struct vbus_proxy *p, struct vbus_xfer *x)
{
	lockdep_assert_held(&p->lock);
	if (x->verb != VBUS_VERB_OPEN && !p->open)
		return -ENOTCONN;
	if (x->verb != VBUS_VERB_CLOSE && READ_ONCE(p->gone))
		return -ENODEV;
	x->handle = p->handle;
	return vbus_xfer_bridge(p->bridge, x);
}

/* Carry out a verb on the proxy's session. */
int vbus_xfer_proxy(struct vbus_proxy *p, struct vbus_xfer *x)
{
	int err;

	mutex_lock(&p->lock);
	err = xfer_session_locked(p, x);
	mutex_unlock(&p->lock);
	return err;
}

static void close_locked(struct vbus_proxy *p)
{
	struct vbus_xfer x = { .verb = VBUS_VERB_CLOSE };

	/* Nothing can be done about an error; the handle is done with either way. */
	xfer_session_locked(p, &x);
	p->open = false;
	p->handle = 0;
	p->features = 0;
	module_put(p->bridge->owner);
}

/* The connector is pinned while a port is open. */
static int open_locked(struct vbus_proxy *p, u32 version, u64 features)
{
	struct vbus_msg_open msg = {
		.port = cpu_to_le32(p->port),
		.version = cpu_to_le32(version),
		.features = cpu_to_le64(features),
	};
	struct vbus_xfer x = {
		.verb = VBUS_VERB_OPEN,
		.in = &msg, .in_len = sizeof(msg),
		.out = &msg, .out_len = sizeof(msg), .exact = true,
	};
	int err;

	if (p->open)
		return -EBUSY;
	if (!try_module_get(p->bridge->owner))
		return -ENODEV;
	err = xfer_session_locked(p, &x);
	if (err) {
		module_put(p->bridge->owner);
		return err;
	}
	p->open = true;
	p->handle = x.handle;
	p->features = le64_to_cpu(msg.features);
	if (le32_to_cpu(msg.port) == p->port && le32_to_cpu(msg.version) == version &&
	    !(p->features & ~features))
		return 0;
	close_locked(p);
	return -EPROTO;
}

int vbus_open(struct vbus_proxy *p, u32 version, u64 features)
{
	int err;

	mutex_lock(&p->lock);
	err = open_locked(p, version, features);
	mutex_unlock(&p->lock);
	if (err == -EBUSY)
		dev_info_ratelimited(&p->dev, "port is taken; waiting until it is available\n");
	else if (err)
		dev_warn_ratelimited(&p->dev, "cannot open the port (version %u, features %#llx): %pe\n",
				     version, features, ERR_PTR(err));
	return err;
}
EXPORT_SYMBOL_GPL(vbus_open);

void vbus_close(struct vbus_proxy *p)
{
	mutex_lock(&p->lock);
	if (p->open)
		close_locked(p);
	mutex_unlock(&p->lock);
}
EXPORT_SYMBOL_GPL(vbus_close);

/* Does the bus have the port? Asked by opening it with a version that no device has. */
bool vbus_proxy_exists(struct vbus_proxy *p)
{
	int err = 0;

	mutex_lock(&p->lock);
	if (!p->open) {
		err = open_locked(p, 0, 0);
		if (!err)
			close_locked(p);
	}
	mutex_unlock(&p->lock);
	return err != -ENOENT && err != -ENODEV;
}

/* The device side closed everything: our handle means nothing any more. */
void vbus_proxy_forget(struct vbus_proxy *p)
{
	mutex_lock(&p->lock);
	if (p->open) {
		p->open = false;
		p->handle = 0;
		p->features = 0;
		module_put(p->bridge->owner);
	}
	mutex_unlock(&p->lock);
}

/* Errors are the driver's to log: it alone knows which are unexpected. */
int vbus_call(struct vbus_proxy *p, u32 func, const void *in, size_t in_len,
	      void *out, size_t out_len)
{
	struct vbus_xfer x = {
		.verb = VBUS_VERB_CALL,
		.arg = func,
		.in = in, .in_len = in_len,
		.out = out, .out_len = out_len,
	};
	int err;

	if (in_len > VBUS_CALL_MAX || out_len > VBUS_CALL_MAX)
		return -EINVAL;
	err = vbus_xfer_proxy(p, &x);
	return err ?: x.out_len;
}
EXPORT_SYMBOL_GPL(vbus_call);

int vbus_shm(struct vbus_proxy *p, u32 id, dma_addr_t addr, u64 len, u32 flags)
{
	struct vbus_msg_shm msg = {
		.addr = cpu_to_le64(addr),
		.len = cpu_to_le64(len),
		.flags = cpu_to_le32(flags),
		.vector = cpu_to_le32(VBUS_NO_VECTOR),
	};
	struct vbus_xfer x = {
		.verb = VBUS_VERB_SHM,
		.arg = id,
		.in = &msg, .in_len = sizeof(msg),
		.out = &msg, .out_len = sizeof(msg),
	};
	int err;

	err = vbus_xfer_proxy(p, &x);
	if (err && len)
		dev_warn_ratelimited(&p->dev, "shared memory %u of %llu bytes refused: %pe\n",
				     id, len, ERR_PTR(err));
	return err;
}
EXPORT_SYMBOL_GPL(vbus_shm);
