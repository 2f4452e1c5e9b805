/* SPDX-License-Identifier: GPL-2.0 */
/* Split homes: what ring.c needs of split.c. */
#ifndef _VBUS_RING_SPLIT_H
#define _VBUS_RING_SPLIT_H

#include <linux/types.h>

struct vbus_ring_mem;
struct vbus_slot;

/* The read-back: returns the peer's life number, all-ones when nothing answers. */
u32 vbus_split_read_gen(const struct vbus_ring_mem *mem);

/* Take the seq of a staged slot back. */
void vbus_split_set_seq(const struct vbus_ring_mem *mem, struct vbus_slot *slot, u32 seq);

#endif /* _VBUS_RING_SPLIT_H */
