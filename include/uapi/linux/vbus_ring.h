/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus ring: the memory layout both sides of a queue share.
 *
 * A one-way ring has one producer and one consumer. Slots live in the consumer's memory, the
 * line in the producer's, so that everything that crosses the link is a write. A queue is two
 * rings, requests (driver side to device side) and completions (back). A stream is one ring,
 * device side to driver side, with credit. Documentation/ring.rst explains the protocol.
 *
 * Everything here is little-endian on every machine.
 */
#ifndef _UAPI_LINUX_VBUS_RING_H
#define _UAPI_LINUX_VBUS_RING_H

#include <linux/types.h>

/* Slots per ring: a power of two in this range. */
#define VBUS_RING_MIN_SLOTS	2
#define VBUS_RING_MAX_SLOTS	32768

/**
 * struct vbus_slot - one entry of a ring, 16 bytes, naturally aligned
 * @addr: peer address or cookie; its meaning belongs to the device ABI
 * @lf: length in bytes in bits 0..23, VBUS_SLOT_F_* flags in bits 24..31
 * @seq: free-running index of this entry plus one; the last word written. An entry whose seq
 *	is anything else is not there (yet)
 *
 * A device ABI may lay its own 11 bytes over @addr and the first three bytes of @lf; the flag
 * byte and @seq keep their place.
 */
struct vbus_slot {
	__le64 addr;
	__le32 lf;
	__le32 seq;
};

#define VBUS_SLOT_LEN_MASK	0x00ffffffu
#define VBUS_SLOT_FLAG_SHIFT	24

#define VBUS_SLOT_F_MORE	0x01	/* the packet goes on in the next slot */
#define VBUS_SLOT_F_WANT_CREDIT	0x02	/* stream: producer sleeps for credit after this slot */

/**
 * struct vbus_line - one cache line of a ring, in the producer's memory
 * @credit: next index the consumer has not consumed; streams only, written by the consumer
 * @wake: "ring me when you publish this index"; written by the consumer
 * @gen: life number of the half this line opens; written by its owner before it goes live.
 *	The consumer going idle reads it back, which orders its @wake write before its last look
 * @rsvd: zero
 */
struct vbus_line {
	__le32 credit;
	__le32 wake;
	__le32 gen;
	__le32 rsvd[13];
};

/*
 * A queue consists of two halves. The driver's half is owned (and its slots consumed) by the
 * driver side, the device's half by the device side. Each half is VBUS_HALF_HDR bytes with the
 * line of the ring its owner *produces*, followed by the slots of the ring its owner *consumes*:
 *
 *	driver half:  line of the request ring,     slots of the completion ring
 *	device half:  line of the completion ring,  slots of the request ring
 *
 * Of a stream the driver half has no line in use (but its gen) and the device half no slots.
 * With a shared home both halves lie in driver-side memory.
 */
#define VBUS_HALF_HDR	64
#define VBUS_HALF_ALIGN	64
#define VBUS_HALF_BYTES(slots)	(VBUS_HALF_HDR + 16u * (slots))

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_slot) == 16, "vbus_slot is 16 bytes");
_Static_assert(sizeof(struct vbus_line) == VBUS_HALF_HDR, "vbus_line is one cache line");
#endif

#endif /* _UAPI_LINUX_VBUS_RING_H */
