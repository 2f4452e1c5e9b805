// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks by mere quantity: work that never ends, and doorbells.
 */
#include <linux/delay.h>
#include <linux/irq_work.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include "hostile.h"

/* Longest that a task may have to wait for a processor that serves a peer, under emulation. */
#define PATIENCE_NS	(3ull * NSEC_PER_SEC)

/* ---- the pulse of a processor ---- */

static int pulse_fn(void *data)
{
	struct hostile_pulse *p = data;
	u64 last = p->began, now;

	while (!kthread_should_stop()) {
		usleep_range(1000, 1100);
		now = ktime_get_ns();
		p->worst_ns = max(p->worst_ns, now - last);
		p->beats++;
		last = now;
	}
	return 0;
}

int hostile_pulse_start(struct hostile_pulse *p, int cpu)
{
	p->beats = 0;
	p->worst_ns = 0;
	p->began = ktime_get_ns();
	p->task = kthread_create(pulse_fn, p, "hostile/pulse");
	if (IS_ERR(p->task))
		return PTR_ERR(p->task);
	kthread_bind(p->task, cpu);
	wake_up_process(p->task);
	return 0;
}

void hostile_pulse_stop(struct hostile_pulse *p)
{
	kthread_stop(p->task);
}

/* ---- doorbells from everywhere ---- */

struct bell {
	struct hostile *h;
	u32 nr;
	struct irq_work work;
};

static void bell_hardirq(struct irq_work *work)
{
	struct bell *b = container_of(work, struct bell, work);

	vbus_client_doorbell(&b->h->client, b->nr);
}

static void bell_ipi(void *data)
{
	struct bell *b = data;

	vbus_client_doorbell(&b->h->client, b->nr);
}

static void ring_somehow(struct hostile *h, u32 nr, u32 how)
{
	struct bell b = { .h = h, .nr = nr };
	unsigned long flags;

	switch (how) {
	case 0:
		local_irq_save(flags);
		vbus_client_doorbell(&h->client, nr);
		local_irq_restore(flags);
		break;
	case 1:
		b.work = IRQ_WORK_INIT_HARD(bell_hardirq);
		irq_work_queue(&b.work);
		irq_work_sync(&b.work);
		break;
	case 2:
		local_bh_disable();
		vbus_client_doorbell(&h->client, nr);
		local_bh_enable();
		break;
	case 3:
		smp_call_function_single(cpumask_first(cpu_online_mask), bell_ipi, &b, true);
		break;
	default:
		vbus_client_doorbell(&h->client, nr);
	}
}

/* Honest rounds, rung from each context in turn. */
static void attack_contexts(struct hostile_run *t)
{
	struct hostile_queue q;
	struct vbus_slot slot;
	u32 i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		hostile_post(&q, q.data_addr, 64, 0);
		vbus_prod_publish(&q.req);
		vbus_prod_kick(&q.req);
		ring_somehow(t->h, q.doorbell, i % 5);
		if (!hostile_check(t, hostile_wait_completion(&q, &slot, 2000),
				   "round %u, context %u", i, i % 5))
			break;
	}
	hostile_echo_close(&q);
}

/* Right, wrong and absurd numbers, as fast as it goes. */
static void attack_doorbells(struct hostile_run *t)
{
	u32 doorbells = hostile_connector.caps.doorbells, i;
	struct vbus_client *client = &t->h->client;
	u64 before = client->bad_doorbells, wrong = 0;
	struct hostile_queue q;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		u32 nr = q.doorbell;

		switch (hostile_rnd(t, 4)) {
		case 0:
			nr = prandom_u32_state(&t->rnd) | BIT(31);
			break;
		case 1:
			nr = doorbells + hostile_rnd(t, 3);
			break;
		case 2:
			nr = hostile_rnd(t, doorbells);
			break;
		}
		wrong += nr != q.doorbell;
		ring_somehow(t->h, nr, hostile_rnd(t, 64));
		if (i % 1024 == 0)
			cond_resched();
	}
	hostile_check(t, client->bad_doorbells - before == wrong, "%llu wrong ones, %llu counted",
		      wrong, client->bad_doorbells - before);
	hostile_check(t, !hostile_echo_round(&q, 64, 2000), "no work after the storm");
	hostile_echo_close(&q);
	/* Of a queue that is gone. */
	before = client->bad_doorbells;
	for (i = 0; i < 100; i++)
		vbus_client_doorbell(client, q.doorbell);
	hostile_check(t, client->bad_doorbells - before == 100, "a dead queue's doorbell counted");
}

/*
 * The caller has set limits/kicks low. Doorbells above it are held back, but work comes to be done
 * with the next tick.
 */
static void attack_kicks(struct hostile_run *t)
{
	struct vbus_client *client = &t->h->client;
	u64 before = client->throttled, stats;
	struct hostile_queue q;
	u32 i, k;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	for (i = 0; i < t->n; i++) {
		for (k = 0; k < 1000; k++)
			vbus_client_doorbell(client, q.doorbell);
		hostile_check(t, !hostile_echo_round(&q, 64, 2000), "round %u is lost", i);
	}
	stats = client->throttled - before;
	hostile_check(t, stats > t->n * 900ull, "only %llu of %llu held back", stats,
		      t->n * 1000ull);
	hostile_note(t, "%llu of %llu held back", stats, t->n * 1000ull);
	hostile_echo_close(&q);
}

/* A storm for as long as it takes, from the background. */
static void attack_storm(struct hostile_run *t)
{
	struct hostile_queue q;
	u64 rung = 0;
	u32 i;

	hostile_attach(t->h);
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	while (hostile_go_on(t)) {
		for (i = 0; i < 500; i++, rung++)
			vbus_client_doorbell(&t->h->client, hostile_rnd(t, 4) ? q.doorbell :
					     prandom_u32_state(&t->rnd));
	}
	hostile_note(t, "%llu doorbells", rung);
	hostile_echo_close(&q);
}

/* ---- work without end ---- */

/* Keep the ring full for as long as it takes; @served counts what came back. */
static void refill(struct hostile_run *t, struct hostile_queue *q, u32 len, u64 *served)
{
	struct vbus_slot slot;

	while (hostile_go_on(t)) {
		bool idle = true;

		while (vbus_cons_get(&q->cpl, &slot)) {
			q->seen++;
			(*served)++;
			idle = false;
		}
		while (q->posted - q->seen < q->req_size) {
			hostile_post(q, q->data_addr, len, 0);
			idle = false;
		}
		vbus_prod_publish(&q->req);
		if (vbus_prod_kick(&q->req))
			vbus_client_doorbell(&t->h->client, q->doorbell);
		if (idle)
			cpu_relax();
		/* Others on this machine want to be seen at their work. */
		if (t->task)
			usleep_range(50, 200);
		/* The link may go while we are at it, and the session with it. */
		if (t->task && hostile_rnd(t, 4096) == 0 &&
		    hostile_call(t->h, q->handle, VBUS_ECHO_CALL_STAT, NULL, 0))
			break;
	}
}

/* The device is kept busy on one processor, whose other work must go on. */
static void attack_refill(struct hostile_run *t)
{
	int cpu = cpumask_first(cpu_online_mask);
	struct hostile_pulse pulse;
	struct hostile_queue q;
	struct bell bell = { .h = t->h };
	u64 served = 0;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 1u << (1 + t->n % 9), &q), 0, "open"))
		return;
	if (hostile_pulse_start(&pulse, cpu)) {
		hostile_echo_close(&q);
		return;
	}
	hostile_post(&q, q.data_addr, 64, 0);
	vbus_prod_publish(&q.req);
	bell.nr = q.doorbell;
	smp_call_function_single(cpu, bell_ipi, &bell, true);
	refill(t, &q, t->seed & 1 ? 64 : 16384, &served);
	hostile_pulse_stop(&pulse);
	hostile_note(t, "%llu requests served; %llu beats on cpu %d, the worst after %llu us", served,
		     pulse.beats, cpu, pulse.worst_ns / 1000);
	hostile_check(t, served > 10, "only %llu requests served", served);
	hostile_check(t, pulse.beats > 5 && pulse.worst_ns < PATIENCE_NS,
		      "cpu %d did not get to its other work: %llu beats, %llu us", cpu, pulse.beats,
		      pulse.worst_ns / 1000);
	hostile_echo_close(&q);
}

/* Traffic for others to interfere with; begins again when its session goes. */
static void attack_traffic(struct hostile_run *t)
{
	u64 served = 0, sessions = 0;

	hostile_attach(t->h);
	while (hostile_go_on(t)) {
		struct hostile_queue q;

		if (hostile_echo_open(t->h, t->port, 64, &q)) {
			usleep_range(1000, 2000);
			continue;
		}
		sessions++;
		refill(t, &q, 256, &served);
		hostile_echo_close(&q);
	}
	hostile_note(t, "%llu requests in %llu sessions", served, sessions);
}

/* Verbs that each wait for a grace period, as fast as they go. */
static void attack_verb_storm(struct hostile_run *t)
{
	struct hostile_queue q;
	u64 verbs = 0;
	u32 handle;

	hostile_attach(t->h);
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, 0, &handle), VBUS_OK, "open"))
		return;
	while (hostile_go_on(t)) {
		if (!hostile_is(t, hostile_queue_init(&q, t->h, handle, 0, 8, 8, 0), 0, "queue"))
			break;
		hostile_queue_fini(&q);
		verbs += 2;
	}
	hostile_note(t, "%llu verbs", verbs);
	hostile_close(t->h, handle);
}

const struct hostile_attack hostile_storm_attacks[] = {
	{ "contexts", attack_contexts },
	{ "doorbells", attack_doorbells },
	{ "kicks", attack_kicks },
	{ "storm", attack_storm },
	{ "refill", attack_refill },
	{ "traffic", attack_traffic },
	{ "verb-storm", attack_verb_storm },
	{ }
};
