// SPDX-License-Identifier: GPL-2.0
/*
 * Template of a link driver for a board, to be copied and changed: a platform device whose first
 * memory resource is the window to the master, whose second one has a register that rings a
 * doorbell bit of the master and one that shows and clears those rung here, and which has one
 * interrupt. It compiles, but there is no such hardware. In the device tree:
 *
 *	link@e0000000 {
 *		compatible = "acme,backplane-link";
 *		reg = <0xe0000000 0x4000000>, <0xe8000000 0x1000>;
 *		interrupts = <24 2>;
 *	};
 */
#include <linux/bitops.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/sizes.h>
#include <vbus/link.h>

#define ACME_REG_RING	0x0	/* w: rings these bits of the master */
#define ACME_REG_RANG	0x4	/* r: bits the master rang; w: clears them */
#define ACME_BITS	30
/*
 * Where the master calls to use devices of this board. Half of it is for payload that the master
 * sends along, of which a transmit queue wants 2 MiB.
 */
#define ACME_IN_BYTES	SZ_4M

struct acme_link {
	struct vbus_link link;
	void __iomem *regs;
};

/* The register is posted through the same path as the window, hence behind the writes. */
static void acme_ring(struct vbus_link *link, u32 bit)
{
	iowrite32be(BIT(bit), container_of(link, struct acme_link, link)->regs + ACME_REG_RING);
}

static const struct vbus_link_ops acme_ops = {
	.ring = acme_ring,
};

/* Acknowledged before anything is looked at: what is rung from here on interrupts again. */
static irqreturn_t acme_interrupt(int irq, void *arg)
{
	struct acme_link *acme = arg;
	unsigned long rang = ioread32be(acme->regs + ACME_REG_RANG);
	u32 bit;

	if (!rang)
		return IRQ_NONE;
	iowrite32be(rang, acme->regs + ACME_REG_RANG);
	for_each_set_bit(bit, &rang, ACME_BITS)
		vbus_link_rang(&acme->link, bit);
	return IRQ_HANDLED;
}

static void acme_unregister(void *arg)
{
	struct acme_link *acme = arg;

	vbus_link_unregister(&acme->link);
}

/* The link sets it to NULL if the master may still write there. */
static void acme_free_in(void *arg)
{
	struct acme_link *acme = arg;

	if (acme->link.in)
		dma_free_coherent(acme->link.dev, ACME_IN_BYTES, acme->link.in,
				  acme->link.in_addr);
}

static int acme_probe(struct platform_device *pdev)
{
	struct resource *window;
	struct acme_link *acme;
	dma_addr_t in_addr;
	int irq, err;

	acme = devm_kzalloc(&pdev->dev, sizeof(*acme), GFP_KERNEL);
	if (!acme)
		return -ENOMEM;
	acme->link.out = devm_platform_get_and_ioremap_resource(pdev, 0, &window);
	if (IS_ERR(acme->link.out))
		return PTR_ERR(acme->link.out);
	acme->regs = devm_platform_ioremap_resource(pdev, 1);
	if (IS_ERR(acme->regs))
		return PTR_ERR(acme->regs);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (err)
		return err;
	acme->link.name = dev_name(&pdev->dev);
	acme->link.dev = &pdev->dev;
	acme->link.owner = THIS_MODULE;
	acme->link.ops = &acme_ops;
	acme->link.role = VBUS_LINK_BOARD;
	acme->link.bits = ACME_BITS;
	acme->link.peer_bits = ACME_BITS;
	acme->link.out_bytes = resource_size(window);
	vbus_link_fill_ranges(&acme->link);
	/* Without it the master has devices for the board, but not the board for the master. */
	acme->link.in = dma_alloc_coherent(&pdev->dev, ACME_IN_BYTES, &in_addr,
					   GFP_KERNEL | __GFP_NOWARN);
	if (acme->link.in) {
		acme->link.in_bytes = ACME_IN_BYTES;
		acme->link.in_addr = in_addr;
	} else {
		dev_notice(&pdev->dev, "no %u KiB in one piece: the master uses no devices of this board\n",
			   ACME_IN_BYTES / SZ_1K);
	}
	err = devm_add_action_or_reset(&pdev->dev, acme_free_in, acme);
	if (err)
		return err;
	err = devm_request_irq(&pdev->dev, irq, acme_interrupt, 0, "acme-link", acme);
	if (err)
		return err;
	platform_set_drvdata(pdev, acme);
	err = vbus_link_register(&acme->link);
	if (err)
		return err;
	return devm_add_action_or_reset(&pdev->dev, acme_unregister, acme);
}

/* So that the master learns of it, for which it may wait a minute. */
static void acme_shutdown(struct platform_device *pdev)
{
	acme_unregister(platform_get_drvdata(pdev));
}

static const struct of_device_id acme_of_ids[] = {
	{ .compatible = "acme,backplane-link" },
	{ }
};
MODULE_DEVICE_TABLE(of, acme_of_ids);

static struct platform_driver acme_driver = {
	.driver = {
		.name = "acme-link",
		.of_match_table = acme_of_ids,
	},
	.probe = acme_probe,
	.shutdown = acme_shutdown,
};
module_platform_driver(acme_driver);

MODULE_DESCRIPTION("vbus link of a backplane, a template");
MODULE_LICENSE("GPL");
