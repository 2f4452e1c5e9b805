// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts towards the guest: MSI-X vectors, each an eventfd that QEMU supplies and that leads to
 * KVM without waking QEMU; and the one by which QEMU is asked to give the function back.
 *
 * While a guest sets up more vectors QEMU takes all triggers away and puts them back. What is
 * raised meanwhile is remembered and signalled when the trigger comes.
 */
#include <linux/nospec.h>
#include <linux/slab.h>
#include "kvm.h"

int vkvm_vectors_init(struct vkvm_guest *g)
{
	u32 i;

	g->vectors = kcalloc(VBUS_PCI_VECTORS, sizeof(*g->vectors), GFP_KERNEL);
	if (!g->vectors)
		return -ENOMEM;
	for (i = 0; i < VBUS_PCI_VECTORS; i++)
		spin_lock_init(&g->vectors[i].lock);
	return 0;
}

/* @ctx: a reference that becomes the vector's; NULL takes the trigger away. */
static void vector_set(struct vkvm_vector *v, struct eventfd_ctx *ctx)
{
	struct eventfd_ctx *old;
	unsigned long flags;

	spin_lock_irqsave(&v->lock, flags);
	old = v->trigger;
	v->trigger = ctx;
	if (ctx && v->pending) {
		v->pending = false;
		eventfd_signal(ctx);
	}
	spin_unlock_irqrestore(&v->lock, flags);
	if (old)
		eventfd_ctx_put(old);
}

static void request_set(struct vkvm_guest *g, struct eventfd_ctx *ctx)
{
	struct eventfd_ctx *old;
	unsigned long flags;

	spin_lock_irqsave(&g->vectors[0].lock, flags);
	old = g->request;
	g->request = ctx;
	spin_unlock_irqrestore(&g->vectors[0].lock, flags);
	if (old)
		eventfd_ctx_put(old);
}

/* vkvm_vectors_forget - drop everything QEMU supplied */
void vkvm_vectors_forget(struct vkvm_guest *g)
{
	u32 i;

	for (i = 0; i < VBUS_PCI_VECTORS; i++)
		vector_set(&g->vectors[i], NULL);
	request_set(g, NULL);
}

void vkvm_vectors_free(struct vkvm_guest *g)
{
	if (!g->vectors)
		return;
	vkvm_vectors_forget(g);
	kfree(g->vectors);
}

/* vkvm_vectors_clear - forget what was raised and not yet signalled */
void vkvm_vectors_clear(struct vkvm_guest *g)
{
	unsigned long flags;
	u32 i;

	for (i = 0; i < VBUS_PCI_VECTORS; i++) {
		spin_lock_irqsave(&g->vectors[i].lock, flags);
		g->vectors[i].pending = false;
		spin_unlock_irqrestore(&g->vectors[i].lock, flags);
	}
}

/* @nr comes from the guest. */
void vkvm_raise(struct vbus_client *client, u32 nr)
{
	struct vkvm_guest *g = client_to_guest(client);
	struct vkvm_vector *v;
	unsigned long flags;

	if (nr >= VBUS_PCI_VECTORS)
		return;
	v = &g->vectors[array_index_nospec(nr, VBUS_PCI_VECTORS)];
	spin_lock_irqsave(&v->lock, flags);
	if (v->trigger)
		eventfd_signal(v->trigger);
	else
		v->pending = true;
	spin_unlock_irqrestore(&v->lock, flags);
}

/* vkvm_request - ask QEMU to unplug the function; it may not be able to */
void vkvm_request(struct vkvm_guest *g)
{
	unsigned long flags;

	spin_lock_irqsave(&g->vectors[0].lock, flags);
	if (g->request)
		eventfd_signal(g->request);
	spin_unlock_irqrestore(&g->vectors[0].lock, flags);
}

/* ---- VFIO's view -------------------------------------------------------------------------- */

int vkvm_irq_info(struct vfio_irq_info *info)
{
	switch (info->index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = VBUS_PCI_VECTORS;
		return 0;
	case VFIO_PCI_REQ_IRQ_INDEX:
		info->flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
		info->count = 1;
		return 0;
	case VFIO_PCI_INTX_IRQ_INDEX:
	case VFIO_PCI_MSI_IRQ_INDEX:
		info->flags = 0;
		info->count = 0;
		return 0;
	default:
		return -EINVAL;
	}
}

/* An eventfd from QEMU; -1 is none. */
static struct eventfd_ctx *trigger_get(s32 fd)
{
	return fd < 0 ? NULL : eventfd_ctx_fdget(fd);
}

static int set_triggers(struct vkvm_guest *g, u32 index, u32 start, u32 count, const s32 *fds)
{
	struct eventfd_ctx *ctx;
	u32 i;

	for (i = 0; i < count; i++) {
		ctx = trigger_get(fds[i]);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
		if (index == VFIO_PCI_MSIX_IRQ_INDEX)
			vector_set(&g->vectors[start + i], ctx);
		else
			request_set(g, ctx);
	}
	return 0;
}

static void trigger_now(struct vkvm_guest *g, const struct vfio_irq_set *hdr, const u8 *wanted)
{
	u32 i;

	for (i = 0; i < hdr->count; i++) {
		if (wanted && !wanted[i])
			continue;
		if (hdr->index == VFIO_PCI_MSIX_IRQ_INDEX)
			vkvm_raise(&g->client, hdr->start + i);
		else
			vkvm_request(g);
	}
}

/*
 * @hdr was checked: what it names exists, and @data is as long as it says. Nothing to be masked:
 * QEMU has the table.
 */
int vkvm_set_irqs(struct vkvm_guest *g, const struct vfio_irq_set *hdr, const void *data)
{
	u32 i;

	if ((hdr->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -EINVAL;
	switch (hdr->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return set_triggers(g, hdr->index, hdr->start, hdr->count, data);
	case VFIO_IRQ_SET_DATA_BOOL:
		trigger_now(g, hdr, data);
		return 0;
	}
	if (hdr->count) {
		trigger_now(g, hdr, NULL);
		return 0;
	}
	/* Disables all. */
	if (hdr->index == VFIO_PCI_REQ_IRQ_INDEX) {
		request_set(g, NULL);
		return 0;
	}
	for (i = 0; i < VBUS_PCI_VECTORS; i++)
		vector_set(&g->vectors[i], NULL);
	return 0;
}
