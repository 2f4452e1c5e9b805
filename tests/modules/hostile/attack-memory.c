// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks by address and size: what QUEUE and SHM of an echo port are told about memory.
 */
#include "hostile.h"

/* A message that is right but for what the caller changes: the rings are at HR_BIG. */
static struct vbus_msg_queue good_msg(u32 req, u32 cpl)
{
	return (struct vbus_msg_queue) {
		.req_size = cpu_to_le32(req),
		.cpl_size = cpu_to_le32(cpl),
		.vector = cpu_to_le32(VBUS_NO_VECTOR),
		.drv_half = cpu_to_le64(hostile_addr(HR_BIG)),
		.dev_half = cpu_to_le64(hostile_addr(HR_BIG + HR_BIG_BYTES / 2)),
		.base = cpu_to_le32(7),
		.drv_gen = cpu_to_le32(1),
		.dev_gen = cpu_to_le32(1),
	};
}

/* Set up, and undo it if that worked. */
static int try_queue(struct hostile_run *t, u32 handle, u32 id, const struct vbus_msg_queue *msg)
{
	struct vbus_msg_queue none = { };
	int status = hostile_queue_verb(t->h, handle, id, msg, NULL);

	if (!status)
		hostile_is(t, hostile_queue_verb(t->h, handle, id, &none, NULL), VBUS_OK, "undo");
	return status;
}

static bool size_ok(u32 n)
{
	return n >= 2 && n <= 32768 && !(n & (n - 1));
}

static void attack_sizes(struct hostile_run *t)
{
	static const u32 sizes[] = {
		0, 1, 2, 3, 4, 5, 8, 255, 256, 257, 16384, 32767, 32768, 32769, 65535, 65536,
		0x10000000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
	};
	u32 handle, i, j;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, 0, &handle), VBUS_OK, "open"))
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			struct vbus_msg_queue msg = good_msg(sizes[i], sizes[j]);
			int want = VBUS_EINVAL, got;

			if (!sizes[i] && !sizes[j])
				want = VBUS_ENOENT;
			else if (size_ok(sizes[i]) && size_ok(sizes[j]) && sizes[j] >= sizes[i])
				want = VBUS_OK;
			got = try_queue(t, handle, 0, &msg);
			hostile_check(t, got == want, "sizes %#x and %#x: wanted %d, got %d",
				      sizes[i], sizes[j], want, got);
		}
	}
	hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
}

static void addr_both(struct hostile_run *t, u32 handle, u64 addr, int want, const char *what)
{
	struct vbus_msg_queue msg = good_msg(8, 8);
	int got;

	msg.drv_half = cpu_to_le64(addr);
	got = try_queue(t, handle, 0, &msg);
	hostile_check(t, got == want, "%s, driver half at %#llx: wanted %d, got %d", what, addr,
		      want, got);
	msg = good_msg(8, 8);
	msg.dev_half = cpu_to_le64(addr);
	got = try_queue(t, handle, 0, &msg);
	hostile_check(t, got == want, "%s, device half at %#llx: wanted %d, got %d", what, addr,
		      want, got);
}

static void attack_addresses(struct hostile_run *t)
{
	const u64 end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	const u64 page_end = HR_PAGE_ADDR + HR_PAGE_BYTES;
	const u32 bytes = VBUS_HALF_BYTES(8);
	struct vbus_msg_queue msg;
	u32 handle, i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, 0, &handle), VBUS_OK, "open"))
		return;
	for (i = 1; i < VBUS_HALF_ALIGN; i++)
		addr_both(t, handle, hostile_addr(HR_BIG) + i, VBUS_EINVAL, "unaligned");
	addr_both(t, handle, 0, VBUS_EFAULT, "zero");
	addr_both(t, handle, HR_ARENA_ADDR, VBUS_OK, "first");
	addr_both(t, handle, HR_ARENA_ADDR - 64, VBUS_EFAULT, "before the first");
	addr_both(t, handle, end - bytes, VBUS_OK, "last");
	for (i = 64; i <= bytes + 64; i += 64)
		addr_both(t, handle, end - bytes + i, VBUS_EFAULT, "over the end");
	addr_both(t, handle, HR_PAGE_ADDR, VBUS_OK, "page");
	addr_both(t, handle, page_end - bytes, VBUS_OK, "end of the page");
	addr_both(t, handle, page_end - 64, VBUS_EFAULT, "over the end of the page");
	for (i = 0; i <= bytes + 64; i += 64)
		addr_both(t, handle, 0ull - i, VBUS_EFAULT, "wrapping");
	/* A kernel address is just a number. */
	addr_both(t, handle, (u64)(unsigned long)hostile_ptr(t->h, 0), VBUS_EFAULT, "kernel");

	/* On top of each other: whatever comes of it is the driver side's own loss. */
	for (i = 0; i <= 2 * bytes; i += 64) {
		msg = good_msg(8, 8);
		msg.drv_half = cpu_to_le64(hostile_addr(HR_BIG + bytes));
		msg.dev_half = cpu_to_le64(hostile_addr(HR_BIG + i));
		hostile_check(t, try_queue(t, handle, 0, &msg) >= 0, "overlap of %u", i);
	}
	hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
	hostile_is(t, hostile_echo_fresh(t->h, t->port), 0, "honest work after it");
}

static void attack_fields(struct hostile_run *t)
{
	static const u32 ids[] = { 1, 2, 63, 64, 65, 0x80000000, 0xffffffff };
	struct vbus_msg_queue msg;
	u32 handle, i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, 0, &handle), VBUS_OK, "open"))
		return;
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		msg = good_msg(8, 8);
		hostile_check(t, try_queue(t, handle, ids[i], &msg) == VBUS_EINVAL, "queue %#x",
			      ids[i]);
		msg = good_msg(0, 8);
		msg.flags = cpu_to_le32(VBUS_QUEUE_F_STREAM);
		hostile_check(t, try_queue(t, handle, ids[i], &msg) == VBUS_EINVAL, "stream %#x",
			      ids[i]);
	}
	for (i = 0; i < 32; i++) {
		msg = good_msg(8, 8);
		msg.flags = cpu_to_le32(BIT(i));
		hostile_is(t, try_queue(t, handle, 0, &msg), VBUS_EINVAL, "flag");
		msg = good_msg(8, 8);
		msg.base = cpu_to_le32(BIT(i));
		hostile_is(t, try_queue(t, handle, 0, &msg), i == 31 ? VBUS_EINVAL : VBUS_OK,
			   "base");
		msg.base = cpu_to_le32(7);
		msg.vector = cpu_to_le32(BIT(i));
		hostile_is(t, try_queue(t, handle, 0, &msg), VBUS_OK, "vector");
	}
	msg = good_msg(8, 8);
	msg.base = cpu_to_le32(0x7fffffff);
	hostile_is(t, try_queue(t, handle, 0, &msg), VBUS_OK, "greatest base");
	msg.base = cpu_to_le32(0xffffffff);
	hostile_is(t, try_queue(t, handle, 0, &msg), VBUS_EINVAL, "base of all ones");
	msg = good_msg(8, 8);
	msg.drv_gen = cpu_to_le32(0xffffffff);
	hostile_is(t, try_queue(t, handle, 0, &msg), VBUS_EINVAL, "life number of all ones");
	hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
}

static int try_shm(struct hostile_run *t, u32 handle, u32 id, u64 addr, u64 len, u32 flags)
{
	int status = hostile_shm(t->h, handle, id, addr, len, flags);

	if (!status) {
		hostile_is(t, hostile_call(t->h, handle, VBUS_ECHO_CALL_TOUCH, NULL, 0), VBUS_OK,
			   "touch");
		hostile_is(t, hostile_shm(t->h, handle, id, 0, 0, 0), VBUS_OK, "undo");
	}
	return status;
}

static void attack_regions(struct hostile_run *t)
{
	const u64 end = HR_ARENA_ADDR + HR_ARENA_BYTES;
	u32 handle, i;

	hostile_is(t, hostile_attach(t->h), VBUS_OK, "attach");
	if (!hostile_is(t, hostile_open(t->h, t->port, 1, 0, &handle), VBUS_OK, "open"))
		return;
	for (i = 0; i < 4; i++)
		hostile_is(t, try_shm(t, handle, 15 + i, HR_ARENA_ADDR, 64, 0), VBUS_EINVAL,
			   "id over the edge");
	hostile_is(t, try_shm(t, handle, 0xffffffff, HR_ARENA_ADDR, 64, 0), VBUS_EINVAL, "id -1");
	for (i = 1; i < 8; i++)
		hostile_is(t, try_shm(t, handle, 0, HR_ARENA_ADDR, i, 0), VBUS_EINVAL, "too short");
	hostile_is(t, try_shm(t, handle, 0, HR_ARENA_ADDR + 3, 8, 0), VBUS_OK, "unaligned");
	hostile_is(t, try_shm(t, handle, 0, HR_ARENA_ADDR, HR_ARENA_BYTES, 0), VBUS_OK, "all of it");
	hostile_is(t, try_shm(t, handle, 0, HR_ARENA_ADDR, HR_ARENA_BYTES + 1, 0), VBUS_EFAULT,
		   "one byte more");
	hostile_is(t, try_shm(t, handle, 0, end - 8, 8, 0), VBUS_OK, "the last bytes");
	hostile_is(t, try_shm(t, handle, 0, end - 8, 9, 0), VBUS_EFAULT, "over the end");
	hostile_is(t, try_shm(t, handle, 0, end, 8, 0), VBUS_EFAULT, "behind the end");
	for (i = 3; i < 64; i++) {
		hostile_check(t, try_shm(t, handle, 0, HR_ARENA_ADDR, 0ull - BIT_ULL(i), 0) ==
			      VBUS_EFAULT, "length %#llx", 0ull - BIT_ULL(i));
		hostile_check(t, try_shm(t, handle, 0, 0ull - BIT_ULL(i), BIT_ULL(i), 0) ==
			      VBUS_EFAULT, "up to the end of all, %#llx", BIT_ULL(i));
		hostile_check(t, try_shm(t, handle, 0, 0ull - BIT_ULL(i), BIT_ULL(i) + 8, 0) ==
			      VBUS_EFAULT, "wrapping, %#llx", BIT_ULL(i));
	}
	for (i = 1; i < 32; i++)
		hostile_is(t, try_shm(t, handle, 0, HR_ARENA_ADDR, 64, BIT(i)), VBUS_EINVAL, "flag");
	/* Memory that goes while it is registered. */
	hostile_is(t, hostile_shm(t->h, handle, 0, HR_PAGE_ADDR, 64, 0), VBUS_OK, "register");
	hostile_withdraw(t->h, HR_PAGE, true);
	hostile_is(t, hostile_call(t->h, handle, VBUS_ECHO_CALL_TOUCH, NULL, 0), VBUS_EFAULT,
		   "touch of withdrawn memory");
	hostile_is(t, hostile_shm(t->h, handle, 0, 0, 0, 0), VBUS_OK, "unregister it");
	hostile_is(t, hostile_shm(t->h, handle, 0, HR_PAGE_ADDR, 64, 0), VBUS_EFAULT,
		   "register withdrawn memory");
	hostile_restore(t->h, HR_PAGE);
	hostile_is(t, hostile_close(t->h, handle), VBUS_OK, "close");
}

const struct hostile_attack hostile_memory_attacks[] = {
	{ "sizes", attack_sizes },
	{ "addresses", attack_addresses },
	{ "fields", attack_fields },
	{ "regions", attack_regions },
	{ }
};
