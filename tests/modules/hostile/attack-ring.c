// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks by ring memory, on an echo port.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "hostile.h"

/* ---- one bad slot at a time ---- */

struct slot_case {
	const char *what;
	u64 addr;
	u32 len;
	u8 flags;
	bool good;
};

static void slot_case_run(struct hostile_run *t, const struct slot_case *c)
{
	struct hostile_queue q;
	struct vbus_slot slot;
	int err;

	err = hostile_echo_open(t->h, t->port, 8, &q);
	if (!hostile_check(t, !err, "%s: open: %d", c->what, err))
		return;
	hostile_check(t, !hostile_echo_round(&q, 64, 2000), "%s: honest round before", c->what);
	hostile_post(&q, c->addr, c->len, c->flags);
	hostile_ring(&q);
	if (c->good) {
		hostile_check(t, hostile_wait_completion(&q, &slot, 5000), "%s: no completion",
			      c->what);
	} else {
		hostile_check(t, hostile_broken(t->h, q.handle, 2000), "%s: not noticed", c->what);
		hostile_check(t, hostile_shm(t->h, q.handle, 0, HR_ARENA_ADDR, 64, 0) ==
			      VBUS_EPROTO, "%s: shm of a broken session", c->what);
	}
	hostile_echo_close(&q);
}

static void attack_slots(struct hostile_run *t)
{
	const u64 data = hostile_addr(HR_BIG), end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	const struct slot_case cases[] = {
		{ "one byte", data, 1, 0, true },
		{ "odd length at an odd address", data + 1, 4097, 0, true },
		{ "greatest length", data, VBUS_ECHO_MAX, 0, true },
		{ "the last byte", end - 1, 1, 0, true },
		{ "greatest length up to the end", end - VBUS_ECHO_MAX, VBUS_ECHO_MAX, 0, true },
		{ "no length", data, 0 },
		{ "one byte too long", data, VBUS_ECHO_MAX + 1 },
		{ "as long as the field allows", data, VBUS_SLOT_LEN_MASK },
		{ "over the end by one", end - VBUS_ECHO_MAX + 1, VBUS_ECHO_MAX },
		{ "two bytes where one is left", end - 1, 2 },
		{ "behind the end", end, 1 },
		{ "before the beginning", HR_ARENA_ADDR - 1, 1 },
		{ "across the beginning", HR_ARENA_ADDR - 1, 2 },
		{ "address zero", 0, 1 },
		{ "address all ones", ~0ull, 1 },
		{ "wrapping", ~0ull, 2 },
		{ "wrapping, long", 0ull - VBUS_ECHO_MAX + 1, VBUS_ECHO_MAX },
		{ "over the end of a page", HR_PAGE_ADDR + HR_PAGE_BYTES - 1, 2 },
		{ "our own kernel's address", (u64)(unsigned long)hostile_ptr(t->h, 0), 64 },
		{ "flag MORE", data, 64, VBUS_SLOT_F_MORE },
		{ "flag WANT_CREDIT", data, 64, VBUS_SLOT_F_WANT_CREDIT },
		{ "unknown flag 0x04", data, 64, 0x04 },
		{ "unknown flag 0x80", data, 64, 0x80 },
		{ "all flags", data, 64, 0xff },
	};
	size_t i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		slot_case_run(t, &cases[i]);
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* ---- sequence numbers ---- */

/* Whatever is not the one awaited is not there: nothing happens, and honest work goes on after it. */
static void attack_seq(struct hostile_run *t)
{
	struct hostile_queue q;
	struct vbus_slot slot;
	u32 i, k;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		u32 want = vbus_prod_index(&q.req) + 1;

		for (k = 0; k < q.req_size; k++) {
			u32 seq = prandom_u32_state(&t->rnd);

			if (hostile_rnd(t, 2))
				seq = want + 2 + hostile_rnd(t, 40);
			if (seq == want + k)
				seq++;
			vbus_slot_set(&slot, q.data_addr, 64, 0);
			q.req_slots[(want - 1 + k) & (q.req_size - 1)].addr = slot.addr;
			q.req_slots[(want - 1 + k) & (q.req_size - 1)].lf = slot.lf;
			WRITE_ONCE(q.req_slots[(want - 1 + k) & (q.req_size - 1)].seq,
				   cpu_to_le32(seq));
		}
		vbus_client_doorbell(&t->h->client, q.doorbell);
		if (i % 64 == 0) {
			hostile_check(t, !hostile_wait_completion(&q, &slot, 20),
				      "round %u: garbage was answered", i);
			/* Clean up, and go on as if nothing had been. */
			for (k = 0; k < q.req_size; k++)
				WRITE_ONCE(q.req_slots[k].seq, 0);
			hostile_check(t, !hostile_echo_round(&q, 100, 2000),
				      "round %u: no honest work after garbage", i);
		}
	}
	hostile_echo_close(&q);
}

/* More than the ring holds, and never a look at a completion. */
static void attack_overrun(struct hostile_run *t)
{
	struct hostile_queue q;
	u32 i, k;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n; i++) {
		u32 size = 2u << hostile_rnd(t, 9);

		if (!hostile_is(t, hostile_echo_open(t->h, t->port, size, &q), 0, "open"))
			return;
		for (k = 0; k < size * 3; k++) {
			hostile_post(&q, q.data_addr, 1 + hostile_rnd(t, 64), 0);
			if (!hostile_rnd(t, 4))
				hostile_ring(&q);
		}
		hostile_ring(&q);
		hostile_echo_close(&q);
		cond_resched();
	}
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* Completions are never looked at, but requests keep to the rules. */
static void attack_deaf(struct hostile_run *t)
{
	struct hostile_queue q;
	struct vbus_slot slot;
	u32 i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 16, &q), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		unsigned long end = jiffies + 5 * HZ;
		__le32 *seq = &q.cpl_slots[(q.base + i) & 15].seq;

		hostile_post(&q, q.data_addr, 32, 0);
		hostile_ring(&q);
		/* Seen from the corner of the eye, to keep the pace. */
		while (le32_to_cpu(READ_ONCE(*seq)) != q.base + i + 1 && time_before(jiffies, end))
			usleep_range(20, 50);
		if (!hostile_check(t, le32_to_cpu(READ_ONCE(*seq)) == q.base + i + 1,
				   "request %u was not served", i))
			break;
	}
	hostile_check(t, !hostile_wait_completion(&q, &slot, 10) || t->n <= 16,
		      "a completion from rounds ago is still there");
	hostile_echo_close(&q);
}

/* ---- words that change while they are read ---- */

static int flip_fn(void *data)
{
	struct hostile_flipper *f = data;
	static const u32 values[] = { 0, 1, 64, 65536, 65537, 0xffffff, 0x01000040, 0xffffffff };

	while (!kthread_should_stop()) {
		u32 i;

		for (i = 0; i < 1000; i++) {
			u32 r = prandom_u32_state(&f->rnd);
			__le32 *w = &f->words[(u64)f->n * (r >> 8) >> 24];

			switch (r & 3) {
			case 0:
				WRITE_ONCE(*w, cpu_to_le32(prandom_u32_state(&f->rnd)));
				break;
			case 1:
				WRITE_ONCE(*w, cpu_to_le32(values[(r >> 2) & 7]));
				break;
			default:
				WRITE_ONCE(*w, *w ^ cpu_to_le32(BIT((r >> 2) & 31)));
			}
			f->flips++;
		}
		usleep_range(10, 50);
	}
	return 0;
}

int hostile_flip_start(struct hostile_flipper *f, struct hostile_run *t, void *ptr, u32 bytes)
{
	unsigned int cpu;

	f->words = ptr;
	f->n = bytes / sizeof(*f->words);
	f->flips = 0;
	prandom_seed_state(&f->rnd, prandom_u32_state(&t->rnd));
	f->task = kthread_create(flip_fn, f, "hostile/flip");
	if (IS_ERR(f->task))
		return PTR_ERR(f->task);
	/* On ours nothing would change between a post and the device's look. */
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (cpu < nr_cpu_ids)
		kthread_bind(f->task, cpu);
	wake_up_process(f->task);
	return 0;
}

void hostile_flip_stop(struct hostile_flipper *f)
{
	kthread_stop(f->task);
}

/* One session under flips: until it breaks, or stalls, or for a while. Returns completions. */
static u32 under_flips_once(struct hostile_run *t, struct hostile_queue *q)
{
	u32 done = 0, waits = 0;
	struct vbus_slot slot;
	u32 i;

	for (i = 0; i < 2000 && waits < 50 && hostile_go_on(t); i++) {
		hostile_post(q, q->data_addr, 1 + hostile_rnd(t, 4096), 0);
		/* Now and then the words have time to change before anybody looks. */
		if (hostile_rnd(t, 2))
			ndelay(hostile_rnd(t, 5000));
		hostile_ring(q);
		waits++;
		while (vbus_cons_get(&q->cpl, &slot)) {
			waits = 0;
			done++;
		}
		if (i % 8)
			continue;
		vbus_client_doorbell(&t->h->client, q->doorbell);
		if (hostile_wait_completion(q, &slot, 1))
			done++;
		if (hostile_call(t->h, q->handle, VBUS_ECHO_CALL_STAT, NULL, 0) == VBUS_EPROTO)
			break;
	}
	return done;
}

/*
 * Honest work on a queue of which some memory changes all the time. The session may break, then the
 * next one is opened; it may also just stall.
 */
static void under_flips(struct hostile_run *t, u32 off, u32 bytes)
{
	u32 opened = 0, broken = 0, done = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	do {
		struct hostile_flipper f;
		struct hostile_queue q;

		if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
			return;
		opened++;
		if (hostile_flip_start(&f, t, (void *)q.drv_line + off, bytes)) {
			hostile_echo_close(&q);
			return;
		}
		done += under_flips_once(t, &q);
		broken += hostile_call(t->h, q.handle, VBUS_ECHO_CALL_STAT, NULL, 0) == VBUS_EPROTO;
		hostile_flip_stop(&f);
		hostile_echo_close(&q);
	} while (hostile_go_on(t));
	hostile_note(t, "%u sessions, %u broken, %u completions", opened, broken, done);
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* Requests whose address and length change between post and use, but which do get used. */
static void attack_double_fetch(struct hostile_run *t)
{
	u32 off = HQ_DEV + VBUS_HALF_HDR, opened = 0, broken = 0, again = 5;
	u64 flips = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	do {
		struct hostile_flipper f;
		struct hostile_queue q;

		if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
			return;
		/* Slot 0, but not its seq, which stays honest. */
		if (hostile_flip_start(&f, t, (void *)q.drv_line + off, 12)) {
			hostile_echo_close(&q);
			return;
		}
		under_flips_once(t, &q);
		opened++;
		broken += hostile_call(t->h, q.handle, VBUS_ECHO_CALL_STAT, NULL, 0) == VBUS_EPROTO;
		hostile_flip_stop(&f);
		flips += f.flips;
		hostile_echo_close(&q);
		/* Two processors of a busy emulator may not run at the same time for long. */
		if (!broken && !hostile_go_on(t) && again) {
			again--;
			t->deadline = jiffies + msecs_to_jiffies(t->ms);
		}
	} while (hostile_go_on(t));
	hostile_note(t, "%u sessions, %u broken, %llu flips", opened, broken, flips);
	hostile_check(t, broken, "no lie was ever seen");
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

static void attack_request_garbage(struct hostile_run *t)
{
	under_flips(t, HQ_DEV + VBUS_HALF_HDR, 8 * sizeof(struct vbus_slot));
}

static void attack_completion_garbage(struct hostile_run *t)
{
	under_flips(t, HQ_DRV + VBUS_HALF_HDR, 8 * sizeof(struct vbus_slot));
}

static void attack_wake_garbage(struct hostile_run *t)
{
	under_flips(t, HQ_DRV, VBUS_HALF_HDR);
	t->deadline = jiffies + msecs_to_jiffies(t->ms);
	under_flips(t, HQ_DEV, VBUS_HALF_HDR);
}

static void attack_all_garbage(struct hostile_run *t)
{
	under_flips(t, 0, HQ_PLACE_BYTES);
}

/* ---- both halves in the same place: completions are requests, and lines are slots ---- */

static void attack_overlap(struct hostile_run *t)
{
	u32 i, k;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n; i++) {
		struct hostile_queue q;
		struct vbus_msg_queue msg;
		u32 doorbell;

		if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
			return;
		hostile_queue_msg(&q, &msg);
		hostile_queue_fini(&q);
		msg.dev_half = cpu_to_le64(le64_to_cpu(msg.drv_half) +
					   64 * hostile_rnd(t, 5) - 64 * hostile_rnd(t, 2) * (i & 1));
		if (!hostile_queue_verb(t->h, q.handle, 0, &msg, &doorbell)) {
			struct vbus_slot *slots = hostile_ptr(t->h, le64_to_cpu(msg.dev_half) -
							      HR_ARENA_ADDR + VBUS_HALF_HDR);
			u32 idx = le32_to_cpu(msg.base);

			for (k = 0; k < 50; k++, idx++) {
				vbus_slot_set(&slots[idx & 7], q.data_addr, 16, 0);
				WRITE_ONCE(slots[idx & 7].seq, cpu_to_le32(idx + 1));
				vbus_client_doorbell(&t->h->client, doorbell);
			}
		}
		hostile_close(t->h, q.handle);
		cond_resched();
	}
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* ---- memory that goes ---- */

/* Keeps a queue busy from a thread of its own. */
static int poster_fn(void *data)
{
	struct hostile_queue *q = data;
	struct vbus_slot slot;

	while (!kthread_should_stop()) {
		while (vbus_cons_get(&q->cpl, &slot))
			q->seen++;
		while (q->posted - q->seen < q->req_size)
			hostile_post(q, q->data_addr, 4096, 0);
		hostile_ring(q);
		cond_resched();
	}
	return 0;
}

static bool withdraw_once(struct hostile_run *t, bool scramble)
{
	struct task_struct *poster;
	struct hostile_queue q;
	bool broken;

	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 64, &q), 0, "open"))
		return false;
	poster = kthread_run(poster_fn, &q, "hostile/poster");
	if (!IS_ERR(poster)) {
		usleep_range(200, 2000);
		hostile_withdraw(t->h, HR_ARENA, scramble);
		usleep_range(200, 2000);
		kthread_stop(poster);
	}
	if (!scramble) {
		hostile_post(&q, q.data_addr, 64, 0);
		hostile_ring(&q);
		vbus_client_doorbell(&t->h->client, q.doorbell);
	}
	broken = hostile_broken(t->h, q.handle, scramble ? 0 : 2000);
	/* With its slots left as they were, the next request must fail. */
	hostile_check(t, broken || scramble, "withdrawn memory is still used");
	hostile_echo_close(&q);
	hostile_restore(t->h, HR_ARENA);
	return broken;
}

static void attack_withdraw(struct hostile_run *t)
{
	u32 i, broken = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	for (i = 0; i < t->n; i++)
		broken += withdraw_once(t, i & 1);
	hostile_note(t, "%u rounds, %u broken", t->n, broken);
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* Copies must not reach withdrawn memory: a slot that points there breaks the session. */
static void attack_withdraw_page(struct hostile_run *t)
{
	struct hostile_queue q;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	hostile_withdraw(t->h, HR_PAGE, true);
	hostile_post(&q, HR_PAGE_ADDR, 64, 0);
	hostile_ring(&q);
	hostile_check(t, hostile_broken(t->h, q.handle, 2000), "not noticed");
	hostile_restore(t->h, HR_PAGE);
	hostile_echo_close(&q);
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

/* ---- beginnings and ends in the midst of traffic ---- */

struct scribbler {
	struct task_struct *task;
	struct hostile *h;
	struct rnd_state rnd;
};

/* Writes plausible slots into every place of the arena and rings every doorbell. */
static int scribble_fn(void *data)
{
	struct scribbler *s = data;

	while (!kthread_should_stop()) {
		u32 i;

		for (i = 0; i < 200; i++) {
			u32 r = prandom_u32_state(&s->rnd);
			u32 place = r & 3;
			struct vbus_slot *slots = hostile_ptr(s->h, place * HQ_PLACE_BYTES +
							      HQ_DEV + VBUS_HALF_HDR);
			struct vbus_slot *slot = &slots[(r >> 2) & 7];

			vbus_slot_set(slot, hostile_addr(place * HQ_PLACE_BYTES + HQ_DATA), 256, 0);
			WRITE_ONCE(slot->seq, cpu_to_le32(le32_to_cpu(slot->seq) + 8));
			vbus_client_doorbell(&s->h->client, (r >> 5) & 7);
		}
		cond_resched();
	}
	return 0;
}

static void churn_step(struct hostile_run *t, struct hostile_queue *q, bool *open)
{
	struct vbus_msg_queue none = { };

	if (!*open) {
		*open = !hostile_echo_open(t->h, t->port, 8, q);
		if (*open)
			hostile_shm(t->h, q->handle, 0, HR_ARENA_ADDR, 64, 0);
		return;
	}
	switch (hostile_rnd(t, 6)) {
	case 0:
		hostile_attach(t->h);
		hostile_queue_forget(q);
		*open = false;
		break;
	case 1:
	case 2:
		hostile_echo_close(q);
		*open = false;
		break;
	case 3:
		hostile_queue_verb(t->h, q->handle, 0, &none, NULL);
		break;
	case 4:
		hostile_call(t->h, q->handle, VBUS_ECHO_CALL_TOUCH, NULL, 0);
		break;
	default:
		hostile_post(q, q->data_addr, 300, 0);
		hostile_ring(q);
	}
}

static void attack_churn(struct hostile_run *t)
{
	struct scribbler s = { .h = t->h };
	struct hostile_queue q[4] = { };
	bool open[4] = { };
	u32 steps = 0;

	hostile_attach(t->h);
	prandom_seed_state(&s.rnd, t->seed + 1);
	s.task = kthread_run(scribble_fn, &s, "hostile/scribble");
	if (IS_ERR(s.task))
		return;
	while (hostile_go_on(t)) {
		u32 i = hostile_rnd(t, 4);

		churn_step(t, &q[i], &open[i]);
		steps++;
	}
	kthread_stop(s.task);
	hostile_attach(t->h);
	hostile_note(t, "%u steps", steps);
	hostile_check(t, steps > 10, "only %u steps", steps);
}

const struct hostile_attack hostile_ring_attacks[] = {
	{ "slots", attack_slots },
	{ "seq", attack_seq },
	{ "overrun", attack_overrun },
	{ "deaf", attack_deaf },
	{ "double-fetch", attack_double_fetch },
	{ "request-garbage", attack_request_garbage },
	{ "completion-garbage", attack_completion_garbage },
	{ "wake-garbage", attack_wake_garbage },
	{ "all-garbage", attack_all_garbage },
	{ "overlap", attack_overlap },
	{ "withdraw", attack_withdraw },
	{ "withdraw-page", attack_withdraw_page },
	{ "churn", attack_churn },
	{ }
};
