// SPDX-License-Identifier: GPL-2.0
/*
 * Packets in the slot stream. Nothing here touches memory the peer can reach.
 */
#include <linux/string.h>

#include "packet.h"

#define HDR_FLAGS	(VBUS_ENET_HDR_NEEDS_CSUM | VBUS_ENET_HDR_DATA_VALID)

static bool gso_negotiated(u8 gso_type, u64 features)
{
	u64 need = gso_type & VBUS_ENET_GSO_ECN ? VBUS_ENET_F_TX_ECN : 0;

	switch (gso_type & ~VBUS_ENET_GSO_ECN) {
	case VBUS_ENET_GSO_TCPV4:
		need |= VBUS_ENET_F_TX_TSO4;
		break;
	case VBUS_ENET_GSO_TCPV6:
		need |= VBUS_ENET_F_TX_TSO6;
		break;
	default:
		return false;
	}
	return (features & need) == need;
}

const char *venet_hdr_parse(const struct vbus_slot *slot, u64 features, struct venet_hdr *h)
{
	struct vbus_enet_hdr w;

	memcpy(&w, slot, sizeof(w));
	h->flags = w.flags;
	h->gso_type = w.gso_type;
	h->gso_size = le16_to_cpu(w.gso_size);
	h->hdr_len = le16_to_cpu(w.hdr_len);
	h->csum_start = le16_to_cpu(w.csum_start);
	h->csum_offset = le16_to_cpu(w.csum_offset);
	h->frags = w.frags;

	if (w.slot_flags != VBUS_SLOT_F_MORE)
		return "a packet does not start with a header slot";
	if (h->frags < 1 || h->frags > VBUS_ENET_MAX_FRAGS)
		return "number of data slots out of range";
	if (h->flags & ~HDR_FLAGS)
		return "unknown flag in a packet header";
	if ((h->flags & VBUS_ENET_HDR_NEEDS_CSUM) && !(features & VBUS_ENET_F_TX_CSUM))
		return "checksum offload used but not negotiated";
	if (h->gso_type == VBUS_ENET_GSO_NONE)
		return NULL;
	if (!gso_negotiated(h->gso_type, features))
		return "segmentation offload unknown or not negotiated";
	if (!(h->flags & VBUS_ENET_HDR_NEEDS_CSUM))
		return "segmentation offload without checksum offload";
	return NULL;
}

const char *venet_chain_check(const struct vbus_slot *slots, unsigned int n, u32 *len)
{
	u32 total = 0;
	unsigned int i;

	for (i = 0; i < n; i++) {
		u64 addr = vbus_slot_addr(&slots[i]);
		u32 bytes = vbus_slot_len(&slots[i]);

		if (vbus_slot_flags(&slots[i]) != (i + 1 < n ? VBUS_SLOT_F_MORE : 0))
			return "flags of a data slot do not fit the packet header";
		if (!bytes || bytes > VBUS_ENET_MAX_FRAME)
			return "length of a data slot out of range";
		if (addr + bytes < addr)
			return "a data slot wraps around";
		total += bytes;
	}
	if (total < VBUS_ENET_MIN_FRAME || total > VBUS_ENET_MAX_FRAME)
		return "frame length out of range";
	*len = total;
	return NULL;
}

bool venet_frame_ok(const struct venet_hdr *h, u32 len)
{
	u32 end = (u32)h->csum_start + h->csum_offset + 2;

	if (h->flags & VBUS_ENET_HDR_NEEDS_CSUM) {
		if (h->csum_start < VBUS_ENET_MIN_FRAME || end > len || end > VENET_MAX_HEADERS)
			return false;
	}
	if (h->gso_type == VBUS_ENET_GSO_NONE)
		return true;
	/* All-ones means something else to the kernel; tiny segments are too many at once. */
	return h->gso_size >= VBUS_ENET_MIN_GSO_SIZE && h->gso_size != 0xffff &&
	       h->hdr_len <= len && (u32)h->csum_start + VENET_TCP_HLEN <= len;
}

void venet_hdr_fill(struct vbus_slot *slot, const struct venet_hdr *h)
{
	struct vbus_enet_hdr w = {
		.flags = h->flags,
		.gso_type = h->gso_type,
		.gso_size = cpu_to_le16(h->gso_size),
		.hdr_len = cpu_to_le16(h->hdr_len),
		.csum_start = cpu_to_le16(h->csum_start),
		.csum_offset = cpu_to_le16(h->csum_offset),
		.frags = h->frags,
		.slot_flags = VBUS_SLOT_F_MORE,
	};

	memcpy(slot, &w, sizeof(w));
}

u32 venet_frame_hlen(const u8 *frame, u32 len)
{
	u32 off = VENET_OFF_IP;

	if (!venet_frame_tcp(frame, len))
		return len;
	off += venet_frame_proto(frame) == 0x86dd ? VENET_IP6_HLEN : (frame[off] & 0xf) * 4;
	if (off + VENET_TCP_HLEN > len)
		return len;
	off += (frame[off + VENET_TCP_DOFF] >> 4) * 4;
	return off < len ? off : len;
}
