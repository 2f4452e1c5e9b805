// SPDX-License-Identifier: GPL-2.0
/*
 * The pool of a link's reverse direction: what drivers map is copied there and back, and nothing
 * else is.
 *
 * unit-sources: connectors/agent/pool.c
 * unit-flags: -Ipool
 */
#include "unit.h"
#include "../../connectors/agent/reverse.h"
#include "pool/standin.h"

#define PAGES	64
#define BYTES	(32u << 10)	/* of the pool */
#define ADDR	0x101000ull	/* where the board finds it; aligned to a page only */

struct page sim_pages[PAGES];
struct rcu_sim sim_rcu;

static struct {
	u8 *mem;
	struct link_pool *pool;
	struct device *dev;
	const struct dma_map_ops *ops;
} sim;

static u8 *ram(u64 phys) { return sim_pages[phys / PAGE_SIZE].mem + phys % PAGE_SIZE; }
static u8 *peer(dma_addr_t addr) { return sim.mem + (addr - ADDR); }

static int begin(void **state)
{
	u32 i, k;

	sim.mem = aligned_alloc(PAGE_SIZE, BYTES);
	memset(sim.mem, 0xee, BYTES);
	for (i = 0; i < PAGES; i++) {
		sim_pages[i].mem = malloc(PAGE_SIZE);
		for (k = 0; k < PAGE_SIZE; k++)
			sim_pages[i].mem[k] = i * 7 + k;
	}
	sim.pool = vbus_link_pool_create(NULL, "pool", sim.mem, BYTES, ADDR);
	assert_false(IS_ERR(sim.pool));
	sim.dev = vbus_link_pool_dev(sim.pool);
	sim.ops = sim.dev->ops;
	return 0;
}

static int end(void **state)
{
	u32 i;

	if (sim.pool)
		vbus_link_pool_destroy(sim.pool);
	assert_int_equal(module_users, 0);
	for (i = 0; i < PAGES; i++)
		free(sim_pages[i].mem);
	free(sim.mem);
	return 0;
}

static dma_addr_t map(u64 phys, size_t len, enum dma_data_direction dir, unsigned long attrs)
{
	return sim.ops->map_page(sim.dev, &sim_pages[phys / PAGE_SIZE], phys % PAGE_SIZE, len, dir,
				 attrs);
}

static void unmap(dma_addr_t addr, size_t len, enum dma_data_direction dir, unsigned long attrs)
{
	sim.ops->unmap_page(sim.dev, addr, len, dir, attrs);
}

static u64 file(const char *name)
{
	static const char * const names[] = { "bytes", "used", "full" };
	struct device_attribute *attr;
	char buf[64];
	u32 i = 0;

	while (strcmp(names[i], name))
		i++;
	attr = container_of(sim.dev->groups[0]->attrs[i], struct device_attribute, attr);
	attr->show(sim.dev, attr, buf);
	return strtoull(buf, NULL, 0);
}

/* ---- tests --------------------------------------------------------------------------------- */

/* Any offset in a page, over the ends of pages. */
static void copies_there_and_back(void **state)
{
	size_t len = 2 * PAGE_SIZE + 17, i;
	u64 phys = 3 * PAGE_SIZE + 1001;
	dma_addr_t addr = map(phys, len, DMA_BIDIRECTIONAL, 0);

	assert_true(addr >= ADDR && addr + len <= ADDR + BYTES);
	for (i = 0; i < len; i++) {
		assert_int_equal(*peer(addr + i), *ram(phys + i));
		*peer(addr + i) = i * 3;
	}
	unmap(addr, len, DMA_BIDIRECTIONAL, 0);
	for (i = 0; i < len; i++)
		assert_int_equal(*ram(phys + i), (u8)(i * 3));
	assert_int_equal(*ram(phys - 1), (u8)(3 * 7 + 1000));
	assert_int_equal(file("used"), 0);
}

/* What the board writes to memory it was only to read goes nowhere. */
static void read_only_stays_as_it_is(void **state)
{
	dma_addr_t addr = map(100, 50, DMA_TO_DEVICE, 0);

	memset(peer(addr), 0x55, 50);
	sim.ops->sync_single_for_cpu(sim.dev, addr, 50, DMA_TO_DEVICE);
	unmap(addr, 50, DMA_TO_DEVICE, 0);
	assert_int_equal(*ram(100), 100);
}

/* Neither what was in memory that the board is only to write, nor what others had in the pool. */
static void others_data_does_not_leak(void **state)
{
	static const unsigned long attrs[] = { 0, DMA_ATTR_SKIP_CPU_SYNC };
	dma_addr_t addr;
	u32 i, k;

	for (k = 0; k < ARRAY_SIZE(attrs); k++) {
		addr = map(0, 1000, DMA_FROM_DEVICE, attrs[k]);
		for (i = 0; i < 1000; i++)
			assert_int_equal(*peer(addr + i), 0);
		sim.ops->sync_single_for_device(sim.dev, addr, 1000, DMA_FROM_DEVICE);
		for (i = 0; i < 1000; i++)
			assert_int_equal(*peer(addr + i), 0);
		memset(peer(addr), 0x33, 10);
		unmap(addr, 1000, DMA_FROM_DEVICE, 0);
		for (i = 0; i < 1000; i++)
			assert_int_equal(*ram(i), i < 10 ? 0x33 : 0);
		memset(ram(0), 0x44, 1000);
	}
}

/* As page pools do: mapped for long, some of it looked at now and then. */
static void part_is_synced(void **state)
{
	dma_addr_t addr = map(5 * PAGE_SIZE, PAGE_SIZE, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	u32 i;

	memset(peer(addr), 0x77, PAGE_SIZE);
	sim.ops->sync_single_for_cpu(sim.dev, addr + 700, 900, DMA_FROM_DEVICE);
	for (i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(*ram(5 * PAGE_SIZE + i),
				 i >= 700 && i < 1600 ? 0x77 : (u8)(5 * 7 + i));
	unmap(addr, PAGE_SIZE, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	assert_int_equal(*ram(5 * PAGE_SIZE), 5 * 7);
	addr = map(5 * PAGE_SIZE, PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
	*ram(5 * PAGE_SIZE + 1599) = 1;
	*ram(5 * PAGE_SIZE + 1600) = 2;
	sim.ops->sync_single_for_device(sim.dev, addr + 1599, 1, DMA_BIDIRECTIONAL);
	assert_int_equal(*peer(addr + 1599), 1);
	assert_int_equal(*peer(addr + 1600), (u8)(5 * 7 + 1600));
	unmap(addr, PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
}

static void coherent_memory_is_clean(void **state)
{
	dma_addr_t small = map(0, 10, DMA_TO_DEVICE, 0), addr = 0;
	u8 *p = sim.ops->alloc(sim.dev, 100, &addr, GFP_KERNEL, 0);
	u32 i;

	assert_non_null(p);
	assert_ptr_equal(p, peer(addr));
	assert_int_equal(addr % PAGE_SIZE, 0);
	for (i = 0; i < PAGE_SIZE; i++)
		assert_int_equal(p[i], 0);
	assert_null(sim.ops->alloc(sim.dev, BYTES, &addr, GFP_KERNEL, 0));
	sim.ops->free(sim.dev, 100, p, addr, 0);
	unmap(small, 10, DMA_TO_DEVICE, 0);
	assert_int_equal(file("used"), 0);
}

/* The address to as much as it is large; what it takes is whole pages. */
static void coherent_memory_is_aligned(void **state)
{
	dma_addr_t one = 0, three = 0;
	void *p1 = sim.ops->alloc(sim.dev, 1, &one, GFP_KERNEL, 0);
	void *p3 = sim.ops->alloc(sim.dev, 2 * PAGE_SIZE + 1, &three, GFP_KERNEL, 0);

	assert_non_null(p1);
	assert_non_null(p3);
	assert_ptr_equal(p3, peer(three));
	assert_int_equal(three % (4 * PAGE_SIZE), 0);
	assert_int_equal(file("used"), 4 * PAGE_SIZE);
	sim.ops->free(sim.dev, 1, p1, one, 0);
	sim.ops->free(sim.dev, 2 * PAGE_SIZE + 1, p3, three, 0);
	assert_int_equal(file("used"), 0);
}

static void no_room_is_an_error(void **state)
{
	dma_addr_t addr = map(0, BYTES, DMA_TO_DEVICE, 0);

	assert_int_equal(file("bytes"), BYTES);
	assert_int_equal(addr, ADDR);
	assert_int_equal(file("used"), BYTES);
	assert_true(map(0, 1, DMA_TO_DEVICE, 0) == DMA_MAPPING_ERROR);
	assert_int_equal(file("full"), 1);
	unmap(addr, BYTES, DMA_TO_DEVICE, 0);
	assert_true(map(0, BYTES + 1, DMA_TO_DEVICE, 0) == DMA_MAPPING_ERROR);
	addr = map(0, 1, DMA_TO_DEVICE, 0);
	assert_true(addr != DMA_MAPPING_ERROR);
	unmap(addr, 1, DMA_TO_DEVICE, 0);
	assert_int_equal(file("used"), 0);
}

/* Network buffers that sockets hold leave something for disks, and these take that first. */
static void some_is_kept_for_who_waits(void **state)
{
	dma_addr_t held[BYTES / PAGE_SIZE], addr, late;
	u32 n = 0, i;

	addr = map(0, 512, DMA_TO_DEVICE, 0);
	assert_true(addr >= ADDR + BYTES / 4 * 3);
	for (;;) {
		held[n] = map(n * PAGE_SIZE, PAGE_SIZE, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
		if (held[n] == DMA_MAPPING_ERROR)
			break;
		n++;
	}
	assert_int_equal(n, BYTES / PAGE_SIZE / 4 * 3);
	late = map(0, BYTES / 4 - 512, DMA_TO_DEVICE, 0);
	assert_true(late != DMA_MAPPING_ERROR);
	assert_int_equal(file("used"), BYTES);
	for (i = 0; i < n; i++)
		unmap(held[i], PAGE_SIZE, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	unmap(addr, 512, DMA_TO_DEVICE, 0);
	unmap(late, BYTES / 4 - 512, DMA_TO_DEVICE, 0);
	assert_int_equal(file("used"), 0);
}

static void lists_are_all_or_nothing(void **state)
{
	struct scatterlist sg[3] = {
		{ .page = &sim_pages[0], .offset = 5, .length = 4000 },
		{ .page = &sim_pages[9], .length = PAGE_SIZE },
		{ .page = &sim_pages[20], .length = BYTES },
	};

	assert_int_equal(sim.ops->map_sg(sim.dev, sg, 3, DMA_FROM_DEVICE, 0), -ENOMEM);
	assert_int_equal(file("used"), 0);
	assert_int_equal(sim.ops->map_sg(sim.dev, sg, 2, DMA_FROM_DEVICE, 0), 2);
	memset(peer(sg[0].addr), 1, sg[0].len);
	memset(peer(sg[1].addr), 2, sg[1].len);
	sim.ops->unmap_sg(sim.dev, sg, 2, DMA_FROM_DEVICE, 0);
	assert_int_equal(*ram(5), 1);
	assert_int_equal(*ram(4), 4);
	assert_int_equal(*ram(9 * PAGE_SIZE), 2);
	assert_int_equal(file("used"), 0);
}

static void lists_are_synced(void **state)
{
	struct scatterlist sg[2] = {
		{ .page = &sim_pages[1], .offset = 10, .length = 600 },
		{ .page = &sim_pages[2], .length = 20 },
	};

	assert_int_equal(sim.ops->map_sg(sim.dev, sg, 2, DMA_BIDIRECTIONAL, 0), 2);
	memset(peer(sg[0].addr), 1, sg[0].len);
	memset(peer(sg[1].addr), 2, sg[1].len);
	sim.ops->sync_sg_for_cpu(sim.dev, sg, 2, DMA_BIDIRECTIONAL);
	assert_int_equal(*ram(PAGE_SIZE + 9), 7 + 9);
	assert_int_equal(*ram(PAGE_SIZE + 609), 1);
	assert_int_equal(*ram(2 * PAGE_SIZE + 19), 2);
	assert_int_equal(*ram(2 * PAGE_SIZE + 20), 2 * 7 + 20);
	*ram(PAGE_SIZE + 609) = 3;
	*ram(2 * PAGE_SIZE) = 4;
	sim.ops->sync_sg_for_device(sim.dev, sg, 2, DMA_BIDIRECTIONAL);
	assert_int_equal(*peer(sg[0].addr + 599), 3);
	assert_int_equal(*peer(sg[1].addr), 4);
	sim.ops->unmap_sg(sim.dev, sg, 2, DMA_BIDIRECTIONAL, 0);
	assert_int_equal(file("used"), 0);
}

/* The stand-in's bitmap notices when something is given away or taken back twice. */
static void many_at_a_time(void **state)
{
	struct { dma_addr_t addr; u64 phys; size_t len; u8 mark; } m[40] = { 0 };
	u32 n, i, k;

	srand(1);
	for (n = 0; n < 20000; n++) {
		i = rand() % ARRAY_SIZE(m);
		if (m[i].len) {
			unmap(m[i].addr, m[i].len, DMA_FROM_DEVICE, 0);
			for (k = 0; k < m[i].len; k++)
				assert_int_equal(*ram(m[i].phys + k), m[i].mark);
			m[i].len = 0;
			continue;
		}
		/* A page and a half each, so that none is written to twice. */
		m[i].phys = i * (PAGE_SIZE + PAGE_SIZE / 2) + rand() % 100;
		m[i].len = 1 + rand() % PAGE_SIZE;
		m[i].mark = n;
		m[i].addr = map(m[i].phys, m[i].len, DMA_FROM_DEVICE, 0);
		if (m[i].addr == DMA_MAPPING_ERROR)
			m[i].len = 0;
		else
			memset(peer(m[i].addr), m[i].mark, m[i].len);
	}
	for (i = 0; i < ARRAY_SIZE(m); i++)
		if (m[i].len)
			unmap(m[i].addr, m[i].len, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	assert_int_equal(file("used"), 0);
	assert_true(file("full") > 0);
}

static void masks_are_checked(void **state)
{
	assert_true(sim.ops->dma_supported(sim.dev, ~0ull));
	assert_true(sim.ops->dma_supported(sim.dev, 0x1fffff));
	assert_false(sim.ops->dma_supported(sim.dev, 0xfffff));
}

/* A page that a socket still holds comes back when the link, and its memory, are gone. */
static void late_unmap_does_no_harm(void **state)
{
	dma_addr_t late = map(0, 100, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC), addr;

	int grace = sim_rcu.grace;

	get_device(sim.dev);
	vbus_link_pool_destroy(sim.pool);
	assert_int_equal(sim_rcu.readers, 0);
	assert_true(sim_rcu.grace > grace);
	memset(sim.mem, 0x99, BYTES);
	assert_true(map(0, 100, DMA_TO_DEVICE, 0) == DMA_MAPPING_ERROR);
	assert_null(sim.ops->alloc(sim.dev, 100, &addr, GFP_KERNEL, 0));
	unmap(late, 100, DMA_FROM_DEVICE, 0);
	assert_int_equal(*ram(1), 1);
	put_device(sim.dev);
	sim.pool = NULL;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(copies_there_and_back),
		CASE(read_only_stays_as_it_is),
		CASE(others_data_does_not_leak),
		CASE(part_is_synced),
		CASE(coherent_memory_is_clean),
		CASE(coherent_memory_is_aligned),
		CASE(no_room_is_an_error),
		CASE(some_is_kept_for_who_waits),
		CASE(lists_are_all_or_nothing),
		CASE(lists_are_synced),
		CASE(many_at_a_time),
		CASE(masks_are_checked),
		CASE(late_unmap_does_no_harm),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
