// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-pci: the driver side of the KVM connector, in the guest.
 *
 * Drives the PCI function by which a virtual machine sees its bus: a bridge whose verbs and
 * doorbells are register writes (mailbox.c) and whose interrupts are MSI-X vectors (vector.c).
 * Memory is the DMA API's, so a vIOMMU or bounce buffers in the guest are nothing special.
 *
 * Sleep. The drivers of ports close theirs on the way down and open it again on the way up, the
 * function is reset before and attached anew after, as for a reset by the administrator.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "vbus-pci.h"

/* Events taken before others get the CPU. */
#define VPCI_EVENT_BUDGET	64

static DEFINE_IDA(vpci_numbers);

static const struct vbus_bridge_ops vpci_bridge_ops = {
	.verb = vpci_verb,
	.doorbell = vpci_doorbell,
	.vector_get = vpci_vector_get,
	.vector_put = vpci_vector_put,
};

/* ---- events ------------------------------------------------------------------------------ */

static void vpci_queue_events(struct vpci *vp)
{
	if (READ_ONCE(vp->listening))
		queue_work(system_freezable_wq, &vp->event_work);
}

static void vpci_interrupt(void *arg)
{
	vpci_queue_events(arg);
}

/* What makes no sense the bridge logs and refuses. */
static void vpci_event_work(struct work_struct *work)
{
	struct vpci *vp = container_of(work, struct vpci, event_work);
	struct vbus_event ev;
	int i;

	for (i = 0; i < VPCI_EVENT_BUDGET; i++) {
		if (!READ_ONCE(vp->listening) || vpci_fetch_event(vp, &ev) <= 0)
			return;
		vbus_bridge_event(&vp->bridge, &ev);
	}
	vpci_queue_events(vp);
}

/* The first look is for what came while nobody listened. */
static void vpci_listen(struct vpci *vp)
{
	WRITE_ONCE(vp->listening, true);
	vpci_queue_events(vp);
}

static void vpci_deafen(struct vpci *vp)
{
	WRITE_ONCE(vp->listening, false);
	cancel_work_sync(&vp->event_work);
}

/* ---- the function ------------------------------------------------------------------------ */

static int vpci_map(struct vpci *vp)
{
	struct pci_dev *pdev = vp->pdev;
	int err;

	err = pcim_enable_device(pdev);
	if (err)
		return err;
	if (pci_resource_len(pdev, VBUS_PCI_BAR_IO) < VBUS_PCI_IO_SIZE) {
		dev_err(&pdev->dev, "registers of %llu bytes are too small\n",
			(u64)pci_resource_len(pdev, VBUS_PCI_BAR_IO));
		return -ENODEV;
	}
	err = pcim_iomap_regions(pdev, BIT(VBUS_PCI_BAR_IO), KBUILD_MODNAME);
	if (err)
		return err;
	vp->io = pcim_iomap_table(pdev)[VBUS_PCI_BAR_IO];
	return dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
}

/* A kernel before us may have left it running. */
static int vpci_check(struct vpci *vp)
{
	u32 magic = ioread32(vp->io + VBUS_PCI_REG_MAGIC);
	u32 revision = ioread32(vp->io + VBUS_PCI_REG_REVISION);

	if (magic != VBUS_PCI_MAGIC || revision != VBUS_PCI_REVISION) {
		dev_err(&vp->pdev->dev, "unknown function (magic %#x, revision %u)\n", magic,
			revision);
		return -ENODEV;
	}
	vpci_mailbox_stop(vp);
	if (!(ioread32(vp->io + VBUS_PCI_REG_STATUS) & VBUS_PCI_S_BUS)) {
		dev_err(&vp->pdev->dev, "the function is on no bus\n");
		return -ENODEV;
	}
	return 0;
}

static int vpci_attach(struct vpci *vp)
{
	char name[VPCI_VECTOR_NAME];
	int err;

	snprintf(name, sizeof(name), "vbus-%s-events", vp->bridge.name);
	err = vpci_vector_add(vp, VBUS_PCI_VECTOR_EVENT, name, vpci_interrupt, vp);
	if (err)
		return err;
	pci_set_master(vp->pdev);
	vpci_mailbox_start(vp);
	err = vbus_bridge_register(&vp->bridge);
	if (err)
		goto err_stop;
	vpci_listen(vp);
	return 0;

err_stop:
	vpci_mailbox_stop(vp);
	pci_clear_master(vp->pdev);
	vpci_vector_put(&vp->bridge, VBUS_PCI_VECTOR_EVENT, vp);
	return err;
}

/* Drivers of ports still issue verbs while the bridge goes. */
static void vpci_detach(struct vpci *vp)
{
	vpci_deafen(vp);
	vbus_bridge_unregister(&vp->bridge);
	vpci_mailbox_stop(vp);
	pci_clear_master(vp->pdev);
	vpci_vector_put(&vp->bridge, VBUS_PCI_VECTOR_EVENT, vp);
}

static int vpci_setup(struct vpci *vp)
{
	int err;

	err = vpci_map(vp);
	if (err)
		return err;
	err = vpci_check(vp);
	if (err)
		return err;
	err = vpci_mailbox_init(vp);
	if (err)
		return err;
	err = vpci_vectors_init(vp);
	if (err)
		goto err_mailbox;
	err = vpci_attach(vp);
	if (err)
		goto err_vectors;
	return 0;

err_vectors:
	vpci_vectors_exit(vp);
err_mailbox:
	vpci_mailbox_exit(vp);
	return err;
}

static struct vpci *vpci_alloc(struct pci_dev *pdev)
{
	struct vpci *vp = kzalloc(sizeof(*vp), GFP_KERNEL);

	if (!vp)
		return ERR_PTR(-ENOMEM);
	vp->nr = ida_alloc(&vpci_numbers, GFP_KERNEL);
	if (vp->nr < 0) {
		int err = vp->nr;

		kfree(vp);
		return ERR_PTR(err);
	}
	vp->pdev = pdev;
	mutex_init(&vp->lock);
	mutex_init(&vp->vector_lock);
	INIT_WORK(&vp->event_work, vpci_event_work);
	vp->bridge.dev = &pdev->dev;
	vp->bridge.owner = THIS_MODULE;
	vp->bridge.ops = &vpci_bridge_ops;
	vp->bridge.home = VBUS_HOME_SHARED;
	snprintf(vp->bridge.name, sizeof(vp->bridge.name), "pci.%d", vp->nr);
	return vp;
}

static void vpci_free(struct vpci *vp)
{
	ida_free(&vpci_numbers, vp->nr);
	kfree(vp);
}

static int vpci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vpci *vp = vpci_alloc(pdev);
	int err;

	if (IS_ERR(vp))
		return PTR_ERR(vp);
	err = vpci_setup(vp);
	if (err) {
		vpci_free(vp);
		return err;
	}
	pci_set_drvdata(pdev, vp);
	return 0;
}

static void vpci_remove(struct pci_dev *pdev)
{
	struct vpci *vp = pci_get_drvdata(pdev);

	/* Pulled out, not asked for: no need to find out verb by verb. */
	vpci_present(vp);
	vpci_detach(vp);
	vpci_vectors_exit(vp);
	vpci_mailbox_exit(vp);
	vpci_free(vp);
}

/* ---- sleep, reset, end ------------------------------------------------------------------- */

/* The device side lets go of our memory. What is still open is lost. */
static void vpci_quiet(struct vpci *vp)
{
	vpci_deafen(vp);
	vpci_mailbox_stop(vp);
	pci_clear_master(vp->pdev);
}

static int vpci_wake(struct vpci *vp)
{
	int err;

	err = vpci_check(vp);
	if (err)
		return err;
	pci_set_master(vp->pdev);
	vpci_mailbox_start(vp);
	err = vbus_bridge_restart(&vp->bridge);
	if (!err)
		vpci_listen(vp);
	return err;
}

static int vpci_suspend(struct device *dev)
{
	vpci_quiet(dev_get_drvdata(dev));
	return 0;
}

static int vpci_resume(struct device *dev)
{
	return vpci_wake(dev_get_drvdata(dev));
}

static DEFINE_SIMPLE_DEV_PM_OPS(vpci_pm_ops, vpci_suspend, vpci_resume);

static void vpci_reset_prepare(struct pci_dev *pdev)
{
	vpci_quiet(pci_get_drvdata(pdev));
}

static void vpci_reset_done(struct pci_dev *pdev)
{
	int err = vpci_wake(pci_get_drvdata(pdev));

	if (err)
		dev_err(&pdev->dev, "lost after a reset: %pe\n", ERR_PTR(err));
}

static const struct pci_error_handlers vpci_err_handlers = {
	.reset_prepare = vpci_reset_prepare,
	.reset_done = vpci_reset_done,
};

/* The drivers of ports had their turn. The next kernel shall find nobody writing to its memory. */
static void vpci_shutdown(struct pci_dev *pdev)
{
	vpci_quiet(pci_get_drvdata(pdev));
}

static const struct pci_device_id vpci_ids[] = {
	{ PCI_DEVICE(VBUS_PCI_VENDOR_ID, VBUS_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vpci_ids);

static struct pci_driver vpci_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vpci_ids,
	.probe = vpci_probe,
	.remove = vpci_remove,
	.shutdown = vpci_shutdown,
	.err_handler = &vpci_err_handlers,
	.driver.pm = pm_sleep_ptr(&vpci_pm_ops),
};
module_pci_driver(vpci_driver);

MODULE_DESCRIPTION("vbus PCI function, the driver side of the KVM connector");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
