// SPDX-License-Identifier: GPL-2.0
/*
 * A link's DMA engine: who makes a copy, and what becomes of one that fails. The board, its window,
 * the channel and the clock are simulated. A transfer that hangs writes when the channel is stopped
 * for good, which is the last moment at which hardware may.
 *
 * unit-sources: connectors/agent/engine.c connectors/agent/measure.c
 * unit-flags: -Idma
 */
#include "unit.h"
#include "../../connectors/agent/engine.h"

#define BASE	0x4000000000ull	/* where the channel finds the window */
#define BOARD	(256u << 10)
#define SCRATCH	0x2000
#define CPU_NS	100		/* of a processor for each byte across the link */

/* What the channel was asked for last. */
struct transfer {
	dma_addr_t dst, src;
	size_t len;
	u64 due;
	bool stuck;
	bool bad;
};

static struct {
	u8 board[BOARD];
	u64 now;
	struct transfer t;
	bool busy;
	dma_cookie_t cookie;
	u32 hang, error, refuse;	/* so many of the next transfers */
	int sync_err;
	u64 start_ns, byte_ns;
	unsigned int transfers, stops, cpu_reads, cpu_writes;
	struct workqueue_struct wq;
	struct device dev;
	struct dma_device dma;
	struct dma_chan chan;
	struct vbus_link link;
	struct engine *e;
} sim;

u64 sim_align;
int sim_bh_off;
struct device *sim_mapper;	/* whom the last buffer was mapped for */

u64 ktime_get_ns(void)
{
	return sim.now += 10;
}

/* ---- the channel --------------------------------------------------------------------------- */

static void *at(dma_addr_t addr, size_t len)
{
	if (addr >= BASE && addr < BASE + BOARD) {
		assert_true(len <= BASE + BOARD - addr);
		return sim.board + (addr - BASE);
	}
	return (void *)(uintptr_t)addr;
}

static void move(const struct transfer *t)
{
	memcpy(at(t->dst, t->len), at(t->src, t->len), t->len);
}

struct dma_async_tx_descriptor *dmaengine_prep_dma_memcpy(struct dma_chan *chan, dma_addr_t dst,
							  dma_addr_t src, size_t len,
							  unsigned long flags)
{
	static struct dma_async_tx_descriptor tx;

	assert_false(sim.busy);
	if (sim.refuse) {
		sim.refuse--;
		return NULL;
	}
	sim.t = (struct transfer){ .dst = dst, .src = src, .len = len };
	return &tx;
}

dma_cookie_t dmaengine_submit(struct dma_async_tx_descriptor *tx)
{
	return ++sim.cookie;
}

void dma_async_issue_pending(struct dma_chan *chan)
{
	/* As a model in softirq has them, trial copies must, too. */
	assert_true(sim_bh_off);
	sim.busy = true;
	sim.transfers++;
	sim.t.due = sim.now + sim.start_ns + sim.t.len * sim.byte_ns;
	if (sim.hang) {
		sim.hang--;
		sim.t.stuck = true;
	} else if (sim.error) {
		sim.error--;
		sim.t.bad = true;
	}
}

enum dma_status dma_async_is_tx_complete(struct dma_chan *chan, dma_cookie_t cookie, void *last,
					 void *used)
{
	assert_int_equal(cookie, sim.cookie);
	if (!sim.busy)
		return DMA_COMPLETE;
	if (sim.t.stuck || sim.now < sim.t.due)
		return DMA_IN_PROGRESS;
	if (sim.t.bad)
		return DMA_ERROR;
	move(&sim.t);
	sim.busy = false;
	return DMA_COMPLETE;
}

int dmaengine_terminate_async(struct dma_chan *chan)
{
	return 0;
}

int dmaengine_terminate_sync(struct dma_chan *chan)
{
	if (sim.sync_err)
		return sim.sync_err;
	sim.stops++;
	if (sim.busy && sim.t.stuck)
		move(&sim.t);
	sim.busy = false;
	return 0;
}

/* ---- the window ---------------------------------------------------------------------------- */

void vbus_link_write(struct vbus_link *link, u64 off, const void *src, size_t len)
{
	sim.cpu_writes++;
	sim.now += len * CPU_NS;
	memcpy(sim.board + off, src, len);
}

void vbus_link_read(struct vbus_link *link, void *dst, u64 off, size_t len)
{
	sim.cpu_reads++;
	sim.now += len * CPU_NS;
	memcpy(dst, sim.board + off, len);
}

u32 vbus_link_readl(struct vbus_link *link, u64 off)
{
	return sim.board[off];
}

/* ---- helpers ------------------------------------------------------------------------------- */

void sim_work(void)
{
	struct delayed_work *w = &sim.e->reset;

	assert_true(w->pending);
	w->pending = false;
	w->work.fn(&w->work);
}

static int setup(void **state)
{
	memset(&sim, 0, sizeof(sim));
	sim_align = 0;
	sim.start_ns = 20000;
	sim.byte_ns = 10;
	sim.dma = (struct dma_device){ .dev = &sim.dev, .cap_mask = true,
				       .device_prep_dma_memcpy = &sim,
				       .device_terminate_all = &sim };
	sim.chan.device = &sim.dma;
	sim.link.dev = &sim.dev;
	sim.link.dma = &sim.chan;
	sim.link.dma_base = BASE;
	sim.e = engine_create(&sim.link, &sim.wq);
	assert_non_null(sim.e);
	return 0;
}

static int teardown(void **state)
{
	engine_stop(sim.e);
	engine_destroy(sim.e);
	assert_int_equal(sim_bh_off, 0);
	return 0;
}

static void start(void)
{
	engine_start(sim.e, SCRATCH);
	assert_int_equal(sim.e->state, ENGINE_READY);
}

/* The next transfer fails; its copy is not answered yet. */
static void fail_write(u64 off, const u8 *src, size_t len)
{
	assert_int_equal(engine_write(sim.e, off, src, len), -EAGAIN);
	assert_int_equal(sim.e->state, ENGINE_RESETTING);
	assert_true(sim.e->reset.pending);
	assert_int_equal(sim.e->reset.delay, 0);
}

static u8 buf[3 * ENGINE_BUF], copy[BOARD];

/* ---- what is measured ---------------------------------------------------------------------- */

/* 20 us and 10 ns for each byte against 100 ns: about 222 bytes. */
static void threshold_is_measured(void **state)
{
	start();
	assert_in_range(sim.e->ways[ENGINE_READ].min, 200, 240);
	assert_in_range(sim.e->ways[ENGINE_WRITE].min, 200, 240);
}

static void slow_engine_is_not_used(void **state)
{
	sim.byte_ns = 200;
	start();
	assert_int_equal(sim.e->ways[ENGINE_READ].min, ENGINE_NEVER);
	assert_int_equal(engine_read(sim.e, buf, 0, ENGINE_BUF), ENGINE_PASS);
}

static void choice_outlives_the_board(void **state)
{
	sim.e->ways[ENGINE_READ].chosen = 5000;
	start();
	assert_int_equal(sim.e->ways[ENGINE_READ].min, 5000);
	assert_in_range(sim.e->ways[ENGINE_READ].measured, 200, 240);
}

/* A channel that is told wrong addresses must not write anywhere. */
static void wrong_base_does_no_harm(void **state)
{
	memset(sim.board, 0x5a, sizeof(sim.board));
	memcpy(copy, sim.board, sizeof(copy));
	sim.link.dma_base = BASE + 0x8000;
	engine_start(sim.e, SCRATCH);
	assert_int_equal(sim.e->state, ENGINE_OFF);
	assert_true(sim.dev.complaints);
	memcpy(copy + SCRATCH, sim.board + SCRATCH, ENGINE_BIG);
	assert_memory_equal(copy, sim.board, sizeof(copy));
	assert_int_equal(engine_write(sim.e, 0, buf, ENGINE_BUF), ENGINE_PASS);
}

static void hang_while_measuring(void **state)
{
	u64 begin = sim.now;

	sim.hang = 1;
	engine_start(sim.e, SCRATCH);
	assert_int_equal(sim.e->state, ENGINE_OFF);
	assert_int_equal(sim.e->timeouts, 1);
	assert_false(sim.busy);
	assert_true(sim.now - begin < 2 * ENGINE_TIMEOUT_MAX * NSEC_PER_MSEC);
	/* The next board may have more luck. */
	start();
}

static void channel_must_be_able_to_stop(void **state)
{
	sim.dma.device_terminate_all = NULL;
	assert_null(engine_create(&sim.link, &sim.wq));
	sim.link.dma = NULL;
	assert_null(engine_create(&sim.link, &sim.wq));
	/* Who has none asks nevertheless. */
	assert_int_equal(engine_read(NULL, buf, 0, 1), ENGINE_PASS);
	engine_start(NULL, 0);
	engine_settle(NULL);
	engine_stop(NULL);
	engine_destroy(NULL);
}

/* A channel can have another way to memory than its controller. */
static void buffer_is_mapped_for_the_channel(void **state)
{
	struct device own = {};
	struct engine *e;

	assert_ptr_equal(sim_mapper, &sim.dev);
	sim.chan.own = &own;
	e = engine_create(&sim.link, &sim.wq);
	assert_non_null(e);
	assert_ptr_equal(sim_mapper, &own);
	engine_destroy(e);
}

/* ---- copies -------------------------------------------------------------------------------- */

static void large_copies_are_made(void **state)
{
	size_t len = 2 * ENGINE_BUF + 777, i;
	unsigned int before;

	start();
	for (i = 0; i < len; i++)
		buf[i] = i * 7;
	before = sim.transfers;
	assert_int_equal(engine_write(sim.e, 12345, buf, len), 0);
	assert_int_equal(sim.transfers - before, 3);
	assert_memory_equal(sim.board + 12345, buf, len);
	assert_int_equal(engine_read(sim.e, copy, 12345, len), 0);
	assert_memory_equal(copy, buf, len);
	assert_int_equal(sim.e->ways[ENGINE_READ].copies, 1);
	assert_int_equal(sim.e->ways[ENGINE_READ].bytes, len);
	assert_int_equal(sim.e->ways[ENGINE_WRITE].copies, 1);
}

static void others_are_left_to_processors(void **state)
{
	unsigned int before;

	assert_int_equal(engine_read(sim.e, buf, 0, 4096), ENGINE_PASS);
	start();
	before = sim.transfers;
	assert_int_equal(engine_read(sim.e, buf, 0, 199), ENGINE_PASS);
	sim.e->lock.held = true;
	assert_int_equal(engine_read(sim.e, buf, 0, 4096), ENGINE_PASS);
	sim.e->lock.held = false;
	assert_int_equal(sim.e->busy.n, 1);
	sim_align = 3;
	assert_int_equal(engine_read(sim.e, buf, 2, 4096), ENGINE_PASS);
	assert_int_equal(sim.transfers, before);
	sim_align = 0;
	sim.refuse = 1;
	assert_int_equal(engine_read(sim.e, buf, 0, 4096), ENGINE_PASS);
	assert_int_equal(sim.e->state, ENGINE_READY);
	assert_int_equal(engine_read(sim.e, buf, 0, 4096), 0);
}

/* ---- failures ------------------------------------------------------------------------------ */

static void failure_costs_time(void **state)
{
	start();
	sim.error = 1;
	fail_write(0x10000, buf, 8192);
	assert_int_equal(sim.e->errors, 1);
	/* Until the channel has stopped nobody touches that memory; others do theirs. */
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 8192), -EAGAIN);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 1), -EAGAIN);
	assert_int_equal(engine_read(sim.e, buf, 0x11fff, 1), -EAGAIN);
	assert_int_equal(engine_read(sim.e, buf, 0xffff, 2), -EAGAIN);
	assert_int_equal(engine_read(sim.e, buf, 0x12000, 8192), ENGINE_PASS);
	assert_int_equal(engine_read(sim.e, buf, 0xf000, 4096), ENGINE_PASS);
	sim_work();
	assert_int_equal(sim.e->state, ENGINE_RESTING);
	assert_int_equal(sim.e->resets, 1);
	/* Then a processor makes all copies. */
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 1), ENGINE_PASS);
	assert_int_equal(engine_read(sim.e, buf, 0x10000, 8192), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 8192), ENGINE_PASS);
	sim_work();
	assert_int_equal(sim.e->state, ENGINE_READY);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 8192), 0);
}

/* Of a buffer that is to be had again one byte of each page is touched. */
static void whole_pages_wait(void **state)
{
	start();
	sim.error = 1;
	fail_write(0x10042, buf, 0x1000);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 1), -EAGAIN);
	assert_int_equal(engine_write(sim.e, 0x11fff, buf, 1), -EAGAIN);
	assert_int_equal(engine_write(sim.e, 0xffff, buf, 1), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0x12000, buf, 1), ENGINE_PASS);
	sim_work();
	sim_work();
	/* It is the board's pages that count. */
	sim.link.out_base = 0x100800;
	sim.error = 1;
	fail_write(0x10042, buf, 0x1000);
	assert_int_equal(engine_write(sim.e, 0xf800, buf, 1), -EAGAIN);
	assert_int_equal(engine_write(sim.e, 0x117ff, buf, 1), -EAGAIN);
	assert_int_equal(engine_write(sim.e, 0xf7ff, buf, 1), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0x11800, buf, 1), ENGINE_PASS);
}

/* It goes to the engine's buffer, so there is nothing to wait for. */
static void failed_read_is_made_at_once(void **state)
{
	start();
	sim.hang = 1;
	assert_int_equal(engine_read(sim.e, buf, 0x10000, 8192), ENGINE_PASS);
	assert_int_equal(sim.e->timeouts, 1);
	assert_int_equal(sim.e->state, ENGINE_RESETTING);
	assert_int_equal(engine_read(sim.e, buf, 0x10000, 8192), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 8192), ENGINE_PASS);
	sim.sync_err = -EIO;
	sim_work();
	assert_int_equal(sim.e->state, ENGINE_BROKEN);
	assert_int_equal(engine_read(sim.e, buf, 0x10000, 8192), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0x10000, buf, 8192), ENGINE_PASS);
	/* So that the end of the test gets its memory back. */
	sim.sync_err = 0;
	sim.e->state = ENGINE_OFF;
}

static void hang_is_bounded(void **state)
{
	u64 begin;

	start();
	sim.hang = 1;
	begin = sim.now;
	fail_write(0, buf, 4096);
	assert_int_equal(sim.e->timeouts, 1);
	assert_in_range(sim.now - begin, ENGINE_TIMEOUT * NSEC_PER_MSEC,
			(ENGINE_TIMEOUT + 1) * NSEC_PER_MSEC);
	sim_work();
	sim_work();
	sim.e->timeout_ms = 50;
	sim.hang = 1;
	begin = sim.now;
	fail_write(0, buf, 4096);
	assert_in_range(sim.now - begin, 50 * NSEC_PER_MSEC, 51 * NSEC_PER_MSEC);
}

/* 64 KiB at 90 ns a byte take 5.9 ms, and are given eight times that. */
static void slow_is_no_hang(void **state)
{
	sim.byte_ns = 90;
	start();
	sim.byte_ns = 500;
	assert_int_equal(engine_write(sim.e, 0, buf, ENGINE_BUF), 0);
}

/* What is written late is written before the request is answered, and never to a model's memory. */
static void nothing_arrives_after_the_answer(void **state)
{
	start();
	memset(buf, 0x11, 4096);
	sim.hang = 1;
	fail_write(0x8000, buf, 4096);
	assert_int_equal(engine_write(sim.e, 0x8000, buf, 4096), -EAGAIN);
	assert_int_equal(sim.board[0x8000], 0);
	sim_work();
	assert_int_equal(engine_write(sim.e, 0x8000, buf, 4096), ENGINE_PASS);
	assert_int_equal(sim.board[0x8000], 0x11);
	memset(sim.board + 0x8000, 0x22, 4096);
	sim_work();
	assert_int_equal(sim.board[0x8000], 0x22);

	memset(buf, 0x33, 4096);
	sim.hang = 1;
	assert_int_equal(engine_read(sim.e, buf, 0x8000, 4096), ENGINE_PASS);
	sim_work();
	assert_int_equal(buf[0], 0x33);
	assert_int_equal(buf[4095], 0x33);
}

static void queue_that_ends_waits(void **state)
{
	start();
	engine_settle(sim.e);
	assert_int_equal(sim.stops, 0);
	sim.hang = 1;
	fail_write(0, buf, 4096);
	engine_settle(sim.e);
	assert_int_equal(sim.stops, 1);
	assert_false(sim.busy);
}

static void rests_are_longer_and_longer(void **state)
{
	static const unsigned long rests[] = { 1000, 2000, 4000, 8000, 16000, 32000, 64000, 64000 };
	size_t i;

	start();
	for (i = 0; i < ARRAY_SIZE(rests); i++) {
		sim.error = 1;
		fail_write(0, buf, 4096);
		sim_work();
		assert_int_equal(sim.e->reset.delay, rests[i]);
		sim_work();
	}
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), 0);
	sim.error = 1;
	fail_write(0, buf, 4096);
	sim_work();
	assert_int_equal(sim.e->reset.delay, 1000);
}

/* ---- death --------------------------------------------------------------------------------- */

static void stop_stops(void **state)
{
	unsigned int before;

	start();
	sim.hang = 1;
	fail_write(0, buf, 4096);
	engine_stop(sim.e);
	assert_false(sim.busy);
	assert_false(sim.e->reset.pending);
	assert_int_equal(sim.e->state, ENGINE_OFF);
	before = sim.transfers;
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), ENGINE_PASS);
	assert_int_equal(sim.transfers, before);
	/* A failure of one board's is not the next one's. */
	start();
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), 0);
}

/* The work was about to begin when the board died. */
static void late_work_does_not_wake_it(void **state)
{
	start();
	sim.hang = 1;
	fail_write(0, buf, 4096);
	engine_stop(sim.e);
	sim.e->reset.pending = true;
	sim_work();
	assert_int_equal(sim.e->state, ENGINE_OFF);
}

static void broken_for_good(void **state)
{
	void *kept = sim.e->buf;

	start();
	sim.hang = 1;
	fail_write(0, buf, 4096);
	sim.sync_err = -EIO;
	sim_work();
	assert_int_equal(sim.e->state, ENGINE_BROKEN);
	assert_int_equal(sim.e->resets, 0);
	/* Then it fails, once, and nothing else does. */
	assert_int_equal(engine_read(sim.e, buf, 0, 4096), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0, buf, 1), ENGINE_PASS);
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), -EIO);
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), ENGINE_PASS);
	engine_stop(sim.e);
	engine_start(sim.e, SCRATCH);
	assert_int_equal(sim.e->state, ENGINE_BROKEN);
	assert_int_equal(engine_write(sim.e, 0, buf, 4096), ENGINE_PASS);
	/* Its buffer may still be written to. */
	engine_destroy(sim.e);
	memset(kept, 0, ENGINE_BUF);
	free(kept);
	sim.e = NULL;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(threshold_is_measured),
		CASE(slow_engine_is_not_used),
		CASE(choice_outlives_the_board),
		CASE(wrong_base_does_no_harm),
		CASE(hang_while_measuring),
		CASE(channel_must_be_able_to_stop),
		CASE(buffer_is_mapped_for_the_channel),
		CASE(large_copies_are_made),
		CASE(others_are_left_to_processors),
		CASE(failure_costs_time),
		CASE(whole_pages_wait),
		CASE(failed_read_is_made_at_once),
		CASE(hang_is_bounded),
		CASE(slow_is_no_hang),
		CASE(nothing_arrives_after_the_answer),
		CASE(queue_that_ends_waits),
		CASE(rests_are_longer_and_longer),
		CASE(stop_stops),
		CASE(late_work_does_not_wake_it),
		CASE(broken_for_good),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
