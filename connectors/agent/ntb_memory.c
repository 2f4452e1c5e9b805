// SPDX-License-Identifier: GPL-2.0
/*
 * The memory that the peer of an NTB link is shown: from the DMA API, translated by the bridge.
 */
#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/moduleparam.h>

#include "ntb.h"

static unsigned int memory = 32;
module_param(memory, uint, 0444);
MODULE_PARM_DESC(memory, "most MiB that the peer is shown (32)");

static void vbus_ntb_forget(struct vbus_ntb *vn)
{
	vn->alloc = NULL;
	vn->translated = 0;
}

/* Memory that the peer may go on writing to must not be used for anything else. */
void vbus_ntb_lose(struct vbus_ntb *vn, const char *why)
{
	dev_warn(&vn->ntb->dev, "%s: %zu KiB are lost\n", why, vn->alloc_bytes >> 10);
	vbus_ntb_forget(vn);
}

void vbus_ntb_free(struct vbus_ntb *vn)
{
	int err;

	if (!vn->alloc)
		return;
	err = ntb_mw_clear_trans(vn->ntb, PEER, WINDOW);
	if (err) {
		dev_warn(&vn->ntb->dev, "the bridge goes on showing memory: %pe\n", ERR_PTR(err));
		vbus_ntb_lose(vn, "it cannot be given back");
		return;
	}
	dma_free_attrs(vn->ntb->dev.parent, vn->alloc_bytes, vn->alloc, vn->alloc_dma,
		       DMA_ATTR_FORCE_CONTIGUOUS);
	vbus_ntb_forget(vn);
}

/* @bytes that begin at a multiple of @align: by chance, or by taking more. */
static int vbus_ntb_alloc(struct vbus_ntb *vn, size_t bytes, resource_size_t align)
{
	struct device *dev = vn->ntb->dev.parent;
	int twice;

	for (twice = 0; twice < 2; twice++) {
		vn->alloc_bytes = bytes + (twice ? align : 0);
		vn->alloc = dma_alloc_attrs(dev, vn->alloc_bytes, &vn->alloc_dma,
					    GFP_KERNEL | __GFP_NOWARN, DMA_ATTR_FORCE_CONTIGUOUS);
		if (!vn->alloc)
			return -ENOMEM;
		vn->mem = vn->alloc + (ALIGN(vn->alloc_dma, align) - vn->alloc_dma);
		if (vn->mem + bytes <= vn->alloc + vn->alloc_bytes)
			return 0;
		dma_free_attrs(dev, vn->alloc_bytes, vn->alloc, vn->alloc_dma,
			       DMA_ATTR_FORCE_CONTIGUOUS);
		vn->alloc = NULL;
	}
	return -ENOMEM;
}

/*
 * As much as the peer's window shows, the bridge can, and we want; 0, and why was said, if that is
 * nothing.
 */
static u64 vbus_ntb_bytes(struct vbus_ntb *vn, u64 peer_window, u64 size_align, u64 size_max)
{
	u64 unit = max3(size_align, (u64)VBUS_NTB_UNIT, (u64)PAGE_SIZE);
	u64 least = max(unit, 2 * (u64)PAGE_SIZE);
	u64 want = (u64)memory << 20;

	if (want < least)
		vbus_ntb_complain(vn, "parameter memory=%u: the bridge shows %llu KiB or more",
				  memory, least >> 10);
	else if (peer_window < least)
		vbus_ntb_complain(vn, "the peer's window, of %llu KiB, is too small",
				  peer_window >> 10);
	else if (size_max < least)
		vbus_ntb_complain(vn, "the bridge shows %llu KiB at most, too little",
				  size_max >> 10);
	else
		return round_down(min3(peer_window, size_max, want), unit);
	return 0;
}

/* Once in a handshake: a bridge may have lost it with the link. */
int vbus_ntb_translate(struct vbus_ntb *vn, u64 peer_window)
{
	resource_size_t align, size_align, size_max;
	u64 bytes;
	int err;

	err = ntb_mw_get_align(vn->ntb, PEER, WINDOW, &align, &size_align, &size_max);
	if (err) {
		vbus_ntb_complain(vn, "the bridge does not say what its window takes: %pe",
				  ERR_PTR(err));
		return err;
	}
	bytes = vbus_ntb_bytes(vn, peer_window, size_align, size_max);
	if (!bytes)
		return -ENOSPC;
	/* Another peer than before, with another window. */
	if (vn->alloc && bytes != vn->mem_bytes) {
		vbus_ntb_unregister(vn);
		vbus_ntb_free(vn);
	}
	if (!vn->alloc) {
		/* Some bridges want a multiple of the size, and do not say so. */
		err = vbus_ntb_alloc(vn, bytes, max3((u64)align, (u64)PAGE_SIZE,
						     (u64)roundup_pow_of_two(bytes)));
		if (err) {
			vbus_ntb_complain(vn, "no %llu KiB in one piece to show to the peer: %pe",
					  bytes >> 10, ERR_PTR(err));
			return err;
		}
		vn->mem_bytes = bytes;
	}
	if (vn->translated == vn->number)
		return 0;
	err = ntb_mw_set_trans(vn->ntb, PEER, WINDOW, vn->alloc_dma + (vn->mem - vn->alloc),
			       vn->mem_bytes);
	if (err)
		vbus_ntb_complain(vn, "the bridge does not translate: %pe", ERR_PTR(err));
	else
		vn->translated = vn->number;
	return err;
}
