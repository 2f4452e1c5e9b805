// SPDX-License-Identifier: GPL-2.0
/*
 * The range table of vbus-loopback: who may reach what, and for how long.
 */
/* It is private to its module; this is a copy to play with. */
#include "../../../connectors/loopback/table.c"

#include <kunit/test.h>
#include <linux/module.h>

#define BUF_LEN	(3 * LO_COPY_STEP + 5)

struct ctx {
	struct lo_table table;
	u8 *mem;
	u8 *buf;
};

static int table_init(struct kunit *test)
{
	struct ctx *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	c->mem = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	c->buf = kunit_kzalloc(test, BUF_LEN, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->mem);
	KUNIT_ASSERT_NOT_NULL(test, c->buf);
	KUNIT_ASSERT_EQ(test, lo_table_init(&c->table), 0);
	test->priv = c;
	return 0;
}

static void table_exit(struct kunit *test)
{
	struct ctx *c = test->priv;

	if (c)
		lo_table_exit(&c->table);
}

static dma_addr_t add(struct kunit *test, size_t len, u8 access)
{
	struct ctx *c = test->priv;
	dma_addr_t addr = lo_table_add(&c->table, c->mem, len, access, false);

	KUNIT_ASSERT_NE(test, addr, (dma_addr_t)DMA_MAPPING_ERROR);
	KUNIT_ASSERT_NE(test, addr, (dma_addr_t)0);
	return addr;
}

static int copy(struct kunit *test, u64 addr, size_t len, u8 access)
{
	struct ctx *c = test->priv;

	return lo_table_copy(&c->table, addr, c->buf, len, access);
}

static void copies_data(struct kunit *test)
{
	struct ctx *c = test->priv;
	dma_addr_t addr = add(test, BUF_LEN, LO_READ | LO_WRITE);
	size_t i;

	for (i = 0; i < BUF_LEN; i++)
		c->mem[i] = i * 7;
	KUNIT_EXPECT_EQ(test, copy(test, addr, BUF_LEN, LO_READ), 0);
	KUNIT_EXPECT_EQ(test, memcmp(c->mem, c->buf, BUF_LEN), 0);
	memset(c->buf, 0x55, BUF_LEN);
	KUNIT_EXPECT_EQ(test, copy(test, addr + 3, BUF_LEN - 4, LO_WRITE), 0);
	KUNIT_EXPECT_EQ(test, c->mem[2], (u8)14);
	KUNIT_EXPECT_EQ(test, c->mem[3], (u8)0x55);
	KUNIT_EXPECT_EQ(test, c->mem[BUF_LEN - 2], (u8)0x55);
	KUNIT_EXPECT_EQ(test, c->mem[BUF_LEN - 1], (u8)((BUF_LEN - 1) * 7));
	lo_table_del(&c->table, addr);
}

static void refuses_outside(struct kunit *test)
{
	struct ctx *c = test->priv;
	dma_addr_t addr = add(test, 100, LO_READ | LO_WRITE);

	KUNIT_EXPECT_EQ(test, copy(test, addr, 100, LO_READ), 0);
	KUNIT_EXPECT_EQ(test, copy(test, addr + 99, 1, LO_READ), 0);
	KUNIT_EXPECT_EQ(test, copy(test, addr, 101, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr + 1, 100, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr + 100, 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr - 1, 2, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr, SIZE_MAX, LO_WRITE), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr, LO_RANGE_MAX, LO_WRITE), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr + BIT_ULL(LO_OFFSET_BITS), 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr + BIT_ULL(LO_GEN_SHIFT), 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, 0, 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, U64_MAX, 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, addr | (u64)(LO_CHUNKS - 1) << 36, 1, LO_READ), -EFAULT);
	lo_table_del(&c->table, addr);
}

static void keeps_direction(struct kunit *test)
{
	struct ctx *c = test->priv;
	dma_addr_t rd = add(test, 100, LO_READ), wr = add(test, 100, LO_WRITE);

	KUNIT_EXPECT_EQ(test, copy(test, rd, 100, LO_READ), 0);
	KUNIT_EXPECT_EQ(test, copy(test, rd, 100, LO_WRITE), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, wr, 100, LO_WRITE), 0);
	KUNIT_EXPECT_EQ(test, copy(test, wr, 100, LO_READ), -EFAULT);
	lo_table_del(&c->table, rd);
	lo_table_del(&c->table, wr);
}

static void refuses_what_was_unmapped(struct kunit *test)
{
	struct ctx *c = test->priv;
	dma_addr_t old = add(test, 100, LO_READ), new;

	lo_table_del(&c->table, old);
	KUNIT_EXPECT_EQ(test, copy(test, old, 1, LO_READ), -EFAULT);
	new = add(test, 100, LO_READ);
	KUNIT_EXPECT_NE(test, old, new);
	KUNIT_EXPECT_EQ(test, copy(test, old, 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, copy(test, new, 1, LO_READ), 0);
	/* A second unmap of the same address is a bug that hurts nobody else. */
	lo_table_del(&c->table, old);
	KUNIT_EXPECT_EQ(test, copy(test, new, 1, LO_READ), 0);
	lo_table_del(&c->table, new);
}

static void refuses_bad_ranges(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct lo_table *t = &c->table;

	KUNIT_EXPECT_EQ(test, lo_table_add(t, c->mem, 0, LO_READ, false), DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, lo_table_add(t, c->mem, 1, 0, false), DMA_MAPPING_ERROR);
	KUNIT_EXPECT_EQ(test, lo_table_add(t, c->mem, LO_RANGE_MAX + 1, LO_READ, false),
			DMA_MAPPING_ERROR);
}

/* Generations wrap and never become 0 or all ones. */
static void generations_wrap(struct kunit *test)
{
	struct ctx *c = test->priv;
	u64 gen;
	u32 i;

	for (i = 0; i < 2 * U16_MAX; i++) {
		dma_addr_t addr = lo_table_add(&c->table, c->mem, 1, LO_READ, false);

		gen = (u64)addr >> LO_GEN_SHIFT;
		if (gen == 0 || gen == U16_MAX)
			KUNIT_FAIL(test, "generation %llu", gen);
		lo_table_del(&c->table, addr);
	}
	KUNIT_EXPECT_EQ(test, c->table.nchunks, 1u);
}

static void grows(struct kunit *test)
{
	u32 i, n = 3 * LO_CHUNK_RANGES + 1;
	struct ctx *c = test->priv;
	dma_addr_t *addrs = kunit_kcalloc(test, n, sizeof(*addrs), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, addrs);
	for (i = 0; i < n; i++)
		addrs[i] = add(test, 1 + i, LO_READ);
	KUNIT_EXPECT_EQ(test, c->table.nchunks, 4u);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, copy(test, addrs[i], 1 + i, LO_READ), 0);
		KUNIT_EXPECT_EQ(test, copy(test, addrs[i], 2 + i, LO_READ), -EFAULT);
		lo_table_del(&c->table, addrs[i]);
	}
}

/* KASAN would tell if the memory were freed too early, kmemleak if never. */
static void pin_outlives_free(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct lo_table *t = &c->table;
	u8 *mem = kvzalloc(PAGE_SIZE, GFP_KERNEL), *ptr, *ptr2;
	dma_addr_t addr, other;

	KUNIT_ASSERT_NOT_NULL(test, mem);
	addr = lo_table_add(t, mem, PAGE_SIZE, LO_READ | LO_WRITE, true);
	KUNIT_ASSERT_NE(test, addr, (dma_addr_t)DMA_MAPPING_ERROR);
	ptr = lo_table_pin(t, addr, 64);
	ptr2 = lo_table_pin(t, addr + 64, PAGE_SIZE - 64);
	KUNIT_EXPECT_PTR_EQ(test, ptr, mem);
	KUNIT_EXPECT_PTR_EQ(test, ptr2, mem + 64);
	lo_table_del(t, addr);
	KUNIT_EXPECT_EQ(test, copy(test, addr, 1, LO_READ), -EFAULT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lo_table_pin(t, addr, 1)), -EFAULT);
	/* A pinned range is not given to others. */
	other = add(test, 1, LO_READ);
	KUNIT_EXPECT_NE(test, addr_index(other), addr_index(addr));
	lo_table_unpin(t, addr);
	WRITE_ONCE(ptr2[0], 1);
	lo_table_unpin(t, addr + 64);
	lo_table_del(t, other);
}

static void pins_only_what_is_ours(struct kunit *test)
{
	struct ctx *c = test->priv;
	struct lo_table *t = &c->table;
	dma_addr_t addr = add(test, 100, LO_READ | LO_WRITE);

	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lo_table_pin(t, addr, 100)), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lo_table_pin(t, addr, 101)), -EFAULT);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(lo_table_pin(t, 12345, 1)), -EFAULT);
	lo_table_del(t, addr);
}

/* What a driver forgot is freed at the end, if it is ours. */
static void leftovers_are_freed(struct kunit *test)
{
	struct ctx *c = test->priv;
	void *mem = kvzalloc(PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	lo_table_add(&c->table, mem, PAGE_SIZE, LO_READ, true);
	add(test, 1, LO_READ);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(copies_data),
	KUNIT_CASE(refuses_outside),
	KUNIT_CASE(keeps_direction),
	KUNIT_CASE(refuses_what_was_unmapped),
	KUNIT_CASE(refuses_bad_ranges),
	KUNIT_CASE(generations_wrap),
	KUNIT_CASE(grows),
	KUNIT_CASE(pin_outlives_free),
	KUNIT_CASE(pins_only_what_is_ours),
	KUNIT_CASE(leftovers_are_freed),
	{}
};

static struct kunit_suite table_suite = {
	.name = "vbus_loopback_table",
	.init = table_init,
	.exit = table_exit,
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);

MODULE_DESCRIPTION("KUnit tests of the loopback connector's range table");
MODULE_LICENSE("GPL");
