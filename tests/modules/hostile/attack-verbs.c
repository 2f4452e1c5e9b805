// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks by verb. They expect a port of type "echo", but for "random", which takes any.
 */
#include <linux/slab.h>
#include "hostile.h"

static int echo_open(struct hostile_run *t, u32 *handle)
{
	return hostile_open(t->h, t->port, VBUS_ECHO_VERSION, 0, handle);
}

/* A client nobody has sent ATTACH for. */
static void attack_unattached(struct hostile_run *t)
{
	u16 verb;

	for (verb = VBUS_VERB_OPEN; verb <= VBUS_VERB_QUEUE; verb++)
		hostile_check(t, hostile_verb(t->h, verb, 1, 0, NULL, 0, NULL) == VBUS_ESTATE,
			      "verb %u before ATTACH is not ESTATE", verb);
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

static void order_shm(struct hostile_run *t, u32 handle)
{
	struct hostile *h = t->h;

	hostile_is(t, hostile_call(h, handle, VBUS_ECHO_CALL_TOUCH, NULL, 0), VBUS_ENOENT,
		   "touch without a region");
	hostile_is(t, hostile_shm(h, handle, 0, HR_ARENA_ADDR, 0, 0), VBUS_ENOENT,
		   "unregister a region that is not there");
	hostile_is(t, hostile_shm(h, handle, 0, HR_ARENA_ADDR, 64, 0), VBUS_OK, "register");
	hostile_is(t, hostile_shm(h, handle, 0, HR_ARENA_ADDR, 64, 0), VBUS_EBUSY,
		   "register twice");
	hostile_is(t, hostile_call(h, handle, VBUS_ECHO_CALL_TOUCH, NULL, 0), VBUS_OK, "touch");
	hostile_is(t, hostile_shm(h, handle, 0, 0, 0, 0), VBUS_OK, "unregister");
	hostile_is(t, hostile_shm(h, handle, 0, 0, 0, 0), VBUS_ENOENT, "unregister twice");
}

static void order_queue(struct hostile_run *t, u32 handle)
{
	struct vbus_msg_queue none = { }, msg;
	struct hostile_queue q;
	struct hostile *h = t->h;

	hostile_is(t, hostile_queue_verb(h, handle, 0, &none, NULL), VBUS_ENOENT,
		   "end a queue that is not there");
	if (!hostile_is(t, hostile_queue_init(&q, h, handle, 0, 8, 8, 0), VBUS_OK, "queue"))
		return;
	hostile_queue_msg(&q, &msg);
	hostile_is(t, hostile_queue_verb(h, handle, 0, &msg, NULL), VBUS_EBUSY, "queue twice");
	hostile_is(t, hostile_echo_round(&q, 100, 2000), 0, "a round after it");
	hostile_is(t, hostile_queue_verb(h, handle, 0, &none, NULL), VBUS_OK, "end the queue");
	hostile_is(t, hostile_queue_verb(h, handle, 0, &none, NULL), VBUS_ENOENT, "end it twice");
	vbus_client_doorbell(&h->client, q.doorbell);
	hostile_queue_forget(&q);
}

static void attack_order(struct hostile_run *t)
{
	struct hostile *h = t->h;
	u32 handle, other;

	hostile_is(t, hostile_attach(h), VBUS_OK, "attach");
	if (!hostile_is(t, echo_open(t, &handle), VBUS_OK, "open"))
		return;
	order_shm(t, handle);
	order_queue(t, handle);
	hostile_is(t, hostile_close(h, handle), VBUS_OK, "close");
	hostile_is(t, hostile_close(h, handle), VBUS_ENOENT, "close twice");
	hostile_is(t, hostile_call(h, handle, 1, NULL, 0), VBUS_ENOENT, "call after close");
	hostile_is(t, hostile_shm(h, handle, 0, HR_ARENA_ADDR, 64, 0), VBUS_ENOENT,
		   "shm after close");
	/* ATTACH drops every handle. */
	hostile_is(t, echo_open(t, &handle), VBUS_OK, "open");
	hostile_is(t, echo_open(t, &other), VBUS_OK, "open again");
	hostile_is(t, hostile_attach(h), VBUS_OK, "attach");
	hostile_is(t, hostile_close(h, handle), VBUS_ENOENT, "close a handle of before");
	hostile_is(t, hostile_call(h, other, 1, NULL, 0), VBUS_ENOENT, "call one of before");
	hostile_is(t, hostile_echo_fresh(h, t->port), 0, "honest work after it");
}

static void attack_handles(struct hostile_run *t)
{
	static const u32 wrong[] = {
		0, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0xffff, 0x10000,
	};
	struct hostile *h = t->h;
	u32 handle, i, n;
	u16 verb;

	hostile_is(t, hostile_attach(h), VBUS_OK, "attach");
	if (!hostile_is(t, echo_open(t, &handle), VBUS_OK, "open"))
		return;
	for (verb = VBUS_VERB_CLOSE; verb <= VBUS_VERB_QUEUE; verb++)
		for (i = 0; i < ARRAY_SIZE(wrong); i++)
			hostile_check(t, hostile_verb(h, verb, wrong[i], 0, NULL, 0, NULL) ==
				      VBUS_ENOENT, "verb %u, handle %#x", verb, wrong[i]);
	/* Those other clients have: the numbers are the same, the sessions are not. */
	for (n = 0; n < 256; n++)
		if (n != handle)
			hostile_check(t, hostile_close(h, n) == VBUS_ENOENT,
				      "closed handle %u, which is nobody's of ours", n);
	hostile_is(t, hostile_call(h, handle, VBUS_ECHO_CALL_STAT, NULL, 0), VBUS_OK,
		   "our own handle");
	hostile_is(t, hostile_close(h, handle), VBUS_OK, "close");
}

/* What length each verb's payload must have; calls take any. */
static bool length_right(u16 verb, u32 len)
{
	switch (verb) {
	case VBUS_VERB_ATTACH: return len == sizeof(struct vbus_msg_attach);
	case VBUS_VERB_OPEN: return len == sizeof(struct vbus_msg_open);
	case VBUS_VERB_SHM: return len == sizeof(struct vbus_msg_shm);
	case VBUS_VERB_QUEUE: return len == sizeof(struct vbus_msg_queue);
	default: return true;
	}
}

static void lengths_of_payload(struct hostile_run *t, const u8 *zeroes, u32 handle)
{
	u16 verb;
	u32 len;

	for (verb = VBUS_VERB_ATTACH; verb <= VBUS_VERB_QUEUE; verb++) {
		for (len = 0; len <= VBUS_CALL_MAX + 16; len++) {
			int want = VBUS_EINVAL;

			if (len > 80 && len < VBUS_CALL_MAX - 16)
				continue;
			if (len <= VBUS_CALL_MAX && (verb == VBUS_VERB_CLOSE || length_right(verb, len)))
				continue;
			hostile_check(t, hostile_verb(t->h, verb, handle, 0, zeroes, len, NULL) == want,
				      "verb %u, %u bytes", verb, len);
		}
	}
}

/* The message's header against what was sent. */
static void lengths_of_header(struct hostile_run *t, u32 handle)
{
	struct {
		struct vbus_msg msg;
		u8 data[64];
	} req = { };
	static const u32 lies[] = { 1, 63, 65, 4096, 4097, 0x7fffffff, 0xfffffff0, 0xffffffff };
	size_t len;
	u32 i;

	req.msg.verb = cpu_to_le16(VBUS_VERB_CALL);
	req.msg.handle = cpu_to_le32(handle);
	req.msg.arg = cpu_to_le32(VBUS_ECHO_CALL_ECHO);
	req.msg.len = cpu_to_le32(sizeof(req.data));
	for (len = 0; len < sizeof(req); len++)
		hostile_check(t, hostile_raw(t->h, &req, len, 4112, NULL) == VBUS_EINVAL,
			      "cut off after %zu bytes", len);
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		req.msg.len = cpu_to_le32(lies[i]);
		hostile_check(t, hostile_raw(t->h, &req, sizeof(req), 4112, NULL) == VBUS_EINVAL,
			      "says it has %u bytes", lies[i]);
	}
	req.msg.len = cpu_to_le32(sizeof(req.data));
	for (i = 1; i < 0x10000; i <<= 1) {
		req.msg.status = cpu_to_le16(i);
		hostile_check(t, hostile_raw(t->h, &req, sizeof(req), 4112, NULL) == VBUS_EINVAL,
			      "request with status %#x", i);
	}
	req.msg.status = 0;
	/* Little room for the reply. */
	for (len = 0; len < 16; len++)
		hostile_check(t, hostile_raw(t->h, &req, sizeof(req), len, NULL) == -EINVAL,
			      "reply room of %zu bytes", len);
	for (len = 16; len < 16 + sizeof(req.data); len++)
		hostile_check(t, hostile_raw(t->h, &req, sizeof(req), len, NULL) == VBUS_EINVAL,
			      "echo into room of %zu bytes", len);
	hostile_is(t, hostile_raw(t->h, &req, sizeof(req), 16 + sizeof(req.data), NULL), VBUS_OK,
		   "echo into just enough room");
}

static void attack_lengths(struct hostile_run *t)
{
	u8 *zeroes = kzalloc(VBUS_CALL_MAX + 64, GFP_KERNEL);
	u32 handle;

	if (!zeroes)
		return;
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (hostile_is(t, echo_open(t, &handle), VBUS_OK, "open")) {
		lengths_of_payload(t, zeroes, handle);
		lengths_of_header(t, handle);
		hostile_is(t, hostile_call(t->h, handle, VBUS_ECHO_CALL_ECHO, zeroes,
					   VBUS_CALL_MAX), VBUS_OK, "a call of the greatest length");
		hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
	}
	kfree(zeroes);
}

static void attack_unknown(struct hostile_run *t)
{
	u32 verb, func, handle;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, echo_open(t, &handle), VBUS_OK, "open"))
		return;
	for (verb = 0; verb <= 0xffff; verb += verb < 300 || verb > 0xff00 ? 1 : 97) {
		if (verb && verb <= VBUS_VERB_QUEUE)
			continue;
		hostile_check(t, hostile_verb(t->h, verb, handle, 0, NULL, 0, NULL) == VBUS_EINVAL,
			      "verb %#x", verb);
		cond_resched();
	}
	for (func = 4; func; func = func < 64 ? func + 1 : func << 1)
		hostile_check(t, hostile_call(t->h, handle, func, NULL, 0) == VBUS_ENOENT,
			      "function %#x", func);
	hostile_is(t, hostile_call(t->h, handle, 0, NULL, 0), VBUS_ENOENT, "function 0");
	hostile_is(t, hostile_call(t->h, handle, 0xffffffff, NULL, 0), VBUS_ENOENT, "function -1");
	hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
}

static void versions_attach(struct hostile_run *t, u32 version, u64 features)
{
	struct vbus_msg_attach msg = {
		.version = cpu_to_le32(version),
		.features = cpu_to_le64(features),
	};

	hostile_check(t, hostile_verb(t->h, VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg), NULL) ==
		      VBUS_EVERSION, "attach, version %#x, features %#llx", version, features);
}

static void attack_versions(struct hostile_run *t)
{
	static const u32 versions[] = { 0, 2, 3, 0x10000, 0x80000000, 0xffffffff };
	u32 handle = 0, kept, i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, echo_open(t, &kept), VBUS_OK, "open");
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		versions_attach(t, versions[i], 0);
		hostile_check(t, hostile_open(t->h, t->port, versions[i], 0, &handle) ==
			      VBUS_EVERSION, "open, version %#x", versions[i]);
	}
	for (i = 0; i < 64; i++) {
		versions_attach(t, VBUS_ABI_VERSION, BIT_ULL(i));
		hostile_check(t, hostile_open(t->h, t->port, VBUS_ECHO_VERSION, BIT_ULL(i), &handle)
			      == VBUS_EVERSION, "open, feature %u", i);
	}
	for (i = 0; i < 32; i++)
		if (BIT(i) != t->port)
			hostile_check(t, hostile_open(t->h, BIT(i) | 0x10000, 1, 0, &handle) ==
				      VBUS_ENOENT, "open of port %#lx", BIT(i) | 0x10000);
	/* An ATTACH that was refused has changed nothing. */
	hostile_is(t, hostile_call(t->h, kept, VBUS_ECHO_CALL_STAT, NULL, 0), VBUS_OK, "kept");
	hostile_is(t, hostile_close(t->h, kept), VBUS_OK, "close");
}

/* ---- random bytes ---- */

/* Payload that makes sense, but for some of it. */
static void random_payload(struct hostile_run *t, struct vbus_msg *msg, u32 len)
{
	struct vbus_msg_queue *q = (void *)(msg + 1);
	struct vbus_msg_shm *shm = (void *)(msg + 1);
	struct vbus_msg_open *open = (void *)(msg + 1);
	struct vbus_msg_attach *att = (void *)(msg + 1);
	u16 verb = le16_to_cpu(msg->verb);

	if (verb == VBUS_VERB_QUEUE && len == sizeof(*q)) {
		q->req_size = cpu_to_le32(1u << hostile_rnd(t, 17));
		q->cpl_size = cpu_to_le32(1u << hostile_rnd(t, 17));
		if (!hostile_rnd(t, 3)) {
			q->flags = cpu_to_le32(VBUS_QUEUE_F_STREAM);
			q->req_size = 0;
		} else {
			q->flags = 0;
		}
		q->base = cpu_to_le32(prandom_u32_state(&t->rnd) >> 1);
		q->drv_half = cpu_to_le64(hostile_addr(HR_BIG + 64 * hostile_rnd(t, HR_BIG_BYTES / 64)));
		q->dev_half = cpu_to_le64(hostile_addr(HR_BIG + 64 * hostile_rnd(t, HR_BIG_BYTES / 64)));
	} else if (verb == VBUS_VERB_SHM && len == sizeof(*shm)) {
		shm->addr = cpu_to_le64(hostile_addr(hostile_rnd(t, HR_ARENA_BYTES)));
		shm->len = cpu_to_le64(hostile_rnd(t, HR_ARENA_BYTES));
		shm->flags = 0;
	} else if (verb == VBUS_VERB_OPEN && len == sizeof(*open)) {
		open->port = cpu_to_le32(hostile_rnd(t, 3));
		open->version = cpu_to_le32(1);
		open->features = cpu_to_le64(hostile_rnd(t, 2) ? 0 : hostile_rnd(t, 256));
	} else if (verb == VBUS_VERB_ATTACH && len == sizeof(*att) && !hostile_rnd(t, 8)) {
		att->version = cpu_to_le32(VBUS_ABI_VERSION);
		att->features = 0;
	}
}

/* What each verb wants, so that more than a few get past the first check. */
static const u32 payload_len[8] = { 0, 16, 16, 0, 8, 24, 48, 4 };

/* A message whose header makes sense more often than not. */
static size_t random_request(struct hostile_run *t, u8 *req, u32 handle)
{
	struct vbus_msg *msg = (struct vbus_msg *)req;
	u16 verb = hostile_rnd(t, 8);
	u32 len = hostile_rnd(t, 8) ? payload_len[verb] : hostile_rnd(t, VBUS_CALL_MAX + 32);

	prandom_bytes_state(&t->rnd, req, sizeof(*msg) + len);
	if (!hostile_rnd(t, 16))
		return hostile_rnd(t, sizeof(*msg) + len + 1);
	msg->verb = cpu_to_le16(verb);
	msg->status = 0;
	msg->len = cpu_to_le32(len);
	if (hostile_rnd(t, 4))
		msg->handle = cpu_to_le32(handle);
	if (hostile_rnd(t, 4))
		msg->arg = cpu_to_le32(hostile_rnd(t, 6));
	if (hostile_rnd(t, 4))
		random_payload(t, msg, len);
	return sizeof(*msg) + len;
}

static void attack_random(struct hostile_run *t)
{
	u8 *req = kzalloc(sizeof(struct vbus_msg) + VBUS_CALL_MAX + 64, GFP_KERNEL);
	u32 i, handle = 0, ok = 0;
	int status;

	if (!req)
		return;
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n && !hostile_stopped(t); i++) {
		size_t len;

		if (i % 10 == 0 && hostile_open(t->h, t->port, 1, 0, &handle))
			hostile_attach(t->h);
		len = random_request(t, req, handle);
		status = hostile_raw(t->h, req, len, 16 + hostile_rnd(t, VBUS_CALL_MAX), NULL);
		hostile_check(t, status >= 0, "round %u: %d", i, status);
		ok += !status;
		vbus_client_doorbell(&t->h->client, hostile_rnd(t, 130));
	}
	hostile_note(t, "%u of %u were carried out", ok, i);
	if (!t->task)
		hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach after it");
	kfree(req);
}

/* ---- more than there is ---- */

/* Open sessions until it is refused; the others must not suffer. */
static void attack_sessions(struct hostile_run *t)
{
	u32 handles[256], n, i;
	int status = VBUS_OK;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (n = 0; n < ARRAY_SIZE(handles); n++) {
		status = echo_open(t, &handles[n]);
		if (status)
			break;
	}
	hostile_note(t, "%u sessions, then status %d", n, status);
	hostile_check(t, status == VBUS_EBUSY || status == VBUS_ENOSPC, "no end of sessions");
	for (i = 0; i < n; i++)
		hostile_check(t, !hostile_close(t->h, handles[i]), "close of %u", i);
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/*
 * Break sessions and never close them. Dead sessions take memory too: the bus's limit on sessions
 * must hold for them. The caller has set it to less than n.
 */
static void attack_graveyard(struct hostile_run *t)
{
	struct hostile_queue q;
	int status = VBUS_OK;
	u32 i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n; i++) {
		status = hostile_echo_open(t->h, t->port, 8, &q);
		if (status)
			break;
		hostile_post(&q, 0, 0, 0);
		hostile_ring(&q);
		hostile_check(t, hostile_broken(t->h, q.handle, 2000), "session %u lives", i);
		hostile_queue_forget(&q);
	}
	hostile_check(t, status == VBUS_ENOSPC, "%u dead sessions, then status %d", i, status);
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

const struct hostile_attack hostile_verb_attacks[] = {
	{ "unattached", attack_unattached },
	{ "order", attack_order },
	{ "handles", attack_handles },
	{ "lengths", attack_lengths },
	{ "unknown", attack_unknown },
	{ "versions", attack_versions },
	{ "random", attack_random },
	{ "sessions", attack_sessions },
	{ "graveyard", attack_graveyard },
	{ }
};
