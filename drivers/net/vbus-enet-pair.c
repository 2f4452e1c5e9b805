// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-enet: bringing pairs up and down, also while traffic runs.
 */
#include <linux/slab.h>

#include "vbus-enet.h"

/*
 * Does the administrator want NAPI's timer to look again, before an interrupt is asked for
 * (napi_defer_hard_irqs)? As napi_complete_done() will find.
 */
static bool pair_defers(const struct napi_struct *napi, int work)
{
	const struct net_device *dev = napi->dev;
	int looks = work ? READ_ONCE(dev->napi_defer_hard_irqs) : napi->defer_hard_irqs_count;

	return looks > 0 && READ_ONCE(dev->gro_flush_timeout);
}

static int pair_poll(struct napi_struct *napi, int budget)
{
	struct enet_pair *pair = container_of(napi, struct enet_pair, napi);
	bool again = enet_tx_poll(pair, budget);
	bool busy;
	int work;

	/* netpoll: only transmit completions. What it could not arm for is left to us. */
	if (unlikely(!budget)) {
		if (again)
			napi_schedule(napi);
		return 0;
	}
	/* A socket polls: it wants no interrupt. When it stops we are called once more. */
	busy = test_bit(NAPI_STATE_IN_BUSY_POLL, &napi->state);
	if (busy)
		vbus_cons_disarm(&pair->rx.q->cpl);
	work = enet_rx_poll(pair, budget);
	if (work >= budget || again)
		return budget;
	if (!busy && pair_defers(napi, work)) {
		/* Nothing is armed. If that was changed just now, look again. */
		if (napi_complete_done(napi, work))
			napi_schedule(napi);
		return work;
	}
	/*
	 * Armed before the NAPI completes, while the rings are still ours: an interrupt in between
	 * makes napi_complete_done() run us again.
	 */
	if (!busy && enet_rx_arm(pair))
		return budget;
	napi_complete_done(napi, work);
	return work;
}

static void pair_schedule(struct enet_pair *pair)
{
	local_bh_disable();
	napi_schedule(&pair->napi);
	local_bh_enable();
}

static void pair_refill_work(struct work_struct *work)
{
	pair_schedule(container_of(to_delayed_work(work), struct enet_pair, refill));
}

/* For all pairs the device could have, once. */
int enet_pairs_init(struct enet *enet)
{
	u32 i;

	enet->pairs = kvcalloc(enet->max_pairs, sizeof(*enet->pairs), GFP_KERNEL);
	if (!enet->pairs)
		return -ENOMEM;
	for (i = 0; i < enet->max_pairs; i++) {
		struct enet_pair *pair = &enet->pairs[i];

		pair->enet = enet;
		pair->index = i;
		INIT_DELAYED_WORK(&pair->refill, pair_refill_work);
		u64_stats_init(&pair->tx_stats.sync);
		u64_stats_init(&pair->rx_stats.sync);
		netif_napi_add(enet->dev, &pair->napi, pair_poll);
	}
	return 0;
}

void enet_pairs_fini(struct enet *enet)
{
	u32 i;

	for (i = 0; i < enet->max_pairs; i++)
		netif_napi_del(&enet->pairs[i].napi);
	kvfree(enet->pairs);
}

static int pair_create(struct enet_pair *pair, u32 rx_slots, u32 tx_slots)
{
	int err = enet_rx_create(pair, rx_slots);

	if (err)
		return err;
	err = enet_tx_create(pair, tx_slots);
	if (err)
		enet_rx_destroy(pair);
	return err;
}

static void pairs_destroy(struct enet *enet, u32 from, u32 to)
{
	while (to-- > from) {
		enet_tx_destroy(&enet->pairs[to]);
		enet_rx_destroy(&enet->pairs[to]);
	}
}

static int pairs_create(struct enet *enet, u32 from, u32 to)
{
	u32 i;
	int err;

	for (i = from; i < to; i++) {
		err = pair_create(&enet->pairs[i], enet->rx_slots, enet->tx_slots);
		if (err) {
			pairs_destroy(enet, from, i);
			return err;
		}
	}
	return 0;
}

/* Queues of equal rank, one CPU after the other. Only a hint, so failure doesn't matter. */
static void pairs_spread(struct enet *enet)
{
	cpumask_var_t mask;
	u32 i, cpu, n;

	if (!zalloc_cpumask_var(&mask, GFP_KERNEL))
		return;
	for (i = 0; i < enet->num_pairs; i++) {
		cpumask_clear(mask);
		n = 0;
		for_each_online_cpu(cpu)
			if (n++ % enet->num_pairs == i)
				cpumask_set_cpu(cpu, mask);
		netif_set_xps_queue(enet->dev, mask, i);
	}
	free_cpumask_var(mask);
}

/* Let traffic run over the pairs, which exist. */
static int pairs_go(struct enet *enet)
{
	struct vbus_enet_up up = {
		.pairs = cpu_to_le32(enet->num_pairs),
		.rx_buf = cpu_to_le32(enet_rx_buf_size()),
	};
	u32 i;
	int err;

	err = vbus_call(enet->proxy, VBUS_ENET_CALL_UP, &up, sizeof(up), NULL, 0);
	if (err < 0)
		return err;
	WRITE_ONCE(enet->live, true);
	for (i = 0; i < enet->num_pairs; i++) {
		napi_enable(&enet->pairs[i].napi);
		/* Whatever the device did before: nobody was listening. */
		pair_schedule(&enet->pairs[i]);
	}
	netif_tx_wake_all_queues(enet->dev);
	return 0;
}

/* No traffic any more; the pairs stay. */
static void pairs_halt(struct enet *enet)
{
	u32 i;

	WRITE_ONCE(enet->live, false);
	netif_tx_disable(enet->dev);
	/* A device that is gone is as quiet. */
	vbus_call(enet->proxy, VBUS_ENET_CALL_DOWN, NULL, 0, NULL, 0);
	for (i = 0; i < enet->num_pairs; i++)
		napi_disable(&enet->pairs[i].napi);
}

int enet_start(struct enet *enet)
{
	int err;

	clear_bit(ENET_F_BROKEN, &enet->flags);
	err = pairs_create(enet, 0, enet->num_pairs);
	if (err)
		return err;
	err = pairs_go(enet);
	if (err) {
		pairs_destroy(enet, 0, enet->num_pairs);
		return err;
	}
	pairs_spread(enet);
	return 0;
}

void enet_stop(struct enet *enet)
{
	netif_carrier_off(enet->dev);
	if (!enet->live)
		return;
	pairs_halt(enet);
	pairs_destroy(enet, 0, enet->num_pairs);
}

/* A change failed half-way, and so did going back. */
static void pairs_lost(struct enet *enet, int err)
{
	netdev_err(enet->dev, "queues are lost (%d); take the interface down and up\n", err);
	netif_carrier_off(enet->dev);
}

static int pairs_switch(struct enet *enet, u32 pairs)
{
	u32 old = enet->num_pairs;
	int err;

	pairs_halt(enet);
	err = netif_set_real_num_queues(enet->dev, pairs, pairs);
	if (!err) {
		enet->num_pairs = pairs;
		err = pairs_go(enet);
		if (!err)
			return 0;
		/* Going back takes no memory that was not there before. */
		netif_set_real_num_queues(enet->dev, old, old);
		enet->num_pairs = old;
	}
	if (pairs_go(enet)) {
		pairs_destroy(enet, 0, max(old, pairs));
		pairs_lost(enet, err);
	}
	return err;
}

/* Run with another number of pairs. On failure the old ones go on. */
int enet_set_pairs(struct enet *enet, u32 pairs)
{
	u32 old = enet->num_pairs;
	int err;

	if (!enet->live) {
		err = netif_set_real_num_queues(enet->dev, pairs, pairs);
		if (!err)
			enet->num_pairs = pairs;
		return err;
	}
	err = pairs_create(enet, old, pairs);
	if (err)
		return err;
	err = pairs_switch(enet, pairs);
	if (enet->live)
		pairs_destroy(enet, enet->num_pairs, max(old, pairs));
	if (!err)
		pairs_spread(enet);
	return err;
}

static int pairs_resize(struct enet *enet, u32 rx_slots, u32 tx_slots)
{
	int err;

	enet->rx_slots = rx_slots;
	enet->tx_slots = tx_slots;
	err = pairs_create(enet, 0, enet->num_pairs);
	if (err)
		return err;
	err = pairs_go(enet);
	if (err)
		pairs_destroy(enet, 0, enet->num_pairs);
	return err;
}

/* Run with rings of another size. On failure the old sizes are used again. */
int enet_set_slots(struct enet *enet, u32 rx_slots, u32 tx_slots)
{
	u32 old_rx = enet->rx_slots, old_tx = enet->tx_slots;
	int err, back;

	if (!enet->live) {
		enet->rx_slots = rx_slots;
		enet->tx_slots = tx_slots;
		return 0;
	}
	/* The queues keep their numbers, so the old ones have to go first. */
	pairs_halt(enet);
	pairs_destroy(enet, 0, enet->num_pairs);
	err = pairs_resize(enet, rx_slots, tx_slots);
	if (!err)
		return 0;
	back = pairs_resize(enet, old_rx, old_tx);
	if (back)
		pairs_lost(enet, back);
	return err;
}
