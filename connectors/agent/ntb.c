// SPDX-License-Identifier: GPL-2.0
/*
 * A link over a PCIe bridge that the kernel's NTB API drives: first window, scratchpads, doorbells.
 *
 * Bridges translate: the peer's window shows memory that we have allocated and told our side of the
 * bridge about. On the master that memory is what the board writes. On the board it is all of it
 * that the master sees; the DMA API of the link's device gives out offsets in it (pool.c). If that
 * is enough, either may have devices that the other uses: then half of what the board writes is for
 * what the master maps for those of the board.
 *
 * The two ends get to know each other by scratchpads (ntb_shake.c). Bridges may show memory for
 * longer than they were told to, so a port that leaves waits until the peer has taken its number
 * back: then it writes to this memory no more.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/ntb.h>
#include <linux/reboot.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <vbus/link.h>

#include "ntb.h"

/* What takes several steps goes on so soon. */
#define VBUS_NTB_SOON		max(HZ / 50, 1)

/* How long a port that leaves waits for the peer, whose drivers and device models have to go. */
#define VBUS_NTB_PARTING	(10 * HZ)
/* How long a restart of the machine waits for all of that, for each port. */
#define VBUS_NTB_REBOOT		(15 * HZ)

/* The board's memory for calls of the master; the least of all memory of which that is a part. */
#define VBUS_NTB_IN_BYTES	SZ_4M
#define VBUS_NTB_BOTH_MIN	SZ_16M

static char *role = "auto";
module_param(role, charp, 0444);
MODULE_PARM_DESC(role, "master, board, or auto: the port with the lower number is the master (auto)");

static const char * const vbus_ntb_roles[] = {
	[VBUS_LINK_MASTER] = "master",
	[VBUS_LINK_BOARD] = "board",
	"auto",
};

/* A peer, or a parameter, that is wrong is so each time. */
void vbus_ntb_complain(struct vbus_ntb *vn, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	if (vn->complained)
		return;
	vn->complained = true;
	va_start(args, fmt);
	vaf.va = &args;
	dev_warn(&vn->ntb->dev, "%pV\n", &vaf);
	va_end(args);
}

/* ---- what the connector asks ----------------------------------------------------------------- */

static void vbus_ntb_ring(struct vbus_link *link, u32 bit)
{
	ntb_peer_db_set(container_of(link, struct vbus_ntb, link)->ntb, BIT_ULL(bit));
}

static const struct vbus_link_ops vbus_ntb_ops = {
	.ring = vbus_ntb_ring,
};

/* ---- events ---------------------------------------------------------------------------------- */

/* All of them if there is one vector: some bridges do not say so then. */
static u64 vbus_ntb_vector_mask(struct ntb_dev *ntb, int vector)
{
	return ntb_db_vector_count(ntb) > 1 ? ntb_db_vector_mask(ntb, vector) :
					      ntb_db_valid_mask(ntb);
}

/* Acknowledged before anything is looked at: what is rung from here on interrupts again. */
static void vbus_ntb_db_event(void *ctx, int vector)
{
	struct vbus_ntb *vn = ctx;
	u64 rang = ntb_db_read(vn->ntb) & vbus_ntb_vector_mask(vn->ntb, vector);

	ntb_db_clear(vn->ntb, rang);
	/* That was posted; this is not. */
	ntb_db_read(vn->ntb);
	/* Pairs with vbus_ntb_register(). */
	if (!smp_load_acquire(&vn->registered))
		return;
	for (; rang; rang &= rang - 1)
		vbus_link_rang(&vn->link, __ffs64(rang));
}

static void vbus_ntb_link_event(void *ctx)
{
	struct vbus_ntb *vn = ctx;

	mod_delayed_work(vn->wq, &vn->work, 0);
}

static const struct ntb_ctx_ops vbus_ntb_ctx_ops = {
	.link_event = vbus_ntb_link_event,
	.db_event = vbus_ntb_db_event,
};

/* ---- coming and going ------------------------------------------------------------------------ */

/* Offset 0 is given to nobody: it is no good address. */
static int vbus_ntb_set_up_board(struct vbus_ntb *vn)
{
	struct vbus_link *link = &vn->link;
	struct link_pool *pool;
	dma_addr_t in_addr;

	link->ranges[0].addr = PAGE_SIZE;
	link->ranges[0].len = vn->mem_bytes - PAGE_SIZE;
	link->nranges = 1;
	pool = vbus_link_pool_create(&vn->ntb->dev, "board", vn->mem + PAGE_SIZE,
				     link->ranges[0].len, link->ranges[0].addr);
	if (IS_ERR(pool))
		return PTR_ERR(pool);
	vn->pool = pool;
	link->dev = vbus_link_pool_dev(pool);
	if (vn->mem_bytes < VBUS_NTB_BOTH_MIN)
		return 0;
	link->in = dma_alloc_coherent(link->dev, VBUS_NTB_IN_BYTES, &in_addr, GFP_KERNEL);
	if (link->in) {
		link->in_addr = in_addr;
		link->in_bytes = VBUS_NTB_IN_BYTES;
	}
	return 0;
}

static void vbus_ntb_set_up_master(struct vbus_ntb *vn)
{
	struct vbus_link *link = &vn->link;

	link->dev = &vn->ntb->dev;
	link->in = vn->mem;
	link->in_bytes = vn->mem_bytes;
	if (vn->mem_bytes < VBUS_NTB_BOTH_MIN)
		return;
	link->in_bytes = PAGE_ALIGN(vn->mem_bytes / 2);
	link->pool = vn->mem + link->in_bytes;
	link->pool_bytes = vn->mem_bytes - link->in_bytes;
	link->pool_addr = link->in_bytes;
}

/* Either port refuses bits that it does not have itself; both come to the same. */
static u32 vbus_ntb_bits(const struct vbus_ntb *vn, const struct vbus_ntb_peer *peer)
{
	return min(vn->bits, peer->bits);
}

static int vbus_ntb_set_up(struct vbus_ntb *vn, const struct vbus_ntb_peer *peer)
{
	struct vbus_link *link = &vn->link;

	link->bits = vbus_ntb_bits(vn, peer);
	link->peer_bits = link->bits;
	link->out_bytes = vbus_ntb_out_bytes(vn, peer);
	link->in = NULL;
	link->in_bytes = 0;
	link->in_addr = 0;
	link->pool = NULL;
	link->pool_bytes = 0;
	if (link->role == VBUS_LINK_BOARD)
		return vbus_ntb_set_up_board(vn);
	vbus_ntb_set_up_master(vn);
	return 0;
}

static void vbus_ntb_tear_down(struct vbus_ntb *vn)
{
	struct vbus_link *link = &vn->link;

	if (!vn->pool)
		return;
	if (link->in)
		dma_free_coherent(link->dev, VBUS_NTB_IN_BYTES, link->in, link->in_addr);
	vbus_link_pool_destroy(vn->pool);
	vn->pool = NULL;
	/* It was lent, and the master has not let go of it: all of the memory is lost. */
	if (!link->in && link->in_addr)
		vbus_ntb_lose(vn, "the peer does not let go of memory that was lent to it");
}

void vbus_ntb_unregister(struct vbus_ntb *vn)
{
	if (!vn->registered)
		return;
	vbus_link_unregister(&vn->link);
	WRITE_ONCE(vn->registered, false);
	vbus_ntb_tear_down(vn);
}

static int vbus_ntb_register(struct vbus_ntb *vn, const struct vbus_ntb_peer *peer)
{
	int err = vbus_ntb_set_up(vn, peer);

	if (err)
		return err;
	/* Pairs with vbus_ntb_db_event(): the link is filled in. */
	smp_store_release(&vn->registered, true);
	err = vbus_link_register(&vn->link);
	if (err) {
		WRITE_ONCE(vn->registered, false);
		vbus_ntb_tear_down(vn);
		return err;
	}
	dev_info(&vn->ntb->dev, "link: %s, window of %llu KiB, %u doorbell bits\n",
		 vbus_ntb_roles[vn->link.role], vn->link.out_bytes >> 10,
		 vn->link.bits);
	/* Its files are there: a rule of udev's can put the board on its bus. */
	kobject_uevent(&vn->ntb->dev.kobj, KOBJ_CHANGE);
	return 0;
}

static void vbus_ntb_down(struct vbus_ntb *vn)
{
	if (!vn->up)
		return;
	vn->up = false;
	vn->settling = true;
	dev_info(&vn->ntb->dev, "the link is down\n");
	vbus_link_carrier(&vn->link, false);
}

/* Is nothing written to the peer's memory any more? */
static bool vbus_ntb_settled(struct vbus_ntb *vn)
{
	if (vn->settling && vn->registered && !vbus_link_idle(&vn->link))
		return false;
	if (vn->settling)
		vbus_ntb_withdraw(vn);
	vn->settling = false;
	return true;
}

/* A peer that is another one than before has another window, maybe. */
static void vbus_ntb_up(struct vbus_ntb *vn, const struct vbus_ntb_peer *peer)
{
	int err = 0;

	if (vn->registered && (vbus_ntb_bits(vn, peer) != vn->link.bits ||
			       vbus_ntb_out_bytes(vn, peer) != vn->link.out_bytes))
		vbus_ntb_unregister(vn);
	/* With memory that is lost it begins anew, and so does the peer. */
	if (!vn->alloc) {
		vbus_ntb_withdraw(vn);
		return;
	}
	if (vn->registered)
		vbus_link_carrier(&vn->link, true);
	else
		err = vbus_ntb_register(vn, peer);
	if (err) {
		vbus_ntb_complain(vn, "cannot be registered: %pe", ERR_PTR(err));
		return;
	}
	vn->up = true;
	vn->complained = false;
}

/* Return: in how many jiffies to look again. */
static unsigned int vbus_ntb_look(struct vbus_ntb *vn)
{
	bool link_up = ntb_link_is_up(vn->ntb, NULL, NULL);
	struct vbus_ntb_peer peer;
	int err;

	/* Or it went down and came up so quickly that we did not see it. */
	if (!link_up || (vn->up && ntb_spad_read(vn->ntb, SPAD_NUMBER) != vn->peer_number))
		vbus_ntb_down(vn);
	if (vn->up)
		return HZ;
	if (!vbus_ntb_settled(vn))
		return VBUS_NTB_SOON;
	if (!link_up) {
		if (vn->number)
			vbus_ntb_withdraw(vn);
		return HZ;
	}
	err = vbus_ntb_shake(vn, &peer);
	if (!err)
		vbus_ntb_up(vn, &peer);
	return err == -EAGAIN ? VBUS_NTB_SOON : HZ;
}

static void vbus_ntb_work(struct work_struct *work)
{
	struct vbus_ntb *vn = container_of(work, struct vbus_ntb, work.work);

	if (!READ_ONCE(vn->leaving))
		queue_delayed_work(vn->wq, &vn->work, vbus_ntb_look(vn));
}

/* ---- the port -------------------------------------------------------------------------------- */

static int vbus_ntb_role(struct vbus_ntb *vn)
{
	int own = ntb_port_number(vn->ntb), peer = ntb_peer_port_number(vn->ntb, PEER);

	int i = sysfs_match_string(vbus_ntb_roles, role);

	if (i < 0) {
		dev_err(&vn->ntb->dev, "role \"%s\" is not master, board or auto\n", role);
		return i;
	}
	if (i <= VBUS_LINK_BOARD) {
		vn->link.role = i;
		return 0;
	}
	if (own < 0 || peer < 0 || own == peer) {
		dev_err(&vn->ntb->dev, "ports %d and %d do not say who is the master: set role\n",
			own, peer);
		return -EINVAL;
	}
	vn->link.role = own < peer ? VBUS_LINK_MASTER : VBUS_LINK_BOARD;
	return 0;
}

/* Those from bit 0 on without a gap. */
static u32 vbus_ntb_own_bits(struct ntb_dev *ntb)
{
	u64 valid = ntb_db_valid_mask(ntb);

	return min_t(u32, valid == U64_MAX ? 64 : __ffs64(~valid), VBUS_LINK_MAX_BITS);
}

static bool vbus_ntb_usable(struct ntb_dev *ntb)
{
	const char *missing = NULL;

	if (ntb_peer_port_count(ntb) != NTB_DEF_PEER_CNT)
		missing = "two ports";
	else if (!ntb->ops->mw_set_trans || ntb_mw_count(ntb, PEER) < 1 ||
		 ntb_peer_mw_count(ntb) < 1)
		missing = "a window that is translated on the side that has the memory";
	else if (ntb_spad_count(ntb) < SPAD_COUNT)
		missing = "scratchpads";
	else if (!vbus_ntb_own_bits(ntb))
		missing = "doorbells";
	if (missing)
		dev_info(&ntb->dev, "cannot be used: needs %s\n", missing);
	return !missing;
}

static int vbus_ntb_map(struct vbus_ntb *vn)
{
	int err = ntb_peer_mw_get_addr(vn->ntb, WINDOW, &vn->phys, &vn->window);

	if (err)
		return err;
	/* As much as can be said. */
	vn->window = min_t(u64, vn->window, (u64)U32_MAX * VBUS_NTB_UNIT);
	vn->link.out = ioremap_wc(vn->phys, vn->window);
	return vn->link.out ? 0 : -ENOMEM;
}

/*
 * Wait until the peer writes no more to what it was shown: ntb_link_disable() does not end that
 * everywhere. It has noticed when its number is another one. If the link is down it cannot say so.
 */
static void vbus_ntb_part(struct vbus_ntb *vn)
{
	u32 number = ntb_spad_read(vn->ntb, SPAD_NUMBER);
	unsigned long end = jiffies + VBUS_NTB_PARTING;

	vbus_ntb_withdraw(vn);
	if (!vn->alloc || !number)
		return;
	while (ntb_spad_read(vn->ntb, SPAD_NUMBER) == number &&
	       ntb_link_is_up(vn->ntb, NULL, NULL)) {
		if (time_after(jiffies, end)) {
			vbus_ntb_lose(vn, "the peer does not let go of this side's memory");
			return;
		}
		msleep(20);
	}
}

static void vbus_ntb_leave(struct work_struct *work)
{
	struct vbus_ntb *vn = container_of(work, struct vbus_ntb, leave);
	struct ntb_dev *ntb = vn->ntb;

	if (vn->left)
		return;
	vn->left = true;
	WRITE_ONCE(vn->leaving, true);
	cancel_delayed_work_sync(&vn->work);
	/* While there is a link to say good-bye over. */
	vbus_ntb_unregister(vn);
	vbus_ntb_part(vn);
	ntb_link_disable(ntb);
	ntb_db_set_mask(ntb, ntb_db_valid_mask(ntb));
	complete_all(&vn->gone);
}

/*
 * The API has no shutdown for clients, but who begins with this memory after a restart must not
 * find the peer writing to it. Drivers that do not go must not keep the machine from restarting.
 */
static int vbus_ntb_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	struct vbus_ntb *vn = container_of(nb, struct vbus_ntb, reboot);

	queue_work(system_long_wq, &vn->leave);
	if (!wait_for_completion_timeout(&vn->gone, VBUS_NTB_REBOOT)) {
		dev_warn(&vn->ntb->dev, "saying good-bye takes too long, it is not waited for\n");
		ntb_link_disable(vn->ntb);
	}
	return NOTIFY_DONE;
}

/* The work may run as soon as there is a context: nothing fails after that. */
static int vbus_ntb_start(struct vbus_ntb *vn)
{
	int err = ntb_set_ctx(vn->ntb, vn, &vbus_ntb_ctx_ops);

	if (err)
		return err;
	ntb_db_clear(vn->ntb, ntb_db_valid_mask(vn->ntb));
	ntb_db_clear_mask(vn->ntb, ntb_db_valid_mask(vn->ntb));
	/* Some ports have no say in that: the other one has, or it is always up. */
	err = ntb_link_enable(vn->ntb, NTB_SPEED_AUTO, NTB_WIDTH_AUTO);
	if (err)
		dev_dbg(&vn->ntb->dev, "the link cannot be enabled here: %pe\n", ERR_PTR(err));
	ntb_link_event(vn->ntb);
	return 0;
}

static int vbus_ntb_probe(struct ntb_client *self, struct ntb_dev *ntb)
{
	struct vbus_ntb *vn;
	int err;

	if (!vbus_ntb_usable(ntb))
		return -ENODEV;
	vn = kzalloc(sizeof(*vn), GFP_KERNEL);
	if (!vn)
		return -ENOMEM;
	vn->ntb = ntb;
	INIT_DELAYED_WORK(&vn->work, vbus_ntb_work);
	INIT_WORK(&vn->leave, vbus_ntb_leave);
	init_completion(&vn->gone);
	vn->link.name = dev_name(&ntb->dev);
	vn->link.owner = THIS_MODULE;
	vn->link.ops = &vbus_ntb_ops;
	vn->bits = vbus_ntb_own_bits(ntb);
	err = vbus_ntb_role(vn);
	if (err)
		goto err_free;
	err = vbus_ntb_map(vn);
	if (err)
		goto err_free;
	err = -ENOMEM;
	vn->wq = alloc_ordered_workqueue("vbus-link-ntb", 0);
	if (!vn->wq)
		goto err_unmap;
	vn->reboot.notifier_call = vbus_ntb_reboot;
	err = vbus_ntb_start(vn);
	if (err)
		goto err_wq;
	/* It does not fail. */
	register_reboot_notifier(&vn->reboot);
	return 0;

err_wq:
	destroy_workqueue(vn->wq);
err_unmap:
	iounmap(vn->link.out);
err_free:
	kfree(vn);
	return err;
}

static void vbus_ntb_remove(struct ntb_client *self, struct ntb_dev *ntb)
{
	struct vbus_ntb *vn = ntb->ctx;

	/* If the machine restarts just now this waits for it. */
	unregister_reboot_notifier(&vn->reboot);
	queue_work(system_long_wq, &vn->leave);
	flush_work(&vn->leave);
	ntb_clear_ctx(ntb);
	cancel_delayed_work_sync(&vn->work);
	vbus_ntb_free(vn);
	destroy_workqueue(vn->wq);
	iounmap(vn->link.out);
	kfree(vn);
}

static struct ntb_client vbus_ntb_client = {
	.ops = {
		.probe = vbus_ntb_probe,
		.remove = vbus_ntb_remove,
	},
};
module_ntb_client(vbus_ntb_client);

MODULE_DESCRIPTION("vbus link over the kernel's NTB API");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
