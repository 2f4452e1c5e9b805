/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus for chassis vendors: the link between a PCI master and a board.
 *
 * A link is what two independent machines have of each other: a window into some of the peer's
 * memory, some memory of one's own that the peer has a window into, and a few doorbell bits each
 * way. Whoever brings new hardware writes one driver that fills in a &struct vbus_link and calls
 * vbus_link_register(); all the rest, on both machines, is connectors/agent. What must hold:
 *
 *	- Writes through the window arrive in the order in which they were made, and a read through
 *	  it is answered by the peer's memory after all writes made before it. No relaxed ordering.
 *	- mb() after a write means that the ordered path has accepted it.
 *	- Bytes keep their addresses: the window does not swap. All that is shared is little-endian.
 *	- Nothing is assumed about doorbells. They may come early, coalesce, or get lost.
 *	- A DMA transfer that is complete arrives before what is written through the window then.
 *
 * Documentation/agent.rst is the guide.
 */
#ifndef _VBUS_LINK_H
#define _VBUS_LINK_H

#include <linux/device.h>
#include <linux/err.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct dma_chan;
struct link_pool;
struct link_reverse;
struct vbus_link;
struct vbus_link_user;

/**
 * enum vbus_link_role - what this machine is on a link
 * @VBUS_LINK_MASTER: device side: it owns buses and devices. Its memory holds the rendezvous
 * @VBUS_LINK_BOARD: driver side: it uses the devices of one bus
 *
 * Of the two directions that a link may carry this is the one from the machine that is the PCI
 * master. In the other one the roles are exchanged.
 */
enum vbus_link_role {
	VBUS_LINK_MASTER,
	VBUS_LINK_BOARD,
};

/* Doorbell bits a link may have each way; more are not used. */
#define VBUS_LINK_MAX_BITS	32

/**
 * struct vbus_link_ops - what the connector asks of the hardware
 * @ring: ring doorbell @bit of the peer, 0..peer_bits-1. Any context, also hard irq and with locks
 *	held; a posted write, no more. Nothing comes back if the peer is dead
 * @ack: acknowledge doorbell @bit, where the hardware wants that. Called before the memory is
 *	looked at. Optional
 * @reset: bring the window and the doorbells into the state they had when the link was registered.
 *	Of a master only: called when the last life that used the link has ended, for whatever
 *	reason, and neither direction uses it. The board may be alive and about to call again, and a
 *	doorbell to it may be on its way: this is not to reset the board. What it returns is
 *	not looked at. Process context; must not call vbus_link_carrier(). Optional
 */
struct vbus_link_ops {
	void (*ring)(struct vbus_link *link, u32 bit);
	void (*ack)(struct vbus_link *link, u32 bit);
	int (*reset)(struct vbus_link *link);
};

/**
 * struct vbus_link_count - what crossed a link, counted where it does
 * @reads: read operations through the window, of any length
 * @read_bytes: bytes of them
 * @writes: write operations through the window, of any length
 * @write_bytes: bytes of them
 * @rings: doorbells rung
 * @rang: doorbells that came
 *
 * Rings count their own crossings in their client or bridge.
 */
struct vbus_link_count {
	unsigned long reads;
	unsigned long read_bytes;
	unsigned long writes;
	unsigned long write_bytes;
	unsigned long rings;
	unsigned long rang;
};

/**
 * struct vbus_link - one link, embedded in the hardware driver's struct
 * @name: unique on this machine, such as the PCI address; names the client on the bus
 * @dev: the hardware; its sysfs directory gets "vbus". On a board it is also the device of the DMA
 *	API, whose addresses are what the peer's window takes
 * @owner: THIS_MODULE
 * @ops: see &struct vbus_link_ops
 * @role: what this machine is
 * @bits: doorbell bits the peer may ring here, 1..VBUS_LINK_MAX_BITS
 * @peer_bits: doorbell bits of the peer
 * @out: the window: I/O memory; write-combining is allowed
 * @out_base: peer address of its first byte: master: a bus address of the board; board: 0
 * @out_bytes: its size
 * @in: memory of this machine that the peer's window shows. It begins with the rendezvous, two
 *	pages of 4 KiB (struct vbus_agent_master_mem), and the second half of it is for payload.
 *	Board: coherent memory of @dev; NULL if it is not to have devices that the master uses.
 *	vbus_link_unregister() sets it to NULL if the master lives and has not let go of it:
 *	then it must not be freed
 * @in_bytes: its size
 * @in_addr: board: bus address of @in
 * @ranges: board: memory of this machine the master may touch, up to eight ranges of bus addresses;
 *	the master refuses a board of which its window does not show each of them whole. See
 *	vbus_link_fill_ranges()
 * @nranges: how many, one or more
 * @dma: master: a channel of the kernel's dmaengine that copies memory (DMA_MEMCPY) between this
 *	machine and the board, for this link alone; or NULL: processors make all copies. Lent from
 *	vbus_link_register() to vbus_link_unregister(). It must have device_terminate_all, so that a
 *	dead board is safe from it, and device_tx_status must tell the end of a transfer, or an
 *	error, to who asks in softirq: an interrupt may come meanwhile, a tasklet cannot
 * @dma_base: address by which @dma finds the first byte of the window, such as one of
 *	dma_map_resource(). It goes on from there as the window does
 * @pool: master: more memory of this machine that the board's window shows, page-aligned. Drivers
 *	of devices that the board has work in it: it is all of this machine that such a device
 *	reaches. NULL if no device of the board is to be used
 * @pool_bytes: its size, whole pages
 * @pool_addr: its offset in the board's window, page-aligned
 *
 * Where the board has @in and the master has @pool, the link carries both directions, each of which
 * is a &struct vbus_link of its own to the two ends. The driver of the hardware need not know.
 */
struct vbus_link {
	const char *name;
	struct device *dev;
	struct module *owner;
	const struct vbus_link_ops *ops;
	enum vbus_link_role role;
	u32 bits;
	u32 peer_bits;
	void __iomem *out;
	u64 out_base;
	u64 out_bytes;
	void *in;
	size_t in_bytes;
	struct {
		u64 addr;
		u64 len;
	} ranges[8];
	u32 nranges;
	struct dma_chan *dma;
	dma_addr_t dma_base;
	u64 in_addr;
	void *pool;
	size_t pool_bytes;
	u64 pool_addr;
	/* private: to the connector */
	struct vbus_link *front;
	struct link_reverse *reverse;
	u32 timeout_ms;
	bool quiet;
	struct mutex use_lock;	/* @uses, @lost, changes of @down; held while a link is reset */
	u32 uses;
	bool lost;
	bool down;
	struct vbus_link_count count;
	struct list_head node;
	struct kobject *kobj;
	struct vbus_link_user *user;
	bool parting;
	void *priv;
};

/**
 * vbus_link_register() - the hardware is there
 * @link: filled in; windows mapped, interrupts on or not yet
 *
 * The peer need not be there, now or ever.
 * Context: process.
 * Return: 0, -EINVAL (something is missing, too many, or not in whole pages; a master without @in,
 * a board without @ranges, or with @dma or @pool), -EEXIST (name), -ENOMEM.
 */
int vbus_link_register(struct vbus_link *link);

/**
 * vbus_link_fill_ranges() - a board's master may touch all that the DMA API may give out
 * @link: its @ranges and @nranges are filled in
 *
 * For boards whose bus addresses are physical ones. What the kernel keeps for itself since it
 * booted, such as its image, lies between the ranges, as far as eight of them allow: the
 * largest pieces of it do. Looks at all pages of the machine. Not for boards that bounce
 * (swiotlb) or have coherent memory of their own: they fill in @ranges themselves.
 *
 * Context: process, may sleep. After the kernel has freed what it needed to boot, as for modules
 * always; memory that comes later is not included.
 */
void vbus_link_fill_ranges(struct vbus_link *link);

/**
 * vbus_link_unregister() - the hardware is about to go
 * @link: the link
 *
 * Ends what used it. On return no function of @ops is used any more. On a board that has lent @in
 * it may take a minute if the master does not let go of that.
 * Context: process, rtnl not held.
 */
void vbus_link_unregister(struct vbus_link *link);

/**
 * vbus_link_rang() - the peer rang
 * @link: the link
 * @bit: which; a wrong one is ignored
 *
 * Context: any, also hard irq. May be called as soon as @link is filled in, also before
 * vbus_link_register(): as long as nobody uses the link, what rings is counted and acknowledged.
 */
void vbus_link_rang(struct vbus_link *link, u32 bit);

/**
 * vbus_link_carrier() - the hardware says whether the peer can be reached
 * @link: the link; registered, with which it is up
 * @up: it can
 *
 * For hardware that knows. When the link goes down, sessions over it end soon, not when the
 * peer's silence is noticed; when it comes up, a board calls anew, since what it said before may
 * have been lost. Hardware that cannot tell never calls this.
 *
 * Sessions end some time after this returns, see vbus_link_idle(). A link comes up when it is idle.
 *
 * Context: process; not while @link is registered or unregistered.
 */
void vbus_link_carrier(struct vbus_link *link, bool up);

/**
 * vbus_link_idle() - does nobody write through the window of a link that is down?
 * @link: the link
 *
 * Drivers and device models may take a while to go. Once this is true it is so until the link is
 * up again.
 *
 * Context: process; not while @link is registered or unregistered.
 * Return: true if none of its sessions, in either direction, is left.
 */
bool vbus_link_idle(struct vbus_link *link);

/* ---- memory in the place of all of it -------------------------------------------------------- */

#if IS_ENABLED(CONFIG_VBUS_LINK_POOL)
/**
 * vbus_link_pool_create() - make a device that maps memory into what a window shows
 * @parent: whose child it is
 * @name: its name
 * @mem: memory that the peer's window shows, page-aligned
 * @bytes: its size
 * @addr: its peer address, page-aligned
 *
 * For a driver side whose peer sees some of this machine's memory only: the pool's device is
 * &struct vbus_link.dev then.
 *
 * Context: process. Return: the pool, or ERR_PTR(): -EOPNOTSUPP where a device cannot have DMA
 * operations of its own, or not for such memory.
 */
struct link_pool *vbus_link_pool_create(struct device *parent, const char *name, void *mem,
					size_t bytes, u64 addr);

/**
 * vbus_link_pool_destroy() - the memory is about to go
 * @p: the pool
 *
 * The link is unregistered. Its memory is not touched any more, also not by who still unmaps
 * something, such as pages that a socket has kept. Context: process.
 */
void vbus_link_pool_destroy(struct link_pool *p);

/* Its device. */
struct device *vbus_link_pool_dev(struct link_pool *p);
#else
static inline struct link_pool *vbus_link_pool_create(struct device *parent, const char *name,
						      void *mem, size_t bytes, u64 addr)
{
	return ERR_PTR(-EOPNOTSUPP);
}

static inline void vbus_link_pool_destroy(struct link_pool *p)
{
}

static inline struct device *vbus_link_pool_dev(struct link_pool *p)
{
	return NULL;
}
#endif

/* ---- for the two ends, master and board ---------------------------------------------------- */

/**
 * struct vbus_link_user - one end of the connector
 * @role: links of this role are its own
 * @owner: THIS_MODULE
 * @attach: a link is there. Return what is kept in link->priv, or ERR_PTR()
 * @detach: it goes. No lock is held; @attach and @detach of other links may run at the same time
 * @rang: doorbell; any context
 * @carrier: link->down has changed; process context, does not wait for the peer
 */
struct vbus_link_user {
	enum vbus_link_role role;
	struct module *owner;
	void *(*attach)(struct vbus_link *link);
	void (*detach)(struct vbus_link *link);
	void (*rang)(struct vbus_link *link, u32 bit);
	void (*carrier)(struct vbus_link *link);
	/* private: to the registry */
	struct list_head node;
	u32 parting;
};

/* The link whose "vbus" directory this is. */
struct vbus_link *vbus_link_of(struct kobject *kobj);

int vbus_link_user_register(struct vbus_link_user *user);
void vbus_link_user_unregister(struct vbus_link_user *user);

/* How long the peer may be silent. It can change at any time. Any context. */
u32 vbus_link_timeout_ms(const struct vbus_link *link);

/*
 * From here on the window is used in one direction, and something is expected of the peer; false if
 * the link is down. Not any more, and if the peer is @lost the hardware may have to be reset, which
 * waits until the window is not used in the other direction either. Process context.
 */
bool vbus_link_use(struct vbus_link *link);
void vbus_link_unuse(struct vbus_link *link, bool lost);

/* Accesses through the window, at offset @off of it; the caller has checked the range. */
void vbus_link_write(struct vbus_link *link, u64 off, const void *src, size_t len);
/* What a ring says is there, of a peer that was given up too: a slot must not go without it. */
void vbus_link_push(struct vbus_link *link, u64 off, const void *src, size_t len);
void vbus_link_read(struct vbus_link *link, void *dst, u64 off, size_t len);
void vbus_link_writel(struct vbus_link *link, u64 off, u32 val);
u32 vbus_link_readl(struct vbus_link *link, u64 off);
void vbus_link_ring(struct vbus_link *link, u32 bit);

#endif /* _VBUS_LINK_H */
