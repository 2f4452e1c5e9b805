/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of a link over the kernel's NTB API share.
 */
#ifndef _VBUS_AGENT_NTB_H
#define _VBUS_AGENT_NTB_H

#include <linux/completion.h>
#include <linux/minmax.h>
#include <linux/notifier.h>
#include <linux/ntb.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <vbus/link.h>

#define PEER		NTB_DEF_PEER_IDX
#define WINDOW		0

#define VBUS_NTB_UNIT	4096

/* What the peer reads; we write the peer's. Sizes are in VBUS_NTB_UNIT. */
enum {
	SPAD_MAGIC,
	SPAD_NUMBER,
	SPAD_SELF,	/* role | doorbell bits << 8 */
	SPAD_WINDOW,	/* size of the window into the peer's memory */
	SPAD_MEMORY,	/* how much memory the peer's window shows */
	SPAD_ECHO,	/* both numbers, one xor the other; written last */
	SPAD_COUNT,
};

/**
 * struct vbus_ntb - one link
 * @link: what the connector sees
 * @ntb: the port
 * @work: shakes hands, and looks whether the peer is still the same
 * @wq: where it runs
 * @phys: the window
 * @window: its bytes
 * @bits: doorbell bits of this port; the link has those that both ports have
 * @alloc: memory the peer's window shows, as it was allocated
 * @alloc_dma: its address
 * @alloc_bytes: its size
 * @mem: the aligned part that is shown
 * @mem_bytes: its size
 * @pool: board: what drivers work in
 * @number: said in this handshake; 0: not begun
 * @translated: the number for which the bridge was told about @mem
 * @peer_number: the peer's, when it was last looked at
 * @leave: says good-bye, once
 * @gone: it was said
 * @reboot: has it said when the machine restarts
 * @up: shaken hands
 * @settling: it was up; who used it may still do
 * @registered: doorbells are for the connector
 * @leaving: no more work
 * @left: good-bye was said
 * @complained: said why it does not come up, since it was up last
 */
struct vbus_ntb {
	struct vbus_link link;
	struct ntb_dev *ntb;
	struct delayed_work work;
	struct workqueue_struct *wq;
	phys_addr_t phys;
	resource_size_t window;
	u32 bits;
	void *alloc;
	dma_addr_t alloc_dma;
	size_t alloc_bytes;
	void *mem;
	u64 mem_bytes;
	struct link_pool *pool;
	u32 number;
	u32 translated;
	u32 peer_number;
	struct work_struct leave;
	struct completion gone;
	struct notifier_block reboot;
	bool up;
	bool settling;
	bool registered;
	bool leaving;
	bool left;
	bool complained;
};

/* What a peer has said. */
struct vbus_ntb_peer {
	enum vbus_link_role role;
	u32 bits;
	u64 window;
	u64 memory;
};

/* How much of the peer's memory the window shows. */
static inline u64 vbus_ntb_out_bytes(const struct vbus_ntb *vn,
				     const struct vbus_ntb_peer *peer)
{
	return min_t(u64, peer->memory, vn->window);
}

/* All of these may sleep; they run in the port's work, or when there is none any more. */

/* ntb.c */
__printf(2, 3) void vbus_ntb_complain(struct vbus_ntb *vn, const char *fmt, ...);
void vbus_ntb_unregister(struct vbus_ntb *vn);

/* ntb_memory.c */
int vbus_ntb_translate(struct vbus_ntb *vn, u64 peer_window);
void vbus_ntb_free(struct vbus_ntb *vn);
void vbus_ntb_lose(struct vbus_ntb *vn, const char *why);

/* ntb_shake.c */
int vbus_ntb_shake(struct vbus_ntb *vn, struct vbus_ntb_peer *peer);
void vbus_ntb_withdraw(struct vbus_ntb *vn);

#endif
