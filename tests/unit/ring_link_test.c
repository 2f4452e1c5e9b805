// SPDX-License-Identifier: GPL-2.0
/*
 * A split ring over a link that takes its time. Writes are posted: they wait in a queue per
 * direction and arrive one by one, whenever the dice say. A read pushes the reader's own writes
 * ahead of it, and its completion pushes those of the other side that were posted before it was
 * answered. Doorbells go with the writes or overtake them. Between any two accesses of one side
 * the other side and the link may go on.
 *
 * One thread, so that a run is a function of its seed.
 *
 * unit-sources: drivers/vbus/ring/ring.c drivers/vbus/ring/split.c
 * unit-flags: -DUNIT_IO_LINK
 */
#include "unit.h"
#include <linux/io.h>
#include "ring_mem.h"

#define SEEDS	3000
#define SLOTS	40	/* per seed */
#define PACKET	2	/* most slots of a packet of a stream */

enum { CONSUMER, PRODUCER, SIDES };

struct posted {
	volatile void *addr;	/* NULL: a doorbell */
	u64 raw;
	unsigned int bytes;
};

struct side {
	bool busy;		/* inside the ring code: cannot be stepped */
	bool asleep;
	bool bell;		/* rung and not acknowledged */
	struct posted out[4096];
	unsigned int head, tail;
};

static struct link_kind {
	bool sideband;		/* doorbells overtake writes */
	bool lossy;		/* doorbells may get lost; sleepers have a timer */
	bool bridge_answers;	/* reads come back from halfway: not a link to build a ring on */
	bool stream;
} kind;

static struct side side[SIDES];
static struct ring_pair r;
static unsigned int sent, seen, active;
static u32 seed;

static u32 dice(u32 n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 10) % n;
}

static void deliver_one(struct side *from)
{
	struct posted *w = &from->out[from->tail++ % ARRAY_SIZE(from->out)];

	if (!w->addr)
		side[from == &side[CONSUMER] ? PRODUCER : CONSUMER].bell = true;
	else
		unit_io_store(w->addr, w->raw, w->bytes);
}

static void post(struct side *from, struct posted w)
{
	from->out[from->head++ % ARRAY_SIZE(from->out)] = w;
	assert_true(from->head - from->tail <= ARRAY_SIZE(from->out));
}

static void deliver_until(struct side *from, unsigned int end)
{
	while ((int)(end - from->tail) > 0)
		deliver_one(from);
}

static bool step(unsigned int who);

/* Let the world go on for a while, but for the side that is in the middle of something. */
static void meanwhile(void)
{
	unsigned int self = active, n;

	for (n = dice(6); n; n--) {
		unsigned int who = dice(SIDES);

		if (dice(2)) {
			if (side[who].head != side[who].tail)
				deliver_one(&side[who]);
		} else if (!side[who].busy) {
			step(who);
		}
	}
	active = self;
}

void unit_io_write(volatile void *addr, u64 raw, unsigned int bytes)
{
	meanwhile();
	post(&side[active], (struct posted) { addr, raw, bytes });
	meanwhile();
}

u32 unit_io_read(const volatile void *addr)
{
	struct side *self = &side[active], *peer = &side[!active];
	unsigned int end;
	u32 v;

	meanwhile();
	if (!kind.bridge_answers)
		deliver_until(self, self->head);
	v = *(const volatile u32 *)addr;
	end = kind.bridge_answers ? peer->tail : peer->head;
	meanwhile();
	deliver_until(peer, end);
	meanwhile();
	return v;
}

static void ring_bell(unsigned int from)
{
	if (kind.lossy && !dice(3))
		return;
	if (kind.sideband)
		side[!from].bell = true;
	else
		post(&side[from], (struct posted) { NULL, 0, 0 });
}

/* Returns true if the side is awake now. The bell is acknowledged here, before any look. */
static bool awake(unsigned int who, bool timer)
{
	struct side *s = &side[who];

	if (s->asleep && !s->bell && !timer)
		return false;
	if (s->asleep)
		s->bell = false;
	s->asleep = false;
	return true;
}

static bool consume(void)
{
	struct vbus_slot s;
	int ret;

	if (!awake(CONSUMER, kind.lossy && vbus_cons_pending(&r.c)))
		return false;
	if (vbus_cons_get(&r.c, &s)) {
		assert_int_equal(vbus_slot_addr(&s), seen);
		seen++;
		if (kind.stream &&
		    vbus_cons_credit(&r.c, vbus_slot_flags(&s) & VBUS_SLOT_F_WANT_CREDIT))
			ring_bell(CONSUMER);
		return true;
	}
	ret = vbus_cons_arm(&r.c);
	assert_true(ret >= 0);
	side[CONSUMER].asleep = !ret;
	return true;
}

static void put(u8 flags)
{
	struct vbus_slot s;

	vbus_slot_set(&s, sent++, 0, flags);
	vbus_prod_put(&r.p, &s);
}

static bool produce_queue(void)
{
	unsigned int n = 1 + dice(3);

	/* The completions of a queue that is not simulated keep what is outstanding in bounds. */
	if (sent == SLOTS || sent - seen >= r.prod_mem.size)
		return false;
	while (n-- && sent < SLOTS && sent - seen < r.prod_mem.size) {
		put(0);
		if (dice(2))
			vbus_prod_publish(&r.p);
	}
	vbus_prod_publish(&r.p);
	if (vbus_prod_kick(&r.p))
		ring_bell(PRODUCER);
	return true;
}

static bool produce_stream(void)
{
	int space;
	u32 n;

	if (sent >= SLOTS)
		return false;
	if (!awake(PRODUCER, kind.lossy && vbus_prod_space(&r.p) >= PACKET))
		return false;
	space = vbus_prod_space(&r.p);
	assert_true(space >= 0);
	if (space < PACKET)
		space = vbus_prod_credit_wait(&r.p);
	assert_true(space >= 0);
	if (space < PACKET) {
		side[PRODUCER].asleep = true;
		return true;
	}
	n = 1 + dice(PACKET);
	while (n--) {
		space--;
		put(!n ? (space < PACKET ? VBUS_SLOT_F_WANT_CREDIT : 0) : VBUS_SLOT_F_MORE);
	}
	vbus_prod_publish(&r.p);
	if (vbus_prod_kick(&r.p))
		ring_bell(PRODUCER);
	return true;
}

static bool step(unsigned int who)
{
	bool moved;

	active = who;
	side[who].busy = true;
	if (who == CONSUMER)
		moved = consume();
	else
		moved = kind.stream ? produce_stream() : produce_queue();
	side[who].busy = false;
	return moved;
}

/* Everything that can happen without new luck happens; then it is over. */
static void settle(void)
{
	bool moved = true;

	while (moved) {
		deliver_until(&side[CONSUMER], side[CONSUMER].head);
		deliver_until(&side[PRODUCER], side[PRODUCER].head);
		moved = step(CONSUMER);
		moved |= step(PRODUCER);
		moved |= side[CONSUMER].head != side[CONSUMER].tail;
		moved |= side[PRODUCER].head != side[PRODUCER].tail;
	}
}

/* Returns true if all went through. */
static bool run_seed(u32 n, u32 size)
{
	unsigned int i;

	seed = n * 2654435761u;
	memset(side, 0, sizeof(side));
	sent = seen = 0;
	ring_pair_make(&r, VBUS_HOME_SPLIT, size, dice(0x7fffffff));
	for (i = 0; i < 200; i++)
		meanwhile();
	settle();
	assert_int_equal(r.c.garbage, 0);
	ring_pair_free(&r);
	return seen >= SLOTS && sent == seen;
}

static unsigned int stuck(struct link_kind k)
{
	unsigned int n, bad = 0;

	kind = k;
	for (n = 0; n < SEEDS; n++)
		bad += !run_seed(n, 2u << (n % 3));
	return bad;
}

static void nothing_gets_stuck(void **state)
{
	assert_int_equal(stuck(*(struct link_kind *)*state), 0);
}

/* The test of the test: on a link that breaks its promise it must find the lost wake-up. */
static void a_bridge_that_answers_is_found_out(void **state)
{
	assert_true(stuck(*(struct link_kind *)*state) > 0);
}

#define CASE(f, what, ...) \
	{ what, f, NULL, NULL, &(struct link_kind) { __VA_ARGS__ } }

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_gets_stuck, "queue, doorbells in band", .sideband = false),
		CASE(nothing_gets_stuck, "queue, doorbells overtake", .sideband = true),
		CASE(nothing_gets_stuck, "queue, doorbells get lost", .lossy = true),
		CASE(nothing_gets_stuck, "stream, doorbells in band", .stream = true),
		CASE(nothing_gets_stuck, "stream, doorbells overtake",
		     .stream = true, .sideband = true),
		CASE(nothing_gets_stuck, "stream, doorbells get lost",
		     .stream = true, .sideband = true, .lossy = true),
		CASE(a_bridge_that_answers_is_found_out, "queue, a bridge that answers is found out",
		     .bridge_answers = true),
		CASE(a_bridge_that_answers_is_found_out, "stream, a bridge that answers is found out",
		     .stream = true, .sideband = true, .bridge_answers = true),
	};

	return cmocka_run_group_tests_name("ring over a link", tests, NULL, NULL);
}
