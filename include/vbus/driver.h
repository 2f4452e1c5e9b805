/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus for authors of drivers.
 *
 * Each port a bus shows to this machine is a *proxy device* on the bus_type "vbus-proxy". A driver
 * names the port types it serves; in probe it opens the port, sets up queues and goes. All memory
 * the device side shall touch comes from vbus_map() or vbus_alloc_coherent().
 *
 * Documentation/driver.rst walks through drivers/misc/vbus-echo.c.
 */
#ifndef _VBUS_DRIVER_H
#define _VBUS_DRIVER_H

#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/vbus.h>
#include <vbus/ring.h>

struct vbus_bridge;
struct vbus_proxy;
struct vbus_queue;

/**
 * struct vbus_proxy - a port as its driver sees it
 * @dev: the device; parent of what the driver registers
 * @bridge: the link it hangs on
 * @port: its id on the bus
 * @type: its type
 * @features: negotiated by vbus_open()
 * @going: set when the device is about to be removed. Removal waits for writers of the driver's
 *	sysfs attributes; those that take long should look at it and give up
 */
struct vbus_proxy {
	struct device dev;
	struct vbus_bridge *bridge;
	u32 port;
	char type[VBUS_TYPE_SIZE];
	u64 features;
	bool going;
	/* private: to vbus-proxy */
	u32 handle;
	bool open;
	bool gone;	/* DEVDROP was seen: verbs other than close fail at once */
	bool awaited;	/* after a restart, until it is announced again; the bridge's lock */
	struct mutex lock;	/* verbs, one at a time */
	const char *driver_override;
};

#define to_vbus_proxy(d) container_of(d, struct vbus_proxy, dev)

static inline void vbus_set_drvdata(struct vbus_proxy *p, void *data)
{
	dev_set_drvdata(&p->dev, data);
}

static inline void *vbus_get_drvdata(struct vbus_proxy *p)
{
	return dev_get_drvdata(&p->dev);
}

/**
 * struct vbus_driver - a driver
 * @driver: name and, optionally, pm filled in
 * @types: port types it serves, NULL-terminated. Add a MODULE_ALIAS_VBUS() for each
 * @probe: the port is there; process context. -EBUSY from vbus_open() should be passed on: probe is
 *	repeated when the port becomes available
 * @remove: the port goes or the module is unloaded. Close what was opened
 * @shutdown: the machine goes down or kexecs: stop the device touching memory. Optional
 */
struct vbus_driver {
	struct device_driver driver;
	const char * const *types;
	int (*probe)(struct vbus_proxy *p);
	void (*remove)(struct vbus_proxy *p);
	void (*shutdown)(struct vbus_proxy *p);
};

#define to_vbus_driver(d) container_of_const(d, struct vbus_driver, driver)

int __vbus_driver_register(struct vbus_driver *drv, struct module *owner);

/**
 * vbus_driver_register() - make a driver known; it is probed for ports that are there
 * @drv: the driver; static
 *
 * Context: process.
 * Return: 0, -EINVAL (malformed), -EBUSY (name taken), or another errno.
 */
#define vbus_driver_register(drv) __vbus_driver_register(drv, THIS_MODULE)

/**
 * vbus_driver_unregister() - remove it from its ports and forget it
 * @drv: the driver
 *
 * Context: process, rtnl not held.
 */
void vbus_driver_unregister(struct vbus_driver *drv);

/* module_vbus_driver - a module that is nothing but one driver */
#define module_vbus_driver(__drv) \
	module_driver(__drv, vbus_driver_register, vbus_driver_unregister)

/* MODULE_ALIAS_VBUS - lets a port of this type load the module */
#define MODULE_ALIAS_VBUS(type) MODULE_ALIAS("vbus:" type)

/* ---- verbs ------------------------------------------------------------------------------- */

/**
 * vbus_open() - open the port
 * @p: the proxy
 * @version: device-ABI version the driver speaks
 * @features: what it wants; p->features holds what it got
 *
 * Context: process; sleeps. rtnl may be held, here and in the other verbs.
 * Return: 0, -EBUSY (taken), -EOPNOTSUPP (version or feature), -ENODEV (gone), -EPROTO (the device
 * side answered what was not asked), or another errno.
 */
int vbus_open(struct vbus_proxy *p, u32 version, u64 features);

/**
 * vbus_close() - close it
 * @p: the proxy; all its queues are destroyed. Harmless if it is not open
 *
 * Works, like vbus_queue_destroy(), on a device that is gone. Context: process; sleeps.
 */
void vbus_close(struct vbus_proxy *p);

/**
 * vbus_call() - call function @func of the device
 * @p: the proxy, open
 * @func: number of the device ABI
 * @in: input, or NULL
 * @in_len: bytes of it, at most VBUS_CALL_MAX
 * @out: room for output, or NULL
 * @out_len: bytes of room; at most VBUS_CALL_MAX
 *
 * Context: process; sleeps. Logs nothing.
 * Return: bytes of output, or errno. -EINPROGRESS: completes later, by event.
 */
int vbus_call(struct vbus_proxy *p, u32 func, const void *in, size_t in_len,
	      void *out, size_t out_len);

/**
 * vbus_shm() - register a region of mapped memory
 * @p: the proxy, open
 * @id: number in the device ABI
 * @addr: from vbus_alloc_coherent(); memory both sides use at a time has to be coherent
 * @len: bytes; 0 unregisters
 * @flags: VBUS_SHM_F_*
 *
 * Context: process; sleeps.
 * Return: 0 or errno.
 */
int vbus_shm(struct vbus_proxy *p, u32 id, dma_addr_t addr, u64 len, u32 flags);

/* ---- memory ------------------------------------------------------------------------------ */

/**
 * vbus_dma_dev() - the device to use with the DMA API (page_pool, dma_map_sg, ...)
 * @p: the proxy
 *
 * Context: any.
 * Return: the device.
 */
struct device *vbus_dma_dev(struct vbus_proxy *p);

/* vbus_map - dma_map_single() on the proxy's DMA device; check with vbus_map_error() */
static inline dma_addr_t vbus_map(struct vbus_proxy *p, void *ptr, size_t len,
				  enum dma_data_direction dir)
{
	return dma_map_single(vbus_dma_dev(p), ptr, len, dir);
}

static inline void vbus_unmap(struct vbus_proxy *p, dma_addr_t addr, size_t len,
			      enum dma_data_direction dir)
{
	dma_unmap_single(vbus_dma_dev(p), addr, len, dir);
}

static inline int vbus_map_error(struct vbus_proxy *p, dma_addr_t addr)
{
	return dma_mapping_error(vbus_dma_dev(p), addr);
}

static inline void *vbus_alloc_coherent(struct vbus_proxy *p, size_t len, dma_addr_t *addr,
					gfp_t gfp)
{
	return dma_alloc_coherent(vbus_dma_dev(p), len, addr, gfp);
}

static inline void vbus_free_coherent(struct vbus_proxy *p, size_t len, void *ptr,
				      dma_addr_t addr)
{
	dma_free_coherent(vbus_dma_dev(p), len, ptr, addr);
}

/* ---- queues ------------------------------------------------------------------------------ */

/**
 * struct vbus_queue_params - what a queue shall be
 * @id: number in the device ABI
 * @req_size: slots of the request ring; 0 for a stream
 * @cpl_size: slots of the completion ring or of the stream
 * @stream: an event stream, device side to driver side
 * @out: requests point at payload that the device only reads, see vbus_queue_push_room()
 * @name: of its vector, in /proc/interrupts
 * @callback: called in atomic context (hard irq, softirq or BHs off) when the device side rings;
 *	should only schedule. Can come before vbus_queue_create() returns. NULL: no vector
 * @priv: for the callback
 */
struct vbus_queue_params {
	u32 id;
	u32 req_size;
	u32 cpl_size;
	bool stream;
	bool out;
	const char *name;
	void (*callback)(struct vbus_queue *q);
	void *priv;
};

/**
 * struct vbus_queue - the driver side's end of a queue
 * @proxy: whose
 * @req: request ring's producer; use vbus_prod_*() under the driver's own serialisation
 * @cpl: completion ring's (or stream's) consumer; likewise
 * @priv: from the parameters
 * @doorbells: doorbells rung
 * @suppressed: doorbells the device side did not want
 * @interrupts: times the callback was called
 */
struct vbus_queue {
	struct vbus_proxy *proxy;
	struct vbus_prod req;
	struct vbus_cons cpl;
	void *priv;
	u64 doorbells;
	u64 suppressed;
	u64 interrupts;
	/* private: to vbus-proxy */
	const struct vbus_bridge_ops *ops;
	struct vbus_bridge *bridge;
	u32 id;
	u32 doorbell;
	u32 vector;
	void (*callback)(struct vbus_queue *q);
	void *mem;
	dma_addr_t dma;
	size_t bytes;
	void *dev_half;		/* split homes: the device's half, I/O memory */
	size_t dev_bytes;
	bool ready;		/* both rings can be used */
	bool early;		/* it rang before that */
	struct vbus_push *push;	/* payload goes to the device side, not its address */
};

/**
 * vbus_queue_create() - set up a queue
 * @p: the proxy, open
 * @params: see &struct vbus_queue_params
 *
 * The completion ring is not armed yet: call vbus_cons_arm(&q->cpl) (usually from the poll that
 * finds it empty). Context: process.
 * Return: the queue or ERR_PTR().
 */
struct vbus_queue *vbus_queue_create(struct vbus_proxy *p, const struct vbus_queue_params *params);

/**
 * vbus_queue_destroy() - undo it
 * @q: the queue, or NULL
 *
 * On return the callback is not running, and the device side does not touch the rings any more.
 * Works on a device that is gone. Context: process; sleeps.
 */
void vbus_queue_destroy(struct vbus_queue *q);

/**
 * vbus_queue_name() - a name for a queue's vector: vbus-<client>-<port>-<queue>
 * @p: the proxy
 * @id: number of the queue
 * @name: where to
 * @len: bytes of room
 *
 * Context: any.
 */
void vbus_queue_name(const struct vbus_proxy *p, u32 id, char *name, size_t len);

/**
 * vbus_queue_ring() - ring the device side unconditionally
 * @q: the queue
 *
 * Context: any.
 */
void vbus_queue_ring(struct vbus_queue *q);

#define VBUS_PUSH_NONE	U32_MAX
/* What one slot should have of it at most, so that a ring of such slots finds room. */
#define VBUS_PUSH_PIECE	SZ_16K

u32 __vbus_queue_push_room(struct vbus_queue *q, u32 len);

/**
 * vbus_queue_push_room() - can payload be sent along with a request?
 * @q: a queue that has &struct vbus_queue_params.out
 * @len: bytes of it
 *
 * Over some links the device side would have to read payload across. There it is sent along, and
 * so it needs no mapping, nor does anybody look at it later: vbus_queue_push() puts it, piece by
 * piece, where this says that there is room, and vbus_queue_put_pushed() stages the slot. Another
 * slot may be staged in between.
 *
 * Context: any; the producer's lock, until the slot is staged.
 * Return: where, or VBUS_PUSH_NONE: not over this link, or it is full. Then map it, and stage its
 * address.
 */
static inline u32 vbus_queue_push_room(struct vbus_queue *q, u32 len)
{
	return q->push ? __vbus_queue_push_room(q, len) : VBUS_PUSH_NONE;
}

/**
 * vbus_queue_push() - send payload along
 * @q: the queue
 * @off: where: what vbus_queue_push_room() said, and what was sent since
 * @data: the payload
 * @len: its bytes
 *
 * Context: as vbus_queue_push_room().
 */
void vbus_queue_push(struct vbus_queue *q, u32 off, const void *data, u32 len);

/**
 * vbus_queue_put_pushed() - vbus_prod_put() of payload that was sent along
 * @q: the queue
 * @off: what vbus_queue_push_room() said, and what was put of it since
 * @len: bytes; of all but the last slot a multiple of 64
 * @flags: of the slot
 *
 * Context: as vbus_queue_push_room().
 */
void vbus_queue_put_pushed(struct vbus_queue *q, u32 off, u32 len, u32 flags);

/* vbus_queue_kick - after publishing requests: ring the device side if it asked for it */
static inline void vbus_queue_kick(struct vbus_queue *q)
{
	if (vbus_prod_kick(&q->req)) {
		q->doorbells++;
		vbus_queue_ring(q);
	} else {
		q->suppressed++;
	}
}

/* vbus_queue_credit - after taking a slot of a stream; @slot is the copy taken */
static inline void vbus_queue_credit(struct vbus_queue *q, const struct vbus_slot *slot)
{
	if (vbus_cons_credit(&q->cpl, vbus_slot_flags(slot) & VBUS_SLOT_F_WANT_CREDIT)) {
		q->doorbells++;
		vbus_queue_ring(q);
	}
}

#endif /* _VBUS_DRIVER_H */
