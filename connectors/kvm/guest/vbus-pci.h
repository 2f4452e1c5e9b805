/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-pci: what its files share.
 */
#ifndef _VBUS_PCI_DRIVER_H
#define _VBUS_PCI_DRIVER_H

#include <linux/list.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/vbus_pci.h>
#include <linux/workqueue.h>
#include <vbus/connector.h>

#define VPCI_VECTOR_NAME	80

/**
 * struct vpci_vector - an interrupt vector of the function
 * @lock: guards @users; held while their functions run, so that leaving can wait for that. Any
 *	context. Innermost
 * @users: &struct vpci_user; more than one if there are more queues than vectors
 * @nusers: how many; vpci->vector_lock
 * @name: what /proc/interrupts shows: the first user's
 */
struct vpci_vector {
	spinlock_t lock;	/* @users */
	struct list_head users;
	unsigned int nusers;
	char name[VPCI_VECTOR_NAME];
};

/**
 * struct vpci - the function
 * @bridge: what the rest of the driver side sees of it
 * @pdev: the function
 * @io: its registers
 * @lock: one verb or event at a time; guards what the mailbox holds
 * @mbox: the mailbox, which the device side writes to
 * @mbox_dma: its address
 * @event_work: fetches events. Freezable: no devices come or go while the machine sleeps
 * @listening: @event_work may be queued
 * @gone: the function does not answer any more
 * @vector_lock: guards the vectors' @nusers and @name; outer to &vpci_vector.lock
 * @vectors: what can be handed out
 * @nvectors: how many
 * @nr: the N of "pci.N"
 */
struct vpci {
	struct vbus_bridge bridge;
	struct pci_dev *pdev;
	void __iomem *io;
	struct mutex lock;	/* the mailbox */
	struct vbus_pci_mbox *mbox;
	dma_addr_t mbox_dma;
	struct work_struct event_work;
	bool listening;
	bool gone;
	struct mutex vector_lock;	/* handing out vectors */
	struct vpci_vector *vectors;
	unsigned int nvectors;
	int nr;
};

#define bridge_to_vpci(b) container_of(b, struct vpci, bridge)

/* mailbox.c */
int vpci_mailbox_init(struct vpci *vp);
void vpci_mailbox_exit(struct vpci *vp);
void vpci_mailbox_start(struct vpci *vp);
void vpci_mailbox_stop(struct vpci *vp);
bool vpci_present(struct vpci *vp);
int vpci_verb(struct vbus_bridge *bridge, const void *req, size_t req_len,
	      void *reply, size_t reply_len);
int vpci_fetch_event(struct vpci *vp, struct vbus_event *ev);
void vpci_doorbell(struct vbus_bridge *bridge, u32 nr);

/* vector.c */
int vpci_vectors_init(struct vpci *vp);
void vpci_vectors_exit(struct vpci *vp);
int vpci_vector_add(struct vpci *vp, unsigned int nr, const char *name,
		    void (*fn)(void *arg), void *arg);
int vpci_vector_get(struct vbus_bridge *bridge, const char *name,
		    void (*fn)(void *arg), void *arg);
void vpci_vector_put(struct vbus_bridge *bridge, u32 nr, void *arg);

#endif /* _VBUS_PCI_DRIVER_H */
