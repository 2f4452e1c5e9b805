/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * vbus: the PCI function by which a virtual machine sees its bus.
 *
 * One function is one consumer. Its registers are few: verbs travel in memory the guest lends, and
 * queues are in guest memory altogether. Little-endian. vbus-kvm.ko makes the function, vbus-pci.ko
 * drives it.
 */
#ifndef _UAPI_LINUX_VBUS_PCI_H
#define _UAPI_LINUX_VBUS_PCI_H

#include <linux/types.h>
#include <linux/vbus.h>

/*
 * These numbers are not assigned by the PCI SIG; they are what the project uses until some are.
 * Nothing else in the tree knows them.
 */
#define VBUS_PCI_VENDOR_ID	0xf055
#define VBUS_PCI_DEVICE_ID	0x5642
#define VBUS_PCI_CLASS		0x088000	/* base system peripheral, other */

#define VBUS_PCI_REVISION	1	/* of the layout below; in the revision register, too */

/* BAR 0, port I/O: registers and doorbells; all accesses are 32 bits wide. */
#define VBUS_PCI_BAR_IO		0
#define VBUS_PCI_IO_SIZE	256
/* BAR 1, memory: the MSI-X table and its pending bits, nothing else. */
#define VBUS_PCI_BAR_MSIX	1
#define VBUS_PCI_MSIX_SIZE	0x4000
#define VBUS_PCI_MSIX_PBA	0x2000

/* Interrupt vectors at most; a guest may enable fewer and share them. */
#define VBUS_PCI_VECTORS	256
/* This one says that events wait, see VBUS_PCI_REG_EVENT. Queues may share it. */
#define VBUS_PCI_VECTOR_EVENT	0

/**
 * enum vbus_pci_reg - registers, offsets in VBUS_PCI_BAR_IO
 * @VBUS_PCI_REG_MAGIC: r: VBUS_PCI_MAGIC
 * @VBUS_PCI_REG_REVISION: r: VBUS_PCI_REVISION
 * @VBUS_PCI_REG_STATUS: r: VBUS_PCI_S_*. w: 0 resets: every session is closed, the mailbox is
 *	forgotten, doorbells and events are off, as after a reset of the machine. Other values are
 *	ignored
 * @VBUS_PCI_REG_MBOX_LO: rw: address of &struct vbus_pci_mbox, low half
 * @VBUS_PCI_REG_MBOX_HI: rw: its high half; writing it makes the address valid. Aligned to 4096
 * @VBUS_PCI_REG_VERB: w: carry out the request of this many bytes in the mailbox. The reply is
 *	there when the write has completed. If the device side cannot even reply (mailbox not in
 *	memory, length out of range), the reply stays as it was: preset its verb to 0 to see that
 * @VBUS_PCI_REG_EVENT: w: 1: put the next event into the mailbox, or one of type 0 if there is
 *	none. When more wait, VBUS_PCI_VECTOR_EVENT is raised again only if an event of type 0 was
 *	fetched in between: fetch until there is none
 * @VBUS_PCI_REG_DOORBELLS: w: 1: ports below are at their final addresses: the device side may
 *	shorten their way. r: VBUS_PCI_DB_*, how doorbells travel now
 */
enum vbus_pci_reg {
	VBUS_PCI_REG_MAGIC = 0x00,
	VBUS_PCI_REG_REVISION = 0x04,
	VBUS_PCI_REG_STATUS = 0x08,
	VBUS_PCI_REG_MBOX_LO = 0x10,
	VBUS_PCI_REG_MBOX_HI = 0x14,
	VBUS_PCI_REG_VERB = 0x18,
	VBUS_PCI_REG_EVENT = 0x1c,
	VBUS_PCI_REG_DOORBELLS = 0x20,
};

#define VBUS_PCI_MAGIC		0x73756276	/* "vbus" */

#define VBUS_PCI_S_BUS		0x1	/* the function is on a bus */
#define VBUS_PCI_S_MBOX		0x2	/* the mailbox is valid */

#define VBUS_PCI_DB_TRAPPED	0	/* each write ends up in the monitor */
#define VBUS_PCI_DB_EVENTFD	1	/* the hypervisor signals the device side */

/*
 * Doorbell @nr: write @nr to port VBUS_PCI_DOORBELL(@nr). There are fewer ports than doorbells, and
 * a port may wake every doorbell that shares it: a doorbell never implies work.
 */
#define VBUS_PCI_REG_DOORBELL	0x40
#define VBUS_PCI_PORTS		48
#define VBUS_PCI_DOORBELL(nr)	(VBUS_PCI_REG_DOORBELL + 4 * ((nr) % VBUS_PCI_PORTS))
#define VBUS_PCI_DOORBELLS	384	/* per function */

/**
 * struct vbus_pci_mbox - memory of the guest by which verbs and events travel
 * @req: &struct vbus_msg and its payload
 * @reply: likewise; does not overlap @req
 * @event: what VBUS_PCI_REG_EVENT fetched
 *
 * The device side reads @req and writes the others only during a write to VERB or EVENT.
 */
struct vbus_pci_mbox {
	__u8 req[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
	__u8 reply[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
	struct vbus_event event;
};

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Static_assert(sizeof(struct vbus_pci_mbox) == 2 * 4112 + 40, "vbus_pci_mbox");
_Static_assert(16 * VBUS_PCI_VECTORS <= VBUS_PCI_MSIX_PBA, "MSI-X table");
_Static_assert(VBUS_PCI_DOORBELL(VBUS_PCI_PORTS - 1) < VBUS_PCI_IO_SIZE, "doorbell ports");
#endif

#endif /* _UAPI_LINUX_VBUS_PCI_H */
