// SPDX-License-Identifier: GPL-2.0
/*
 * Reading counters.
 */
#include "venet.h"

/* venet_stats_read - add the counters of one direction of one pair to @t; any context */
void venet_stats_read(const struct venet_stats *st, struct venet_totals *t)
{
	struct venet_totals now;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&st->syncp);
		now.packets = u64_stats_read(&st->packets);
		now.bytes = u64_stats_read(&st->bytes);
		now.dropped = u64_stats_read(&st->dropped);
		now.bad = u64_stats_read(&st->bad);
		now.stops = u64_stats_read(&st->stops);
	} while (u64_stats_fetch_retry(&st->syncp, start));

	t->packets += now.packets;
	t->bytes += now.bytes;
	t->dropped += now.dropped;
	t->bad += now.bad;
	t->stops += now.stops;
}
EXPORT_SYMBOL_GPL(venet_stats_read);
