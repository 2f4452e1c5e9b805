/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus: verbs, events and status codes between the two sides of a bus.
 *
 * A connector carries these messages opaquely; vbus.ko (device side) and vbus-proxy.ko (driver
 * side) are the only ones that read them. Little-endian on every machine.
 */
#ifndef _UAPI_LINUX_VBUS_H
#define _UAPI_LINUX_VBUS_H

#include <linux/types.h>

/* Version of the verbs, negotiated by ATTACH. A device side refuses what it does not know. */
#define VBUS_ABI_VERSION	1

/* Longest names: of buses and devices, and of a port's type. With the terminating zero. */
#define VBUS_NAME_SIZE		65
#define VBUS_TYPE_SIZE		32

/* Most data a CALL carries each way, bytes. */
#define VBUS_CALL_MAX		4096

/* Device-side limits a peer can see; the administrator can only lower them. */
#define VBUS_MAX_QUEUES		64	/* per session */
#define VBUS_MAX_SHM		16	/* per session */
#define VBUS_MAX_DOORBELLS	1024	/* per client */

/**
 * enum vbus_verb - what the driver side may ask for
 * @VBUS_VERB_ATTACH: &struct vbus_msg_attach; drops every handle the client had
 * @VBUS_VERB_OPEN: &struct vbus_msg_open; handle is 0
 * @VBUS_VERB_CLOSE: no payload
 * @VBUS_VERB_CALL: arg is the function number of the device ABI; payload both ways
 * @VBUS_VERB_SHM: arg is the region's id; &struct vbus_msg_shm, length 0 unregisters
 * @VBUS_VERB_QUEUE: arg is the queue's id; &struct vbus_msg_queue, size 0 unregisters
 */
enum vbus_verb {
	VBUS_VERB_ATTACH = 1,
	VBUS_VERB_OPEN = 2,
	VBUS_VERB_CLOSE = 3,
	VBUS_VERB_CALL = 4,
	VBUS_VERB_SHM = 5,
	VBUS_VERB_QUEUE = 6,
};

/**
 * enum vbus_status - result of a verb
 *
 * Own numbers, since errno differs between machines. Unknown values read as VBUS_EIO.
 */
enum vbus_status {
	VBUS_OK = 0,
	VBUS_EINVAL = 1,	/* malformed, out of range */
	VBUS_ENOENT = 2,	/* no such port, handle, queue or function */
	VBUS_EBUSY = 3,		/* taken */
	VBUS_ENOMEM = 4,
	VBUS_ENOSPC = 5,	/* a limit of the bus is reached */
	VBUS_EVERSION = 6,	/* ABI version or feature not supported */
	VBUS_EGONE = 7,		/* the device was taken off the bus */
	VBUS_EFAULT = 8,	/* address outside the client's memory */
	VBUS_EPROTO = 9,	/* the session was closed after a protocol error */
	VBUS_EPERM = 10,
	VBUS_EIO = 11,
	VBUS_PENDING = 12,	/* completes later, by event */
	VBUS_ESTATE = 13,	/* verb not allowed now (not attached, not configured) */
};

/**
 * struct vbus_msg - header of a request and of its reply
 * @verb: request: enum vbus_verb; reply: the same
 * @status: request: 0; reply: enum vbus_status
 * @handle: session the verb is about; reply of OPEN: the new handle
 * @arg: per verb, see enum vbus_verb
 * @len: bytes of payload that follow; at most VBUS_CALL_MAX
 */
struct vbus_msg {
	__le16 verb;
	__le16 status;
	__le32 handle;
	__le32 arg;
	__le32 len;
};

/**
 * struct vbus_msg_attach - payload of ATTACH, both ways
 * @version: VBUS_ABI_VERSION the driver side speaks; reply: the one in use
 * @doorbells: request: 0; reply: number of doorbells the client has
 * @features: VBUS_F_* asked for; the reply repeats them. An unknown bit is VBUS_EVERSION
 */
struct vbus_msg_attach {
	__le32 version;
	__le32 doorbells;
	__le64 features;
};

/**
 * struct vbus_msg_open - payload of OPEN, both ways
 * @port: id of the port on the bus, as DEVADD told
 * @version: device-ABI version; reply: the one in use
 * @features: features of the device ABI: request: wanted; reply: what is in use (a subset).
 *	A wanted feature the device does not know at all is VBUS_EVERSION
 */
struct vbus_msg_open {
	__le32 port;
	__le32 version;
	__le64 features;
};

/* Flags of struct vbus_msg_shm. */
#define VBUS_SHM_F_READONLY	0x1	/* device side only reads */

/**
 * struct vbus_msg_shm - payload of SHM
 * @addr: peer address of the region
 * @len: its length in bytes; 0 unregisters
 * @flags: VBUS_SHM_F_*
 * @vector: interrupt vector for the region's signal, or VBUS_NO_VECTOR
 */
struct vbus_msg_shm {
	__le64 addr;
	__le64 len;
	__le32 flags;
	__le32 vector;
};

#define VBUS_NO_VECTOR		0xffffffffu
#define VBUS_NO_DOORBELL	0xffffffffu

/* Flags of struct vbus_msg_queue. */
#define VBUS_QUEUE_F_STREAM	0x1	/* one ring, device side to driver side, with credit */

/**
 * struct vbus_msg_queue - payload of QUEUE, both ways
 * @req_size: slots of the request ring, a power of two; 0 with @cpl_size 0 unregisters
 * @cpl_size: slots of the completion ring (of the ring, for a stream; then @req_size is 0)
 * @flags: VBUS_QUEUE_F_*
 * @vector: interrupt vector towards the driver side, or VBUS_NO_VECTOR
 * @drv_half: peer address of the driver's half, VBUS_HALF_ALIGN-aligned
 * @dev_half: shared homes: peer address of the device's half; split homes: 0, and the reply
 *	carries its address in the window
 * @base: first index of both rings in this life, below 2^31
 * @drv_gen: life number of the driver's half
 * @dev_gen: reply: life number of the device's half; shared homes: as requested
 * @doorbell: reply: number of the doorbell that rings the device side
 */
struct vbus_msg_queue {
	__le32 req_size;
	__le32 cpl_size;
	__le32 flags;
	__le32 vector;
	__le64 drv_half;
	__le64 dev_half;
	__le32 base;
	__le32 drv_gen;
	__le32 dev_gen;
	__le32 doorbell;
};

/**
 * enum vbus_event_type - what the device side tells the driver side about the bus
 * @VBUS_EV_DEVADD: a port appeared; replayed on attach
 * @VBUS_EV_DEVDROP: a port is gone; its handles answer VBUS_EGONE until closed
 * @VBUS_EV_AVAILABLE: a port that was taken (OPEN: VBUS_EBUSY) can be opened again
 */
enum vbus_event_type {
	VBUS_EV_DEVADD = 1,
	VBUS_EV_DEVDROP = 2,
	VBUS_EV_AVAILABLE = 3,
};

/**
 * struct vbus_event - a bus event
 * @event: enum vbus_event_type
 * @port: id of the port; never reused while the bus lives
 * @type: type of the port, zero-padded
 */
struct vbus_event {
	__le32 event;
	__le32 port;
	__u8 type[VBUS_TYPE_SIZE];
};

/*
 * Events of a port, in its event stream (a VBUS_QUEUE_F_STREAM queue): every model's stream has
 * this layout in the first 12 bytes of a slot.
 */
enum vbus_port_event {
	VBUS_PEV_LINK_UP = 1,
	VBUS_PEV_LINK_DOWN = 2,
	VBUS_PEV_RESIZE = 3,
	VBUS_PEV_HANGUP = 4,
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_msg) == 16, "vbus_msg");
_Static_assert(sizeof(struct vbus_msg_attach) == 16, "vbus_msg_attach");
_Static_assert(sizeof(struct vbus_msg_open) == 16, "vbus_msg_open");
_Static_assert(sizeof(struct vbus_msg_shm) == 24, "vbus_msg_shm");
_Static_assert(sizeof(struct vbus_msg_queue) == 48, "vbus_msg_queue");
_Static_assert(sizeof(struct vbus_event) == 40, "vbus_event");
#endif

#endif /* _UAPI_LINUX_VBUS_H */
