/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus disk: ABI of the "virtual-disk" device type.
 *
 * A port is a drive: it may have a medium (be online) or not. What the medium is like can change
 * whenever another one is put in; its generation number tells them apart. Little-endian throughout.
 * A sector is 512 bytes, whatever the block size.
 */
#ifndef _UAPI_LINUX_VBUS_BLK_H
#define _UAPI_LINUX_VBUS_BLK_H

#include <linux/types.h>

#define VBUS_BLK_TYPE		"virtual-disk"
#define VBUS_BLK_VERSION	1

/*
 * Features of OPEN: what the driver side may send. Of a medium, struct vbus_blk_config says what it
 * can do. For a driver that does not know FLUSH each write is as with FUA.
 */
#define VBUS_BLK_F_FLUSH	(1ull << 0)	/* VBUS_BLK_OP_FLUSH */
#define VBUS_BLK_F_FUA		(1ull << 1)	/* VBUS_BLK_HDR_FUA */
#define VBUS_BLK_F_DISCARD	(1ull << 2)	/* VBUS_BLK_OP_DISCARD */
#define VBUS_BLK_F_ZEROES	(1ull << 3)	/* VBUS_BLK_OP_ZEROES */
#define VBUS_BLK_F_ALL		0xfull

/*
 * Calls. START begins the use of a medium: requests are refused until then, and again when another
 * medium is there.
 */
#define VBUS_BLK_CALL_CONFIG	1	/* out: struct vbus_blk_config */
#define VBUS_BLK_CALL_START	2	/* in: __le32 generation; EINVAL if it is another one now */

/* Bytes of a serial number; shorter ones end with a zero. */
#define VBUS_BLK_SERIAL		32

/* Flags of struct vbus_blk_config. */
#define VBUS_BLK_CFG_ONLINE	0x1	/* there is a medium; else all that describes one is 0 */
#define VBUS_BLK_CFG_RO		0x2	/* it cannot be written to */
#define VBUS_BLK_CFG_ROTATIONAL	0x4	/* what is behind it has moving parts */

/**
 * struct vbus_blk_config - what the drive and its medium are like
 * @generation: of the medium
 * @flags: VBUS_BLK_CFG_*
 * @capacity: sectors; a multiple of the block size
 * @block_size: bytes, a power of two, 512..4096; unit of addressing
 * @physical_block_size: bytes, a power of two, at least @block_size; smaller writes are slow
 * @io_min: bytes; preferred smallest transfer
 * @io_opt: bytes; preferred transfer, 0 if there is none
 * @max_segments: data slots of a request, 1..VBUS_BLK_MAX_SEGMENTS
 * @max_bytes: bytes of a request, a multiple of the block size
 * @queues: request queues, 1..VBUS_BLK_MAX_QUEUES
 * @depth: requests of a queue that are worked on at a time
 * @max_discard: sectors of a discard, 0 if there is none
 * @discard_granularity: bytes; what is worth to be discarded
 * @max_zeroes: sectors of a request to write zeroes, 0 if there is none
 * @rsvd: zero
 * @serial: of the device
 */
struct vbus_blk_config {
	__le32 generation;
	__le32 flags;
	__le64 capacity;
	__le32 block_size;
	__le32 physical_block_size;
	__le32 io_min;
	__le32 io_opt;
	__le32 max_segments;
	__le32 max_bytes;
	__le32 queues;
	__le32 depth;
	__le32 max_discard;
	__le32 discard_granularity;
	__le32 max_zeroes;
	__le32 rsvd;
	__u8 serial[VBUS_BLK_SERIAL];
};

/* Queues: 0 is the event stream, 1 + n is request queue n. */
#define VBUS_BLK_Q_EVENT	0
#define VBUS_BLK_Q_REQ(n)	(1 + (n))
#define VBUS_BLK_MAX_QUEUES	16

#define VBUS_BLK_MAX_SEGMENTS	128
#define VBUS_BLK_MIN_BLOCK	512
#define VBUS_BLK_MAX_BLOCK	4096

/**
 * enum vbus_blk_op - what to do
 * @VBUS_BLK_OP_READ: data slots are filled
 * @VBUS_BLK_OP_WRITE: data slots are written
 * @VBUS_BLK_OP_FLUSH: no data slots; what was completed before it was sent survives a crash
 * @VBUS_BLK_OP_DISCARD: the sectors are not needed any more; one data slot: addr is how many, len 0
 * @VBUS_BLK_OP_ZEROES: the sectors shall read as zero; the same
 */
enum vbus_blk_op {
	VBUS_BLK_OP_READ = 0,
	VBUS_BLK_OP_WRITE = 1,
	VBUS_BLK_OP_FLUSH = 2,
	VBUS_BLK_OP_DISCARD = 3,
	VBUS_BLK_OP_ZEROES = 4,
};

#define VBUS_BLK_HDR_FUA	0x1	/* WRITE, ZEROES: survives a crash when completed */
#define VBUS_BLK_HDR_NOUNMAP	0x2	/* ZEROES: keep the space allocated */

/**
 * struct vbus_blk_hdr - the header slot every request starts with
 * @sector: first sector, bits 0..31
 * @sector_hi: bits 32..47
 * @tag: the driver's; comes back
 * @op: enum vbus_blk_op
 * @flags: VBUS_BLK_HDR_*
 * @frags: data slots that follow
 * @slot_flags: flag byte of the slot; VBUS_SLOT_F_MORE if data slots follow
 * @seq: see &struct vbus_slot
 *
 * Then @frags slots {addr, len}, all but the last with MORE. The lengths add up to a multiple of
 * the block size; a single one need not be. All slots of a request are published together.
 */
struct vbus_blk_hdr {
	__le32 sector;
	__le16 sector_hi;
	__le16 tag;
	__u8 op;
	__u8 flags;
	__u8 frags;
	__u8 slot_flags;
	__le32 seq;
};

/*
 * Completions: one slot each, in any order. addr: VBUS_BLK_CPL_*; len: 0. The completion ring has
 * at least as many slots as the request ring.
 */
#define VBUS_BLK_CPL_TAG_MASK		0xffffull
#define VBUS_BLK_CPL_STATUS_SHIFT	16	/* enum vbus_blk_status, 16 bits */

/**
 * enum vbus_blk_status - how a request ended; unknown values read as VBUS_BLK_S_IOERR
 * @VBUS_BLK_S_OK: done
 * @VBUS_BLK_S_IOERR: what is behind the device failed
 * @VBUS_BLK_S_INVAL: malformed: zero, too long, not a multiple of the block size, wrong data slots
 * @VBUS_BLK_S_RANGE: beyond the end
 * @VBUS_BLK_S_UNSUPP: unknown, not agreed on, or the medium cannot
 * @VBUS_BLK_S_RO: the medium cannot be written to
 * @VBUS_BLK_S_NOSPC: what is behind the device is full
 * @VBUS_BLK_S_FAULT: a data slot points outside the driver's memory
 * @VBUS_BLK_S_NOMEM: no memory
 * @VBUS_BLK_S_OFFLINE: no medium, or not the one the driver started
 * @VBUS_BLK_S_MEDIUM: data cannot be read
 */
enum vbus_blk_status {
	VBUS_BLK_S_OK = 0,
	VBUS_BLK_S_IOERR = 1,
	VBUS_BLK_S_INVAL = 2,
	VBUS_BLK_S_RANGE = 3,
	VBUS_BLK_S_UNSUPP = 4,
	VBUS_BLK_S_RO = 5,
	VBUS_BLK_S_NOSPC = 6,
	VBUS_BLK_S_FAULT = 7,
	VBUS_BLK_S_NOMEM = 8,
	VBUS_BLK_S_OFFLINE = 9,
	VBUS_BLK_S_MEDIUM = 10,
};

/*
 * Events: slots of the event stream. addr: enum vbus_port_event; len: 0. LINK_UP: there is a
 * medium. LINK_DOWN: there is none. RESIZE: it changed in size, or for another one. Each means:
 * ask for CONFIG.
 */

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_blk_config) == 96, "vbus_blk_config");
_Static_assert(sizeof(struct vbus_blk_hdr) == 16, "vbus_blk_hdr");
#endif

#endif /* _UAPI_LINUX_VBUS_BLK_H */
