/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One ring with both its ends, in memory that is exactly as large as it must be, so that the
 * address sanitizer sees the first byte beside it.
 */
#ifndef _UNIT_RING_MEM_H
#define _UNIT_RING_MEM_H

#include <errno.h>
#include <stdlib.h>
#include <vbus/ring.h>

struct ring_pair {
	struct vbus_ring_mem cons_mem, prod_mem;
	struct vbus_line *cons_line;	/* the line of the consumer's own half; only its gen is used */
	struct vbus_prod p;
	struct vbus_cons c;
};

static inline void ring_pair_attach(struct ring_pair *r)
{
	if (vbus_prod_init(&r->p, &r->prod_mem) || vbus_cons_init(&r->c, &r->cons_mem))
		abort();
}

static inline void ring_pair_format(struct ring_pair *r)
{
	struct vbus_ring_mem own = r->cons_mem;

	own.line = r->cons_line;
	if (vbus_ring_format_slots(&r->cons_mem) || vbus_ring_format_line(&r->prod_mem) ||
	    vbus_ring_format_line(&own))
		abort();
}

static inline void ring_pair_make(struct ring_pair *r, enum vbus_home home, u32 size, u32 base)
{
	struct vbus_ring_mem mem = {
		.home = home,
		.size = size,
		.base = base,
		.gen = 0x1001,
		.slots = aligned_alloc(16, size * sizeof(struct vbus_slot)),
		.line = aligned_alloc(64, sizeof(struct vbus_line)),
	};

	r->cons_line = aligned_alloc(64, sizeof(struct vbus_line));
	if (!mem.slots || !mem.line || !r->cons_line)
		abort();
	r->cons_mem = mem;
	r->cons_mem.peer_gen = &mem.line->gen;
	r->prod_mem = mem;
	r->prod_mem.peer_gen = &r->cons_line->gen;
	ring_pair_format(r);
	ring_pair_attach(r);
}

static inline void ring_pair_free(struct ring_pair *r)
{
	free(r->prod_mem.slots);
	free(r->prod_mem.line);
	free(r->cons_line);
}

#endif
