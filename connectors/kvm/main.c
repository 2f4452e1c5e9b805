// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-kvm: virtual machines as consumers of a bus, the device side.
 *
 * A machine sees its bus as a PCI function. The function is a VFIO device without hardware behind
 * it, so an unmodified QEMU takes it with "-device vfio-pci,sysfsdev=...", and the machine needs
 * the driver vbus-pci only. linux/vbus_pci.h is what both agree on.
 *
 *	slot.c		the functions of a bus; one is always ready
 *	function.c	a function, as a device
 *	vfio.c		what QEMU calls
 *	guest.c		an opened function: a client of the bus
 *	attrs.c		both in sysfs
 *	config.c	PCI configuration space
 *	regs.c		registers and mailbox: verbs and events
 *	event.c		bus events that wait to be fetched
 *	vector.c	interrupts towards the guest
 *	doorbell.c	doorbells: ports, trapped or short-circuited
 *	ioeventfd.c	teaching KVM that a port is an eventfd
 *	pool.c		where eventfds come from
 *	memory.c	the memctx: copies and mappings
 *	block.c		pinned memory that copies go through
 *	pin.c		pinning, and the guest taking memory away
 *
 * Documentation/kvm.rst says how it works and why this way.
 */
#include <linux/module.h>
#include "kvm.h"

struct workqueue_struct *vkvm_wq;

/* The administrator ends a client: at once on our side; QEMU is asked to unplug the function. */
static int vkvm_detach(struct vbus_connector *conn, struct vbus_client *client)
{
	vkvm_request(client_to_guest(client));
	vbus_client_detach(client);
	return 0;
}

struct vbus_connector vkvm_connector = {
	.name = "kvm",
	.owner = THIS_MODULE,
	.caps = {
		.home = VBUS_HOME_SHARED,
		.map = true,
		.copy_softirq = true,
		.dear_doorbells = true,
		.doorbells = VBUS_PCI_DOORBELLS,
	},
	.ops = &vkvm_client_ops,
	.detach = vkvm_detach,
};

static int __init vkvm_init(void)
{
	int err;

	vkvm_wq = alloc_workqueue("vbus-kvm", WQ_UNBOUND, 0);
	if (!vkvm_wq)
		return -ENOMEM;
	err = vbus_connector_register(&vkvm_connector);
	if (err)
		goto err_wq;
	err = vkvm_pool_init();
	if (err)
		goto err_connector;
	err = vkvm_functions_init();
	if (err)
		goto err_pool;
	vkvm_slots_init();
	return 0;

err_pool:
	vkvm_pool_exit();
err_connector:
	vbus_connector_unregister(&vkvm_connector);
err_wq:
	destroy_workqueue(vkvm_wq);
	return err;
}

static void __exit vkvm_exit(void)
{
	vkvm_slots_exit();
	/* Those that have removed the functions. */
	flush_workqueue(vkvm_wq);
	vkvm_functions_exit();
	vkvm_pool_exit();
	vbus_connector_unregister(&vkvm_connector);
	destroy_workqueue(vkvm_wq);
	/* Blocks are freed by a function of ours. */
	rcu_barrier();
}

module_init(vkvm_init);
module_exit(vkvm_exit);

MODULE_DESCRIPTION("vbus KVM connector");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
MODULE_SOFTDEP("pre: vfio_iommu_type1");
