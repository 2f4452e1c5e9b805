/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus ethernet: ABI of the "virtual-ethernet" device type.
 *
 * Any class may offer it (venet-tap, venet-loop); one driver, vbus-enet, serves them all.
 * Little-endian throughout.
 */
#ifndef _UAPI_LINUX_VBUS_ENET_H
#define _UAPI_LINUX_VBUS_ENET_H

#include <linux/types.h>

#define VBUS_ENET_TYPE		"virtual-ethernet"
#define VBUS_ENET_VERSION	1

/* Features of OPEN. TX is what the driver side sends, RX what it is willing to receive. */
#define VBUS_ENET_F_TX_CSUM	(1ull << 0)	/* driver may send NEEDS_CSUM */
#define VBUS_ENET_F_TX_TSO4	(1ull << 1)
#define VBUS_ENET_F_TX_TSO6	(1ull << 2)
#define VBUS_ENET_F_TX_ECN	(1ull << 3)	/* TSO with CWR set */
#define VBUS_ENET_F_RX_CSUM	(1ull << 4)	/* driver takes NEEDS_CSUM packets */
#define VBUS_ENET_F_RX_TSO4	(1ull << 5)	/* driver takes large TCPv4 packets */
#define VBUS_ENET_F_RX_TSO6	(1ull << 6)
#define VBUS_ENET_F_RX_ECN	(1ull << 7)
#define VBUS_ENET_F_ALL		0xffull

/* Calls. */
#define VBUS_ENET_CALL_INFO	1	/* out: struct vbus_enet_info */
#define VBUS_ENET_CALL_UP	2	/* in: struct vbus_enet_up; carrier follows by event */
#define VBUS_ENET_CALL_DOWN	3	/* no data; the device stops using the queues */
#define VBUS_ENET_CALL_MTU	4	/* in: __le32 mtu; EINVAL above max_mtu or below 68 */
#define VBUS_ENET_CALL_MAC	5	/* in: 6 bytes, the address the driver uses now */

/**
 * struct vbus_enet_info - what the device is like
 * @mac: address the driver should use
 * @link: 1 = up, 0 = down, at the time of the call
 * @rsvd: zero
 * @max_mtu: largest MTU the device carries
 * @mtu: MTU the administrator gave the device; the driver starts with it
 * @queues: largest number of queue pairs
 * @speed: Mb/s to report, 0 = unknown
 */
struct vbus_enet_info {
	__u8 mac[6];
	__u8 link;
	__u8 rsvd;
	__le32 max_mtu;
	__le32 mtu;
	__le32 queues;
	__le32 speed;
};

/**
 * struct vbus_enet_up - start traffic
 * @pairs: queue pairs in use; their queues must have been set up
 * @rx_buf: bytes of each receive buffer, 2048..65536
 */
struct vbus_enet_up {
	__le32 pairs;
	__le32 rx_buf;
};

/*
 * Queues: 0 is the event stream, 1 + 2n the receive queue of pair n, 2 + 2n its transmit queue.
 * The pair is known by the ring that carries frames *to the driver* as "rx".
 */
#define VBUS_ENET_Q_EVENT	0
#define VBUS_ENET_Q_RX(pair)	(1 + 2 * (pair))
#define VBUS_ENET_Q_TX(pair)	(2 + 2 * (pair))
#define VBUS_ENET_MAX_PAIRS	16

/* Most data slots of one packet, and most bytes of one frame (a 64 KiB GSO packet). */
#define VBUS_ENET_MAX_FRAGS	18
#define VBUS_ENET_MAX_FRAME	(65536 + 18)
#define VBUS_ENET_MIN_FRAME	14
#define VBUS_ENET_MIN_BUF	2048
#define VBUS_ENET_MAX_BUF	65536
#define VBUS_ENET_MIN_MTU	68
#define VBUS_ENET_MIN_GSO_SIZE	8	/* TCP_MIN_GSO_SIZE of Linux: no sender goes below */
#define VBUS_ENET_MAX_MTU	9000

/**
 * struct vbus_enet_hdr - the header slot every packet starts with
 * @flags: VBUS_ENET_HDR_*
 * @gso_type: VBUS_ENET_GSO_*, plus VBUS_ENET_GSO_ECN
 * @gso_size: payload bytes of each segment, at least VBUS_ENET_MIN_GSO_SIZE
 *	(a frame with less is dropped)
 * @hdr_len: bytes of all protocol headers, a hint that is checked
 * @csum_start: where to start the checksum
 * @csum_offset: where to store it, from @csum_start
 * @frags: data slots that follow, 1..VBUS_ENET_MAX_FRAGS
 * @slot_flags: flag byte of the slot; VBUS_SLOT_F_MORE
 * @seq: see &struct vbus_slot
 *
 * The meanings of flags and GSO types are those of struct virtio_net_hdr (virtio 1.2, 5.1.6),
 * so that the kernel's helpers can serve. It is a &struct vbus_slot laid out anew.
 *
 * Transmit (request ring of the tx queue): header slot, then @frags slots {addr, len}, all but the
 * last with MORE. Completions: cumulative; addr is the number of request slots done since the
 * queue started (modulo 2^32), len 0.
 *
 * Receive (request ring of the rx queue): each slot posts one buffer {addr, rx_buf}. Completions
 * are in the order of posting: header slot, then one slot per buffer used {addr as posted, bytes
 * written}. The completion ring has twice the slots of the request ring.
 */
struct vbus_enet_hdr {
	__u8 flags;
	__u8 gso_type;
	__le16 gso_size;
	__le16 hdr_len;
	__le16 csum_start;
	__le16 csum_offset;
	__u8 frags;
	__u8 slot_flags;
	__le32 seq;
};

#define VBUS_ENET_HDR_NEEDS_CSUM	0x1
#define VBUS_ENET_HDR_DATA_VALID	0x2

#define VBUS_ENET_GSO_NONE	0
#define VBUS_ENET_GSO_TCPV4	1
#define VBUS_ENET_GSO_TCPV6	4
#define VBUS_ENET_GSO_ECN	0x80

/*
 * Events: slots of the event stream. addr: low 32 bits enum vbus_port_event; len: 0.
 * LINK_UP, LINK_DOWN. RESIZE: the upper 32 bits of addr are the new mtu of the device.
 */

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_enet_hdr) == 16, "vbus_enet_hdr");
_Static_assert(sizeof(struct vbus_enet_info) == 24, "vbus_enet_info");
_Static_assert(sizeof(struct vbus_enet_up) == 8, "vbus_enet_up");
#endif

#endif /* _UAPI_LINUX_VBUS_ENET_H */
