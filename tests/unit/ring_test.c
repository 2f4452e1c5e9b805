// SPDX-License-Identifier: GPL-2.0
/*
 * The ring, one step at a time, in both homes.
 *
 * unit-sources: drivers/vbus/ring/ring.c drivers/vbus/ring/split.c
 * unit-flags: -DUNIT_IO_LINK
 */
#include "unit.h"
#include <linux/io.h>
#include "ring_mem.h"

#define SIZE 8u

static enum vbus_home home;
static struct ring_pair r;

/* What crossed the link, in order. */
static const volatile void *crossed[64];
static unsigned int crossings, reads, writes, bytes_written;

static void note(const volatile void *addr)
{
	if (crossings < ARRAY_SIZE(crossed))
		crossed[crossings++] = addr;
}

void unit_io_write(volatile void *addr, u64 raw, unsigned int bytes)
{
	unit_io_store(addr, raw, bytes);
	note(addr);
	writes++;
	bytes_written += bytes;
}

u32 unit_io_read(const volatile void *addr)
{
	note(addr);
	reads++;
	return *(const volatile u32 *)addr;
}

static void forget_crossings(void)
{
	crossings = reads = writes = bytes_written = 0;
}

static void put(u64 addr)
{
	struct vbus_slot s = { .seq = cpu_to_le32(0xdeadbeef) };

	vbus_slot_set(&s, addr, (u32)addr & 0xffff, (u8)addr);
	vbus_prod_put(&r.p, &s);
}

static bool send(u64 addr)
{
	put(addr);
	vbus_prod_publish(&r.p);
	return vbus_prod_kick(&r.p);
}

static void expect(u64 addr)
{
	struct vbus_slot s;

	assert_true(vbus_cons_get(&r.c, &s));
	assert_int_equal(vbus_slot_addr(&s), addr);
	assert_int_equal(vbus_slot_len(&s), addr & 0xffff);
	assert_int_equal(vbus_slot_flags(&s), addr & 0xff);
	assert_int_equal(le32_to_cpu(s.seq), vbus_cons_index(&r.c));
}

static void expect_empty(void)
{
	struct vbus_slot s;

	assert_false(vbus_cons_get(&r.c, &s));
	assert_false(vbus_cons_pending(&r.c));
}

static struct vbus_slot *slot_at(u32 idx)
{
	return &r.prod_mem.slots[idx % r.prod_mem.size];
}

static void remake(u32 size, u32 base)
{
	ring_pair_free(&r);
	ring_pair_make(&r, home, size, base);
}

static int setup(void **state)
{
	home = *(enum vbus_home *)*state;
	ring_pair_make(&r, home, SIZE, 0x7ffffffd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	ring_pair_free(&r);
	return 0;
}

/* Setting up */

static void setup_refuses_bad_parameters(void **state)
{
	static const u32 sizes[] = { 0, 1, 3, 6, 12, 32767, 32769, 65536, 0x80000000, 0xffffffff };
	struct vbus_ring_mem mem;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		mem = r.cons_mem;
		mem.size = sizes[i];
		assert_int_equal(vbus_prod_init(&r.p, &mem), -EINVAL);
		assert_int_equal(vbus_cons_init(&r.c, &mem), -EINVAL);
		assert_int_equal(vbus_ring_format_slots(&mem), -EINVAL);
		assert_int_equal(vbus_ring_format_line(&mem), -EINVAL);
	}
	mem = r.cons_mem;
	mem.base = 0x80000000;
	assert_int_equal(vbus_prod_init(&r.p, &mem), -EINVAL);
	mem = r.cons_mem;
	mem.gen = 0xffffffff;
	assert_int_equal(vbus_cons_init(&r.c, &mem), -EINVAL);
	mem = r.cons_mem;
	mem.home = 2;
	assert_int_equal(vbus_cons_init(&r.c, &mem), -EINVAL);
	mem = r.cons_mem;
	mem.slots = (void *)((char *)mem.slots + 8);
	assert_int_equal(vbus_cons_init(&r.c, &mem), -EINVAL);
	assert_int_equal(vbus_ring_format_slots(&mem), -EINVAL);
	mem = r.cons_mem;
	mem.line = (void *)((char *)mem.line + 16);
	assert_int_equal(vbus_prod_init(&r.p, &mem), -EINVAL);
	assert_int_equal(vbus_ring_format_line(&mem), -EINVAL);
	mem = r.cons_mem;
	mem.slots = NULL;
	assert_int_equal(vbus_prod_init(&r.p, &mem), -EINVAL);
	mem = r.cons_mem;
	mem.line = NULL;
	assert_int_equal(vbus_cons_init(&r.c, &mem), -EINVAL);
	mem = r.cons_mem;
	mem.peer_gen = NULL;
	assert_int_equal(vbus_cons_init(&r.c, &mem), home == VBUS_HOME_SPLIT ? -EINVAL : 0);
}

static void sizes_from_2_to_32768_are_fine(void **state)
{
	u32 size;

	for (size = 2; size <= 32768; size *= 2) {
		assert_true(vbus_ring_size_ok(size));
		remake(size, 0);
		send(1);
		expect(1);
		expect_empty();
	}
}

static void attaching_keeps_what_was_published(void **state)
{
	send(0x11);
	send(0x12);
	assert_int_equal(vbus_cons_init(&r.c, &r.cons_mem), 0);
	expect(0x11);
	expect(0x12);
	expect_empty();
}

static void format_leaves_a_clean_line(void **state)
{
	const u8 *line = (const u8 *)r.prod_mem.line;
	unsigned int i;

	memset(r.prod_mem.line, 0xff, 64);
	assert_int_equal(vbus_ring_format_line(&r.prod_mem), 0);
	assert_int_equal(le32_to_cpu(r.prod_mem.line->credit), 0x7ffffffd);
	assert_int_equal(le32_to_cpu(r.prod_mem.line->wake), 0x7ffffffd);
	assert_int_equal(le32_to_cpu(r.prod_mem.line->gen), 0x1001);
	for (i = 12; i < 64; i++)
		assert_int_equal(line[i], 0);
}

static void a_stale_slot_of_another_life_is_no_data(void **state)
{
	struct vbus_slot s;

	/* What an old life posted arrives late, in a ring formatted with a new base. */
	remake(SIZE, 1000);
	slot_at(1000)->seq = cpu_to_le32(1);
	slot_at(1001)->seq = cpu_to_le32(900);
	assert_false(vbus_cons_get(&r.c, &s));
	assert_int_equal(r.c.garbage, 1);
	send(7);
	expect(7);
	assert_false(vbus_cons_get(&r.c, &s));
	assert_int_equal(r.c.garbage, 2);
	send(8);
	expect(8);
	expect_empty();
}

/* Moving slots */

static void slots_come_out_as_they_went_in(void **state)
{
	u64 i;

	for (i = 0; i < 5 * SIZE; i++) {
		send(0x1122334455667788ull + i * 0x0101010101010101ull);
		expect(0x1122334455667788ull + i * 0x0101010101010101ull);
		expect_empty();
	}
	assert_int_equal(r.c.garbage, 0);
}

static void wire_bytes_are_little_endian(void **state)
{
	static const u8 want[16] = { 8, 7, 6, 5, 4, 3, 2, 1, 0x30, 0x20, 0x10, 0x03,
				     0xfe, 0xff, 0xff, 0x7f };
	struct vbus_slot s;
	u8 got[16];
	unsigned int i;

	vbus_slot_set(&s, 0x0102030405060708ull, 0x102030,
		      VBUS_SLOT_F_MORE | VBUS_SLOT_F_WANT_CREDIT);
	vbus_prod_put(&r.p, &s);
	vbus_prod_publish(&r.p);
	memcpy(got, slot_at(0x7ffffffd), 16);
#ifdef UNIT_SWAP
	/* Simulated big-endian machine: every word's bytes are mirrored in this one's memory. */
	for (i = 0; i < 8; i++)
		got[i] = ((u8 *)slot_at(0x7ffffffd))[7 - i];
	for (i = 0; i < 8; i++)
		got[8 + i] = ((u8 *)slot_at(0x7ffffffd))[8 + (i & 4) + 3 - (i & 3)];
#endif
	for (i = 0; i < 16; i++)
		assert_int_equal(got[i], want[i]);
}

static void index_wraps_past_2_to_the_32(void **state)
{
	u64 i;

	/* Nobody sends four thousand million slots in a test: move both ends there. */
	r.p.idx = r.p.first = r.p.sent = r.p.kicked = r.c.idx = 0xfffffff5;
	r.prod_mem.line->wake = cpu_to_le32(0xfffffff5);
	for (i = 0; i < SIZE; i++)
		slot_at(0xfffffff5 - 1 - i)->seq = cpu_to_le32(0xfffffff5 - i);
	for (i = 0; i < 3 * SIZE; i++) {
		assert_true(send(i));
		expect(i);
		expect_empty();
		assert_int_equal(vbus_cons_arm(&r.c), 0);
	}
	assert_int_equal(vbus_cons_index(&r.c), 0xfffffff5 + 3 * SIZE);
	assert_int_equal(r.c.garbage, 0);
}

static void a_full_ring_holds_size_slots(void **state)
{
	unsigned int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < SIZE; i++)
			send(i);
		for (i = 0; i < SIZE; i++)
			expect(i);
		expect_empty();
	}
}

static void length_and_flags_share_a_word(void **state)
{
	struct vbus_slot s;

	vbus_slot_set(&s, 0, 0xffffffff, 0);
	assert_int_equal(vbus_slot_len(&s), 0xffffff);
	assert_int_equal(vbus_slot_flags(&s), 0);
	vbus_slot_set(&s, 0, 0, 0xff);
	assert_int_equal(vbus_slot_len(&s), 0);
	assert_int_equal(vbus_slot_flags(&s), 0xff);
}

/* Batches */

static void a_batch_is_visible_as_a_whole(void **state)
{
	struct vbus_slot s;
	unsigned int n, i;

	for (n = 1; n <= SIZE; n++) {
		for (i = 0; i < n; i++) {
			put(i);
			expect_empty();
		}
		vbus_prod_publish(&r.p);
		for (i = 0; i < n; i++)
			assert_true(vbus_cons_peek(&r.c, i, &s));
		if (n < SIZE)
			assert_false(vbus_cons_peek(&r.c, n, &s));
		for (i = 0; i < n; i++)
			expect(i);
		expect_empty();
	}
	assert_int_equal(r.c.garbage, 0);
}

static void sending_publishes_what_was_staged_too(void **state)
{
	struct vbus_slot s;
	u64 n, i;

	for (n = 0; n < SIZE; n++) {
		for (i = 0; i < n; i++)
			put(i);
		expect_empty();
		vbus_slot_set(&s, n, n, n);
		vbus_prod_send(&r.p, &s);
		vbus_prod_kick(&r.p);
		for (i = 0; i <= n; i++)
			expect(i);
		expect_empty();
	}
	assert_int_equal(r.c.garbage, 0);
}

static void publishing_nothing_does_nothing(void **state)
{
	vbus_prod_publish(&r.p);
	assert_false(vbus_prod_kick(&r.p));
	expect_empty();
	send(1);
	vbus_prod_publish(&r.p);
	assert_false(vbus_prod_kick(&r.p));
	expect(1);
	expect_empty();
}

static void unput_leaves_no_trace(void **state)
{
	unsigned int n, i, round;

	for (round = 0; round < 3; round++) {
		for (n = 0; n <= SIZE; n++) {
			for (i = 0; i < n; i++)
				put(0xbad);
			vbus_prod_unput(&r.p);
			vbus_prod_publish(&r.p);
			assert_false(vbus_prod_kick(&r.p));
			expect_empty();
			/* A shorter batch must not uncover the seqs of the longer one. */
			send(0x900d);
			expect(0x900d);
			expect_empty();
		}
	}
	assert_int_equal(r.c.garbage, 0);
}

static void peek_and_skip(void **state)
{
	struct vbus_slot s;

	put(1);
	put(2);
	vbus_prod_publish(&r.p);
	put(3);
	put(4);
	assert_true(vbus_cons_peek(&r.c, 0, &s));
	assert_int_equal(vbus_slot_addr(&s), 1);
	assert_true(vbus_cons_peek(&r.c, 1, &s));
	assert_int_equal(vbus_slot_addr(&s), 2);
	assert_false(vbus_cons_peek(&r.c, 2, &s));
	vbus_cons_skip(&r.c, 2);
	expect_empty();
	vbus_prod_publish(&r.p);
	expect(3);
	expect(4);
}

/* Doorbells */

static void first_publish_rings(void **state)
{
	assert_true(send(1));
}

static void doorbells_only_for_who_asked(void **state)
{
	assert_true(send(1));
	assert_false(send(2));
	expect(1);
	assert_false(send(3));
	expect(2);
	expect(3);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_true(send(4));
	assert_false(send(5));
	assert_int_equal(vbus_cons_arm(&r.c), 1);
	expect(4);
	expect(5);
	/* Armed at 4 while 4 and 5 were there: nobody sleeps, and 6 is not announced. */
	assert_false(send(6));
}

static void one_doorbell_per_batch(void **state)
{
	unsigned int n, i;

	for (n = 1; n <= SIZE; n++) {
		assert_int_equal(vbus_cons_arm(&r.c), 0);
		for (i = 0; i < n; i++) {
			put(i);
			if (i & 1)
				vbus_prod_publish(&r.p);
		}
		vbus_prod_publish(&r.p);
		assert_true(vbus_prod_kick(&r.p));
		assert_false(vbus_prod_kick(&r.p));
		for (i = 0; i < n; i++)
			expect(i);
	}
}

static void arming_in_mid_batch_rings(void **state)
{
	/* Consumer takes one, arms; the rest is published but not kicked yet. */
	assert_true(send(0));
	expect(0);
	put(1);
	vbus_prod_publish(&r.p);
	expect(1);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	put(2);
	vbus_prod_publish(&r.p);
	assert_true(vbus_prod_kick(&r.p));
}

static void arm_sees_what_came_meanwhile(void **state)
{
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	send(1);
	assert_int_equal(vbus_cons_arm(&r.c), 1);
	expect(1);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_true(send(2));
}

/* Every wake index against every batch: rings exactly if the batch crosses it. */
static void crossing_test_is_exact(void **state)
{
	unsigned int n, i;
	s32 off;

	for (n = 1; n <= SIZE; n++) {
		for (off = -20; off < 20; off++) {
			u32 old = vbus_prod_index(&r.p);

			for (i = 0; i < n; i++)
				put(i);
			vbus_prod_publish(&r.p);
			r.prod_mem.line->wake = cpu_to_le32(old + off);
			assert_int_equal(vbus_prod_kick(&r.p), off >= 0 && off < (s32)n);
			vbus_cons_skip(&r.c, n);
		}
	}
}

/* Credit */

static void space_counts_staged_and_published(void **state)
{
	unsigned int i;

	assert_int_equal(vbus_prod_space(&r.p), SIZE);
	for (i = 0; i < SIZE; i++) {
		put(i);
		assert_int_equal(vbus_prod_space(&r.p), SIZE - i - 1);
	}
	vbus_prod_publish(&r.p);
	assert_int_equal(vbus_prod_space(&r.p), 0);
	vbus_prod_kick(&r.p);
	for (i = 0; i < SIZE; i++) {
		expect(i);
		assert_false(vbus_cons_credit(&r.c, false));
	}
	assert_int_equal(vbus_prod_space(&r.p), SIZE);
}

static void credit_is_lazy(void **state)
{
	unsigned int i;

	remake(16, 5);
	for (i = 0; i < 16; i++)
		send(i);
	for (i = 0; i < 16; i++) {
		expect(i);
		assert_false(vbus_cons_credit(&r.c, false));
		/* In steps of a quarter. */
		assert_int_equal(vbus_prod_space(&r.p), (i + 1) / 4 * 4);
	}
}

static void arming_flushes_credit(void **state)
{
	send(1);
	expect(1);
	assert_false(vbus_cons_credit(&r.c, false));
	assert_int_equal(vbus_prod_space(&r.p), SIZE - 1);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_int_equal(vbus_prod_space(&r.p), SIZE);
}

static void a_queue_has_no_credit(void **state)
{
	send(1);
	expect(1);
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_int_equal(le32_to_cpu(r.prod_mem.line->credit), 0x7ffffffd);
}

static void want_credit_is_answered_at_once(void **state)
{
	unsigned int i;

	for (i = 0; i < SIZE; i++)
		send(i);
	assert_int_equal(vbus_prod_credit_wait(&r.p), 0);
	for (i = 0; i < SIZE; i++) {
		expect(i);
		assert_int_equal(vbus_cons_credit(&r.c, i == SIZE - 1), i == SIZE - 1);
	}
	assert_int_equal(vbus_prod_credit_wait(&r.p), SIZE);
}

/* The peer lies */

static void credit_out_of_range_is_a_protocol_error(void **state)
{
	u32 base = 0x7ffffffd;
	s64 off;

	send(1);
	send(2);
	send(3);
	for (off = -300; off < 300; off++) {
		int want = off >= 0 && off <= 3 ? (int)(SIZE - 3 + off) : -EPROTO;

		r.p.credit = base;
		r.prod_mem.line->credit = cpu_to_le32(base + (u32)off);
		assert_int_equal(vbus_prod_space(&r.p), want);
		r.p.credit = base;
		assert_int_equal(vbus_prod_credit_wait(&r.p), want);
	}
	/* Backwards. */
	r.prod_mem.line->credit = cpu_to_le32(base + 2);
	assert_int_equal(vbus_prod_space(&r.p), SIZE - 1);
	r.prod_mem.line->credit = cpu_to_le32(base + 1);
	assert_int_equal(vbus_prod_space(&r.p), -EPROTO);
	/* For what is staged but not published, too. */
	put(4);
	r.prod_mem.line->credit = cpu_to_le32(base + 4);
	assert_int_equal(vbus_prod_space(&r.p), -EPROTO);
}

static void garbage_seq_only_stalls(void **state)
{
	static const s32 bad[] = { 1, 2, -1, 7, -7, 9, 0x40000000, -0x40000000 };
	struct vbus_slot s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		u32 idx = vbus_cons_index(&r.c);
		u64 garbage = r.c.garbage;

		slot_at(idx)->seq = cpu_to_le32(idx + 1 + bad[i]);
		assert_false(vbus_cons_get(&r.c, &s));
		assert_int_equal(r.c.garbage, garbage + 1);
		assert_int_equal(vbus_cons_arm(&r.c), 0);
		assert_false(vbus_cons_pending(&r.c));
		assert_int_equal(vbus_cons_index(&r.c), idx);
		send(i);
		expect(i);
	}
}

static void a_whole_ring_of_future_seqs_is_one_ring_of_work(void **state)
{
	struct vbus_slot s;
	u32 base = vbus_cons_index(&r.c);
	unsigned int i, got = 0;

	for (i = 0; i < SIZE; i++)
		slot_at(base + i)->seq = cpu_to_le32(base + i + 1);
	for (i = 0; i < 100; i++)
		got += vbus_cons_get(&r.c, &s);
	assert_int_equal(got, SIZE);
	assert_int_equal(vbus_cons_index(&r.c), base + SIZE);
}

static void garbage_wake_costs_doorbells_at_most(void **state)
{
	unsigned int i, rung = 0;

	srand(1);
	for (i = 0; i < 1000; i++) {
		r.prod_mem.line->wake = cpu_to_le32((u32)rand() * 2654435761u);
		rung += send(i);
		expect(i);
	}
	assert_in_range(rung, 0, 20);
}

static void a_slot_is_read_once(void **state)
{
	struct vbus_slot s;

	send(0x1234);
	assert_true(vbus_cons_get(&r.c, &s));
	memset(slot_at(0x7ffffffd), 0xff, 16);
	assert_int_equal(vbus_slot_addr(&s), 0x1234);
	assert_int_equal(vbus_slot_len(&s), 0x1234);
}

/* The link */

static void only_going_idle_reads_across(void **state)
{
	bool split = home == VBUS_HOME_SPLIT;
	unsigned int i;

	forget_crossings();
	for (i = 0; i < SIZE; i++)
		put(i);
	vbus_prod_publish(&r.p);
	vbus_prod_kick(&r.p);
	/* Nothing is written twice but the seq of the first. */
	assert_int_equal(bytes_written, split ? 16 * SIZE + 4 : 0);
	for (i = 0; i < SIZE; i++)
		expect(i);
	expect_empty();
	assert_int_equal(reads, 0);
	writes = 0;
	assert_int_equal(vbus_cons_arm(&r.c), 0);
	assert_int_equal(reads, split);
	assert_int_equal(writes, split);
	assert_int_equal(vbus_prod_space(&r.p), 0);
	assert_int_equal(reads, split);
	assert_int_equal(vbus_prod_credit_wait(&r.p), 0);
	assert_int_equal(reads, 2 * split);
}

static void a_line_is_one_write(void **state)
{
	struct vbus_crossings crossed = {};
	unsigned int i;

	r.p.mem.crossings = &crossed;
	/* Slots 1..3, 0..3 and 0 of their lines; then the seq of the first. */
	for (i = 0; i < SIZE; i++)
		put(i);
	vbus_prod_publish(&r.p);
	assert_int_equal(crossed.writes, home == VBUS_HOME_SPLIT ? 4 : 0);
	for (i = 0; i < SIZE; i++)
		expect(i);
	/* What is not across yet costs nothing to drop. */
	put(100);
	put(101);
	vbus_prod_unput(&r.p);
	assert_int_equal(crossed.writes, home == VBUS_HOME_SPLIT ? 4 : 0);
	/* More may wait for more; across a link it does. */
	put(200);
	assert_int_equal(vbus_prod_publish_more(&r.p, true), home == VBUS_HOME_SHARED);
	put(201);
	assert_true(vbus_prod_publish_more(&r.p, false));
	assert_int_equal(crossed.writes, home == VBUS_HOME_SPLIT ? 6 : 0);
	expect(200);
	expect(201);
	expect_empty();
}

static void disarmed_is_not_rung(void **state)
{
	unsigned int i;

	for (i = 0; i < 3 * SIZE; i++) {
		assert_int_equal(vbus_cons_arm(&r.c), 0);
		vbus_cons_disarm(&r.c);
		assert_false(send(i));
		expect(i);
		/* Not asked for any more: nothing to take back, also not by chance. */
		vbus_cons_disarm(&r.c);
		assert_false(send(i));
		assert_int_equal(vbus_cons_arm(&r.c), 1);
		expect(i);
		assert_int_equal(vbus_cons_arm(&r.c), 0);
		assert_true(send(i));
		/* It was rung: too late. */
		vbus_cons_disarm(&r.c);
		expect(i);
	}
}

/* What was left to the next publish goes at last, or when it is enough, or is dropped. */
static void a_series_ends(void **state)
{
	bool split = home == VBUS_HOME_SPLIT;
	unsigned int i;

	remake(2 * VBUS_RING_SERIES, 0x7ffffff8);
	for (i = 0; i < 5; i++) {
		put(300 + i);
		assert_int_equal(vbus_prod_publish_more(&r.p, true), !split);
	}
	if (split) {
		expect_empty();
		vbus_prod_unput(&r.p);
		vbus_prod_publish(&r.p);
		expect_empty();
	} else {
		for (i = 0; i < 5; i++)
			expect(300 + i);
	}
	for (i = 1; i <= VBUS_RING_SERIES; i++) {
		put(400 + i);
		assert_int_equal(vbus_prod_publish_more(&r.p, true),
				 !split || i == VBUS_RING_SERIES);
	}
	for (i = 1; i <= VBUS_RING_SERIES; i++)
		expect(400 + i);
	expect_empty();
}

static void link_is_used_in_the_right_order(void **state)
{
	u32 base = 0x7ffffffd;

	forget_crossings();
	put(1);
	put(2);
	vbus_prod_publish(&r.p);
	/* The seq of the first slot is the last word of all. */
	assert_ptr_equal(crossed[crossings - 1], &slot_at(base)->seq);
	expect(1);
	assert_false(vbus_cons_credit(&r.c, false));
	forget_crossings();
	assert_int_equal(vbus_cons_arm(&r.c), 1);
	/* Credit, then wake, then the read. */
	assert_int_equal(crossings, 3);
	assert_ptr_equal(crossed[0], &r.cons_mem.line->credit);
	assert_ptr_equal(crossed[1], &r.cons_mem.line->wake);
	assert_ptr_equal(crossed[2], r.cons_mem.peer_gen);
}

static void a_dead_or_new_peer_is_noticed(void **state)
{
	bool split = home == VBUS_HOME_SPLIT;

	assert_int_equal(vbus_ring_flush(&r.cons_mem), 0x1001);
	r.prod_mem.line->gen = cpu_to_le32(0xffffffff);
	r.cons_line->gen = cpu_to_le32(0xffffffff);
	assert_int_equal(vbus_cons_arm(&r.c), split ? -ENOLINK : 0);
	assert_int_equal(vbus_prod_credit_wait(&r.p), split ? -ENOLINK : (int)SIZE);
	assert_int_equal(vbus_ring_flush(&r.cons_mem), split ? 0xffffffff : 0x1001);
	r.prod_mem.line->gen = cpu_to_le32(0x1002);
	r.cons_line->gen = cpu_to_le32(0x1002);
	assert_int_equal(vbus_cons_arm(&r.c), split ? -ENOLINK : 0);
	assert_int_equal(vbus_prod_credit_wait(&r.p), split ? -ENOLINK : (int)SIZE);
	assert_int_equal(vbus_ring_flush(&r.cons_mem), split ? 0x1002 : 0x1001);
}

/* Both together, with a random walk as witness. */
static void random_walk(void **state)
{
	unsigned int staged = 0, published = 0, taken = 0, i;

	srand(42);
	for (i = 0; i < 20000; i++) {
		switch (rand() % 6) {
		case 0:
		case 1:
			if (published + staged - taken == SIZE)
				break;
			put(published + staged);
			staged++;
			break;
		case 2:
			vbus_prod_publish(&r.p);
			published += staged;
			staged = 0;
			break;
		case 3:
			if (rand() % 4)
				break;
			vbus_prod_unput(&r.p);
			staged = 0;
			break;
		default:
			if (taken == published) {
				expect_empty();
				break;
			}
			expect(taken++);
			vbus_cons_credit(&r.c, false);
			break;
		}
		assert_true(vbus_prod_space(&r.p) >= 0);
		assert_true((u32)vbus_prod_space(&r.p) <= SIZE - staged - (published - taken));
	}
	assert_int_equal(r.c.garbage, 0);
}

static enum vbus_home shared = VBUS_HOME_SHARED, split = VBUS_HOME_SPLIT;

#define CASE(f)	{ #f ", shared", f, setup, teardown, &shared }, \
		{ #f ", split", f, setup, teardown, &split }

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(setup_refuses_bad_parameters),
		CASE(sizes_from_2_to_32768_are_fine),
		CASE(attaching_keeps_what_was_published),
		CASE(format_leaves_a_clean_line),
		CASE(a_stale_slot_of_another_life_is_no_data),
		CASE(slots_come_out_as_they_went_in),
		CASE(wire_bytes_are_little_endian),
		CASE(index_wraps_past_2_to_the_32),
		CASE(a_full_ring_holds_size_slots),
		CASE(length_and_flags_share_a_word),
		CASE(a_batch_is_visible_as_a_whole),
		CASE(sending_publishes_what_was_staged_too),
		CASE(publishing_nothing_does_nothing),
		CASE(unput_leaves_no_trace),
		CASE(peek_and_skip),
		CASE(first_publish_rings),
		CASE(doorbells_only_for_who_asked),
		CASE(one_doorbell_per_batch),
		CASE(arming_in_mid_batch_rings),
		CASE(arm_sees_what_came_meanwhile),
		CASE(crossing_test_is_exact),
		CASE(space_counts_staged_and_published),
		CASE(credit_is_lazy),
		CASE(arming_flushes_credit),
		CASE(a_queue_has_no_credit),
		CASE(want_credit_is_answered_at_once),
		CASE(credit_out_of_range_is_a_protocol_error),
		CASE(garbage_seq_only_stalls),
		CASE(a_whole_ring_of_future_seqs_is_one_ring_of_work),
		CASE(garbage_wake_costs_doorbells_at_most),
		CASE(a_slot_is_read_once),
		CASE(only_going_idle_reads_across),
		CASE(a_line_is_one_write),
		CASE(disarmed_is_not_rung),
		CASE(a_series_ends),
		{ "link_is_used_in_the_right_order", link_is_used_in_the_right_order, setup, teardown,
		  &split },
		CASE(a_dead_or_new_peer_is_noticed),
		CASE(random_walk),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
