// SPDX-License-Identifier: GPL-2.0
/*
 * Registers, and the mailbox by which verbs and events travel: memory of the guest that we copy
 * from and to while the guest waits for its write to a register to end.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include "kvm.h"

#define MBOX_ALIGN	4096

/* A part of the mailbox, which is @part in our copy, from or to guest memory. */
static int mbox_copy(struct vkvm_guest *g, void *part, size_t len, bool write)
{
	return vfio_dma_rw(g->vdev, g->mbox_addr + (part - (void *)g->mbox), part, len, write);
}

static void mbox_complain(struct vkvm_guest *g, const char *what, int err)
{
	pr_info_ratelimited("%s: %s: %s: %pe\n", vbus_bus_name(g->fn->bus), g->client.name, what,
			    ERR_PTR(err));
}

/* The guest sees that there is no reply. */
static void reg_verb(struct vkvm_guest *g, u32 len)
{
	struct vbus_pci_mbox *m = g->mbox;
	ssize_t n;
	int err;

	if (!g->mbox_ok || len < sizeof(struct vbus_msg) || len > sizeof(m->req)) {
		mbox_complain(g, "request without a mailbox, or of a wrong length", -EINVAL);
		return;
	}
	err = mbox_copy(g, m->req, len, false);
	if (err) {
		mbox_complain(g, "cannot read the mailbox", err);
		return;
	}
	n = vbus_client_verb(&g->client, m->req, len, m->reply, sizeof(m->reply));
	err = n < 0 ? n : mbox_copy(g, m->reply, n, true);
	if (err)
		mbox_complain(g, "cannot write the mailbox", err);
}

static void reg_event(struct vkvm_guest *g)
{
	int err;

	if (!g->mbox_ok)
		return;
	vkvm_event_next(g, &g->mbox->event);
	err = mbox_copy(g, &g->mbox->event, sizeof(g->mbox->event), true);
	if (err)
		mbox_complain(g, "cannot write an event", err);
}

static void reg_mbox_hi(struct vkvm_guest *g, u32 val)
{
	g->mbox_addr = (u64)val << 32 | lower_32_bits(g->mbox_addr);
	g->mbox_ok = IS_ALIGNED(g->mbox_addr, MBOX_ALIGN) &&
		     g->mbox_addr + sizeof(struct vbus_pci_mbox) > g->mbox_addr;
}

static u32 reg_status(const struct vkvm_guest *g)
{
	return (READ_ONCE(g->client.dead) ? 0 : VBUS_PCI_S_BUS) |
	       (g->mbox_ok ? VBUS_PCI_S_MBOX : 0);
}

/* vkvm_reg_read - an aligned read from BAR 0; what is no register reads as all ones */
u32 vkvm_reg_read(struct vkvm_guest *g, u32 reg)
{
	u32 val = ~0u;

	mutex_lock(&g->lock);
	switch (reg) {
	case VBUS_PCI_REG_MAGIC:
		val = VBUS_PCI_MAGIC;
		break;
	case VBUS_PCI_REG_REVISION:
		val = VBUS_PCI_REVISION;
		break;
	case VBUS_PCI_REG_STATUS:
		val = reg_status(g);
		break;
	case VBUS_PCI_REG_MBOX_LO:
		val = lower_32_bits(g->mbox_addr);
		break;
	case VBUS_PCI_REG_MBOX_HI:
		val = upper_32_bits(g->mbox_addr);
		break;
	case VBUS_PCI_REG_DOORBELLS:
		val = vkvm_ports_mode(g);
		break;
	}
	mutex_unlock(&g->lock);
	return val;
}

static void reg_write_locked(struct vkvm_guest *g, u32 reg, u32 val)
{
	switch (reg) {
	case VBUS_PCI_REG_STATUS:
		if (!val)
			vkvm_guest_reset(g);
		break;
	case VBUS_PCI_REG_MBOX_LO:
		g->mbox_ok = false;
		g->mbox_addr = (g->mbox_addr & ~(u64)U32_MAX) | val;
		break;
	case VBUS_PCI_REG_MBOX_HI:
		reg_mbox_hi(g, val);
		break;
	case VBUS_PCI_REG_VERB:
		reg_verb(g, val);
		break;
	case VBUS_PCI_REG_EVENT:
		if (val == 1)
			reg_event(g);
		break;
	case VBUS_PCI_REG_DOORBELLS:
		if (val == 1)
			vkvm_ports_enable(g);
		break;
	}
}

/* vkvm_reg_write - an aligned write to BAR 0. The lock serialises all but doorbells */
void vkvm_reg_write(struct vkvm_guest *g, u32 reg, u32 val)
{
	u32 port = (reg - VBUS_PCI_REG_DOORBELL) / 4;

	if (reg >= VBUS_PCI_REG_DOORBELL && port < VBUS_PCI_PORTS) {
		vkvm_doorbell(g, port, val);
		return;
	}
	mutex_lock(&g->lock);
	reg_write_locked(g, reg, val);
	mutex_unlock(&g->lock);
}
