// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads, one ring between them, sleeping on doorbells whenever they can. What would go wrong
 * here shows as wrong data, or as a thread asleep beside a slot that waits for it.
 *
 * unit-sources: drivers/vbus/ring/ring.c drivers/vbus/ring/split.c
 * unit-threads
 */
#include "unit.h"
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "ring_mem.h"

#ifdef UNIT_FAST
#define MESSAGES 1500000u
#else
#define MESSAGES 60000u
#endif
#define MAX_SIZE 256u
#define LOST_MS 20000

struct side {
	int bell;
	u32 random;
	u64 slept, rung;
};

static struct ring_pair req, done;
static struct side driver, device;
static u64 payload[MAX_SIZE];
static const char *volatile broken;
static u32 messages;

static void fail_thread(const char *why)
{
	broken = why;
	pthread_exit(NULL);
}

static u32 dice(struct side *s, u32 n)
{
	s->random = s->random * 1664525 + 1013904223;
	return (s->random >> 8) % n;
}

static void ring_bell(struct side *from, struct side *to)
{
	from->rung++;
	if (eventfd_write(to->bell, 1))
		fail_thread("eventfd");
}

/* Sleeps until the bell rings, and acknowledges it. */
static void sleep_on(struct side *s)
{
	struct pollfd p = { .fd = s->bell, .events = POLLIN };
	eventfd_t v;

	s->slept++;
	if (poll(&p, 1, LOST_MS) != 1)
		fail_thread(broken ? broken : "lost wake-up");
	if (eventfd_read(s->bell, &v))
		fail_thread("eventfd");
}

/* Some of the time a side is slow, so that the other one runs dry and goes to sleep. */
static void dawdle(struct side *s)
{
	u32 n;

	if (dice(s, 64))
		return;
	for (n = dice(s, 2000); n; n--)
		barrier();
}

static void consumer_sleep(struct side *s, struct vbus_cons *c)
{
	int ret = vbus_cons_arm(c);

	if (ret < 0)
		fail_thread("arm failed");
	if (!ret)
		sleep_on(s);
}

static u64 stamp(u32 n)
{
	return n * 0x9e3779b97f4a7c15ull;
}

/* Queue: requests there, completions back, in batches of any size. */

static void *queue_device(void *arg)
{
	u32 seen = 0, batch;
	struct vbus_slot s;

	while (seen < messages) {
		for (batch = 1 + dice(&device, 16); batch && vbus_cons_get(&req.c, &s); batch--) {
			u32 i = vbus_slot_len(&s);

			if (payload[i] != stamp(seen) || vbus_slot_addr(&s) != stamp(seen))
				fail_thread("device: wrong data");
			payload[i] = ~stamp(seen);
			seen++;
			vbus_prod_put(&done.p, &s);
			if (!dice(&device, 3))
				vbus_prod_publish(&done.p);
		}
		vbus_prod_publish(&done.p);
		dawdle(&device);
		if (vbus_prod_kick(&done.p))
			ring_bell(&device, &driver);
		if (seen < messages && !vbus_cons_pending(&req.c))
			consumer_sleep(&device, &req.c);
	}
	return arg;
}

static void *queue_driver(void *arg)
{
	u32 size = req.prod_mem.size, sent = 0, back = 0, batch;
	struct vbus_slot s;

	while (back < messages) {
		for (batch = dice(&driver, size) + 1; batch && sent < messages; batch--) {
			if (sent - back == size)
				break;
			payload[sent % size] = stamp(sent);
			vbus_slot_set(&s, stamp(sent), sent % size, 0);
			vbus_prod_put(&req.p, &s);
			sent++;
			if (!dice(&driver, 3))
				vbus_prod_publish(&req.p);
		}
		vbus_prod_publish(&req.p);
		dawdle(&driver);
		if (vbus_prod_kick(&req.p))
			ring_bell(&driver, &device);
		while (vbus_cons_get(&done.c, &s)) {
			if (vbus_slot_addr(&s) != stamp(back) ||
			    payload[back % size] != ~stamp(back))
				fail_thread("driver: wrong data");
			back++;
		}
		if (back < messages && (sent - back == size || sent == messages))
			consumer_sleep(&driver, &done.c);
	}
	return arg;
}

/* Stream: packets of 1 to 3 slots one way, credit back; both sides sleep. */

#define PACKET 3u

static void *stream_device(void *arg)
{
	u32 size = req.prod_mem.size, sent = 0, n, i;
	struct vbus_slot s;
	int space;

	while (sent < messages) {
		space = vbus_prod_space(&req.p);
		for (; space >= (int)PACKET && sent < messages; space -= n) {
			n = 1 + dice(&device, PACKET);
			for (i = 0; i < n; i++, sent++) {
				u8 flags = i + 1 < n ? VBUS_SLOT_F_MORE : 0;

				if (i + 1 == n && space - n < PACKET)
					flags |= VBUS_SLOT_F_WANT_CREDIT;
				payload[sent % size] = stamp(sent);
				vbus_slot_set(&s, stamp(sent), 0, flags);
				vbus_prod_put(&req.p, &s);
			}
			if (!dice(&device, 2))
				vbus_prod_publish(&req.p);
		}
		vbus_prod_publish(&req.p);
		if (vbus_prod_kick(&req.p))
			ring_bell(&device, &driver);
		dawdle(&device);
		while (sent < messages) {
			space = vbus_prod_credit_wait(&req.p);
			if (space < 0)
				fail_thread("bad credit");
			if (space >= (int)PACKET)
				break;
			sleep_on(&device);
		}
	}
	return arg;
}

static void *stream_driver(void *arg)
{
	u32 size = req.prod_mem.size, seen = 0;
	struct vbus_slot s;

	while (seen < messages) {
		while (vbus_cons_get(&req.c, &s)) {
			if (vbus_slot_addr(&s) != stamp(seen) ||
			    payload[seen % size] != stamp(seen))
				fail_thread("driver: wrong data");
			seen++;
			if (vbus_cons_credit(&req.c,
					     vbus_slot_flags(&s) & VBUS_SLOT_F_WANT_CREDIT))
				ring_bell(&driver, &device);
			dawdle(&driver);
		}
		if (seen < messages)
			consumer_sleep(&driver, &req.c);
	}
	return arg;
}

/*
 * The narrow case: one slot at a time, the consumer arms after each, and "sleeping" is spinning on
 * a flag, so that publishing and arming meet as often and as closely as two CPUs can make them.
 * On two idle CPUs a ring without its barriers hangs here.
 */

static u32 flag, taken;

static void *tight_device(void *arg)
{
	struct vbus_slot s;
	u32 i, n;

	for (i = 0; i < messages; i++) {
		while (i - __atomic_load_n(&taken, __ATOMIC_ACQUIRE) >= req.prod_mem.size) {
			if (broken)
				return NULL;
			sched_yield();
		}
		for (n = dice(&device, 128); n; n--)
			barrier();
		vbus_slot_set(&s, stamp(i), 0, 0);
		vbus_prod_put(&req.p, &s);
		vbus_prod_publish(&req.p);
		if (vbus_prod_kick(&req.p))
			__atomic_store_n(&flag, 1, __ATOMIC_SEQ_CST);
	}
	return arg;
}

static void spin_on_flag(void)
{
	struct timespec t = { 0 };
	time_t start = 0;
	u32 n;

	driver.slept++;
	for (n = 1; !__atomic_load_n(&flag, __ATOMIC_SEQ_CST); n++) {
		if (n % 4096)
			continue;
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &t);
		start = start ?: t.tv_sec;
		if (t.tv_sec - start > LOST_MS / 1000)
			fail_thread("lost wake-up");
	}
	__atomic_store_n(&flag, 0, __ATOMIC_SEQ_CST);
}

static void *tight_driver(void *arg)
{
	struct vbus_slot s;
	u32 seen = 0;
	int ret;

	while (seen < messages) {
		while (vbus_cons_get(&req.c, &s)) {
			if (vbus_slot_addr(&s) != stamp(seen++))
				fail_thread("driver: wrong data");
			__atomic_store_n(&taken, seen, __ATOMIC_RELEASE);
		}
		ret = vbus_cons_arm(&req.c);
		if (!ret && seen < messages)
			spin_on_flag();
	}
	device.slept = driver.slept;
	return arg;
}

static void run_pair(enum vbus_home home, u32 req_size, u32 done_size,
		     void *(*dev)(void *), void *(*drv)(void *))
{
	pthread_t a, b;

	broken = NULL;
	/* A small ring puts its sides to sleep far more often. */
	messages = min(req_size, done_size) < 32 ? MESSAGES / 20 : MESSAGES;
	driver = (struct side) { .bell = eventfd(0, 0), .random = 1 };
	device = (struct side) { .bell = eventfd(0, 0), .random = 2 };
	ring_pair_make(&req, home, req_size, 0x7fffff00);
	ring_pair_make(&done, home, done_size, 0x100);
	pthread_create(&a, NULL, dev, NULL);
	pthread_create(&b, NULL, drv, NULL);
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	assert_int_equal(req.c.garbage, 0);
	assert_int_equal(done.c.garbage, 0);
	ring_pair_free(&req);
	ring_pair_free(&done);
	close(driver.bell);
	close(device.bell);
	if (broken)
		fail_msg("%s", broken);
	/* A run in which nobody ever slept would have shown nothing. */
	assert_true(driver.slept && device.slept);
}

static void queue(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	run_pair(home, 64, 64, queue_device, queue_driver);
}

static void queue_of_two_slots(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	run_pair(home, 2, 2, queue_device, queue_driver);
}

static void queue_with_unequal_rings(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	run_pair(home, 32, MAX_SIZE, queue_device, queue_driver);
}

static void stream(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	run_pair(home, 64, 64, stream_device, stream_driver);
}

static void stream_of_four_slots(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	run_pair(home, 4, 2, stream_device, stream_driver);
}

static void arm_against_kick(void **state)
{
	enum vbus_home home = *(enum vbus_home *)*state;

	flag = taken = 0;
	run_pair(home, 64, 64, tight_device, tight_driver);
}

static enum vbus_home shared = VBUS_HOME_SHARED;
static enum vbus_home split __attribute__((__unused__)) = VBUS_HOME_SPLIT;

/* The thread sanitizer knows no fences, which are what a split ring is made of. */
#ifdef UNIT_TSAN
#define CASE(f)	{ #f ", shared", f, NULL, NULL, &shared }
#else
#define CASE(f)	{ #f ", shared", f, NULL, NULL, &shared }, { #f ", split", f, NULL, NULL, &split }
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(arm_against_kick),
		CASE(queue),
		CASE(queue_of_two_slots),
		CASE(queue_with_unequal_rings),
		CASE(stream),
		CASE(stream_of_four_slots),
	};

	return cmocka_run_group_tests_name("ring stress", tests, NULL, NULL);
}
