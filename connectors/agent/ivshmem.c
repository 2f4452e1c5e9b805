// SPDX-License-Identifier: GPL-2.0
/*
 * A link made of QEMU's ivshmem devices: the emulated backplane, and the sample of what a chassis
 * vendor writes.
 *
 * Each link has an ivshmem-doorbell function on both machines, with two peers: 0 is the master, 1
 * the board. Its shared memory is the master's memory that the board sees. The master has a second,
 * plain function in the next slot of the same PCI bus: the board's RAM, whose offsets are the
 * board's bus addresses. So a machine that has the plain one is the master.
 *
 * Either may have devices that the other uses. The second half of the shared memory is for what the
 * master maps for those of the board.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/dmaengine.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <vbus/link.h>

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110

#define IVSHMEM_REG_ID		0x08	/* IVPosition */
#define IVSHMEM_REG_DOORBELL	0x0c	/* peer << 16 | vector */

#define IVSHMEM_BAR_REG		0
#define IVSHMEM_BAR_MEM		2

/* The board's memory for calls of the master. */
#define IVSHMEM_IN_BYTES	SZ_4M

#define PEER_MASTER	0
#define PEER_BOARD	1

/* One interrupt of the doorbell function. */
struct iv_vector {
	struct iv_link *iv;
	u32 bit;
};

/**
 * struct iv_link - one link
 * @link: what the connector sees
 * @pdev: doorbell function
 * @plain: master: window function
 * @regs: registers of @pdev
 * @peer: the other's number
 * @vectors: an interrupt for each bit
 * @nvectors: how many
 */
struct iv_link {
	struct vbus_link link;
	struct pci_dev *pdev;
	struct pci_dev *plain;
	void __iomem *regs;
	u32 peer;
	struct iv_vector vectors[VBUS_LINK_MAX_BITS];
	int nvectors;
};

static void iv_ring(struct vbus_link *link, u32 bit)
{
	struct iv_link *iv = container_of(link, struct iv_link, link);

	writel(iv->peer << 16 | bit, iv->regs + IVSHMEM_REG_DOORBELL);
}

static const struct vbus_link_ops iv_link_ops = {
	.ring = iv_ring,
};

static irqreturn_t iv_interrupt(int irq, void *arg)
{
	struct iv_vector *v = arg;

	vbus_link_rang(&v->iv->link, v->bit);
	return IRQ_HANDLED;
}

static int iv_map_board(struct iv_link *iv)
{
	struct vbus_link *link = &iv->link;
	dma_addr_t in_addr;

	link->role = VBUS_LINK_BOARD;
	iv->peer = PEER_MASTER;
	link->out_bytes = pci_resource_len(iv->pdev, IVSHMEM_BAR_MEM);
	link->out = devm_ioremap_wc(&iv->pdev->dev, pci_resource_start(iv->pdev, IVSHMEM_BAR_MEM),
				    link->out_bytes);
	if (!link->out)
		return -ENOMEM;
	vbus_link_fill_ranges(link);
	/* The link is of use without it as well. */
	link->in = dma_alloc_coherent(&iv->pdev->dev, IVSHMEM_IN_BYTES, &in_addr,
				      GFP_KERNEL | __GFP_NOWARN);
	if (link->in) {
		link->in_addr = in_addr;
		link->in_bytes = IVSHMEM_IN_BYTES;
	} else {
		dev_notice(&iv->pdev->dev, "no memory for calls of the master: one direction only\n");
	}
	return 0;
}

/*
 * Any engine of this machine that copies memory and that nobody has taken; the board's RAM is a bar
 * to it. Without one the link works as well.
 */
static void iv_get_dma(struct iv_link *iv)
{
	struct vbus_link *link = &iv->link;
	struct dma_chan *chan;
	dma_cap_mask_t mask;
	struct device *dev;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	chan = dma_request_chan_by_mask(&mask);
	if (IS_ERR(chan))
		return;
	dev = dmaengine_get_dma_device(chan);
	link->dma_base = dma_map_resource(dev, pci_resource_start(iv->plain, IVSHMEM_BAR_MEM),
					  link->out_bytes, DMA_BIDIRECTIONAL, 0);
	if (dma_mapping_error(dev, link->dma_base))
		dma_release_channel(chan);
	else
		link->dma = chan;
}

static void iv_put_dma(struct iv_link *iv)
{
	struct vbus_link *link = &iv->link;

	if (!link->dma)
		return;
	dma_unmap_resource(dmaengine_get_dma_device(link->dma), link->dma_base, link->out_bytes,
			   DMA_BIDIRECTIONAL, 0);
	dma_release_channel(link->dma);
}

static int iv_map_master(struct iv_link *iv)
{
	size_t bytes = pci_resource_len(iv->pdev, IVSHMEM_BAR_MEM);
	struct vbus_link *link = &iv->link;
	void *in;
	int err;

	link->role = VBUS_LINK_MASTER;
	iv->peer = PEER_BOARD;
	in = devm_memremap(&iv->pdev->dev, pci_resource_start(iv->pdev, IVSHMEM_BAR_MEM), bytes,
			   MEMREMAP_WB);
	if (IS_ERR(in))
		return PTR_ERR(in);
	link->in = in;
	link->in_bytes = bytes / 2;
	link->pool = in + bytes / 2;
	link->pool_bytes = bytes / 2;
	link->pool_addr = bytes / 2;
	err = pci_enable_device(iv->plain);
	if (err)
		return err;
	link->out_bytes = pci_resource_len(iv->plain, IVSHMEM_BAR_MEM);
	link->out = ioremap_wc(pci_resource_start(iv->plain, IVSHMEM_BAR_MEM), link->out_bytes);
	if (link->out) {
		iv_get_dma(iv);
		return 0;
	}
	pci_disable_device(iv->plain);
	return -ENOMEM;
}

/* Not if the master may still write there. */
static void iv_unmap_board(struct iv_link *iv)
{
	struct vbus_link *link = &iv->link;

	if (link->in)
		dma_free_coherent(&iv->pdev->dev, IVSHMEM_IN_BYTES, link->in, link->in_addr);
}

/* What is not managed. */
static void iv_unmap(struct iv_link *iv)
{
	if (!iv->plain) {
		iv_unmap_board(iv);
		return;
	}
	iv_put_dma(iv);
	if (iv->link.out) {
		iounmap(iv->link.out);
		pci_disable_device(iv->plain);
	}
	pci_dev_put(iv->plain);
}

static void iv_free_vectors(struct iv_link *iv)
{
	while (iv->nvectors--)
		free_irq(pci_irq_vector(iv->pdev, iv->nvectors), &iv->vectors[iv->nvectors]);
	pci_free_irq_vectors(iv->pdev);
}

static int iv_get_vectors(struct iv_link *iv)
{
	int n, err;

	/* All of them: a bit without one would be a doorbell that nobody hears. */
	n = pci_alloc_irq_vectors(iv->pdev, iv->link.bits, iv->link.bits, PCI_IRQ_MSIX);
	if (n < 0)
		return n;
	for (iv->nvectors = 0; iv->nvectors < n; iv->nvectors++) {
		struct iv_vector *v = &iv->vectors[iv->nvectors];

		v->iv = iv;
		v->bit = iv->nvectors;
		err = request_irq(pci_irq_vector(iv->pdev, v->bit), iv_interrupt, 0,
				  "vbus-link", v);
		if (err) {
			iv_free_vectors(iv);
			return err;
		}
	}
	return 0;
}

/* Both machines' functions have the same number of vectors. */
static int iv_vectors_wanted(struct pci_dev *pdev)
{
	return min(pci_msix_vec_count(pdev), VBUS_LINK_MAX_BITS);
}

/* The window function that belongs to a doorbell function, or NULL on a board. */
static struct pci_dev *iv_plain(struct pci_dev *pdev)
{
	struct pci_dev *plain = pci_get_slot(pdev->bus, PCI_DEVFN(PCI_SLOT(pdev->devfn) + 1, 0));

	if (plain && plain->vendor == IVSHMEM_VENDOR && plain->device == IVSHMEM_DEVICE &&
	    !plain->msix_cap)
		return plain;
	pci_dev_put(plain);
	return NULL;
}

static int iv_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct iv_link *iv;
	int err;

	/* The plain function has no interrupts; it belongs to the doorbell one before it. */
	if (!pdev->msix_cap)
		return -ENODEV;
	iv = devm_kzalloc(&pdev->dev, sizeof(*iv), GFP_KERNEL);
	if (!iv)
		return -ENOMEM;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	iv->pdev = pdev;
	iv->regs = pcim_iomap(pdev, IVSHMEM_BAR_REG, 0);
	if (!iv->regs)
		return -ENOMEM;
	iv->plain = iv_plain(pdev);
	err = iv->plain ? iv_map_master(iv) : iv_map_board(iv);
	if (err)
		goto err_unmap;
	iv->link.name = pci_name(pdev);
	iv->link.dev = &pdev->dev;
	iv->link.owner = THIS_MODULE;
	iv->link.ops = &iv_link_ops;
	iv->link.bits = iv_vectors_wanted(pdev);
	iv->link.peer_bits = iv->link.bits;
	err = iv_get_vectors(iv);
	if (err)
		goto err_unmap;
	pci_set_drvdata(pdev, iv);
	err = vbus_link_register(&iv->link);
	if (err)
		goto err_vectors;
	dev_info(&pdev->dev, "link: %s, window of %llu KiB, %u doorbell bits%s%s\n",
		 iv->plain ? "master" : "board", iv->link.out_bytes >> 10, iv->link.bits,
		 iv->link.dma ? ", DMA by " : "",
		 iv->link.dma ? dma_chan_name(iv->link.dma) : "");
	return 0;

err_vectors:
	iv_free_vectors(iv);
err_unmap:
	iv_unmap(iv);
	return err;
}

static void iv_remove(struct pci_dev *pdev)
{
	struct iv_link *iv = pci_get_drvdata(pdev);

	vbus_link_unregister(&iv->link);
	iv_free_vectors(iv);
	iv_unmap(iv);
}

static const struct pci_device_id iv_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR, IVSHMEM_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, iv_ids);

/* Restart and kexec: the peer must not be left to find out by itself. */
static struct pci_driver iv_driver = {
	.name = "vbus-link-ivshmem",
	.id_table = iv_ids,
	.probe = iv_probe,
	.remove = iv_remove,
	.shutdown = iv_remove,
};
module_pci_driver(iv_driver);

MODULE_DESCRIPTION("vbus link over QEMU's ivshmem devices");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
