/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a packet looks like in the slot stream: checks of what the peer wrote, on private copies.
 *
 * Pure code, no kernel object in it: tests/unit builds and fuzzes the same file in userspace.
 */
#ifndef _VENET_PACKET_H
#define _VENET_PACKET_H

#include <linux/types.h>
#include <linux/vbus_enet.h>
#include <vbus/ring.h>

/**
 * struct venet_hdr - header slot of a packet, in the CPU's byte order
 * @flags: VBUS_ENET_HDR_*
 * @gso_type: VBUS_ENET_GSO_*
 * @gso_size: payload bytes of each segment
 * @hdr_len: bytes of protocol headers, a hint
 * @csum_start: where the checksum starts
 * @csum_offset: where it is stored, from @csum_start
 * @frags: data slots that follow
 */
struct venet_hdr {
	u8 flags;
	u8 gso_type;
	u16 gso_size;
	u16 hdr_len;
	u16 csum_start;
	u16 csum_offset;
	u8 frags;
};

/* The farthest a checksum may lie from the start of the frame; longer headers nobody sends. */
#define VENET_MAX_HEADERS	512

/**
 * venet_hdr_parse() - take a header slot apart
 * @slot: private copy of the slot
 * @features: VBUS_ENET_F_* negotiated; the TX half of them is looked at
 * @h: filled in
 *
 * Return: NULL, or what the driver did wrong; no driver that keeps to the ABI does.
 */
const char *venet_hdr_parse(const struct vbus_slot *slot, u64 features, struct venet_hdr *h);

/**
 * venet_chain_check() - check the data slots of one packet
 * @slots: private copies, all that the header announced
 * @n: how many, 1..VBUS_ENET_MAX_FRAGS
 * @len: length of the frame
 *
 * Return: NULL, or what the driver did wrong.
 */
const char *venet_chain_check(const struct vbus_slot *slots, unsigned int n, u32 *len);

/**
 * venet_frame_ok() - do the offload fields of the header fit the frame?
 * @h: its header
 * @len: its length
 *
 * A process in a guest can ask for nonsense through a raw socket, so a wrong answer is no reason
 * to end the session: the frame is dropped and counted.
 */
bool venet_frame_ok(const struct venet_hdr *h, u32 len);

/* venet_hdr_fill - make a header slot */
void venet_hdr_fill(struct vbus_slot *slot, const struct venet_hdr *h);

/* Where things are in a frame without VLAN tag; sizes of headers without options. */
#define VENET_OFF_PROTO	12
#define VENET_OFF_IP	14
#define VENET_OFF_IP4_PROTO	(VENET_OFF_IP + 9)
#define VENET_OFF_IP6_NEXT	(VENET_OFF_IP + 6)
#define VENET_IP4_HLEN	20
#define VENET_IP6_HLEN	40
#define VENET_TCP_HLEN	20
#define VENET_TCP_DOFF	12

static inline u16 venet_frame_proto(const u8 *frame)
{
	return frame[VENET_OFF_PROTO] << 8 | frame[VENET_OFF_PROTO + 1];
}

/* venet_frame_tcp - is it TCP over IPv4 or IPv6? @len bytes of the frame's start are looked at */
static inline bool venet_frame_tcp(const u8 *frame, u32 len)
{
	if (len < VENET_OFF_IP + VENET_IP4_HLEN)
		return false;
	switch (venet_frame_proto(frame)) {
	case 0x0800:
		return frame[VENET_OFF_IP4_PROTO] == 6;
	case 0x86dd:
		return frame[VENET_OFF_IP6_NEXT] == 6;
	default:
		return false;
	}
}

/* venet_frame_hlen - bytes of its Ethernet, IP and TCP headers; @len if that is not all of them */
u32 venet_frame_hlen(const u8 *frame, u32 len);

#endif /* _VENET_PACKET_H */
