// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks on ports of type "virtual-console".
 *
 * The device is enabled. Those on receive buffers need somebody who writes to its tty all the time.
 */
#include <linux/delay.h>
#include <linux/vbus_console.h>
#include "hostile.h"

#define CON_RING	16
#define CON_BUF		2048	/* HQ_DATA_BYTES has room for CON_RING of them */
#define BRK		VBUS_CONSOLE_SLOT_F_BREAK

struct console_use {
	struct hostile *h;
	u32 handle;
	struct hostile_queue ev, rx, tx;
};

static void console_close(struct console_use *c)
{
	if (!c->handle)
		return;
	hostile_close(c->h, c->handle);
	hostile_queue_forget(&c->ev);
	hostile_queue_forget(&c->rx);
	hostile_queue_forget(&c->tx);
	c->handle = 0;
}

static int console_open(struct hostile *h, u32 port, u64 features, struct console_use *c)
{
	int err;

	memset(c, 0, sizeof(*c));
	c->h = h;
	err = hostile_open(h, port, VBUS_CONSOLE_VERSION, features, &c->handle);
	if (!err)
		err = hostile_queue_init(&c->ev, h, c->handle, VBUS_CONSOLE_Q_EVENT, 0, 4,
					 VBUS_QUEUE_F_STREAM);
	if (!err)
		err = hostile_queue_init(&c->rx, h, c->handle, VBUS_CONSOLE_Q_RX(0), CON_RING,
					 CON_RING, 0);
	if (!err)
		err = hostile_queue_init(&c->tx, h, c->handle, VBUS_CONSOLE_Q_TX(0), CON_RING,
					 CON_RING, 0);
	if (err)
		console_close(c);
	return err;
}

static void console_send(struct console_use *c, u32 len)
{
	hostile_post(&c->tx, c->tx.data_addr, len, 0);
	hostile_ring(&c->tx);
}

static void console_post_rx(struct console_use *c, u32 n)
{
	while (n--)
		hostile_post(&c->rx, c->rx.data_addr + c->rx.posted % CON_RING * CON_BUF, CON_BUF,
			     0);
	hostile_ring(&c->rx);
}

/* Bytes of a new session are taken, each slot once. */
static int console_fresh(struct hostile_run *t)
{
	struct vbus_slot slot;
	struct console_use c;
	u32 i, sent = 0;
	int err;

	err = console_open(t->h, t->port, VBUS_CONSOLE_F_ALL, &c);
	for (i = 0; !err && i < 40; i++) {
		console_send(&c, 1 + i * 50);
		sent++;
		if (!hostile_wait_completion(&c.tx, &slot, 2000))
			err = -ETIMEDOUT;
		else if (lower_32_bits(vbus_slot_addr(&slot)) != sent)
			err = -EIO;
	}
	console_close(&c);
	return err;
}

static void attack_console_fresh(struct hostile_run *t)
{
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, console_fresh(t), 0, "bytes are taken");
}

/* ---- calls and queues ---- */

static void console_bad_calls(struct hostile_run *t, u32 handle)
{
	static const u32 lines[] = { 1, 15, 16, 0x80000000, 0xffffffff };
	u8 junk[32] = { };
	__le32 line;
	u32 i, func;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		line = cpu_to_le32(lines[i]);
		hostile_check(t, hostile_call(t->h, handle, VBUS_CONSOLE_CALL_LINE, &line, 4) ==
			      VBUS_ENOENT, "line %u", lines[i]);
	}
	for (func = VBUS_CONSOLE_CALL_INFO; func <= VBUS_CONSOLE_CALL_LINE; func++)
		for (i = 1; i < sizeof(junk); i++)
			if (i != 4)
				hostile_check(t, hostile_call(t->h, handle, func, junk, i) ==
					      VBUS_EINVAL, "function %u, %u bytes", func, i);
	hostile_is(t, hostile_call(t->h, handle, 0, NULL, 0), VBUS_ENOENT, "function 0");
	hostile_is(t, hostile_call(t->h, handle, 3, NULL, 0), VBUS_ENOENT, "function 3");
}

static void attack_console_verbs(struct hostile_run *t)
{
	struct hostile_queue q;
	struct console_use c;
	u32 handle, i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, hostile_open(t->h, t->port, VBUS_CONSOLE_VERSION, 4, &handle),
		   VBUS_EVERSION, "unknown feature");
	if (!hostile_is(t, hostile_open(t->h, t->port, VBUS_CONSOLE_VERSION, 0, &handle), VBUS_OK,
			"open"))
		return;
	console_bad_calls(t, handle);
	hostile_check(t, hostile_queue_init(&q, t->h, handle, 0, 16, 16, 0) == VBUS_EINVAL,
		      "event queue that is no stream");
	for (i = 1; i <= 2; i++) {
		hostile_check(t, hostile_queue_init(&q, t->h, handle, i, 0, 16,
						    VBUS_QUEUE_F_STREAM) == VBUS_EINVAL,
			      "queue %u that is a stream", i);
		hostile_check(t, hostile_queue_init(&q, t->h, handle, i, 16, 8, 0) == VBUS_EINVAL,
			      "queue %u with few completions", i);
	}
	for (i = 3; i < VBUS_MAX_QUEUES; i++)
		hostile_check(t, hostile_queue_init(&q, t->h, handle, i, 16, 16, 0) == VBUS_ENOENT,
			      "queue %u", i);
	hostile_close(t->h, handle);
	/* Queues that come and go under work. */
	for (i = 0; i < 20; i++) {
		if (!hostile_is(t, console_open(t->h, t->port, VBUS_CONSOLE_F_ALL, &c), 0, "open"))
			break;
		console_post_rx(&c, CON_RING);
		console_send(&c, CON_BUF);
		hostile_queue_fini(i & 1 ? &c.tx : &c.rx);
		console_close(&c);
	}
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

/* ---- one bad slot at a time ---- */

struct slot_case {
	const char *what;
	u64 addr;
	u32 len;
	u8 flags;
	bool lives;
};

static void slot_case_run(struct hostile_run *t, const struct slot_case *s, bool rx, u64 features)
{
	struct hostile_queue *q;
	struct console_use c;
	bool dead;

	if (!hostile_is(t, console_open(t->h, t->port, features, &c), 0, s->what))
		return;
	q = rx ? &c.rx : &c.tx;
	hostile_post(q, s->addr ?: q->data_addr, s->len, s->flags);
	hostile_ring(q);
	dead = hostile_broken(t->h, c.handle, s->lives ? 50 : 2000);
	hostile_check(t, dead == !s->lives, "%s: session %s", s->what, dead ? "closed" : "lives");
	console_close(&c);
}

static void attack_console_slots(struct hostile_run *t)
{
	const u64 end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	const struct slot_case cases[] = {
		{ "one byte", 0, 1, .lives = true },
		{ "much", 0, CON_BUF, .lives = true },
		{ "the most", HR_ARENA_ADDR, VBUS_CONSOLE_MAX_LEN, .lives = true },
		{ "a break alone", 0, 0, BRK, true },
		{ "a break and bytes", 0, 5, BRK, true },
		{ "nothing", 0, 0 },
		{ "one byte too many", HR_ARENA_ADDR, VBUS_CONSOLE_MAX_LEN + 1 },
		{ "as long as can be", HR_ARENA_ADDR, VBUS_SLOT_LEN_MASK },
		{ "MORE", 0, 10, VBUS_SLOT_F_MORE },
		{ "credit wanted", 0, 10, VBUS_SLOT_F_WANT_CREDIT },
		{ "all flags", 0, 10, 0xff },
		{ "outside", 1, 10 },
		{ "over the end", end - 9, 10 },
		{ "far over the end", end - 5000, 60000 },
		{ "wrapping", 0ull - 9, 10 },
	};
	const struct slot_case unwanted = { "a break that was not negotiated", 0, 5, BRK };
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		slot_case_run(t, &cases[i], false, VBUS_CONSOLE_F_ALL);
	slot_case_run(t, &unwanted, false, 0);
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

static void attack_console_buffers(struct hostile_run *t)
{
	const u64 end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	const struct slot_case cases[] = {
		{ "one byte", 0, 1, .lives = true },
		{ "the largest", HR_ARENA_ADDR, VBUS_CONSOLE_MAX_LEN, .lives = true },
		{ "no room", 0, 0 },
		{ "too large", HR_ARENA_ADDR, VBUS_CONSOLE_MAX_LEN + 1 },
		{ "a flag", 0, 10, BRK },
		{ "outside", 1, 10 },
		{ "over the end", end - 1, 4096 },
		{ "wrapping", 0ull - 1, 4096 },
	};
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		slot_case_run(t, &cases[i], true, VBUS_CONSOLE_F_ALL);
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

/* ---- random slots, and slots that change while they are read ---- */

static void console_random_post(struct hostile_run *t, struct console_use *c)
{
	struct hostile_queue *q = hostile_rnd(t, 2) ? &c->rx : &c->tx;
	u32 odd = hostile_rnd(t, 60), len = 1 + hostile_rnd(t, CON_BUF);
	u64 addr = q->data_addr + hostile_rnd(t, 1000);
	u8 flags = q == &c->tx && !hostile_rnd(t, 10) ? BRK : 0;

	if (odd == 0)
		addr = (u64)prandom_u32_state(&t->rnd) << 32 | prandom_u32_state(&t->rnd);
	if (odd == 1)
		len = prandom_u32_state(&t->rnd) & VBUS_SLOT_LEN_MASK;
	if (odd == 2)
		flags = prandom_u32_state(&t->rnd);
	hostile_post(q, addr, len, flags);
	hostile_ring(q);
}

static void console_drain(struct console_use *c)
{
	struct vbus_slot slot;

	while (vbus_cons_get(&c->tx.cpl, &slot) || vbus_cons_get(&c->rx.cpl, &slot))
		;
}

static void attack_console_random(struct hostile_run *t)
{
	u32 i, opened = 0, broken = 0;
	struct console_use c = { };

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n; i++) {
		if (!c.handle) {
			if (!hostile_is(t, console_open(t->h, t->port, VBUS_CONSOLE_F_ALL, &c), 0,
					"open"))
				break;
			opened++;
		}
		console_random_post(t, &c);
		console_drain(&c);
		if (i % 8 == 0 && hostile_call(c.h, c.handle, VBUS_CONSOLE_CALL_INFO, NULL, 0) ==
		    VBUS_EPROTO) {
			console_close(&c);
			broken++;
		}
		cond_resched();
	}
	hostile_note(t, "%u slots, %u sessions, %u broken", i, opened, broken);
	console_close(&c);
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

static void attack_console_flips(struct hostile_run *t)
{
	struct hostile_flipper f;
	struct console_use c;
	u32 i, opened = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	do {
		if (!hostile_is(t, console_open(t->h, t->port, VBUS_CONSOLE_F_ALL, &c), 0, "open"))
			break;
		opened++;
		if (hostile_flip_start(&f, t, hostile_rnd(t, 2) ? c.rx.req_slots : c.tx.req_slots,
				       hostile_rnd(t, 2) ? 12 :
				       CON_RING * sizeof(struct vbus_slot))) {
			console_close(&c);
			break;
		}
		for (i = 0; i < 1000 && hostile_go_on(t); i++) {
			console_send(&c, 1 + hostile_rnd(t, CON_BUF));
			console_post_rx(&c, 1);
			console_drain(&c);
			if (i % 16 == 0 && hostile_call(c.h, c.handle, VBUS_CONSOLE_CALL_INFO,
							NULL, 0) == VBUS_EPROTO)
				break;
		}
		hostile_flip_stop(&f);
		console_close(&c);
	} while (hostile_go_on(t));
	hostile_note(t, "%u sessions", opened);
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

/* ---- work without end ---- */

/* Nobody reads the tty, so all that is sent is taken at once; other work must get its turn. */
static void attack_console_refill(struct hostile_run *t)
{
	int cpu = raw_smp_processor_id();
	struct hostile_pulse pulse;
	struct console_use c;
	u32 done = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, console_open(t->h, t->port, VBUS_CONSOLE_F_ALL, &c), 0, "open"))
		return;
	if (!hostile_pulse_start(&pulse, cpu)) {
		while (hostile_go_on(t)) {
			struct vbus_slot slot;

			while (vbus_cons_get(&c.tx.cpl, &slot))
				done = vbus_slot_addr(&slot);
			while (c.tx.posted - done < CON_RING)
				hostile_post(&c.tx, HR_ARENA_ADDR, VBUS_CONSOLE_MAX_LEN, 0);
			hostile_ring(&c.tx);
		}
		hostile_pulse_stop(&pulse);
		hostile_note(t, "%u slots; %llu beats on cpu %d, the worst after %llu us", done,
			     pulse.beats, cpu, pulse.worst_ns / 1000);
		hostile_check(t, pulse.beats > 5 && pulse.worst_ns < 3ull * NSEC_PER_SEC,
			      "cpu %d did not get to its other work: %llu beats, %llu us", cpu,
			      pulse.beats, pulse.worst_ns / 1000);
	}
	hostile_check(t, done, "nothing was taken");
	console_close(&c);
	hostile_is(t, console_fresh(t), 0, "bytes are taken after it");
}

const struct hostile_attack hostile_console_attacks[] = {
	{ "console-fresh", attack_console_fresh },
	{ "console-verbs", attack_console_verbs },
	{ "console-slots", attack_console_slots },
	{ "console-buffers", attack_console_buffers },
	{ "console-random", attack_console_random },
	{ "console-flips", attack_console_flips },
	{ "console-refill", attack_console_refill },
	{ }
};
