// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks on ports of type "virtual-ethernet".
 *
 * Those that need somebody at the other end expect a device of class venet-loop with both of its
 * ports on the bus: "port" is attacked, the one after it is honest and ours, too. With alone=1 the
 * other end is whatever it is.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ktime.h>
#include <linux/vbus_enet.h>
#include "hostile.h"

#define ENET_RING	64
#define RX_BUFS		12	/* of RX_BUF bytes; what a place has room for, with some left */
#define RX_BUF		2048
#define FEATURES	(VBUS_ENET_F_TX_CSUM | VBUS_ENET_F_TX_TSO4 | VBUS_ENET_F_TX_TSO6)

struct enet {
	struct hostile *h;
	u32 handle;
	struct hostile_queue ev, rx, tx;
};

static int enet_call_up(struct enet *e, u32 pairs, u32 rx_buf)
{
	struct vbus_enet_up up = {
		.pairs = cpu_to_le32(pairs),
		.rx_buf = cpu_to_le32(rx_buf),
	};

	return hostile_call(e->h, e->handle, VBUS_ENET_CALL_UP, &up, sizeof(up));
}

static int enet_queues(struct enet *e)
{
	int err;

	err = hostile_queue_init(&e->ev, e->h, e->handle, VBUS_ENET_Q_EVENT, 0, 8,
				 VBUS_QUEUE_F_STREAM);
	if (!err)
		err = hostile_queue_init(&e->rx, e->h, e->handle, VBUS_ENET_Q_RX(0), ENET_RING,
					 2 * ENET_RING, 0);
	if (!err)
		err = hostile_queue_init(&e->tx, e->h, e->handle, VBUS_ENET_Q_TX(0), ENET_RING,
					 ENET_RING, 0);
	return err;
}

static void enet_close(struct enet *e)
{
	if (!e->handle)
		return;
	hostile_close(e->h, e->handle);
	hostile_queue_forget(&e->ev);
	hostile_queue_forget(&e->rx);
	hostile_queue_forget(&e->tx);
	e->handle = 0;
}

static int enet_open(struct hostile *h, u32 port, u64 features, struct enet *e)
{
	int err;

	memset(e, 0, sizeof(*e));
	e->h = h;
	err = hostile_open(h, port, VBUS_ENET_VERSION, features, &e->handle);
	if (!err)
		err = enet_queues(e);
	if (err)
		enet_close(e);
	return err;
}

static int enet_open_up(struct hostile *h, u32 port, u64 features, struct enet *e)
{
	int err = enet_open(h, port, features, e);

	if (!err)
		err = enet_call_up(e, 1, RX_BUF);
	if (err)
		enet_close(e);
	return err;
}

static void enet_post_rx(struct enet *e, unsigned int n)
{
	while (n--)
		hostile_post(&e->rx, e->rx.data_addr + (e->rx.posted % RX_BUFS) * RX_BUF, RX_BUF,
			     0);
	hostile_ring(&e->rx);
}

/* A header slot; see struct vbus_enet_hdr. */
struct hdr {
	u8 flags, gso_type;
	u16 gso_size, hdr_len, csum_start, csum_offset;
	u8 frags, slot_flags;
};

static void enet_post_hdr(struct enet *e, const struct hdr *h)
{
	struct vbus_slot slot;

	vbus_slot_set(&slot, h->flags | (u64)h->gso_type << 8 | (u64)h->gso_size << 16 |
		      (u64)h->hdr_len << 32 | (u64)h->csum_start << 48,
		      h->csum_offset | (u32)h->frags << 16, h->slot_flags);
	vbus_prod_put(&e->tx.req, &slot);
	e->tx.posted++;
}

/* A broadcast frame of a test protocol at the beginning of the queue's data. */
static void enet_fill(struct enet *e, u32 len)
{
	struct ethhdr *eth = (struct ethhdr *)e->tx.data;
	u32 i;

	for (i = sizeof(*eth); i < min_t(u32, len, HQ_DATA_BYTES); i++)
		e->tx.data[i] = i;
	eth_broadcast_addr(eth->h_dest);
	memcpy(eth->h_source, "\x02\x00\x00\x00\x00\x66", ETH_ALEN);
	eth->h_proto = htons(0x88b5);
}

static void enet_send(struct enet *e, u32 len)
{
	static const struct hdr h = { .frags = 1, .slot_flags = VBUS_SLOT_F_MORE };

	enet_fill(e, len);
	enet_post_hdr(e, &h);
	hostile_post(&e->tx, e->tx.data_addr, len, 0);
	hostile_ring(&e->tx);
}

/* Does one frame get from @a to @b? */
static int enet_pass(struct enet *a, struct enet *b, u32 len)
{
	struct vbus_slot hdr, data;
	const u8 *got;

	enet_post_rx(b, 1);
	enet_send(a, len);
	if (!hostile_wait_completion(&b->rx, &hdr, 2000))
		return -ETIMEDOUT;
	if (!hostile_wait_completion(&b->rx, &data, 100))
		return -EPROTO;
	if (vbus_slot_len(&data) != len || vbus_slot_addr(&data) < b->rx.data_addr)
		return -EMSGSIZE;
	got = b->rx.data + (vbus_slot_addr(&data) - b->rx.data_addr);
	return memcmp(got, a->tx.data, len) ? -EIO : 0;
}

/* One port anew; who is at its other end is not known. */
static int enet_fresh_alone(struct hostile *h, u32 port)
{
	struct vbus_slot slot;
	struct enet a;
	int err, i;

	err = enet_open_up(h, port, FEATURES, &a);
	for (i = 0; !err && i < 5; i++) {
		enet_send(&a, 60 + i * 300);
		if (!hostile_wait_completion(&a.tx, &slot, 2000))
			err = -ETIMEDOUT;
	}
	enet_close(&a);
	return err;
}

/* Both ports anew, and frames both ways. */
static int enet_fresh(struct hostile_run *t)
{
	struct hostile *h = t->h;
	u32 port = t->port;
	struct enet a, b;
	int err, i;

	if (t->alone)
		return enet_fresh_alone(h, port);
	err = enet_open_up(h, port, FEATURES, &a);
	if (err)
		return err;
	err = enet_open_up(h, port + 1, FEATURES, &b);
	for (i = 0; !err && i < 5; i++)
		err = enet_pass(&a, &b, 60 + i * 300) ?: enet_pass(&b, &a, 1514 - i * 200);
	enet_close(&b);
	enet_close(&a);
	return err;
}

static void attack_enet_fresh(struct hostile_run *t)
{
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, enet_fresh(t), 0, "frames both ways");
}

/* ---- calls and queues ---- */

static void enet_bad_calls(struct hostile_run *t, struct enet *e)
{
	static const u32 mtus[] = { 0, 67, 9001, 65536, 0x80000000, 0xffffffff };
	static const u8 group[ETH_ALEN] = { 1, 2, 3, 4, 5, 6 }, zero[ETH_ALEN];
	u8 junk[64] = { };
	__le32 mtu;
	u32 i, func;

	for (i = 0; i < ARRAY_SIZE(mtus); i++) {
		mtu = cpu_to_le32(mtus[i]);
		hostile_check(t, hostile_call(e->h, e->handle, VBUS_ENET_CALL_MTU, &mtu, 4) ==
			      VBUS_EINVAL, "mtu %u", mtus[i]);
	}
	mtu = cpu_to_le32(9000);
	hostile_is(t, hostile_call(e->h, e->handle, VBUS_ENET_CALL_MTU, &mtu, 4), VBUS_OK,
		   "mtu 9000");
	hostile_is(t, hostile_call(e->h, e->handle, VBUS_ENET_CALL_MAC, group, 6), VBUS_EINVAL,
		   "group address");
	hostile_is(t, hostile_call(e->h, e->handle, VBUS_ENET_CALL_MAC, zero, 6), VBUS_EINVAL,
		   "no address");
	for (func = VBUS_ENET_CALL_INFO; func <= VBUS_ENET_CALL_MAC; func++)
		for (i = 1; i < sizeof(junk); i++)
			if (i != 4 && i != 6 && i != 8)
				hostile_check(t, hostile_call(e->h, e->handle, func, junk, i) ==
					      VBUS_EINVAL, "function %u, %u bytes", func, i);
	hostile_is(t, hostile_call(e->h, e->handle, 0, NULL, 0), VBUS_ENOENT, "function 0");
	hostile_is(t, hostile_call(e->h, e->handle, 6, NULL, 0), VBUS_ENOENT, "function 6");
}

static void attack_enet_verbs(struct hostile_run *t)
{
	static const u32 edges[] = { 0, 1, 2047, 65537, 0x80000000, 0xffffffff };
	struct hostile_queue q;
	struct enet e = { .h = t->h };
	u32 i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, FEATURES, &e.handle), VBUS_OK, "open"))
		return;
	hostile_is(t, enet_call_up(&e, 1, RX_BUF), VBUS_ENOENT, "up without queues");
	hostile_is(t, hostile_call(e.h, e.handle, VBUS_ENET_CALL_DOWN, NULL, 0), VBUS_OK,
		   "down before up");
	hostile_check(t, hostile_queue_init(&q, e.h, e.handle, 0, 64, 64, 0) == VBUS_EINVAL,
		      "event queue that is no stream");
	hostile_check(t, hostile_queue_init(&q, e.h, e.handle, 1, 0, 64, VBUS_QUEUE_F_STREAM) ==
		      VBUS_EINVAL, "receive queue that is a stream");
	for (i = 3; i < VBUS_MAX_QUEUES; i++)
		hostile_check(t, hostile_queue_init(&q, e.h, e.handle, i, 64, 128, 0) ==
			      VBUS_ENOENT, "queue %u", i);
	for (i = 2; i <= 16; i <<= 1) {
		hostile_check(t, hostile_queue_init(&q, e.h, e.handle, 1, i, 128, 0) ==
			      VBUS_EINVAL, "receive ring of %u", i);
		hostile_check(t, hostile_queue_init(&q, e.h, e.handle, 2, i, 128, 0) ==
			      VBUS_EINVAL, "transmit ring of %u", i);
	}
	hostile_check(t, hostile_queue_init(&q, e.h, e.handle, 1, 64, 64, 0) == VBUS_EINVAL,
		      "receive completions too few");
	hostile_is(t, enet_queues(&e), 0, "queues");
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		hostile_check(t, enet_call_up(&e, 1, edges[i]) == VBUS_EINVAL, "buffers of %u",
			      edges[i]);
		if (edges[i] != 1)
			hostile_check(t, enet_call_up(&e, edges[i], RX_BUF) == VBUS_EINVAL,
				      "pairs: %u", edges[i]);
	}
	hostile_is(t, enet_call_up(&e, 1, RX_BUF), VBUS_OK, "up");
	hostile_is(t, enet_call_up(&e, 1, RX_BUF), VBUS_EBUSY, "up twice");
	enet_bad_calls(t, &e);
	/* Queues that go under it. */
	hostile_queue_fini(&e.tx);
	hostile_queue_fini(&e.rx);
	hostile_queue_fini(&e.ev);
	hostile_is(t, enet_call_up(&e, 1, RX_BUF), VBUS_ENOENT, "up without queues");
	enet_close(&e);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* ---- one bad packet at a time ---- */

struct packet_case {
	const char *what;
	struct hdr h;
	u32 slots;	/* data slots really posted */
	u32 len;	/* of each */
	u64 addr;	/* of each, if not that of the data */
	u8 last_flags, other_flags;
	bool lives;	/* counted as bad, but no reason to end the session */
};

static bool packet_case_run(struct hostile_run *t, const struct packet_case *c)
{
	struct enet e;
	bool dead;
	u32 i;
	int err;

	err = enet_open_up(t->h, t->port, FEATURES, &e);
	if (!hostile_check(t, !err, "%s: open: %d", c->what, err))
		return false;
	enet_fill(&e, 2000);
	enet_post_hdr(&e, &c->h);
	for (i = 0; i < c->slots; i++)
		hostile_post(&e.tx, c->addr ?: e.tx.data_addr, c->len,
			     i + 1 < c->slots ? c->other_flags : c->last_flags);
	hostile_ring(&e.tx);
	dead = hostile_broken(t->h, e.handle, c->lives ? 20 : 2000);
	hostile_check(t, dead == !c->lives, "%s: session %s", c->what, dead ? "closed" : "lives");
	enet_close(&e);
	return true;
}

#define MORE	VBUS_SLOT_F_MORE
#define HDR(n, ...)	{ .frags = (n), .slot_flags = MORE, ##__VA_ARGS__ }
#define CSUM	VBUS_ENET_HDR_NEEDS_CSUM
#define DATA(n, l)	.slots = (n), .len = (l), .other_flags = MORE

static void attack_enet_packets(struct hostile_run *t)
{
	const struct packet_case cases[] = {
		{ "good", HDR(1), DATA(1, 60), .lives = true },
		{ "good, 18 slots", HDR(18), DATA(18, 60), .lives = true },
		{ "shortest", HDR(1), DATA(1, 14), .lives = true },
		{ "no data slots", HDR(0), DATA(1, 60) },
		{ "19 data slots", HDR(19), DATA(19, 60) },
		{ "255 data slots", HDR(255), DATA(18, 60) },
		{ "fewer slots than said", HDR(2), DATA(1, 60) },
		{ "more slots than said", HDR(1), DATA(2, 60) },
		{ "header without MORE", { .frags = 1 }, DATA(1, 60) },
		{ "header with an unknown flag", { .frags = 1, .slot_flags = 0x81 }, DATA(1, 60) },
		{ "last slot with MORE", HDR(1), DATA(1, 60), .last_flags = MORE },
		{ "slot without MORE", HDR(2), .slots = 2, .len = 60 },
		{ "empty slot", HDR(1), DATA(1, 0) },
		{ "one byte too short", HDR(1), DATA(1, 13) },
		{ "slot too long", HDR(1), DATA(1, VBUS_ENET_MAX_FRAME + 1) },
		{ "slot as long as can be", HDR(1), DATA(1, VBUS_SLOT_LEN_MASK) },
		{ "sum too long", HDR(18), DATA(18, VBUS_ENET_MAX_FRAME / 17) },
		{ "address zero", HDR(1), DATA(1, 60), .addr = 1 },
		{ "address over the end", HDR(1), DATA(1, 60),
		  .addr = HR_ARENA_ADDR + HR_ARENA_BYTES - 59 },
		{ "large, over the end", HDR(1), DATA(1, 60000),
		  .addr = HR_ARENA_ADDR + HR_ARENA_BYTES - 59999 },
		{ "wrapping", HDR(1), DATA(1, 60), .addr = 0ull - 59 },
		{ "unknown header flag", HDR(1, .flags = 0x80), DATA(1, 60) },
		{ "all header flags", HDR(1, .flags = 0xff), DATA(1, 60) },
		{ "unknown segmentation", HDR(1, .flags = CSUM, .gso_type = 3), DATA(1, 60) },
		{ "segmentation 0x7f", HDR(1, .flags = CSUM, .gso_type = 0x7f), DATA(1, 60) },
		{ "ECN alone", HDR(1, .flags = CSUM, .gso_type = 0x80), DATA(1, 60) },
		{ "ECN not negotiated", HDR(1, .flags = CSUM, .gso_type = 0x81), DATA(1, 60) },
		{ "segmentation without checksum", HDR(1, .gso_type = 1, .gso_size = 500),
		  DATA(1, 1000) },
		{ "segments of a byte", HDR(1, .flags = CSUM, .gso_type = 1, .csum_start = 34,
		  .csum_offset = 16, .gso_size = 1), DATA(1, 1000), .lives = true },
		{ "no segment size", HDR(1, .flags = CSUM, .gso_type = 1, .csum_start = 34,
		  .csum_offset = 16), DATA(1, 1000), .lives = true },
		{ "segment size all ones", HDR(1, .flags = CSUM, .gso_type = 1, .csum_start = 34,
		  .csum_offset = 16, .gso_size = 0xffff), DATA(1, 1000), .lives = true },
		{ "segment larger than the packet", HDR(1, .flags = CSUM, .gso_type = 1,
		  .csum_start = 34, .csum_offset = 16, .gso_size = 9000), DATA(1, 1000),
		  .lives = true },
		{ "checksum behind the end", HDR(1, .flags = CSUM, .csum_start = 59), DATA(1, 60),
		  .lives = true },
		{ "checksum far behind the end", HDR(1, .flags = CSUM, .csum_start = 0xffff,
		  .csum_offset = 0xffff), DATA(1, 60), .lives = true },
		{ "checksum in the Ethernet header", HDR(1, .flags = CSUM), DATA(1, 60),
		  .lives = true },
		{ "headers longer than the packet", HDR(1, .flags = CSUM, .gso_type = 4,
		  .gso_size = 100, .hdr_len = 0xffff, .csum_start = 54, .csum_offset = 16),
		  DATA(1, 1000), .lives = true },
	};
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		packet_case_run(t, &cases[i]);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* ---- receive buffers ---- */

static void attack_enet_buffers(struct hostile_run *t)
{
	const u64 end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	const struct {
		const char *what;
		u64 addr;
		u32 len;
		u8 flags;
	} cases[] = {
		{ "no length", HR_ARENA_ADDR, 0 },
		{ "short", HR_ARENA_ADDR, RX_BUF - 1 },
		{ "long", HR_ARENA_ADDR, RX_BUF + 1 },
		{ "flag", HR_ARENA_ADDR, RX_BUF, MORE },
		{ "wrapping", 0ull - RX_BUF + 1, RX_BUF },
		{ "outside", 0, RX_BUF },
		{ "over the end", end - 1, RX_BUF },
		{ "behind the end", end, RX_BUF },
	};
	struct enet a, b;
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, enet_open_up(t->h, t->port + 1, FEATURES, &b), 0, "the other end"))
		return;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		if (!hostile_is(t, enet_open_up(t->h, t->port, FEATURES, &a), 0, "open"))
			break;
		hostile_post(&a.rx, cases[i].addr, cases[i].len, cases[i].flags);
		hostile_ring(&a.rx);
		enet_send(&b, 60);
		hostile_check(t, hostile_broken(t->h, a.handle, 2000), "%s: not noticed",
			      cases[i].what);
		enet_close(&a);
	}
	/* None at all, and too many: the other end loses frames, no more. */
	if (hostile_is(t, enet_open_up(t->h, t->port, FEATURES, &a), 0, "open")) {
		for (i = 0; i < 200; i++) {
			enet_send(&b, 60);
			usleep_range(100, 200);
		}
		enet_post_rx(&a, 3 * ENET_RING);
		enet_send(&b, 60);
		enet_close(&a);
	}
	enet_close(&b);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* ---- the event stream ---- */

/* Credit that was never earned: the next event ends the session. */
static void attack_enet_credit(struct hostile_run *t)
{
	static const s32 lies[] = { -1, 1, 2, 8, 9, 1000, -1000, 0x7fffffff, -0x7fffffff };
	struct enet e;
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < ARRAY_SIZE(lies); i++) {
		if (!hostile_is(t, enet_open(t->h, t->port, FEATURES, &e), 0, "open"))
			return;
		/* Beyond what was published, which may be an event by now. */
		WRITE_ONCE(e.ev.dev_line->credit,
			   cpu_to_le32(e.ev.base + lies[i] + (lies[i] > 0 ? 1 : 0)));
		enet_call_up(&e, 1, RX_BUF);
		vbus_client_doorbell(&t->h->client, e.ev.doorbell);
		hostile_check(t, hostile_broken(t->h, e.handle, 2000), "credit of %d: not noticed",
			      lies[i]);
		enet_close(&e);
	}
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* Events nobody reads: more than the stream holds. */
static void attack_enet_deaf(struct hostile_run *t)
{
	struct enet e;
	u32 i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, enet_open(t->h, t->port, FEATURES, &e), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		hostile_is(t, enet_call_up(&e, 1, RX_BUF), VBUS_OK, "up");
		hostile_is(t, hostile_call(e.h, e.handle, VBUS_ENET_CALL_DOWN, NULL, 0), VBUS_OK,
			   "down");
		vbus_client_doorbell(&t->h->client, e.ev.doorbell);
	}
	enet_close(&e);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* ---- random packets ---- */

static void random_hdr(struct hostile_run *t, struct hdr *h)
{
	static const u8 types[] = { 0, 0, 0, 1, 4, 0x81, 0x84, 2 };

	*h = (struct hdr) {
		.flags = hostile_rnd(t, 16) ? hostile_rnd(t, 2) : hostile_rnd(t, 256),
		.gso_type = types[hostile_rnd(t, hostile_rnd(t, 8) ? 5 : 8)],
		.gso_size = hostile_rnd(t, 2) ? 1 + hostile_rnd(t, 1500) : prandom_u32_state(&t->rnd),
		.hdr_len = hostile_rnd(t, 2) ? 54 : prandom_u32_state(&t->rnd),
		.csum_start = hostile_rnd(t, 4) ? 14 + hostile_rnd(t, 60) : prandom_u32_state(&t->rnd),
		.csum_offset = hostile_rnd(t, 4) ? 16 : prandom_u32_state(&t->rnd),
		.frags = 1 + hostile_rnd(t, 18),
		.slot_flags = MORE,
	};
	if (h->gso_type)
		h->flags |= CSUM;
	if (!hostile_rnd(t, 50))
		h->frags = prandom_u32_state(&t->rnd);
}

/* A TCP header where one would be looked for, or garbage. */
static void random_frame(struct hostile_run *t, struct enet *e)
{
	static const u16 protos[] = { 0x0800, 0x86dd, 0x8100, 0x88a8, 0x0806, 0x88b5 };
	u8 *p = e->tx.data;

	prandom_bytes_state(&t->rnd, p, 128);
	eth_broadcast_addr(p);
	p[6] = 2;
	*(__be16 *)(p + 12) = htons(protos[hostile_rnd(t, ARRAY_SIZE(protos))]);
	p[14] = hostile_rnd(t, 2) ? 0x45 : 0x60;
	p[23] = IPPROTO_TCP;
	p[20] = IPPROTO_TCP;
	p[46] = hostile_rnd(t, 16) << 4;
	p[66] = hostile_rnd(t, 16) << 4;
}

static void random_packet(struct hostile_run *t, struct enet *e)
{
	u32 i, len, bad = hostile_rnd(t, 40);
	struct hdr h;

	random_hdr(t, &h);
	random_frame(t, e);
	enet_post_hdr(e, &h);
	for (i = 0; i < min_t(u32, h.frags, 18); i++) {
		u64 addr = e->tx.data_addr + (i ? hostile_rnd(t, 1000) : 0);
		u8 flags = i + 1 < h.frags ? MORE : 0;

		len = 14 + hostile_rnd(t, hostile_rnd(t, 4) ? 100 : 3600);
		if (bad == 0)
			addr = (u64)prandom_u32_state(&t->rnd) << 32 | prandom_u32_state(&t->rnd);
		if (bad == 1)
			len = prandom_u32_state(&t->rnd) & VBUS_SLOT_LEN_MASK;
		if (bad == 2)
			flags = prandom_u32_state(&t->rnd);
		hostile_post(&e->tx, addr, len, flags);
	}
	hostile_ring(&e->tx);
}

/* Takes what the other end got, and gives it back. */
static void enet_drain(struct enet *b)
{
	struct vbus_slot slot;
	u32 bufs = 0;
	bool hdr = true;

	while (vbus_cons_get(&b->rx.cpl, &slot)) {
		if (!hdr)
			bufs++;
		hdr = !hdr && !(vbus_slot_flags(&slot) & MORE);
	}
	vbus_cons_arm(&b->rx.cpl);
	if (bufs)
		enet_post_rx(b, bufs);
}

static void attack_enet_random(struct hostile_run *t)
{
	u32 i, opened = 0, broken = 0;
	struct enet a = { }, b = { };

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!t->alone) {
		if (!hostile_is(t, enet_open_up(t->h, t->port + 1, t->seed & 1 ? FEATURES :
						VBUS_ENET_F_ALL, &b), 0, "the other end"))
			return;
		enet_post_rx(&b, RX_BUFS);
	}
	for (i = 0; i < t->n; i++) {
		struct vbus_slot slot;

		if (!a.handle) {
			if (!hostile_is(t, enet_open_up(t->h, t->port, VBUS_ENET_F_ALL, &a), 0,
					"open"))
				break;
			opened++;
			if (t->alone)
				enet_post_rx(&a, RX_BUFS);
		}
		random_packet(t, &a);
		while (vbus_cons_get(&a.tx.cpl, &slot))
			;
		enet_drain(t->alone ? &a : &b);
		if (i % 8 == 0 && hostile_call(a.h, a.handle, VBUS_ENET_CALL_INFO, NULL, 0)) {
			enet_close(&a);
			broken++;
		}
		cond_resched();
	}
	hostile_note(t, "%u packets, %u sessions, %u broken", i, opened, broken);
	enet_close(&a);
	enet_close(&b);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

static void attack_enet_flips(struct hostile_run *t)
{
	u32 opened = 0;
	struct enet a, b;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, enet_open_up(t->h, t->port + 1, FEATURES, &b), 0, "the other end"))
		return;
	enet_post_rx(&b, RX_BUFS);
	do {
		struct hostile_flipper f;
		bool rx = hostile_rnd(t, 2);
		u32 i;

		if (!hostile_is(t, enet_open_up(t->h, t->port, FEATURES, &a), 0, "open"))
			break;
		opened++;
		if (hostile_flip_start(&f, t, rx ? a.rx.req_slots : a.tx.req_slots,
				       hostile_rnd(t, 2) ? 12 : 64 * sizeof(struct vbus_slot))) {
			enet_close(&a);
			break;
		}
		for (i = 0; i < 2000 && hostile_go_on(t); i++) {
			enet_send(&a, 14 + hostile_rnd(t, 1500));
			enet_post_rx(&a, 1);
			enet_send(&b, 14 + hostile_rnd(t, 1500));
			enet_drain(&b);
			if (i % 16 == 0 &&
			    hostile_call(a.h, a.handle, VBUS_ENET_CALL_INFO, NULL, 0))
				break;
		}
		hostile_flip_stop(&f);
		enet_close(&a);
	} while (hostile_go_on(t));
	hostile_note(t, "%u sessions", opened);
	enet_close(&b);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* ---- work without end ---- */

/*
 * Frames without end, of which each may be many: with segments of "queue" bytes, for a receiver that
 * wants none.
 */
static void attack_enet_refill(struct hostile_run *t)
{
	static const struct hdr plain = { .frags = 1, .slot_flags = MORE };
	struct hdr seg = {
		.flags = CSUM, .gso_type = VBUS_ENET_GSO_TCPV4, .gso_size = t->queue, .hdr_len = 54,
		.csum_start = 34, .csum_offset = 16, .frags = 2, .slot_flags = MORE,
	};
	u32 slots = t->queue ? 3 : 2, done = 0, sent = 0;
	int cpu = raw_smp_processor_id();
	struct hostile_pulse pulse;
	struct enet a, b;
	u8 *p;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, enet_open_up(t->h, t->port + 1, 0, &b), 0, "the other end"))
		return;
	if (!hostile_is(t, enet_open_up(t->h, t->port, FEATURES, &a), 0, "open"))
		goto out;
	enet_post_rx(&b, RX_BUFS);
	enet_fill(&a, 2000);
	if (t->queue) {
		static const u8 ip[] = { 8, 0, 0x45, 0, 0xff, 0, 0, 0, 0x40, 0, 64, IPPROTO_TCP };

		p = a.tx.data;
		memcpy(p + 12, ip, sizeof(ip));
		p[46] = 0x50;
	}
	if (hostile_pulse_start(&pulse, cpu))
		goto out;
	while (hostile_go_on(t)) {
		struct vbus_slot slot;

		while (vbus_cons_get(&a.tx.cpl, &slot))
			done = vbus_slot_addr(&slot);
		while (a.tx.posted + slots - done <= ENET_RING) {
			enet_post_hdr(&a, t->queue ? &seg : &plain);
			hostile_post(&a.tx, a.tx.data_addr, 60, t->queue ? MORE : 0);
			if (t->queue)
				hostile_post(&a.tx, hostile_addr(HR_BIG), 65000, 0);
			sent++;
		}
		hostile_ring(&a.tx);
		enet_drain(&b);
	}
	hostile_pulse_stop(&pulse);
	hostile_note(t, "%u packets; %llu beats on cpu %d, the worst after %llu us", sent,
		     pulse.beats, cpu, pulse.worst_ns / 1000);
	hostile_check(t, pulse.beats > 5 && pulse.worst_ns < 3ull * NSEC_PER_SEC,
		      "cpu %d did not get to its other work: %llu beats, %llu us", cpu, pulse.beats,
		      pulse.worst_ns / 1000);
	hostile_check(t, !hostile_broken(t->h, a.handle, 0), "the session is closed");
	enet_close(&a);
out:
	enet_close(&b);
	hostile_is(t, enet_fresh(t), 0, "frames both ways after it");
}

/* Traffic for others to interfere with; begins again when its session goes. */
static void attack_enet_traffic(struct hostile_run *t)
{
	u64 sent = 0, sessions = 0;

	hostile_attach(t->h);
	while (hostile_go_on(t)) {
		struct enet e;

		if (enet_open_up(t->h, t->port, FEATURES, &e)) {
			usleep_range(1000, 2000);
			continue;
		}
		sessions++;
		enet_post_rx(&e, RX_BUFS);
		while (hostile_go_on(t)) {
			struct vbus_slot slot;
			u32 i;

			for (i = 0; i < 8; i++)
				enet_send(&e, 64);
			sent += 8;
			while (vbus_cons_get(&e.tx.cpl, &slot))
				;
			enet_drain(&e);
			if (hostile_rnd(t, 64) == 0 &&
			    hostile_call(e.h, e.handle, VBUS_ENET_CALL_INFO, NULL, 0))
				break;
		}
		enet_close(&e);
	}
	hostile_note(t, "%llu frames in %llu sessions", sent, sessions);
}

const struct hostile_attack hostile_enet_attacks[] = {
	{ "enet-fresh", attack_enet_fresh },
	{ "enet-verbs", attack_enet_verbs },
	{ "enet-packets", attack_enet_packets },
	{ "enet-buffers", attack_enet_buffers },
	{ "enet-credit", attack_enet_credit },
	{ "enet-deaf", attack_enet_deaf },
	{ "enet-random", attack_enet_random },
	{ "enet-flips", attack_enet_flips },
	{ "enet-refill", attack_enet_refill },
	{ "enet-traffic", attack_enet_traffic },
	{ }
};
