// SPDX-License-Identifier: GPL-2.0
/*
 * PCI configuration space: a header, two BARs and MSI-X.
 *
 * QEMU shows the guest its own idea of most of it and passes on what is written, so what counts is
 * what it reads once, and that we know whether and where ports are decoded.
 */
#include <linux/pci_regs.h>
#include "kvm.h"

#define MSIX_POS	0x40

/* What a register was before a guest wrote to it, and which bits it can change. */
struct config_reg {
	u8 pos;
	u8 len;
	u32 val;
	u32 writable;
};

static const struct config_reg config_regs[] = {
	{ PCI_VENDOR_ID, 2, VBUS_PCI_VENDOR_ID },
	{ PCI_DEVICE_ID, 2, VBUS_PCI_DEVICE_ID },
	{ PCI_COMMAND, 2, 0, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	  PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE },
	{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST },
	{ PCI_CLASS_REVISION, 4, VBUS_PCI_CLASS << 8 | VBUS_PCI_REVISION },
	{ PCI_CACHE_LINE_SIZE, 2, 0, 0xffff },	/* and the latency timer */
	{ PCI_BASE_ADDRESS_0 + 4 * VBUS_PCI_BAR_IO, 4, PCI_BASE_ADDRESS_SPACE_IO,
	  ~(u32)(VBUS_PCI_IO_SIZE - 1) },
	{ PCI_BASE_ADDRESS_0 + 4 * VBUS_PCI_BAR_MSIX, 4, PCI_BASE_ADDRESS_SPACE_MEMORY,
	  ~(u32)(VBUS_PCI_MSIX_SIZE - 1) },
	{ PCI_SUBSYSTEM_VENDOR_ID, 2, VBUS_PCI_VENDOR_ID },
	{ PCI_SUBSYSTEM_ID, 2, VBUS_PCI_DEVICE_ID },
	{ PCI_CAPABILITY_LIST, 1, MSIX_POS },
	{ PCI_INTERRUPT_LINE, 1, 0, 0xff },
	{ MSIX_POS + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSIX },
	{ MSIX_POS + PCI_MSIX_FLAGS, 2, VBUS_PCI_VECTORS - 1,
	  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
	{ MSIX_POS + PCI_MSIX_TABLE, 4, VBUS_PCI_BAR_MSIX },
	{ MSIX_POS + PCI_MSIX_PBA, 4, VBUS_PCI_MSIX_PBA | VBUS_PCI_BAR_MSIX },
};

static u32 config_get(const struct vkvm_guest *g, u32 pos, u32 len)
{
	u32 val = 0, i;

	for (i = 0; i < len; i++)
		val |= (u32)g->config[pos + i] << (8 * i);
	return val;
}

/* vkvm_config_reset - as the machine finds it; locked, or not shown to anybody yet */
void vkvm_config_reset(struct vkvm_guest *g)
{
	const struct config_reg *r;
	u32 i;

	memset(g->config, 0, sizeof(g->config));
	for (r = config_regs; r < config_regs + ARRAY_SIZE(config_regs); r++)
		for (i = 0; i < r->len; i++)
			g->config[r->pos + i] = r->val >> (8 * i);
}

/* The caller has checked that @pos and @len lie inside. */
void vkvm_config_read(struct vkvm_guest *g, u32 pos, void *buf, size_t len)
{
	mutex_lock(&g->lock);
	memcpy(buf, g->config + pos, len);
	mutex_unlock(&g->lock);
}

static u8 config_writable(u32 pos)
{
	const struct config_reg *r;

	for (r = config_regs; r < config_regs + ARRAY_SIZE(config_regs); r++)
		if (pos >= r->pos && pos - r->pos < r->len)
			return r->writable >> (8 * (pos - r->pos));
	return 0;
}

/* vkvm_config_ports - where BAR 0 is decoded now; 0: it is not. Locked */
u32 vkvm_config_ports(struct vkvm_guest *g)
{
	u32 bar = config_get(g, PCI_BASE_ADDRESS_0 + 4 * VBUS_PCI_BAR_IO, 4);

	lockdep_assert_held(&g->lock);
	if (!(config_get(g, PCI_COMMAND, 2) & PCI_COMMAND_IO))
		return 0;
	return bar & PCI_BASE_ADDRESS_IO_MASK;
}

void vkvm_config_write(struct vkvm_guest *g, u32 pos, const void *buf, size_t len)
{
	const u8 *bytes = buf;
	u32 ports, i;

	mutex_lock(&g->lock);
	ports = vkvm_config_ports(g);
	for (i = 0; i < len; i++) {
		u8 mask = config_writable(pos + i);

		g->config[pos + i] = (g->config[pos + i] & ~mask) | (bytes[i] & mask);
	}
	/* KVM would go on to listen where the ports were. */
	if (vkvm_config_ports(g) != ports)
		vkvm_ports_disable(g);
	mutex_unlock(&g->lock);
}
