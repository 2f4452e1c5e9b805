// SPDX-License-Identifier: GPL-2.0
/*
 * A producer, of a queue or a stream, whose line (credit, wake, gen) is written by the fuzzer.
 *
 * unit-sources: drivers/vbus/ring/ring.c drivers/vbus/ring/split.c
 */
#include "fuzz.h"
#include "../ring_mem.h"

static struct ring_pair r;
static u32 staged, published, seen;

/* A rule a caller keeps: never more than a ring of what is staged, published and not taken. */
static bool room(void)
{
	return published + staged - seen < r.prod_mem.size;
}

static void put(struct fuzz_input *in)
{
	struct vbus_slot s;

	if (!room())
		return;
	fuzz_bytes(in, &s, sizeof(s) / 4);
	vbus_prod_put(&r.p, &s);
	staged++;
}

/* An honest consumer beside a hostile line: it must get exactly what was published. */
static void consume(void)
{
	struct vbus_slot s;

	while (vbus_cons_get(&r.c, &s))
		seen++;
	must(seen == published);
	must(!r.c.garbage);
}

static void check_space(bool sleeper)
{
	u32 before = r.p.credit, size = r.prod_mem.size;
	u32 credit = le32_to_cpu(r.prod_mem.line->credit);
	bool gone = sleeper && r.prod_mem.home == VBUS_HOME_SPLIT &&
		    le32_to_cpu(*r.prod_mem.peer_gen) != r.prod_mem.gen;
	int space = sleeper ? vbus_prod_credit_wait(&r.p) : vbus_prod_space(&r.p);

	if (gone) {
		must(space == -ENOLINK);
		return;
	}
	if (space < 0) {
		must(space == -EPROTO);
		must(r.p.credit == before);
		return;
	}
	must((u32)space <= size);
	/* What was accepted never goes back, and never past what was published. */
	must(credit - before <= r.p.first - before);
	must(r.p.idx - credit > size || (u32)space == size - (r.p.idx - credit));
}

static void check_kick(void)
{
	u32 old = r.p.kicked, wake = le32_to_cpu(r.prod_mem.line->wake);
	bool crossed = wake - old < r.p.first - old;

	must(vbus_prod_kick(&r.p) == crossed);
	must(!vbus_prod_kick(&r.p));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes)
{
	struct fuzz_input in = { data, data + bytes };
	u8 op = fuzz_u8(&in);

	staged = published = seen = 0;
	ring_pair_make(&r, op & 1 ? VBUS_HOME_SPLIT : VBUS_HOME_SHARED, 2u << (op >> 1 & 3),
		       fuzz_u32(&in) & 0x7fffffff);
	while (fuzz_more(&in)) {
		op = fuzz_u8(&in);
		switch (op & 7) {
		case 0:
		case 1:
			put(&in);
			break;
		case 2:
			vbus_prod_publish(&r.p);
			published += staged;
			staged = 0;
			break;
		case 3:
			check_kick();
			break;
		case 4:
			check_space(op & 8);
			break;
		case 5:
			/* A line that lies, by a little or by all it has. */
			if (op & 8)
				fuzz_bytes(&in, r.prod_mem.line, 1 + (op >> 4));
			else
				r.prod_mem.line->credit = cpu_to_le32(r.p.credit + (op >> 4));
			if (op == 0xff)
				r.cons_line->gen = cpu_to_le32(fuzz_u32(&in));
			break;
		case 6:
			if (op & 8) {
				vbus_prod_unput(&r.p);
				staged = 0;
			}
			break;
		default:
			consume();
			break;
		}
		must(vbus_prod_index(&r.p) == r.prod_mem.base + published + staged);
	}
	ring_pair_free(&r);
	return 0;
}
