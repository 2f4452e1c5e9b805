// SPDX-License-Identifier: GPL-2.0
/*
 * The witness: an honest client that works all the while, and says afterwards how that went.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include "hostile.h"

/* Under emulation, with everything else going on. */
#define ROUND_MS	5000

static void witness(struct hostile_run *t)
{
	struct hostile_queue q;
	u64 rounds = 0, worst = 0, began;
	int err;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_echo_open(t->h, t->port, 8, &q), 0, "open"))
		return;
	while (hostile_go_on(t)) {
		began = ktime_get_ns();
		err = hostile_echo_round(&q, 1 + hostile_rnd(t, 2048), ROUND_MS);
		if (!hostile_check(t, !err, "round %llu: %d", rounds, err))
			break;
		worst = max(worst, ktime_get_ns() - began);
		rounds++;
		usleep_range(3000, 6000);
	}
	hostile_check(t, rounds > 3, "only %llu rounds", rounds);
	hostile_note(t, "%llu rounds, the longest took %llu us", rounds, worst / 1000);
	hostile_echo_close(&q);
}

/* Once, in the foreground. */
static void fresh(struct hostile_run *t)
{
	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "open, work and close");
}

const struct hostile_attack hostile_witness_attacks[] = {
	{ "witness", witness },
	{ "fresh", fresh },
	{ }
};
