// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks on ports of type "virtual-disk". They expect a medium of 1 MiB or more that may be
 * written to.
 */
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vbus_blk.h>
#include "hostile.h"

#define DISK_RING	64
#define DISK_WAIT	10000	/* ms for an answer */
#define FAR_AWAY	(HR_ARENA_ADDR - SZ_1M)

struct blk {
	struct hostile *h;
	u32 handle;
	struct hostile_queue q;
	struct vbus_blk_config config;
};

/* A header slot; see struct vbus_blk_hdr. */
struct hdr {
	u64 sector;
	u16 tag;
	u8 op, flags, frags, slot_flags;
};

static int blk_config(struct blk *b)
{
	struct hostile_reply *r = kmalloc(sizeof(*r), GFP_KERNEL);
	int status;

	if (!r)
		return -ENOMEM;
	status = hostile_verb(b->h, VBUS_VERB_CALL, b->handle, VBUS_BLK_CALL_CONFIG, NULL, 0, r);
	if (!status && r->len == sizeof(b->config))
		memcpy(&b->config, r->data, sizeof(b->config));
	else if (!status)
		status = -EBADMSG;
	kfree(r);
	return status;
}

static int blk_start(struct blk *b)
{
	return hostile_call(b->h, b->handle, VBUS_BLK_CALL_START, &b->config.generation,
			    sizeof(b->config.generation));
}

static void blk_close(struct blk *b)
{
	if (!b->handle)
		return;
	hostile_close(b->h, b->handle);
	hostile_queue_forget(&b->q);
	b->handle = 0;
}

static int blk_open(struct hostile *h, u32 port, bool start, struct blk *b)
{
	int err;

	memset(b, 0, sizeof(*b));
	b->h = h;
	err = hostile_open(h, port, VBUS_BLK_VERSION, VBUS_BLK_F_ALL, &b->handle);
	if (err)
		return err;
	err = blk_config(b);
	if (!err && start)
		err = blk_start(b);
	if (!err)
		err = hostile_queue_init(&b->q, h, b->handle, VBUS_BLK_Q_REQ(0), DISK_RING,
					 DISK_RING, 0);
	if (err)
		blk_close(b);
	return err;
}

static void blk_post_hdr(struct blk *b, const struct hdr *h)
{
	hostile_post(&b->q, (h->sector & 0xffffffffffffull) | (u64)h->tag << 48,
		     h->op | (u32)h->flags << 8 | (u32)h->frags << 16, h->slot_flags);
}

/* The answer's status, or -ETIMEDOUT, or -EIO if it is about something else. */
static int blk_answer(struct blk *b, u16 tag)
{
	struct vbus_slot slot;

	if (!hostile_wait_completion(&b->q, &slot, DISK_WAIT))
		return -ETIMEDOUT;
	if ((vbus_slot_addr(&slot) & VBUS_BLK_CPL_TAG_MASK) != tag)
		return -EIO;
	return vbus_slot_addr(&slot) >> VBUS_BLK_CPL_STATUS_SHIFT;
}

/* A request of one data slot or none. */
static int blk_request(struct blk *b, u8 op, u8 flags, u64 sector, u64 addr, u32 len, bool data)
{
	struct hdr h = {
		.sector = sector,
		.tag = b->q.posted,
		.op = op,
		.flags = flags,
		.frags = data,
		.slot_flags = data ? VBUS_SLOT_F_MORE : 0,
	};

	blk_post_hdr(b, &h);
	if (data)
		hostile_post(&b->q, addr, len, 0);
	hostile_ring(&b->q);
	return blk_answer(b, h.tag);
}

/* Write a block, spoil the memory, read it back: 0, a status, or an errno. */
static int blk_round(struct blk *b, u64 sector)
{
	u8 salt = get_random_u32();
	int err, i;

	memset(b->q.data, salt, 4096);
	err = blk_request(b, VBUS_BLK_OP_WRITE, VBUS_BLK_HDR_FUA, sector, b->q.data_addr, 4096,
			  true);
	if (err)
		return err;
	memset(b->q.data, ~salt, 4096);
	err = blk_request(b, VBUS_BLK_OP_READ, 0, sector, b->q.data_addr, 4096, true);
	for (i = 0; !err && i < 4096; i++)
		if (b->q.data[i] != salt)
			err = -EILSEQ;
	return err ?: blk_request(b, VBUS_BLK_OP_FLUSH, 0, 0, 0, 0, false);
}

static void blk_fresh(struct hostile_run *t, struct blk *b)
{
	int err = blk_open(t->h, t->port, true, b);

	hostile_is(t, err, 0, "a new session");
	if (!err)
		hostile_is(t, blk_round(b, 64), 0, "a block there and back");
	blk_close(b);
}

/* What every attack begins with. */
static struct blk *blk_alloc(struct hostile_run *t)
{
	struct blk *b = kzalloc(sizeof(*b), GFP_KERNEL);

	hostile_check(t, b, "no memory");
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	return b;
}

static void disk_fresh(struct hostile_run *t)
{
	struct blk *b = blk_alloc(t);

	if (b)
		blk_fresh(t, b);
	kfree(b);
}

/* ---- verbs ---- */

static void disk_verbs(struct hostile_run *t)
{
	struct blk *b = blk_alloc(t);
	struct hostile_queue q;
	__le32 gen;

	if (!b || !hostile_is(t, blk_open(t->h, t->port, false, b), 0, "open"))
		goto out;
	hostile_is(t, blk_request(b, VBUS_BLK_OP_READ, 0, 0, b->q.data_addr, 4096, true),
		   VBUS_BLK_S_OFFLINE, "read before START");
	gen = cpu_to_le32(le32_to_cpu(b->config.generation) + 1);
	hostile_is(t, hostile_call(t->h, b->handle, VBUS_BLK_CALL_START, &gen, sizeof(gen)),
		   VBUS_EINVAL, "START of another medium");
	hostile_is(t, hostile_call(t->h, b->handle, VBUS_BLK_CALL_START, NULL, 0), VBUS_EINVAL,
		   "START of nothing");
	hostile_is(t, hostile_call(t->h, b->handle, VBUS_BLK_CALL_START, &b->config, 8),
		   VBUS_EINVAL, "START of too much");
	hostile_is(t, hostile_call(t->h, b->handle, VBUS_BLK_CALL_CONFIG, &gen, sizeof(gen)),
		   VBUS_EINVAL, "CONFIG with input");
	hostile_is(t, hostile_call(t->h, b->handle, 77, NULL, 0), VBUS_ENOENT, "unknown call");
	hostile_is(t, hostile_queue_init(&q, t->h, b->handle, VBUS_BLK_Q_REQ(1), 16, 16, 0),
		   VBUS_ENOENT, "one queue too many");
	hostile_is(t, hostile_queue_init(&q, t->h, b->handle, VBUS_MAX_QUEUES - 1, 16, 16, 0),
		   VBUS_ENOENT, "the last queue");
	hostile_is(t, hostile_queue_init(&q, t->h, b->handle, VBUS_BLK_Q_EVENT, 16, 16, 0),
		   VBUS_EINVAL, "requests where events belong");
	hostile_queue_fini(&b->q);
	hostile_is(t, hostile_queue_init(&q, t->h, b->handle, VBUS_BLK_Q_REQ(0), 0, 16,
					 VBUS_QUEUE_F_STREAM), VBUS_EINVAL,
		   "events where requests belong");
	hostile_is(t, hostile_queue_init(&q, t->h, b->handle, VBUS_BLK_Q_REQ(0), 16, 8, 0),
		   VBUS_EINVAL, "less room for completions than for requests");
	hostile_is(t, blk_start(b), 0, "START");
	hostile_is(t, hostile_queue_init(&b->q, t->h, b->handle, VBUS_BLK_Q_REQ(0), DISK_RING,
					 DISK_RING, 0), 0, "the queue after that");
	hostile_is(t, blk_round(b, 8), 0, "a block there and back after that");
	blk_close(b);
out:
	kfree(b);
}

/* ---- requests that make no sense ---- */

static void bad_extents(struct hostile_run *t, struct blk *b)
{
	u64 end = le64_to_cpu(b->config.capacity), mem = b->q.data_addr;

#define BAD(want, ...) hostile_is(t, blk_request(b, __VA_ARGS__), want, #__VA_ARGS__)
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_READ, 0, end, mem, 512, true);
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_READ, 0, end - 1, mem, 1024, true);
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_WRITE, 0, end, mem, 512, true);
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_WRITE, 0, 0xffffffffffffull, mem, 512, true);
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_READ, 0, 1ull << 47, mem, 4096, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_READ, 0, 0, mem, 0, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_WRITE, 0, 0, mem, 0, false);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_READ, 0, 0, mem, VBUS_SLOT_LEN_MASK, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_READ, 0, 0, mem, VBUS_SLOT_LEN_MASK & ~511u, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_WRITE, 0, 0, mem, 1, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_WRITE, 0, 0, mem, 513, true);
	BAD(VBUS_BLK_S_RANGE, VBUS_BLK_OP_DISCARD, 0, end - 8, 16, 0, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_DISCARD, 0, 0, 0, 0, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_DISCARD, 0, 0, ~0ull, 0, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_DISCARD, 0, 0, 8, 512, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_DISCARD, 0, 0, 8, 0, false);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_ZEROES, 0, 0, 1ull << 63, 0, true);
	BAD(VBUS_BLK_S_INVAL, VBUS_BLK_OP_FLUSH, 0, 0, mem, 512, true);
}

static void bad_words(struct hostile_run *t, struct blk *b)
{
	u64 mem = b->q.data_addr;

	BAD(VBUS_BLK_S_UNSUPP, 5, 0, 0, mem, 512, true);
	BAD(VBUS_BLK_S_UNSUPP, 255, 0, 0, mem, 512, true);
	BAD(VBUS_BLK_S_UNSUPP, 77, 255, 0, mem, 512, false);
	BAD(VBUS_BLK_S_UNSUPP, VBUS_BLK_OP_READ, VBUS_BLK_HDR_FUA, 0, mem, 512, true);
	BAD(VBUS_BLK_S_UNSUPP, VBUS_BLK_OP_WRITE, 0x80, 0, mem, 512, true);
	BAD(VBUS_BLK_S_UNSUPP, VBUS_BLK_OP_FLUSH, VBUS_BLK_HDR_FUA, 0, 0, 0, false);
	BAD(VBUS_BLK_S_FAULT, VBUS_BLK_OP_READ, 0, 0, 0, 512, true);
	BAD(VBUS_BLK_S_FAULT, VBUS_BLK_OP_WRITE, 0, 8, FAR_AWAY, 512, true);
	BAD(VBUS_BLK_S_FAULT, VBUS_BLK_OP_READ, 0, 0, ~0ull - 100, 512, true);
	BAD(VBUS_BLK_S_FAULT, VBUS_BLK_OP_WRITE, 0, 8, HR_ARENA_ADDR + HR_ARENA_BYTES - 512, 1024,
	    true);
#undef BAD
}

/* More data slots than a request may have; all of them are taken. */
static void many_frags(struct hostile_run *t, struct blk *b)
{
	struct hdr h = { .op = VBUS_BLK_OP_READ, .slot_flags = VBUS_SLOT_F_MORE };
	int i;

	h.tag = b->q.posted;
	h.frags = DISK_RING - 1;
	blk_post_hdr(b, &h);
	for (i = 0; i < h.frags; i++)
		hostile_post(&b->q, b->q.data_addr, 9, i + 1 < h.frags ? VBUS_SLOT_F_MORE : 0);
	hostile_ring(&b->q);
	hostile_is(t, blk_answer(b, h.tag), VBUS_BLK_S_INVAL, "many odd pieces");
}

static void disk_requests(struct hostile_run *t)
{
	struct blk *b = blk_alloc(t);

	if (b && hostile_is(t, blk_open(t->h, t->port, true, b), 0, "open")) {
		bad_extents(t, b);
		bad_words(t, b);
		many_frags(t, b);
		hostile_is(t, blk_round(b, 32), 0, "the same session, a block there and back");
		blk_close(b);
	}
	kfree(b);
}

/* ---- slots that are no requests: these end the session ---- */

static void disk_chains(struct hostile_run *t)
{
	static const struct {
		const char *what;
		u8 frags, slot_flags, posted, more;
	} chains[] = {
		{ "MORE without data slots", 0, VBUS_SLOT_F_MORE, 0, 0 },
		{ "data slots without MORE", 1, 0, 1, 0 },
		{ "an unknown flag", 0, 0x80, 0, 0 },
		{ "half a request", 3, VBUS_SLOT_F_MORE, 1, VBUS_SLOT_F_MORE },
		{ "no data slots at all", 255, VBUS_SLOT_F_MORE, 0, 0 },
		{ "a chain without end", 2, VBUS_SLOT_F_MORE, 2, VBUS_SLOT_F_MORE },
		{ "a chain that ends early", 2, VBUS_SLOT_F_MORE, 2, 0 },
	};
	struct blk *b = blk_alloc(t);
	unsigned int i, k;

	for (i = 0; b && i < ARRAY_SIZE(chains); i++) {
		struct hdr h = { .frags = chains[i].frags, .slot_flags = chains[i].slot_flags };

		if (!hostile_is(t, blk_open(t->h, t->port, true, b), 0, "open"))
			break;
		blk_post_hdr(b, &h);
		for (k = 0; k < chains[i].posted; k++)
			hostile_post(&b->q, b->q.data_addr, 512, chains[i].more);
		hostile_ring(&b->q);
		hostile_check(t, hostile_broken(t->h, b->handle, 2000), "%s: still open",
			      chains[i].what);
		blk_close(b);
	}
	if (b)
		blk_fresh(t, b);
	kfree(b);
}

/* ---- anything ---- */

static void random_request(struct hostile_run *t, struct blk *b)
{
	struct hdr h = {
		.sector = hostile_rnd(t, 4096),
		.tag = hostile_rnd(t, 65536),
		.op = hostile_rnd(t, 6),
		.flags = hostile_rnd(t, 8) ? 0 : hostile_rnd(t, 256),
		.frags = hostile_rnd(t, 5),
	};
	u32 i;

	h.slot_flags = h.frags ? VBUS_SLOT_F_MORE : 0;
	if (!hostile_rnd(t, 50))
		h.slot_flags = hostile_rnd(t, 4);
	blk_post_hdr(b, &h);
	for (i = 0; i < h.frags; i++)
		hostile_post(&b->q, b->q.data_addr + hostile_rnd(t, 2 * HQ_DATA_BYTES),
			     hostile_rnd(t, 3) ? 512u << hostile_rnd(t, 6) : hostile_rnd(t, 70000),
			     i + 1 < h.frags ? VBUS_SLOT_F_MORE : 0);
	hostile_ring(&b->q);
}

/* As many requests as fit, of any kind, and then away, often in the middle of it. */
static void disk_random(struct hostile_run *t)
{
	struct blk *b = blk_alloc(t);
	struct vbus_slot slot;
	u32 i, k;

	for (i = 0; b && i < t->n && !hostile_stopped(t); i++) {
		if (!hostile_is(t, blk_open(t->h, t->port, true, b), 0, "open"))
			break;
		for (k = 0; k < DISK_RING / 5; k++)
			random_request(t, b);
		for (k = hostile_rnd(t, DISK_RING / 5); k; k--)
			if (!hostile_wait_completion(&b->q, &slot, 20))
				break;
		blk_close(b);
	}
	if (b)
		blk_fresh(t, b);
	kfree(b);
}

/* ---- leaving with requests in flight, and writing over the memory ---- */

static void disk_leave(struct hostile_run *t)
{
	struct blk *b = blk_alloc(t);
	struct hdr h = { .frags = 1, .slot_flags = VBUS_SLOT_F_MORE };
	u32 i, k, bad;

	for (i = 0; b && i < t->n && !hostile_stopped(t); i++) {
		if (!hostile_is(t, blk_open(t->h, t->port, true, b), 0, "open"))
			break;
		for (k = 0; k < DISK_RING / 2; k++) {
			h.op = VBUS_BLK_OP_READ;
			h.sector = k * 8;
			h.tag = k;
			blk_post_hdr(b, &h);
			hostile_post(&b->q, b->q.data_addr + k * 512, 4096, 0);
		}
		hostile_ring(&b->q);
		hostile_close(t->h, b->handle);
		memset(b->q.data, 0x5a, HQ_DATA_BYTES);
		usleep_range(200, 3000);
		bad = memchr_inv(b->q.data, 0x5a, HQ_DATA_BYTES) ? 1 : 0;
		hostile_is(t, bad, 0, "memory written to after the end");
		hostile_queue_forget(&b->q);
		b->handle = 0;
	}
	if (b)
		blk_fresh(t, b);
	kfree(b);
}

const struct hostile_attack hostile_disk_attacks[] = {
	{ "disk-fresh", disk_fresh },
	{ "disk-verbs", disk_verbs },
	{ "disk-requests", disk_requests },
	{ "disk-chains", disk_chains },
	{ "disk-random", disk_random },
	{ "disk-leave", disk_leave },
	{ }
};
