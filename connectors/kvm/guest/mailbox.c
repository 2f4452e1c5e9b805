// SPDX-License-Identifier: GPL-2.0
/*
 * The function's registers and the mailbox: verbs out, events in, doorbells.
 *
 * A write to a register is carried out before it returns, so nothing here waits and nothing can
 * hang. The device side may write to the mailbox at any time: what it left there is copied, then
 * looked at.
 *
 * A function that was pulled out reads as all ones and swallows writes. It is noticed when a verb
 * gets no answer.
 */
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include "vbus-pci.h"

/* The accessors are functions, which also keeps the compiler from moving memory accesses. */
static void reg_write(struct vpci *vp, enum vbus_pci_reg reg, u32 value)
{
	iowrite32(value, vp->io + reg);
}

/* Is the function still there? */
bool vpci_present(struct vpci *vp)
{
	if (!READ_ONCE(vp->gone) && ioread32(vp->io + VBUS_PCI_REG_MAGIC) != VBUS_PCI_MAGIC) {
		WRITE_ONCE(vp->gone, true);
		dev_warn_ratelimited(&vp->pdev->dev, "the function is gone\n");
	}
	return !READ_ONCE(vp->gone);
}

/* Tell the device side where the mailbox is; it has just been reset. */
void vpci_mailbox_start(struct vpci *vp)
{
	reg_write(vp, VBUS_PCI_REG_MBOX_LO, lower_32_bits(vp->mbox_dma));
	reg_write(vp, VBUS_PCI_REG_MBOX_HI, upper_32_bits(vp->mbox_dma));
	/* Ports do not move any more once the driver is bound. */
	reg_write(vp, VBUS_PCI_REG_DOORBELLS, 1);
}

/* Reset the device side: on return it does not touch our memory any more. */
void vpci_mailbox_stop(struct vpci *vp)
{
	mutex_lock(&vp->lock);
	reg_write(vp, VBUS_PCI_REG_STATUS, 0);
	mutex_unlock(&vp->lock);
}

int vpci_mailbox_init(struct vpci *vp)
{
	vp->mbox = dma_alloc_coherent(&vp->pdev->dev, sizeof(*vp->mbox), &vp->mbox_dma, GFP_KERNEL);
	return vp->mbox ? 0 : -ENOMEM;
}

void vpci_mailbox_exit(struct vpci *vp)
{
	dma_free_coherent(&vp->pdev->dev, sizeof(*vp->mbox), vp->mbox, vp->mbox_dma);
}

/* A reply of verb 0 is none: no request has that number. */
static int verb_locked(struct vpci *vp, const void *req, size_t req_len,
		       void *reply, size_t reply_len)
{
	struct vbus_pci_mbox *mbox = vp->mbox;
	struct vbus_msg head = {};
	size_t len;

	lockdep_assert_held(&vp->lock);
	if (READ_ONCE(vp->gone))
		return -ENODEV;
	memcpy(mbox->req, req, req_len);
	memcpy(mbox->reply, &head, sizeof(head));
	reg_write(vp, VBUS_PCI_REG_VERB, req_len);
	memcpy(&head, mbox->reply, sizeof(head));
	/* What is looked at below is the copy. */
	barrier();
	if (!head.verb)
		return vpci_present(vp) ? -EIO : -ENODEV;
	len = le32_to_cpu(head.len);
	if (len > reply_len - sizeof(head))
		return -EBADMSG;
	memcpy(reply, &head, sizeof(head));
	memcpy(reply + sizeof(head), mbox->reply + sizeof(head), len);
	return sizeof(head) + len;
}

int vpci_verb(struct vbus_bridge *bridge, const void *req, size_t req_len,
	      void *reply, size_t reply_len)
{
	struct vpci *vp = bridge_to_vpci(bridge);
	int ret;

	if (req_len > sizeof(vp->mbox->req) || reply_len < sizeof(struct vbus_msg))
		return -EINVAL;
	reply_len = min(reply_len, sizeof(vp->mbox->reply));
	mutex_lock(&vp->lock);
	ret = verb_locked(vp, req, req_len, reply, reply_len);
	mutex_unlock(&vp->lock);
	return ret;
}

/**
 * vpci_fetch_event() - the next event
 * @vp: the function
 * @ev: a private copy of it
 *
 * Context: process.
 * Return: 1, 0 (there is none), -ENODEV.
 */
int vpci_fetch_event(struct vpci *vp, struct vbus_event *ev)
{
	mutex_lock(&vp->lock);
	memset(&vp->mbox->event, 0, sizeof(vp->mbox->event));
	if (!READ_ONCE(vp->gone))
		reg_write(vp, VBUS_PCI_REG_EVENT, 1);
	memcpy(ev, &vp->mbox->event, sizeof(*ev));
	mutex_unlock(&vp->lock);
	if (ev->event)
		return 1;
	return vpci_present(vp) ? 0 : -ENODEV;
}

void vpci_doorbell(struct vbus_bridge *bridge, u32 nr)
{
	iowrite32(nr, bridge_to_vpci(bridge)->io + VBUS_PCI_DOORBELL(nr));
}
