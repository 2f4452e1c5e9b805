// SPDX-License-Identifier: GPL-2.0
/*
 * Packets of the Ethernet ABI: what the device side takes from a driver, and what it refuses.
 *
 * unit-sources: devices/venet/packet.c
 */
#include "unit.h"
#include "../../devices/venet/packet.h"

#define ALL	VBUS_ENET_F_ALL

/* A header slot as the ABI describes it, not as our own code makes it. */
static struct vbus_slot wire(const struct venet_hdr *h, u8 slot_flags)
{
	struct vbus_enet_hdr w = {
		.flags = h->flags,
		.gso_type = h->gso_type,
		.gso_size = cpu_to_le16(h->gso_size),
		.hdr_len = cpu_to_le16(h->hdr_len),
		.csum_start = cpu_to_le16(h->csum_start),
		.csum_offset = cpu_to_le16(h->csum_offset),
		.frags = h->frags,
		.slot_flags = slot_flags,
	};
	struct vbus_slot s;

	memcpy(&s, &w, sizeof(s));
	return s;
}

static const struct venet_hdr plain = { .frags = 1 };
static const struct venet_hdr tso = {
	.flags = VBUS_ENET_HDR_NEEDS_CSUM,
	.gso_type = VBUS_ENET_GSO_TCPV4,
	.gso_size = 1448,
	.hdr_len = 66,
	.csum_start = 34,
	.csum_offset = 16,
	.frags = 17,
};

static const char *parse(struct venet_hdr h, u64 features)
{
	struct vbus_slot s = wire(&h, VBUS_SLOT_F_MORE);
	struct venet_hdr out;

	return venet_hdr_parse(&s, features, &out);
}

static void a_header_is_laid_out_as_the_abi_says(void **state)
{
	struct vbus_slot s = wire(&tso, VBUS_SLOT_F_MORE), filled;
	struct venet_hdr out;

	assert_null(venet_hdr_parse(&s, ALL, &out));
	assert_int_equal(out.flags, tso.flags);
	assert_int_equal(out.gso_type, tso.gso_type);
	assert_int_equal(out.gso_size, tso.gso_size);
	assert_int_equal(out.hdr_len, tso.hdr_len);
	assert_int_equal(out.csum_start, tso.csum_start);
	assert_int_equal(out.csum_offset, tso.csum_offset);
	assert_int_equal(out.frags, tso.frags);

	memset(&filled, 0, sizeof(filled));
	venet_hdr_fill(&filled, &tso);
	assert_memory_equal(&filled, &s, sizeof(s));
}

static void a_packet_starts_with_a_header_slot(void **state)
{
	struct venet_hdr out;
	unsigned int flags;

	for (flags = 0; flags < 256; flags++) {
		struct vbus_slot s = wire(&plain, flags);

		assert_int_equal(!venet_hdr_parse(&s, ALL, &out), flags == VBUS_SLOT_F_MORE);
	}
}

static void number_of_slots_is_bounded(void **state)
{
	unsigned int n;

	for (n = 0; n < 256; n++) {
		struct venet_hdr h = plain;

		h.frags = n;
		assert_int_equal(!parse(h, ALL), n >= 1 && n <= VBUS_ENET_MAX_FRAGS);
	}
}

static void unknown_flags_and_types_are_refused(void **state)
{
	unsigned int v;

	for (v = 0; v < 256; v++) {
		struct venet_hdr h = plain, g = tso;

		h.flags = v;
		assert_int_equal(!parse(h, ALL), v < 4);
		g.gso_type = v;
		assert_int_equal(!parse(g, ALL), v == 0 || v == 1 || v == 4 || v == 0x81 || v == 0x84);
	}
}

static void an_offload_must_be_negotiated(void **state)
{
	const u64 tx = VBUS_ENET_F_TX_CSUM | VBUS_ENET_F_TX_TSO4;
	struct venet_hdr h = plain, v6 = tso, ecn = tso;

	h.flags = VBUS_ENET_HDR_NEEDS_CSUM;
	v6.gso_type = VBUS_ENET_GSO_TCPV6;
	ecn.gso_type |= VBUS_ENET_GSO_ECN;

	assert_null(parse(plain, 0));
	assert_non_null(parse(h, 0));
	assert_null(parse(h, VBUS_ENET_F_TX_CSUM));
	assert_non_null(parse(tso, VBUS_ENET_F_TX_CSUM));
	assert_null(parse(tso, tx));
	assert_non_null(parse(v6, tx));
	assert_null(parse(v6, tx | VBUS_ENET_F_TX_TSO6));
	assert_non_null(parse(ecn, tx));
	assert_null(parse(ecn, tx | VBUS_ENET_F_TX_ECN));
	/* What the driver is willing to receive says nothing about what it may send. */
	assert_non_null(parse(tso, ALL & ~tx));
}

static void segmentation_needs_a_checksum(void **state)
{
	struct venet_hdr h = tso;

	h.flags = 0;
	assert_non_null(parse(h, ALL));
	h.flags = VBUS_ENET_HDR_DATA_VALID;
	assert_non_null(parse(h, ALL));
}

/* A chain of @n slots, @len bytes each, as an honest driver makes it. */
static void chain(struct vbus_slot *s, unsigned int n, u32 len)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		vbus_slot_set(&s[i], 0x1000ull * i, len, i + 1 < n ? VBUS_SLOT_F_MORE : 0);
}

static void lengths_add_up(void **state)
{
	struct vbus_slot s[VBUS_ENET_MAX_FRAGS];
	unsigned int n;
	u32 len;

	for (n = 1; n <= VBUS_ENET_MAX_FRAGS; n++) {
		chain(s, n, 1000);
		assert_null(venet_chain_check(s, n, &len));
		assert_int_equal(len, 1000 * n);
	}
}

static void frames_have_bounds(void **state)
{
	static const u32 sizes[] = { 0, 1, 13, 14, 15, 60, 1514, 65535, 65536, 65553, 65554, 65555,
				     131072, VBUS_SLOT_LEN_MASK };
	struct vbus_slot s;
	unsigned int i;
	u32 len;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		chain(&s, 1, sizes[i]);
		assert_int_equal(!venet_chain_check(&s, 1, &len),
				 sizes[i] >= VBUS_ENET_MIN_FRAME && sizes[i] <= VBUS_ENET_MAX_FRAME);
	}
}

static void a_sum_may_be_too_long_too(void **state)
{
	struct vbus_slot s[VBUS_ENET_MAX_FRAGS];
	u32 len;

	chain(s, 2, 32777);
	assert_null(venet_chain_check(s, 2, &len));
	assert_int_equal(len, VBUS_ENET_MAX_FRAME);
	chain(s, 2, 32778);
	assert_non_null(venet_chain_check(s, 2, &len));
	chain(s, VBUS_ENET_MAX_FRAGS, VBUS_ENET_MAX_FRAME);
	assert_non_null(venet_chain_check(s, VBUS_ENET_MAX_FRAGS, &len));
}

static void every_slot_has_bytes(void **state)
{
	struct vbus_slot s[3];
	unsigned int i;
	u32 len;

	for (i = 0; i < 3; i++) {
		chain(s, 3, 100);
		vbus_slot_set(&s[i], 0, 0, i < 2 ? VBUS_SLOT_F_MORE : 0);
		assert_non_null(venet_chain_check(s, 3, &len));
	}
}

static void flags_say_how_long_the_chain_is(void **state)
{
	struct vbus_slot s[3];
	unsigned int i, flags;
	u32 len;

	for (i = 0; i < 3; i++) {
		for (flags = 0; flags < 256; flags++) {
			chain(s, 3, 100);
			vbus_slot_set(&s[i], 0, 100, flags);
			assert_int_equal(!venet_chain_check(s, 3, &len),
					 flags == (i < 2 ? VBUS_SLOT_F_MORE : 0));
		}
	}
}

static void a_slot_does_not_wrap_around(void **state)
{
	struct vbus_slot s;
	u32 len;

	vbus_slot_set(&s, -100ull, 99, 0);
	assert_null(venet_chain_check(&s, 1, &len));
	vbus_slot_set(&s, -100ull, 100, 0);
	assert_non_null(venet_chain_check(&s, 1, &len));
	vbus_slot_set(&s, -1ull, 60, 0);
	assert_non_null(venet_chain_check(&s, 1, &len));
}

static void a_checksum_lies_inside_the_frame(void **state)
{
	struct venet_hdr h = { .flags = VBUS_ENET_HDR_NEEDS_CSUM, .csum_start = 34,
			       .csum_offset = 16, .frags = 1 };

	assert_false(venet_frame_ok(&h, 51));
	assert_true(venet_frame_ok(&h, 52));
	h.csum_start = 13;
	assert_false(venet_frame_ok(&h, 1514));
	h.csum_start = 14;
	assert_true(venet_frame_ok(&h, 1514));
	h.csum_start = 0xffff;
	h.csum_offset = 0xffff;
	assert_false(venet_frame_ok(&h, VBUS_ENET_MAX_FRAME));
	/* Inside, but where no header can be. */
	h.csum_start = 1000;
	h.csum_offset = 0;
	assert_false(venet_frame_ok(&h, VBUS_ENET_MAX_FRAME));
	/* Nobody looks at them without the flag. */
	h.flags = 0;
	assert_true(venet_frame_ok(&h, 14));
}

static void segments_have_a_size(void **state)
{
	struct venet_hdr h = tso;

	assert_true(venet_frame_ok(&h, 17 * 1448));
	h.gso_size = 0;
	assert_false(venet_frame_ok(&h, 17 * 1448));
	h.gso_size = 0xffff;
	assert_false(venet_frame_ok(&h, 17 * 1448));
	h.gso_size = VBUS_ENET_MIN_GSO_SIZE - 1;
	assert_false(venet_frame_ok(&h, 17 * 1448));
	h.gso_size = VBUS_ENET_MIN_GSO_SIZE;
	assert_true(venet_frame_ok(&h, 17 * 1448));
	h.hdr_len = 3001;
	assert_false(venet_frame_ok(&h, 3000));
	h.hdr_len = 0;
	assert_true(venet_frame_ok(&h, 3000));
	assert_false(venet_frame_ok(&h, 53));
	assert_true(venet_frame_ok(&h, 54));
}

static void headers_are_found(void **state)
{
	u8 f[192] = { 0 };

	f[12] = 0x08;
	f[14] = 0x45;
	f[23] = 17;
	assert_false(venet_frame_tcp(f, sizeof(f)));
	assert_int_equal(venet_frame_hlen(f, sizeof(f)), sizeof(f));
	f[23] = 6;
	f[34 + 12] = 8 << 4;
	assert_true(venet_frame_tcp(f, sizeof(f)));
	assert_int_equal(venet_frame_hlen(f, sizeof(f)), 14 + 20 + 32);
	f[14] = 0x4f;
	f[14 + 60 + 12] = 15 << 4;
	assert_int_equal(venet_frame_hlen(f, sizeof(f)), 14 + 60 + 60);

	memset(f, 0, sizeof(f));
	f[12] = 0x86;
	f[13] = 0xdd;
	f[20] = 6;
	f[54 + 12] = 5 << 4;
	assert_true(venet_frame_tcp(f, sizeof(f)));
	assert_int_equal(venet_frame_hlen(f, sizeof(f)), 14 + 40 + 20);
}

static void short_frames_are_not_overrun(void **state)
{
	u8 *f;
	u32 len;

	for (len = 14; len < 100; len++) {
		f = malloc(len);
		assert_non_null(f);
		memset(f, 0xff, len);
		f[12] = 0x08;
		f[13] = 0x00;
		if (len > 23)
			f[23] = 6;
		assert_in_range(venet_frame_hlen(f, len), 14, len);
		free(f);
	}
}

#define CASE(fn) cmocka_unit_test(fn)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(a_header_is_laid_out_as_the_abi_says),
		CASE(a_packet_starts_with_a_header_slot),
		CASE(number_of_slots_is_bounded),
		CASE(unknown_flags_and_types_are_refused),
		CASE(an_offload_must_be_negotiated),
		CASE(segmentation_needs_a_checksum),
		CASE(lengths_add_up),
		CASE(frames_have_bounds),
		CASE(a_sum_may_be_too_long_too),
		CASE(every_slot_has_bytes),
		CASE(flags_say_how_long_the_chain_is),
		CASE(a_slot_does_not_wrap_around),
		CASE(a_checksum_lies_inside_the_frame),
		CASE(segments_have_a_size),
		CASE(headers_are_found),
		CASE(short_frames_are_not_overrun),
	};

	return cmocka_run_group_tests_name("venet", tests, NULL, NULL);
}
