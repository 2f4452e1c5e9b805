// SPDX-License-Identifier: GPL-2.0
/*
 * The vbus queue as a ring of the kernel's own ring benchmark (tools/virtio/ringtest), whose
 * main.c drives it exactly as it drives virtio's. The prototypes below are that program's.
 *
 * Per operation the guest puts a request with a cookie, the host takes it and puts a completion
 * with the same cookie and the length, the guest takes that and finds its buffer again. The host
 * completes in order, so that, as in virtio_ring_inorder, the guest need not look its buffer up by
 * what the completion says; it only checks that it says so. Each slot is published at once.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vbus/ring.h>

void alloc_ring(void);
int add_inbuf(unsigned int len, void *buf, void *datap);
void *get_buf(unsigned int *lenp, void **bufp);
void disable_call(void);
bool used_empty(void);
bool enable_call(void);
void kick_available(void);
void disable_kick(void);
bool avail_empty(void);
bool enable_kick(void);
bool use_buf(unsigned int *lenp, void **bufp);
void call_used(void);

void kick(void);
void call(void);
extern unsigned int ring_size;

#define PAD 128

/* What only one side touches, each in lines of its own. */
static struct {
	struct vbus_prod req;
	struct vbus_cons done;
	struct {
		void *buf;
		void *data;
	} *data;
	char pad[PAD];
} guest __attribute__((__aligned__(PAD)));

static struct {
	struct vbus_cons req;
	struct vbus_prod done;
	char pad[PAD];
} host __attribute__((__aligned__(PAD)));

static void check(int err)
{
	if (!err)
		return;
	fprintf(stderr, "ring setup failed: %d\n", err);
	exit(3);
}

void alloc_ring(void)
{
	struct vbus_ring_mem req = { .base = 1234, .size = ring_size, .gen = 1 };
	struct vbus_ring_mem done = { .base = 1234, .size = ring_size, .gen = 2 };
	size_t bytes = VBUS_HALF_BYTES(ring_size);
	char *driver = aligned_alloc(4096, (bytes + 4095) & ~4095UL);
	char *device = aligned_alloc(4096, (bytes + 4095) & ~4095UL);

	guest.data = calloc(ring_size, sizeof(*guest.data));
	if (!driver || !device || !guest.data)
		exit(3);
	req.line = (struct vbus_line *)driver;
	done.slots = (struct vbus_slot *)(driver + VBUS_HALF_HDR);
	done.line = (struct vbus_line *)device;
	req.slots = (struct vbus_slot *)(device + VBUS_HALF_HDR);
	check(vbus_ring_format_slots(&req));
	check(vbus_ring_format_line(&req));
	check(vbus_ring_format_slots(&done));
	check(vbus_ring_format_line(&done));
	check(vbus_prod_init(&guest.req, &req));
	check(vbus_cons_init(&guest.done, &done));
	check(vbus_cons_init(&host.req, &req));
	check(vbus_prod_init(&host.done, &done));
}

/* guest side */

int add_inbuf(unsigned int len, void *buf, void *datap)
{
	u32 idx = vbus_prod_index(&guest.req);
	struct vbus_slot s;

	if (idx - vbus_cons_index(&guest.done) == ring_size)
		return -1;
	guest.data[idx & (ring_size - 1)].buf = buf;
	guest.data[idx & (ring_size - 1)].data = datap;
	vbus_slot_set(&s, idx, len, 0);
	vbus_prod_send(&guest.req, &s);
	return 0;
}

void *get_buf(unsigned int *lenp, void **bufp)
{
	u32 idx = vbus_cons_index(&guest.done), i = idx & (ring_size - 1);
	struct vbus_slot s;
	void *datap;

	if (!vbus_cons_get(&guest.done, &s))
		return NULL;
	if (unlikely(vbus_slot_addr(&s) != idx))
		abort();
	*lenp = vbus_slot_len(&s);
	datap = guest.data[i].data;
	*bufp = guest.data[i].buf;
	guest.data[i].buf = NULL;
	guest.data[i].data = NULL;
	return datap;
}

bool used_empty(void)
{
	return !vbus_cons_pending(&guest.done);
}

void disable_call(void)
{
}

bool enable_call(void)
{
	return !vbus_cons_arm(&guest.done);
}

void kick_available(void)
{
	if (vbus_prod_kick(&guest.req))
		kick();
}

/* host side */

void disable_kick(void)
{
}

bool avail_empty(void)
{
	return !vbus_cons_pending(&host.req);
}

bool enable_kick(void)
{
	return !vbus_cons_arm(&host.req);
}

bool use_buf(unsigned int *lenp, void **bufp)
{
	struct vbus_slot s;

	if (!vbus_cons_get(&host.req, &s))
		return false;
	vbus_slot_set(&s, vbus_slot_addr(&s), vbus_slot_len(&s) - 1, 0);
	vbus_prod_send(&host.done, &s);
	return true;
}

void call_used(void)
{
	if (vbus_prod_kick(&host.done))
		call();
}
