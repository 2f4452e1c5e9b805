/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus-kvm: what its files share. Prototypes are grouped by the file that owns them.
 *
 * Locks, outermost first:
 *
 *	vkvm_guest.lock		registers, configuration space, mailbox; held over verbs
 *	(locks of the core, see Documentation/locking.rst)
 *	vkvm_slot.lock		functions of a bus
 *	vkvm_mem.lock, vkvm_events.lock, vkvm_fn.lock	leaves
 *	vkvm_vector.lock		irqs off; eventfds are signalled under it
 *
 * The DMA-unmap callback takes leaves and queues' locks only: vfio calls it with a lock held that
 * stands in the way of pinning, which happens under the others.
 */
#ifndef _VBUS_KVM_H
#define _VBUS_KVM_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/vbus_pci.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <vbus/connector.h>

struct vkvm_fn;
struct vkvm_guest;

/* main.c */
extern struct vbus_connector vkvm_connector;
extern struct workqueue_struct *vkvm_wq;

/* ---- slot.c: the functions a bus has ------------------------------------------------------ */

struct vkvm_slot;

int vkvm_slot_open(struct vkvm_fn *fn);
void vkvm_slot_closed(struct vkvm_fn *fn);
void vkvm_slot_released(struct vkvm_fn *fn);
void vkvm_slots_init(void);
void vkvm_slots_exit(void);

/* ---- function.c: a function, as a device on its own kind of bus --------------------------- */

/**
 * enum vkvm_fn_state - what a function is good for
 * @VKVM_FN_IDLE: can be opened
 * @VKVM_FN_OPEN: somebody has it
 * @VKVM_FN_USED: was closed; to be removed
 * @VKVM_FN_GOING: being removed
 */
enum vkvm_fn_state {
	VKVM_FN_IDLE,
	VKVM_FN_OPEN,
	VKVM_FN_USED,
	VKVM_FN_GOING,
};

/**
 * struct vkvm_fn - a PCI function that waits for, or has, a virtual machine
 * @dev: /sys/bus/vbus-kvm/devices/<bus>.<nr>
 * @bus: the bus its machine will see; a reference
 * @slot: of that bus; NULL for a function that is not in it any more
 * @entry: on &vkvm_slot.functions; the slot's lock
 * @state: the slot's lock
 * @was_open: it was closed, at @closed
 * @closed: in jiffies; both: the slot's lock
 * @owner: who may open it without being a member; INVALID_UID: members only
 * @max_pinned: MiB of a machine's memory that may be pinned at a time
 * @nr: unique on this host
 * @lock: guards @guest
 * @guest: while it is open
 */
struct vkvm_fn {
	struct device dev;
	struct vbus_bus *bus;
	struct vkvm_slot *slot;
	struct list_head entry;
	enum vkvm_fn_state state;
	bool was_open;
	unsigned long closed;
	kuid_t owner;
	u32 max_pinned;
	int nr;
	spinlock_t lock;	/* @guest */
	struct vkvm_guest *guest;
};

struct vkvm_fn *vkvm_fn_add(struct vbus_bus *bus, struct vkvm_slot *slot);
void vkvm_fn_del(struct vkvm_fn *fn);
struct vkvm_guest *vkvm_fn_guest_get(struct vkvm_fn *fn);
int vkvm_functions_init(void);
void vkvm_functions_exit(void);

/* ---- vfio.c: what QEMU calls -------------------------------------------------------------- */

int vkvm_vfio_add(struct vkvm_fn *fn);
void vkvm_vfio_del(struct vkvm_fn *fn);

/* ---- event.c ------------------------------------------------------------------------------ */

/**
 * struct vkvm_events - bus events the guest has not fetched
 * @lock: guards the others
 * @list: in order
 * @told: the vector was raised and the guest has not yet found the list empty
 */
struct vkvm_events {
	spinlock_t lock;	/* see above */
	struct list_head list;
	bool told;
};

void vkvm_events_init(struct vkvm_guest *g);
void vkvm_events_clear(struct vkvm_guest *g);
void vkvm_event_add(struct vbus_client *client, const struct vbus_event *ev);
void vkvm_event_next(struct vkvm_guest *g, struct vbus_event *ev);

/* ---- vector.c ----------------------------------------------------------------------------- */

/**
 * struct vkvm_vector - one interrupt towards the guest
 * @lock: guards the others, and is held while the eventfd is signalled; irqs off
 * @trigger: what to signal; NULL while QEMU has none set
 * @pending: was raised meanwhile
 */
struct vkvm_vector {
	spinlock_t lock;	/* see above */
	struct eventfd_ctx *trigger;
	bool pending;
};

int vkvm_vectors_init(struct vkvm_guest *g);
void vkvm_vectors_free(struct vkvm_guest *g);
void vkvm_vectors_clear(struct vkvm_guest *g);
void vkvm_vectors_forget(struct vkvm_guest *g);
void vkvm_raise(struct vbus_client *client, u32 nr);
void vkvm_request(struct vkvm_guest *g);
int vkvm_irq_info(struct vfio_irq_info *info);
int vkvm_set_irqs(struct vkvm_guest *g, const struct vfio_irq_set *hdr, const void *data);

/* ---- config.c: configuration space -------------------------------------------------------- */

#define VKVM_CONFIG_SIZE		256

void vkvm_config_reset(struct vkvm_guest *g);
void vkvm_config_read(struct vkvm_guest *g, u32 pos, void *buf, size_t len);
void vkvm_config_write(struct vkvm_guest *g, u32 pos, const void *buf, size_t len);
u32 vkvm_config_ports(struct vkvm_guest *g);

/* ---- regs.c: registers and mailbox -------------------------------------------------------- */

u32 vkvm_reg_read(struct vkvm_guest *g, u32 reg);
void vkvm_reg_write(struct vkvm_guest *g, u32 reg, u32 val);

/* ---- doorbell.c, ioeventfd.c, pool.c ------------------------------------------------------ */

/**
 * struct vkvm_port - one doorbell port of a guest
 * @guest: whose
 * @nr: which
 * @file: the eventfd that carries it; NULL: writes are trapped
 * @ctx: of @file
 * @wait: our place in the eventfd's wait queue
 * @addr: I/O port KVM listens on
 * @retry: not before this time, in jiffies
 */
struct vkvm_port {
	struct vkvm_guest *guest;
	u32 nr;
	struct file *file;
	struct eventfd_ctx *ctx;
	wait_queue_entry_t wait;
	u32 addr;
	unsigned long retry;
};

int vkvm_ports_init(struct vkvm_guest *g);
void vkvm_ports_free(struct vkvm_guest *g);
void vkvm_ports_enable(struct vkvm_guest *g);
void vkvm_ports_disable(struct vkvm_guest *g);
void vkvm_doorbell(struct vkvm_guest *g, u32 port, u32 nr);
u32 vkvm_ports_mode(struct vkvm_guest *g);
ssize_t vkvm_ports_show(struct vkvm_guest *g, char *buf);

int vkvm_ioeventfd(struct vkvm_guest *g, struct file *eventfd, u32 addr, bool assign);

struct file *vkvm_pool_take(void);
int vkvm_pool_init(void);
void vkvm_pool_exit(void);

/* ---- pin.c: pages of the guest ------------------------------------------------------------ */

/* Ranges that were unmapped of late; one more takes the place of the oldest. */
#define VKVM_CLOSED_MAX		16

/**
 * struct vkvm_closed - a range in which nothing can be pinned for a while
 * @first: its first byte
 * @last: its last byte
 * @until: end of the while, in jiffies; @until == 0: not in use
 * @task: who unmapped it
 * @tries: how often vfio has called for it on behalf of one request, before the last call
 */
struct vkvm_closed {
	u64 first;
	u64 last;
	unsigned long until;
	struct task_struct *task;
	u32 tries;
};

/* Addresses that could not be pinned are remembered for a while; this many. */
#define VKVM_BAD_MAX		8

/**
 * struct vkvm_bad - a page that could not be pinned
 * @addr: its address
 * @until: when to try again, in jiffies; 0: not in use
 */
struct vkvm_bad {
	u64 addr;
	unsigned long until;
};

/**
 * struct vkvm_pinning - pages that are pinned, or about to be, and not on a list
 * @entry: on &vkvm_mem.inflight
 * @first: first byte
 * @last: last byte
 */
struct vkvm_pinning {
	struct list_head entry;
	u64 first;
	u64 last;
};

/**
 * struct vkvm_mem - memory of one guest
 * @lock: guards all below, but @blocks may be looked up under RCU; process context
 * @blocks: &struct vkvm_block by address / VKVM_BLOCK_SIZE
 * @lru: blocks, those to go first in front
 * @maps: &struct vkvm_map
 * @pinned: pages charged
 * @inflight: &struct vkvm_pinning
 * @idle: somebody waits for one of these
 * @closed: see &struct vkvm_closed
 * @dead: the function is being closed
 * @bad_lock: guards @bad, @next_bad; any context
 * @bad: what softirqs need not ask for
 * @next_bad: next of these to be overwritten
 * @misses: copies in softirq that found nothing pinned
 * @evictions: blocks that made room for others
 */
struct vkvm_mem {
	spinlock_t lock;	/* see above */
	struct xarray blocks;
	struct list_head lru;
	struct list_head maps;
	u32 pinned;
	struct list_head inflight;
	wait_queue_head_t idle;
	struct vkvm_closed closed[VKVM_CLOSED_MAX];
	bool dead;
	spinlock_t bad_lock;	/* see above */
	struct vkvm_bad bad[VKVM_BAD_MAX];
	u32 next_bad;
	u64 misses;
	u64 evictions;
};

void vkvm_mem_init(struct vkvm_guest *g);
void vkvm_mem_close(struct vkvm_guest *g);
void vkvm_mem_unmap(struct vkvm_guest *g, u64 addr, u64 len);
int vkvm_pin_begin(struct vkvm_guest *g, struct vkvm_pinning *p, u64 addr, u32 npages);
void vkvm_pin_end(struct vkvm_guest *g, struct vkvm_pinning *p, u32 uncharge);
void vkvm_pinning_add(struct vkvm_mem *m, struct vkvm_pinning *p, u64 first, u64 last);
bool vkvm_pin_closed(struct vkvm_mem *m, u64 addr, u64 len);
int vkvm_pin(struct vkvm_guest *g, u64 addr, u32 npages, int prot, struct page **pages);
void vkvm_unpin(struct vkvm_guest *g, u64 addr, u32 npages);

/* ---- block.c: the cache of pinned memory that copies go through --------------------------- */

#define VKVM_BLOCK_SHIFT		16
#define VKVM_BLOCK_SIZE		BIT_ULL(VKVM_BLOCK_SHIFT)
#define VKVM_BLOCK_PAGES		(1u << (VKVM_BLOCK_SHIFT - PAGE_SHIFT))

/**
 * struct vkvm_block - some pages in a row
 * @nr: address / VKVM_BLOCK_SIZE
 * @entry: on &vkvm_mem.lru, or on the list of a function that ends it
 * @used: since it was last looked at
 * @npages: how many of @pages there are
 * @pages: NULL where the guest has no memory or nobody asked for it
 * @readonly: which of @pages must not be written to
 * @rcu: copies may still be going on
 */
struct vkvm_block {
	u64 nr;
	struct list_head entry;
	bool used;
	u32 npages;
	struct page *pages[VKVM_BLOCK_PAGES];
	DECLARE_BITMAP(readonly, VKVM_BLOCK_PAGES);
	struct rcu_head rcu;
};

struct page *vkvm_block_page(struct vkvm_guest *g, u64 addr, bool write);
int vkvm_block_fetch(struct vkvm_guest *g, u64 addr);
bool vkvm_block_is_bad(struct vkvm_guest *g, u64 addr);
void vkvm_blocks_take(struct vkvm_mem *m, u64 first, u64 last, struct list_head *list);
u32 vkvm_blocks_unpin(struct vkvm_guest *g, struct list_head *list);
bool vkvm_blocks_shrink(struct vkvm_guest *g);

/* ---- memory.c: the memctx ----------------------------------------------------------------- */

/**
 * struct vkvm_map - memory that somebody has a pointer to
 * @entry: on &vkvm_mem.maps
 * @addr: of its first page
 * @npages: how many
 * @pages: they; each with a reference of ours beside vfio's pin
 * @base: pointer to the first
 * @vmapped: @base is vmap()'s
 * @gone: the guest has taken the memory away; it is not pinned any more
 */
struct vkvm_map {
	struct list_head entry;
	u64 addr;
	u32 npages;
	struct page **pages;
	void *base;
	bool vmapped;
	bool gone;
};

extern const struct vbus_memctx_ops vkvm_memctx_ops;
u32 vkvm_maps_unpin(struct vkvm_guest *g, u64 first, u64 last);

/* ---- guest.c ------------------------------------------------------------------------------ */

/**
 * struct vkvm_guest - one opening of a function: a consumer
 * @client: what the core knows of it
 * @fn: the function; a reference
 * @vdev: the function's VFIO device; valid until vkvm_guest_close() returns
 * @pid: who opened it
 * @lock: see the top of this file; guards @config, @mbox*, @ports, @ports_on
 * @config: configuration space
 * @mbox_addr: where the guest's mailbox is
 * @mbox_ok: it said so
 * @mbox: our copy
 * @events: bus events
 * @vectors: VBUS_PCI_VECTORS of them
 * @request: eventfd by which QEMU can be asked to unplug the function; @vectors[0].lock
 * @ports: VBUS_PCI_PORTS of them
 * @ports_on: the guest allows short ways for doorbells
 * @mem: its memory
 * @reset_work: ends its sessions when it withdraws memory that is in use
 */
struct vkvm_guest {
	struct vbus_client client;
	struct vkvm_fn *fn;
	struct vfio_device *vdev;
	struct pid *pid;
	struct mutex lock;	/* see above */
	u8 config[VKVM_CONFIG_SIZE];
	u64 mbox_addr;
	bool mbox_ok;
	struct vbus_pci_mbox *mbox;
	struct vkvm_events events;
	struct vkvm_vector *vectors;
	struct eventfd_ctx *request;
	struct vkvm_port *ports;
	bool ports_on;
	struct vkvm_mem mem;
	struct work_struct reset_work;
};

static inline struct vkvm_guest *client_to_guest(struct vbus_client *client)
{
	return container_of(client, struct vkvm_guest, client);
}

extern const struct vbus_client_ops vkvm_client_ops;

struct vkvm_guest *vkvm_guest_open(struct vkvm_fn *fn, struct vfio_device *vdev);
void vkvm_guest_close(struct vkvm_guest *g);
void vkvm_guest_reset(struct vkvm_guest *g);

/* ---- attrs.c ------------------------------------------------------------------------------ */

extern const struct attribute_group *vkvm_fn_groups[];
int vkvm_guest_sysfs_add(struct vkvm_guest *g);

#endif /* _VBUS_KVM_H */
