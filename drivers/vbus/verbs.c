// SPDX-License-Identifier: GPL-2.0
/*
 * The verbs: one wrapper that validates, locks, counts and traces, and one short function each.
 */
#include <linux/nospec.h>
#include "core.h"
#include "trace.h"

/**
 * struct verb_ctx - one request being carried out
 * @client: who asks
 * @session: what about, for verbs that have a handle
 * @handle: from the request; replaced by OPEN
 * @arg: from the request
 * @in: payload
 * @in_len: bytes of it
 * @out: room for the reply's payload
 * @out_len: bytes of room; set to what was used
 */
struct verb_ctx {
	struct vbus_client *client;
	struct vbus_session *session;
	u32 handle;
	u32 arg;
	const void *in;
	u32 in_len;
	void *out;
	u32 out_len;
};

/* A fixed payload both ways: copy it in, or say that it does not fit. */
static int payload_fixed(struct verb_ctx *ctx, void *msg, size_t size)
{
	if (ctx->in_len != size || ctx->out_len < size)
		return -EINVAL;
	memcpy(msg, ctx->in, size);
	return 0;
}

static void payload_reply(struct verb_ctx *ctx, const void *msg, size_t size)
{
	memcpy(ctx->out, msg, size);
	ctx->out_len = size;
}

static int verb_attach(struct verb_ctx *ctx)
{
	struct vbus_client *client = ctx->client;
	struct vbus_msg_attach msg;
	int err;

	err = payload_fixed(ctx, &msg, sizeof(msg));
	if (err)
		return err;
	if (le32_to_cpu(msg.version) != VBUS_ABI_VERSION ||
	    le64_to_cpu(msg.features) & ~client->conn->caps.features)
		return -EOPNOTSUPP;
	/* A driver side that begins anew knows nothing of what it had before. */
	vbus_session_close_all(client);
	client->features = le64_to_cpu(msg.features);
	client->attached = true;
	vbus_view_replay(client);
	msg.doorbells = cpu_to_le32(client->conn->caps.doorbells);
	payload_reply(ctx, &msg, sizeof(msg));
	return 0;
}

static int verb_open(struct verb_ctx *ctx)
{
	struct vbus_msg_open msg;
	struct vbus_session *s;
	int err;

	err = payload_fixed(ctx, &msg, sizeof(msg));
	if (err)
		return err;
	s = vbus_session_open(ctx->client, &msg);
	if (IS_ERR(s))
		return PTR_ERR(s);
	ctx->handle = s->handle;
	payload_reply(ctx, &msg, sizeof(msg));
	return 0;
}

static int verb_close(struct verb_ctx *ctx)
{
	vbus_session_close(ctx->session);
	ctx->session = NULL;
	ctx->out_len = 0;
	return 0;
}

static int verb_call(struct verb_ctx *ctx)
{
	struct vbus_session *s = ctx->session;
	u32 room = ctx->out_len;
	int err;

	if (!s->port->ops->call)
		return -ENOENT;
	/* What the model leaves out must not be what was in our memory. */
	memset(ctx->out, 0, room);
	err = s->port->ops->call(s, ctx->arg, ctx->in, ctx->in_len, ctx->out, &ctx->out_len);
	if (!err && ctx->out_len > room)
		return -EMSGSIZE;
	return err;
}

static int verb_shm(struct verb_ctx *ctx)
{
	struct vbus_session *s = ctx->session;
	struct vbus_msg_shm msg;
	u32 id = ctx->arg;
	int err;

	err = payload_fixed(ctx, &msg, sizeof(msg));
	if (err)
		return err;
	if (id >= VBUS_MAX_SHM)
		return -EINVAL;
	id = array_index_nospec(id, VBUS_MAX_SHM);
	if (msg.len)
		err = vbus_shm_setup(s, id, &msg);
	else if (s->shms[id])
		vbus_shm_remove(s, id);
	else
		err = -ENOENT;
	payload_reply(ctx, &msg, sizeof(msg));
	return err;
}

static int verb_queue(struct verb_ctx *ctx)
{
	struct vbus_session *s = ctx->session;
	struct vbus_msg_queue msg;
	u32 id = ctx->arg;
	int err;

	err = payload_fixed(ctx, &msg, sizeof(msg));
	if (err)
		return err;
	if (id >= VBUS_MAX_QUEUES)
		return -EINVAL;
	id = array_index_nospec(id, VBUS_MAX_QUEUES);
	if (msg.req_size || msg.cpl_size)
		err = vbus_queue_setup(s, id, &msg);
	else if (s->queues[id])
		vbus_queue_remove(s, id);
	else
		err = -ENOENT;
	payload_reply(ctx, &msg, sizeof(msg));
	return err;
}

static const struct {
	int (*fn)(struct verb_ctx *ctx);
	bool session;	/* is about a handle */
	bool dead_ok;	/* also about that of a dead session */
} verbs[] = {
	[VBUS_VERB_ATTACH] = { verb_attach },
	[VBUS_VERB_OPEN] = { verb_open },
	[VBUS_VERB_CLOSE] = { verb_close, true, true },
	[VBUS_VERB_CALL] = { verb_call, true },
	[VBUS_VERB_SHM] = { verb_shm, true },
	[VBUS_VERB_QUEUE] = { verb_queue, true },
};

/* Everything but the verb itself: is it known, allowed now, and about something? */
static enum vbus_status verb_run(struct verb_ctx *ctx, u16 verb)
{
	struct vbus_client *client = ctx->client;

	if (verb >= ARRAY_SIZE(verbs))
		return VBUS_EINVAL;
	verb = array_index_nospec(verb, ARRAY_SIZE(verbs));
	if (!verbs[verb].fn)
		return VBUS_EINVAL;
	if (client->dead)
		return VBUS_EGONE;
	if (!client->attached && verb != VBUS_VERB_ATTACH)
		return VBUS_ESTATE;
	if (verbs[verb].session) {
		ctx->session = xa_load(&client->handles, ctx->handle);
		if (!ctx->session)
			return VBUS_ENOENT;
		if (ctx->session->dead && !verbs[verb].dead_ok)
			return ctx->session->status;
	}
	return vbus_status_from_errno(verbs[verb].fn(ctx));
}

ssize_t vbus_client_verb(struct vbus_client *client, const void *req, size_t req_len,
			 void *reply, size_t reply_len)
{
	const struct vbus_msg *msg = req;
	struct verb_ctx ctx = { .client = client };
	enum vbus_status status = VBUS_EINVAL;
	struct vbus_msg out = { };
	u16 verb = 0;

	if (reply_len < sizeof(out))
		return -EINVAL;
	mutex_lock(&client->lock);
	if (req_len >= sizeof(*msg)) {
		verb = le16_to_cpu(msg->verb);
		ctx.handle = le32_to_cpu(msg->handle);
		ctx.arg = le32_to_cpu(msg->arg);
		ctx.in = msg + 1;
		ctx.in_len = le32_to_cpu(msg->len);
		ctx.out = reply + sizeof(out);
		ctx.out_len = min_t(size_t, reply_len - sizeof(out), VBUS_CALL_MAX);
		if (ctx.in_len <= VBUS_CALL_MAX && ctx.in_len == req_len - sizeof(*msg) &&
		    !msg->status)
			status = verb_run(&ctx, verb);
	}
	client->verbs++;
	if (status != VBUS_OK)
		ctx.out_len = 0;
	if (status != VBUS_OK && status != VBUS_PENDING)
		client->verb_errors++;
	trace_vbus_verb(client, verb, ctx.handle, ctx.arg, ctx.in_len, status);
	mutex_unlock(&client->lock);

	out.verb = cpu_to_le16(verb);
	out.status = cpu_to_le16(status);
	out.handle = cpu_to_le32(ctx.handle);
	out.arg = cpu_to_le32(ctx.arg);
	out.len = cpu_to_le32(ctx.out_len);
	memcpy(reply, &out, sizeof(out));
	return sizeof(out) + ctx.out_len;
}
EXPORT_SYMBOL_GPL(vbus_client_verb);
