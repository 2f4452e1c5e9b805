// SPDX-License-Identifier: GPL-2.0
/*
 * A packet of slots written by the fuzzer, taken apart as the device side does.
 *
 * unit-sources: devices/venet/packet.c
 */
#include "fuzz.h"
#include "../../../devices/venet/packet.h"

#define TX_GSO (VBUS_ENET_F_TX_TSO4 | VBUS_ENET_F_TX_TSO6 | VBUS_ENET_F_TX_ECN)

static void fuzz_slot(struct fuzz_input *in, struct vbus_slot *s)
{
	fuzz_bytes(in, s, 12);
	s->seq = 0;
}

/* What later code takes for granted once a packet was accepted. */
static void check_accepted(const struct venet_hdr *h, const struct vbus_slot *s, u32 len,
			   u64 features)
{
	u32 total = 0;
	unsigned int i;

	must(h->frags >= 1 && h->frags <= VBUS_ENET_MAX_FRAGS);
	for (i = 0; i < h->frags; i++) {
		must(vbus_slot_len(&s[i]));
		must(vbus_slot_addr(&s[i]) + vbus_slot_len(&s[i]) > vbus_slot_addr(&s[i]));
		total += vbus_slot_len(&s[i]);
	}
	must(total == len);
	must(len >= VBUS_ENET_MIN_FRAME && len <= VBUS_ENET_MAX_FRAME);
	if (h->flags & VBUS_ENET_HDR_NEEDS_CSUM)
		must(features & VBUS_ENET_F_TX_CSUM);
	if (h->gso_type)
		must((features & TX_GSO) && (h->flags & VBUS_ENET_HDR_NEEDS_CSUM));
	if (!venet_frame_ok(h, len))
		return;
	if (h->flags & VBUS_ENET_HDR_NEEDS_CSUM)
		must((u32)h->csum_start + h->csum_offset + 2 <= len);
	if (h->gso_type)
		must(h->gso_size >= VBUS_ENET_MIN_GSO_SIZE && h->gso_size < 0xffff);
}

static void check_headers(struct fuzz_input *in)
{
	u32 len = VBUS_ENET_MIN_FRAME + fuzz_u8(in) % 200;
	u8 *frame = malloc(len);
	u32 hlen;

	must(frame);
	fuzz_bytes(in, frame, len);
	hlen = venet_frame_hlen(frame, len);
	must(hlen >= VBUS_ENET_MIN_FRAME && hlen <= len);
	free(frame);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes)
{
	struct fuzz_input in = { data, data + bytes };
	struct vbus_slot hdr, again, s[VBUS_ENET_MAX_FRAGS];
	u64 features = fuzz_u8(&in);
	struct venet_hdr h;
	unsigned int i;
	u32 len = 0;

	fuzz_slot(&in, &hdr);
	if (!venet_hdr_parse(&hdr, features, &h)) {
		again.seq = 0;
		venet_hdr_fill(&again, &h);
		must(!memcmp(&again, &hdr, sizeof(hdr)));
		for (i = 0; i < h.frags; i++)
			fuzz_slot(&in, &s[i]);
		if (!venet_chain_check(s, h.frags, &len))
			check_accepted(&h, s, len, features);
	}
	check_headers(&in);
	return 0;
}
