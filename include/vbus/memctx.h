/* SPDX-License-Identifier: GPL-2.0 */
/*
 * memctx: the only way from the device side to the driver side's memory.
 *
 * Peer addresses are opaque 64-bit numbers the driver side got from its DMA API: an IOVA for KVM,
 * a board's physical address, an index into a range table for loopback. Nobody but the connector
 * knows more about them. A memctx checks each range it is given, on the numbers it was passed, so
 * callers pass private copies.
 */
#ifndef _VBUS_MEMCTX_H
#define _VBUS_MEMCTX_H

#include <linux/err.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/types.h>

struct vbus_memctx;

/**
 * struct vbus_memctx_ops - how a connector reaches its peer's memory
 * @copy_from: copy @len bytes at peer address @addr to @dst. Required. Does not sleep if the
 *	connector's capabilities say copy_softirq; then callable with BHs disabled.
 *	Return 0, -EFAULT (not the peer's memory), -EAGAIN (ask again from process context), -EIO
 *	(the transport failed, and not the peer: this request cannot be carried out, the next one
 *	may be)
 * @copy_to: the reverse; the same rules. Required
 * @map: a kernel pointer to @len bytes at @addr that stays good until @unmap, or ERR_PTR().
 *	Process context. Where homes are split it is I/O memory. A pair with @unmap
 * @unmap: drop a mapping; process context, does not fail. The memory may be gone on the peer's
 *	side already, never on ours
 */
struct vbus_memctx_ops {
	int (*copy_from)(struct vbus_memctx *mem, void *dst, u64 addr, size_t len);
	int (*copy_to)(struct vbus_memctx *mem, u64 addr, const void *src, size_t len);
	void *(*map)(struct vbus_memctx *mem, u64 addr, size_t len);
	void (*unmap)(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len);
};

/**
 * struct vbus_memctx - one client's memory
 * @ops: the connector's functions
 */
struct vbus_memctx {
	const struct vbus_memctx_ops *ops;
};

/**
 * vbus_memctx_copy_from() - read peer memory
 * @mem: whose memory
 * @dst: where to
 * @addr: peer address
 * @len: bytes
 *
 * Context: BHs disabled or process context. Return: 0 or the errno of &vbus_memctx_ops.copy_from.
 */
static inline int vbus_memctx_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	if (addr + len < addr)
		return -EFAULT;
	return mem->ops->copy_from(mem, dst, addr, len);
}

/**
 * vbus_memctx_copy_to() - write peer memory
 * @mem: whose memory
 * @addr: peer address
 * @src: where from
 * @len: bytes
 *
 * Context and Return: as vbus_memctx_copy_from().
 */
static inline int vbus_memctx_copy_to(struct vbus_memctx *mem, u64 addr, const void *src,
				      size_t len)
{
	if (addr + len < addr)
		return -EFAULT;
	return mem->ops->copy_to(mem, addr, src, len);
}

/**
 * vbus_memctx_map() - a kernel pointer to peer memory; &vbus_memctx_ops.unmap undoes it
 * @mem: whose memory
 * @addr: peer address
 * @len: bytes, as the peer said
 *
 * Context: process. Return: the pointer, or ERR_PTR() of -EFAULT or what &vbus_memctx_ops.map said.
 */
static inline void *vbus_memctx_map(struct vbus_memctx *mem, u64 addr, u64 len)
{
	if (addr + len < addr || len > SIZE_MAX)
		return ERR_PTR(-EFAULT);
	return mem->ops->map(mem, addr, len);
}

#endif /* _VBUS_MEMCTX_H */
