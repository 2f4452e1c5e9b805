// SPDX-License-Identifier: GPL-2.0
/*
 * A non-transparent bridge made of software: the two machines that share a doorbell device of
 * QEMU's ivshmem are its ports, each with one memory window into the other, scratchpads, and a
 * doorbell for each vector but the last, which says that the link has changed.
 *
 * The shared memory is registers, in its first page, and in its second half what each port's peer
 * sees through the window. That cannot be moved, so there is one address a translation may have:
 * that of the only coherent memory which the DMA API gives out for this device. Bridges whose
 * windows must be aligned to their size ask no less of their clients.
 *
 * debugfs: vbus-testntb/<device>/cable; write 0 to pull it out and 1 to put it in again. Nothing
 * stops a window then; clients have to believe what they are told. "stray" beside it is 1 if memory
 * was freed that the window was to show, or the peer has written to memory after it was freed.
 *
 * With secondary=1 clients cannot enable or disable the link, which is up while this driver is
 * there, like the secondary port of some bridges.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/ntb.h>
#include <linux/pci.h>

#define IVSHMEM_VENDOR	0x1af4
#define IVSHMEM_DEVICE	0x1110

#define IVSHMEM_REG_ID		0x08	/* IVPosition */
#define IVSHMEM_REG_DOORBELL	0x0c	/* peer << 16 | vector */

#define IVSHMEM_BAR_REG		0
#define IVSHMEM_BAR_MEM		2

#define SPADS		16
#define BITS_MAX	32
/* Not a small number: clients that take the window's offset for the bus address are found out. */
#define BUS_ADDRESS	(1ULL << 40)
/* What freed memory is filled with. */
#define FREED		0x6b

static bool secondary;
module_param(secondary, bool, 0444);
MODULE_PARM_DESC(secondary, "clients have no say in whether the link is up (0)");

/* What a port has in the shared page; both write. */
struct testntb_regs {
	u32 enabled;
	u32 pulled;
	u32 spad[SPADS];
	u32 db[BITS_MAX];
};

struct testntb;

struct testntb_vector {
	struct testntb *t;
	u32 nr;
};

/**
 * struct testntb - a port
 * @ntb: what clients see
 * @bar: registers of the ivshmem function
 * @own: ours in the shared page
 * @peer: the peer's
 * @in: memory that the peer's window shows
 * @out: our window
 * @bytes: size of both
 * @taken: @in was given out
 * @freed: it was, and is filled with FREED
 * @translated: bytes of it that the peer's window is to show
 * @stray: it was freed too early
 * @registered: clients can be told
 * @id: 0 or 1
 * @vectors: interrupts; the last is for the link
 * @vector: what their handlers get
 * @requested: how many of them have one
 * @lock: guards @mask
 * @mask: doorbells that shall not interrupt
 * @dir: in debugfs
 */
struct testntb {
	struct ntb_dev ntb;
	void __iomem *bar;
	struct testntb_regs *own;
	struct testntb_regs *peer;
	void *in;
	phys_addr_t out;
	resource_size_t bytes;
	unsigned long taken;
	bool freed;
	resource_size_t translated;
	bool stray;
	bool registered;
	u32 id;
	u32 vectors;
	struct testntb_vector vector[BITS_MAX];
	u32 requested;
	spinlock_t lock;	/* @mask */
	u64 mask;
	struct dentry *dir;
};

static struct testntb *to_testntb(struct ntb_dev *ntb)
{
	return container_of(ntb, struct testntb, ntb);
}

static struct dentry *testntb_root;

static void testntb_interrupt_port(struct testntb *t, u32 id, u32 vector)
{
	writel(id << 16 | vector, t->bar + IVSHMEM_REG_DOORBELL);
}

/* ---- memory the peer's window shows --------------------------------------------------------- */

/* Not while memory is given out. */
static void testntb_look_for_strays(struct testntb *t)
{
	if (t->freed && memchr_inv(t->in, FREED, t->bytes))
		t->stray = true;
}

static void *testntb_alloc(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp,
			   unsigned long attrs)
{
	struct testntb *t = dev_get_drvdata(dev);

	if (size > t->bytes || test_and_set_bit(0, &t->taken))
		return NULL;
	testntb_look_for_strays(t);
	t->freed = false;
	memset(t->in, 0, size);
	*addr = BUS_ADDRESS;
	return t->in;
}

static void testntb_free(struct device *dev, size_t size, void *ptr, dma_addr_t addr,
			 unsigned long attrs)
{
	struct testntb *t = dev_get_drvdata(dev);

	if (t->translated)
		t->stray = true;
	memset(t->in, FREED, t->bytes);
	t->freed = true;
	clear_bit(0, &t->taken);
}

static const struct dma_map_ops testntb_dma_ops = {
	.alloc = testntb_alloc,
	.free = testntb_free,
};

static int testntb_mw_count(struct ntb_dev *ntb, int pidx)
{
	return 1;
}

static int testntb_mw_get_align(struct ntb_dev *ntb, int pidx, int widx,
				resource_size_t *addr_align, resource_size_t *size_align,
				resource_size_t *size_max)
{
	struct testntb *t = to_testntb(ntb);

	if (pidx || widx)
		return -EINVAL;
	if (addr_align)
		*addr_align = t->bytes;
	if (size_align)
		*size_align = 1;
	if (size_max)
		*size_max = t->bytes;
	return 0;
}

static int testntb_mw_set_trans(struct ntb_dev *ntb, int pidx, int widx, dma_addr_t addr,
				resource_size_t size)
{
	struct testntb *t = to_testntb(ntb);

	if (pidx || widx)
		return -EINVAL;
	if (size && (addr != BUS_ADDRESS || size > t->bytes))
		return -EINVAL;
	t->translated = size;
	return 0;
}

static int testntb_peer_mw_count(struct ntb_dev *ntb)
{
	return 1;
}

static int testntb_peer_mw_get_addr(struct ntb_dev *ntb, int widx, phys_addr_t *base,
				    resource_size_t *size)
{
	struct testntb *t = to_testntb(ntb);

	if (widx)
		return -EINVAL;
	*base = t->out;
	*size = t->bytes;
	return 0;
}

/* ---- link ----------------------------------------------------------------------------------- */

static u64 testntb_link_is_up(struct ntb_dev *ntb, enum ntb_speed *speed, enum ntb_width *width)
{
	struct testntb *t = to_testntb(ntb);
	bool up = READ_ONCE(t->own->enabled) && READ_ONCE(t->peer->enabled) &&
		  !READ_ONCE(t->own->pulled) && !READ_ONCE(t->peer->pulled);

	if (speed)
		*speed = up ? NTB_SPEED_GEN3 : NTB_SPEED_NONE;
	if (width)
		*width = up ? NTB_WIDTH_8 : NTB_WIDTH_NONE;
	return up;
}

static void testntb_enable(struct testntb *t, bool on)
{
	WRITE_ONCE(t->own->enabled, on);
	wmb(); /* that, then the interrupt */
	testntb_interrupt_port(t, !t->id, t->vectors - 1);
}

static int testntb_link_enable(struct ntb_dev *ntb, enum ntb_speed speed, enum ntb_width width)
{
	if (secondary)
		return -EINVAL;
	testntb_enable(to_testntb(ntb), true);
	return 0;
}

static int testntb_link_disable(struct ntb_dev *ntb)
{
	if (secondary)
		return -EINVAL;
	testntb_enable(to_testntb(ntb), false);
	return 0;
}

/* ---- doorbells ------------------------------------------------------------------------------ */

static u64 testntb_db_valid_mask(struct ntb_dev *ntb)
{
	return BIT_ULL(to_testntb(ntb)->vectors - 1) - 1;
}

static int testntb_db_vector_count(struct ntb_dev *ntb)
{
	return to_testntb(ntb)->vectors - 1;
}

static u64 testntb_db_vector_mask(struct ntb_dev *ntb, int vector)
{
	return BIT_ULL(vector) & testntb_db_valid_mask(ntb);
}

static u64 testntb_db_read(struct ntb_dev *ntb)
{
	struct testntb *t = to_testntb(ntb);
	u64 bits = 0;
	u32 i;

	for (i = 0; i < t->vectors - 1; i++)
		if (READ_ONCE(t->own->db[i]))
			bits |= BIT_ULL(i);
	return bits;
}

static int testntb_db_clear(struct ntb_dev *ntb, u64 bits)
{
	struct testntb *t = to_testntb(ntb);
	u32 i;

	if (bits & ~testntb_db_valid_mask(ntb))
		return -EINVAL;
	for (i = 0; i < t->vectors - 1; i++)
		if (bits & BIT_ULL(i))
			WRITE_ONCE(t->own->db[i], 0);
	mb(); /* before the client looks at memory */
	return 0;
}

static u64 testntb_db_read_mask(struct ntb_dev *ntb)
{
	return READ_ONCE(to_testntb(ntb)->mask);
}

static void testntb_set_mask(struct testntb *t, u64 clear, u64 set)
{
	unsigned long flags;

	spin_lock_irqsave(&t->lock, flags);
	t->mask = (t->mask & ~clear) | set;
	spin_unlock_irqrestore(&t->lock, flags);
}

static int testntb_db_set_mask(struct ntb_dev *ntb, u64 bits)
{
	if (bits & ~testntb_db_valid_mask(ntb))
		return -EINVAL;
	testntb_set_mask(to_testntb(ntb), 0, bits);
	return 0;
}

/* What was rung meanwhile interrupts now. */
static int testntb_db_clear_mask(struct ntb_dev *ntb, u64 bits)
{
	struct testntb *t = to_testntb(ntb);
	u32 i;

	if (bits & ~testntb_db_valid_mask(ntb))
		return -EINVAL;
	testntb_set_mask(t, bits, 0);
	for (i = 0; i < t->vectors - 1; i++)
		if (bits & BIT_ULL(i) && READ_ONCE(t->own->db[i]))
			testntb_interrupt_port(t, t->id, i);
	return 0;
}

static int testntb_peer_db_set(struct ntb_dev *ntb, u64 bits)
{
	struct testntb *t = to_testntb(ntb);
	u32 i;

	if (bits & ~testntb_db_valid_mask(ntb))
		return -EINVAL;
	wmb(); /* what was written through the window, then the doorbell */
	for (i = 0; i < t->vectors - 1; i++)
		if (bits & BIT_ULL(i)) {
			WRITE_ONCE(t->peer->db[i], 1);
			wmb(); /* the bit, then its interrupt */
			testntb_interrupt_port(t, !t->id, i);
		}
	return 0;
}

/* ---- scratchpads ---------------------------------------------------------------------------- */

static int testntb_spad_count(struct ntb_dev *ntb)
{
	return SPADS;
}

static u32 testntb_spad_read(struct ntb_dev *ntb, int i)
{
	return i >= 0 && i < SPADS ? READ_ONCE(to_testntb(ntb)->own->spad[i]) : 0;
}

static int testntb_spad_write(struct ntb_dev *ntb, int i, u32 val)
{
	if (i < 0 || i >= SPADS)
		return -EINVAL;
	WRITE_ONCE(to_testntb(ntb)->own->spad[i], val);
	return 0;
}

static u32 testntb_peer_spad_read(struct ntb_dev *ntb, int pidx, int i)
{
	return !pidx && i >= 0 && i < SPADS ? READ_ONCE(to_testntb(ntb)->peer->spad[i]) : 0;
}

static int testntb_peer_spad_write(struct ntb_dev *ntb, int pidx, int i, u32 val)
{
	if (pidx || i < 0 || i >= SPADS)
		return -EINVAL;
	WRITE_ONCE(to_testntb(ntb)->peer->spad[i], val);
	return 0;
}

static const struct ntb_dev_ops testntb_ops = {
	.link_is_up = testntb_link_is_up,
	.link_enable = testntb_link_enable,
	.link_disable = testntb_link_disable,
	.mw_count = testntb_mw_count,
	.mw_get_align = testntb_mw_get_align,
	.mw_set_trans = testntb_mw_set_trans,
	.peer_mw_count = testntb_peer_mw_count,
	.peer_mw_get_addr = testntb_peer_mw_get_addr,
	.db_valid_mask = testntb_db_valid_mask,
	.db_vector_count = testntb_db_vector_count,
	.db_vector_mask = testntb_db_vector_mask,
	.db_read = testntb_db_read,
	.db_clear = testntb_db_clear,
	.db_read_mask = testntb_db_read_mask,
	.db_set_mask = testntb_db_set_mask,
	.db_clear_mask = testntb_db_clear_mask,
	.peer_db_set = testntb_peer_db_set,
	.spad_count = testntb_spad_count,
	.spad_read = testntb_spad_read,
	.spad_write = testntb_spad_write,
	.peer_spad_read = testntb_peer_spad_read,
	.peer_spad_write = testntb_peer_spad_write,
};

/* ---- interrupts ----------------------------------------------------------------------------- */

static irqreturn_t testntb_interrupt(int irq, void *arg)
{
	struct testntb_vector *v = arg;
	struct testntb *t = v->t;

	/* Pairs with testntb_register(): the core's lock is there. */
	if (!smp_load_acquire(&t->registered))
		return IRQ_HANDLED;
	if (v->nr == t->vectors - 1)
		ntb_link_event(&t->ntb);
	else if (!(READ_ONCE(t->mask) & BIT_ULL(v->nr)))
		ntb_db_event(&t->ntb, v->nr);
	return IRQ_HANDLED;
}

static void testntb_free_vectors(struct testntb *t)
{
	while (t->requested--)
		free_irq(pci_irq_vector(t->ntb.pdev, t->requested), &t->vector[t->requested]);
	pci_free_irq_vectors(t->ntb.pdev);
}

static int testntb_get_vectors(struct testntb *t)
{
	struct pci_dev *pdev = t->ntb.pdev;
	int n, err;

	n = pci_alloc_irq_vectors(pdev, 2, BITS_MAX, PCI_IRQ_MSIX);
	if (n < 0)
		return n;
	t->vectors = n;
	for (t->requested = 0; t->requested < n; t->requested++) {
		struct testntb_vector *v = &t->vector[t->requested];

		v->t = t;
		v->nr = t->requested;
		err = request_irq(pci_irq_vector(pdev, v->nr), testntb_interrupt, 0,
				  "vbus-testntb", v);
		if (err) {
			testntb_free_vectors(t);
			return err;
		}
	}
	return 0;
}

/* ---- debugfs -------------------------------------------------------------------------------- */

static int testntb_cable_get(void *arg, u64 *val)
{
	struct testntb *t = arg;

	*val = !READ_ONCE(t->own->pulled);
	return 0;
}

/* Both ports notice. */
static int testntb_cable_set(void *arg, u64 val)
{
	struct testntb *t = arg;

	WRITE_ONCE(t->own->pulled, !val);
	wmb(); /* that, then the interrupts */
	testntb_interrupt_port(t, !t->id, t->vectors - 1);
	testntb_interrupt_port(t, t->id, t->vectors - 1);
	return 0;
}

static int testntb_stray_get(void *arg, u64 *val)
{
	struct testntb *t = arg;

	/* As a client takes it. */
	if (!test_and_set_bit(0, &t->taken)) {
		testntb_look_for_strays(t);
		clear_bit(0, &t->taken);
	}
	*val = t->stray;
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(testntb_stray_fops, testntb_stray_get, NULL, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(testntb_cable_fops, testntb_cable_get, testntb_cable_set, "%llu\n");

/* ---- coming and going ----------------------------------------------------------------------- */

/* Managed: all of it goes with the function. */
static int testntb_map(struct testntb *t)
{
	struct pci_dev *pdev = t->ntb.pdev;
	resource_size_t mem = pci_resource_start(pdev, IVSHMEM_BAR_MEM);
	struct testntb_regs *regs;

	t->bytes = pci_resource_len(pdev, IVSHMEM_BAR_MEM) / 4;
	t->bar = pcim_iomap(pdev, IVSHMEM_BAR_REG, 0);
	if (!t->bar)
		return -ENOMEM;
	t->id = readl(t->bar + IVSHMEM_REG_ID);
	if (t->id > 1 || t->bytes < PAGE_SIZE)
		return -ENODEV;
	regs = devm_memremap(&pdev->dev, mem, PAGE_SIZE, MEMREMAP_WB);
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	t->own = regs + t->id;
	t->peer = regs + !t->id;
	t->in = devm_memremap(&pdev->dev, mem + (2 + t->id) * t->bytes, t->bytes, MEMREMAP_WB);
	t->out = mem + (2 + !t->id) * t->bytes;
	return PTR_ERR_OR_ZERO(t->in);
}

/* What came before clients could be told comes again. */
static int testntb_register(struct testntb *t)
{
	int err = ntb_register_device(&t->ntb);
	u32 i;

	if (err)
		return err;
	/* Pairs with testntb_interrupt(). */
	smp_store_release(&t->registered, true);
	for (i = 0; i < t->vectors; i++)
		testntb_interrupt_port(t, t->id, i);
	return 0;
}

static int testntb_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct testntb *t;
	int err;

	t = devm_kzalloc(&pdev->dev, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);
	spin_lock_init(&t->lock);
	t->ntb.pdev = pdev;
	t->ntb.ops = &testntb_ops;
	err = testntb_map(t);
	if (err)
		return err;
	t->ntb.topo = t->id ? NTB_TOPO_B2B_DSD : NTB_TOPO_B2B_USD;
	pci_set_drvdata(pdev, t);
	set_dma_ops(&pdev->dev, &testntb_dma_ops);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(64));
	if (err)
		goto err_ops;
	memset(t->own, 0, sizeof(*t->own));
	err = testntb_get_vectors(t);
	if (err)
		goto err_ops;
	t->mask = testntb_db_valid_mask(&t->ntb);
	/* The peer may think that we were here all the time. */
	testntb_enable(t, secondary);
	t->dir = debugfs_create_dir(pci_name(pdev), testntb_root);
	debugfs_create_file("cable", 0600, t->dir, t, &testntb_cable_fops);
	debugfs_create_file("stray", 0400, t->dir, t, &testntb_stray_fops);
	err = testntb_register(t);
	if (err)
		goto err_vectors;
	dev_info(&pdev->dev, "port %u, windows of %llu KiB, %u doorbells\n", t->id,
		 (u64)t->bytes >> 10, t->vectors - 1);
	return 0;

err_vectors:
	testntb_enable(t, false);
	debugfs_remove_recursive(t->dir);
	testntb_free_vectors(t);
err_ops:
	set_dma_ops(&pdev->dev, NULL);
	return err;
}

static void testntb_remove(struct pci_dev *pdev)
{
	struct testntb *t = pci_get_drvdata(pdev);

	ntb_unregister_device(&t->ntb);
	testntb_enable(t, false);
	debugfs_remove_recursive(t->dir);
	testntb_free_vectors(t);
	set_dma_ops(&pdev->dev, NULL);
}

static const struct pci_device_id testntb_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR, IVSHMEM_DEVICE) },
	{ }
};

static struct pci_driver testntb_driver = {
	.name = "vbus-testntb",
	.id_table = testntb_ids,
	.probe = testntb_probe,
	.remove = testntb_remove,
};

static int __init testntb_init(void)
{
	int err;

	testntb_root = debugfs_create_dir("vbus-testntb", NULL);
	err = pci_register_driver(&testntb_driver);
	if (err)
		debugfs_remove_recursive(testntb_root);
	return err;
}

static void __exit testntb_exit(void)
{
	pci_unregister_driver(&testntb_driver);
	debugfs_remove_recursive(testntb_root);
}

module_init(testntb_init);
module_exit(testntb_exit);

MODULE_DESCRIPTION("NTB port made of QEMU's shared memory, for tests");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
