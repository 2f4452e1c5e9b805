// SPDX-License-Identifier: GPL-2.0
/*
 * Which memory of a board its master may touch.
 *
 * The kernel marks the pages that it has kept since it booted as reserved: its image, the table of
 * pages, and more. Drivers do not map them, but for the page of zeroes, which stands for memory
 * that nobody has written to.
 */
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <linux/vbus_agent.h>
#include <vbus/link.h>

#include "ranges.h"

static_assert(ARRAY_SIZE(((struct vbus_link *)NULL)->ranges) == RANGES_MOST);
static_assert(VBUS_AGENT_RANGES == RANGES_MOST);

static bool may_be_given_out(unsigned long pfn)
{
	struct page *page = pfn_to_online_page(pfn);

	return page && (!PageReserved(page) || is_zero_pfn(pfn));
}

/* All nodes together, with what lies between them. */
static void all_pages(unsigned long *begin, unsigned long *end)
{
	int nid;

	*begin = ULONG_MAX;
	*end = 0;
	for_each_online_node(nid) {
		*begin = min(*begin, node_start_pfn(nid));
		*end = max(*end, node_end_pfn(nid));
	}
}

void vbus_link_fill_ranges(struct vbus_link *link)
{
	unsigned long pfn, end;
	struct ranges r = {};
	u32 i;

	all_pages(&pfn, &end);
	for (; pfn < end; pfn++) {
		if (may_be_given_out(pfn))
			ranges_add(&r, pfn);
		if (!(pfn % 4096))
			cond_resched();
	}
	link->nranges = r.n;
	for (i = 0; i < r.n; i++) {
		link->ranges[i].addr = PFN_PHYS(r.range[i].begin);
		link->ranges[i].len = PFN_PHYS(r.range[i].end - r.range[i].begin);
	}
}
EXPORT_SYMBOL_GPL(vbus_link_fill_ranges);
