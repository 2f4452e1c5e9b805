// SPDX-License-Identifier: GPL-2.0
/*
 * A consumer whose ring memory is written by the fuzzer, between any two of its calls.
 *
 * unit-sources: drivers/vbus/ring/ring.c drivers/vbus/ring/split.c
 */
#include "fuzz.h"
#include "../ring_mem.h"

static struct ring_pair r;
static u32 taken, base;

/* What the peer wrote, or what it should have written, so that the fuzzer need not guess seqs. */
static void poke_slot(struct fuzz_input *in)
{
	u8 what = fuzz_u8(in);
	u32 size = r.cons_mem.size, idx = vbus_cons_index(&r.c) + (what & 15);
	struct vbus_slot *slot = &r.cons_mem.slots[idx & (size - 1)];

	fuzz_bytes(in, slot, 1 + (what >> 4));
	if (what & 0x80)
		slot->seq = cpu_to_le32(idx + 1);
}

static void check_get(void)
{
	u32 idx = vbus_cons_index(&r.c);
	struct vbus_slot was = r.cons_mem.slots[idx & (r.cons_mem.size - 1)];
	bool there = le32_to_cpu(was.seq) == idx + 1;
	u64 garbage = r.c.garbage;
	struct vbus_slot got;

	must(vbus_cons_pending(&r.c) == there);
	must(vbus_cons_get(&r.c, &got) == there);
	must(vbus_cons_index(&r.c) == idx + there);
	must(r.c.garbage - garbage <= !there);
	must(!there || !memcmp(&was, &got, sizeof(was)));
	taken += there;
}

static void check_peek(u8 arg)
{
	u32 n, idx = vbus_cons_index(&r.c);
	struct vbus_slot got;

	for (n = 0; n < r.cons_mem.size && vbus_cons_peek(&r.c, n, &got); n++)
		must(le32_to_cpu(got.seq) == idx + n + 1);
	must(vbus_cons_index(&r.c) == idx);
	if (n) {
		n = arg % (n + 1);
		vbus_cons_skip(&r.c, n);
		taken += n;
	}
}

static void check_arm(void)
{
	bool gone = r.cons_mem.home == VBUS_HOME_SPLIT &&
		    le32_to_cpu(*r.cons_mem.peer_gen) != r.cons_mem.gen;
	u32 idx = vbus_cons_index(&r.c);
	bool due = r.c.stream && r.c.credited != idx;
	int ret = vbus_cons_arm(&r.c);

	must(ret == (gone ? -ENOLINK : vbus_cons_pending(&r.c)));
	must(le32_to_cpu(r.prod_mem.line->wake) == idx);
	must(!due || le32_to_cpu(r.prod_mem.line->credit) == idx);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes)
{
	struct fuzz_input in = { data, data + bytes };
	u8 op = fuzz_u8(&in);

	base = fuzz_u32(&in) & 0x7fffffff;
	taken = 0;
	ring_pair_make(&r, op & 1 ? VBUS_HOME_SPLIT : VBUS_HOME_SHARED, 2u << (op >> 1 & 3), base);
	while (fuzz_more(&in)) {
		op = fuzz_u8(&in);
		switch (op & 7) {
		case 0:
		case 1:
			poke_slot(&in);
			break;
		case 2:
			fuzz_bytes(&in, r.prod_mem.line, 1 + (op >> 3));
			break;
		case 3:
			check_arm();
			break;
		case 4:
			must(vbus_cons_credit(&r.c, op & 8) == !!(op & 8));
			break;
		case 5:
			check_peek(op >> 3);
			break;
		default:
			check_get();
			break;
		}
		must(vbus_cons_index(&r.c) == base + taken);
	}
	ring_pair_free(&r);
	return 0;
}
