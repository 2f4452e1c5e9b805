/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus for authors of device models.
 *
 * A module registers a *devclass*. The administrator makes a *device* of it (mkdir, echo class >
 * type) and links it onto a *bus*. The device offers *ports*: typed interfaces such as
 * "virtual-ethernet", which drivers match on. A consumer of the bus that opens a port gets a
 * *session*; the session owns *queues* (request + completion ring, or an event stream) and shared
 * memory regions. A doorbell from the driver side schedules the queue's *poll*, in which the model
 * does its work in softirq, touching driver memory through the session's *memctx* only.
 *
 * The core owns validation, locking, tracing and counting around each callback; all verbs of one
 * consumer are serialised. Copy devices/echo to start a new model; nothing outside its folder
 * changes. Documentation/device.rst walks through it.
 *
 * The peer may lie: read shared memory once, copy, validate the copy.
 */
#ifndef _VBUS_DEVICE_H
#define _VBUS_DEVICE_H

#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/kobject.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/vbus.h>
#include <vbus/memctx.h>
#include <vbus/pace.h>
#include <vbus/ring.h>

struct vbus_client;
struct vbus_device;
struct vbus_devclass;
struct vbus_dqueue;
struct vbus_link;
struct vbus_node;
struct vbus_poll;
struct vbus_port;
struct vbus_session;
struct vbus_shm;

/* ---- classes and devices ---------------------------------------------------------------- */

/**
 * struct vbus_devclass - a kind of device
 * @name: what the administrator writes to "type"; letters, digits, '-', '_'
 * @owner: THIS_MODULE; pinned while devices of the class exist
 * @max_links: how often one device may be linked to buses; 0 counts as 1. With more than one, the
 *	n-th link shows port n; else the one link shows every port
 * @dev_groups: sysfs attributes of each device, or NULL; see vbus_device_from_kobj()
 * @create: make a device. Allocate a struct that embeds &struct vbus_device, call
 *	vbus_device_init() on it, add its ports with vbus_port_init(). Process context, may sleep.
 *	Return the device or ERR_PTR()
 * @destroy: the device is off every bus and no session is left; undo what @create and the
 *	attributes began. May sleep and take rtnl; must not wait for any peer
 * @release: last reference gone; free the struct
 * @node: core's
 * @kobj: core's
 */
struct vbus_devclass {
	const char *name;
	struct module *owner;
	unsigned int max_links;
	const struct attribute_group **dev_groups;
	struct vbus_device *(*create)(struct vbus_devclass *cls, const char *name);
	void (*destroy)(struct vbus_device *dev);
	void (*release)(struct vbus_device *dev);

	struct list_head node;
	struct kobject *kobj;
};

#define VBUS_MAX_PORTS	4	/* per device */

/**
 * struct vbus_device - a device, embedded in the model's struct
 * @kobj: /sys/vbus/devices/<name>
 * @cls: its class
 * @ports: its ports, in the order of vbus_port_init()
 * @nports: how many
 * @dead: set, for good, when the administrator removes the device
 */
struct vbus_device {
	struct kobject kobj;
	struct vbus_devclass *cls;
	struct vbus_port *ports[VBUS_MAX_PORTS];
	unsigned int nports;
	bool dead;
	/* private: to the core */
	struct kobject *ifaces;
	struct vbus_link *links[VBUS_MAX_PORTS];
	unsigned int nlinks;
};

/**
 * vbus_devclass_register() - make a class available
 * @cls: the class; static
 *
 * Context: process. Return: 0, -EINVAL (malformed), -EEXIST, -ENOMEM.
 */
int vbus_devclass_register(struct vbus_devclass *cls);

/**
 * vbus_devclass_unregister() - undo it
 * @cls: the class; no device of it exists, since devices pin its module
 *
 * Context: process.
 */
void vbus_devclass_unregister(struct vbus_devclass *cls);

/* module_vbus_devclass - a module that is nothing but one class */
#define module_vbus_devclass(__cls) \
	module_driver(__cls, vbus_devclass_register, vbus_devclass_unregister)

/* MODULE_ALIAS_VBUS_CLASS - lets "echo name > type" load the module */
#define MODULE_ALIAS_VBUS_CLASS(name) MODULE_ALIAS("vbus-class-" name)

/**
 * vbus_device_init() - prepare a device, first thing in &vbus_devclass.create
 * @dev: embedded in the model's struct, zeroed
 * @cls: the class @create was called for
 *
 * After it, errors end in vbus_device_put(), which frees through &vbus_devclass.release.
 * Context: process.
 */
void vbus_device_init(struct vbus_device *dev, struct vbus_devclass *cls);

static inline const char *vbus_device_name(const struct vbus_device *dev)
{
	return kobject_name(&dev->kobj);
}

static inline struct vbus_device *vbus_device_get(struct vbus_device *dev)
{
	kobject_get(&dev->kobj);
	return dev;
}

static inline void vbus_device_put(struct vbus_device *dev)
{
	kobject_put(&dev->kobj);
}

/* vbus_device_from_kobj - the device a sysfs attribute of dev_groups belongs to */
static inline struct vbus_device *vbus_device_from_kobj(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_device, kobj);
}

/**
 * vbus_device_store_begin() - make a slow sysfs store safe
 * @dev: the device of the attribute
 * @attr: the attribute being written; of a group without a name
 *
 * A store that sleeps for long, or takes rtnl, would block rmdir of its device and every mkdir in
 * vbus. Between begin and end the attribute no longer holds the device's directory; a reference
 * keeps the device's memory. Re-check &vbus_device.dead under the model's own lock, since destroy
 * may run meanwhile.
 *
 * Context: a sysfs store. Return: a cookie for vbus_device_store_end(), or NULL if the device is
 * going away (return -ENODEV then).
 */
void *vbus_device_store_begin(struct vbus_device *dev, struct attribute *attr);

/**
 * vbus_device_store_end() - the last thing in such a store
 * @dev: the device; can be gone on return
 * @cookie: of vbus_device_store_begin(), not NULL
 *
 * Context: the same store.
 */
void vbus_device_store_end(struct vbus_device *dev, void *cookie);

/* ---- ports and sessions ------------------------------------------------------------------ */

/**
 * struct vbus_port_ops - what a model does for a consumer
 *
 * All are called in process context with the consumer's verb lock held, so for one consumer never
 * at the same time; different consumers of one port (max_sessions > 1) can be. They may sleep but
 * must not take rtnl, load modules or wait for the peer: a verb can run in a vCPU thread.
 *
 * @session_size: size of the model's session struct, which begins with &struct vbus_session
 * @open: a consumer opens the port; s->features holds what it asked for, all of it within the
 *	port's; clear what shall not be used. Return 0 or errno. Required
 * @close: the session ends. Its queues are dead already and were given to @queue_del. No other
 *	callback follows. Required
 * @call: function @func of the device ABI with @in_len bytes of input (a private copy). Write at
 *	most *@out_len bytes to @out and set *@out_len. Return 0 or errno (it is translated to enum
 *	vbus_status; -EINPROGRESS is VBUS_PENDING). Optional
 * @shm_add: region registered. Return 0 or errno. Optional, a pair with @shm_del
 * @shm_del: region about to go; do not touch it after return
 * @queue_add: queue set up; set q->poll (and q->priv) for queues the consumer rings. Check id,
 *	sizes and flags. Doorbells and polls may come at once after return. Return 0 or errno.
 *	Optional, a pair with @queue_del
 * @queue_del: queue is dead: vbus_dqueue_lock() fails from now on. On return no poll of the model
 *	may use @q any more (vbus_poll_disable() waits for it). The queue is freed after it
 */
struct vbus_port_ops {
	size_t session_size;
	int (*open)(struct vbus_session *s);
	void (*close)(struct vbus_session *s);
	int (*call)(struct vbus_session *s, u32 func, const void *in, u32 in_len,
		    void *out, u32 *out_len);
	int (*shm_add)(struct vbus_session *s, struct vbus_shm *shm);
	void (*shm_del)(struct vbus_session *s, struct vbus_shm *shm);
	int (*queue_add)(struct vbus_session *s, struct vbus_dqueue *q);
	void (*queue_del)(struct vbus_session *s, struct vbus_dqueue *q);
};

/**
 * struct vbus_port - a typed interface of a device, embedded in the model's struct
 * @dev: device it belongs to
 * @type: what drivers match on; shorter than VBUS_TYPE_SIZE
 * @version: device-ABI version it speaks; a consumer must ask for the same
 * @features: every feature bit it knows; others are refused at open
 * @max_sessions: consumers at a time; 0 counts as 1
 * @ops: the model's callbacks
 */
struct vbus_port {
	struct vbus_device *dev;
	const char *type;
	u32 version;
	u64 features;
	u32 max_sessions;
	const struct vbus_port_ops *ops;
	/* private: to the core */
	u32 index;
	u32 sessions;	/* port lock */
	bool wanted;	/* somebody was told EBUSY; port lock */
};

/**
 * vbus_port_init() - add a port to a device, in &vbus_devclass.create
 * @dev: the device
 * @port: the port, with type, version, features, max_sessions and ops filled in
 *
 * Return: 0, -EINVAL (malformed), -ENOSPC (more than VBUS_MAX_PORTS).
 */
int vbus_port_init(struct vbus_device *dev, struct vbus_port *port);

/**
 * struct vbus_session - one consumer's use of a port, first member of the model's session struct
 * @port: the port
 * @client: the consumer
 * @mem: its memory
 * @features: negotiated
 * @dead: set, for good, when the session is closed, broken or its device gone; the data path
 *	learns it from vbus_dqueue_lock()
 */
struct vbus_session {
	struct vbus_port *port;
	struct vbus_client *client;
	struct vbus_memctx *mem;
	u64 features;
	bool dead;
	/* private: to the core */
	struct kref ref;
	u32 handle;
	int broken;	/* atomic: broken by the peer, break_work is on its way */
	u16 status;	/* enum vbus_status its handle answers once @dead */
	struct vbus_node *node;
	struct vbus_dqueue *queues[VBUS_MAX_QUEUES];
	struct vbus_shm *shms[VBUS_MAX_SHM];
	struct vbus_qstats *stats[VBUS_MAX_QUEUES];
	struct vbus_portdir *dir;	/* in sysfs */
	struct work_struct break_work;
	struct rcu_head rcu;
};

/**
 * vbus_session_break() - the peer broke the rules; end its session
 * @s: the session
 * @why: one readable clause for the log, no newline
 *
 * Logs one rate-limited line and has the core close the session from process context; handles
 * answer VBUS_EPROTO from then on.
 *
 * Context: any but hard irq; the session's queue locks may be held.
 */
void vbus_session_break(struct vbus_session *s, const char *why);

/**
 * struct vbus_shm - a registered shared memory region
 * @session: whose
 * @id: its number
 * @addr: peer address
 * @len: bytes
 * @flags: VBUS_SHM_F_*
 * @ptr: kernel mapping, where the transport can map; else NULL: use the memctx
 * @vector: interrupt vector of the region's signal or VBUS_NO_VECTOR
 */
struct vbus_shm {
	struct vbus_session *session;
	u32 id;
	u64 addr;
	u64 len;
	u32 flags;
	void *ptr;
	u32 vector;
};

/**
 * vbus_shm_signal() - ring the driver side about a region
 * @shm: the region
 *
 * Context: any, before &vbus_port_ops.shm_del returns.
 */
void vbus_shm_signal(struct vbus_shm *shm);

/* ---- polls ------------------------------------------------------------------------------- */

/**
 * struct vbus_poll - deferred work of a queue, run in softirq with a budget
 * @napi: what runs it; may be given to napi_gro_receive()
 * @fn: do up to @budget units of work, return how many were done. Less than @budget means there
 *	is nothing left; who stops early for another reason returns vbus_poll_more()
 * @arm: called when @fn has run dry, before anybody else can run it: vbus_dqueue_arm() every ring
 *	it serves. Return true if one of them was not empty; the poll then runs again
 *
 * NAPI on a device of the core's, so it exists without a netdev and outlives any.
 *
 * Where doorbells are dear (&vbus_connector_caps.dear_doorbells) a poll with an @arm may not be
 * armed for a while although it has run dry: a timer has it look again, if that gets more done than
 * doorbells do.
 */
struct vbus_poll {
	struct napi_struct napi;
	int (*fn)(struct vbus_poll *poll, int budget);
	bool (*arm)(struct vbus_poll *poll);
	/* private: to the core */
	struct irq_work irq_work;
	struct hrtimer timer;	/* the next look at a paced queue */
	struct vbus_pace pace;
	int did;		/* of vbus_poll_more() */
};

/*
 * vbus_poll_is_busy - in &vbus_poll.fn: a socket polls (net.core.busy_read), so no doorbell is
 * wanted; @arm is not called before it stops
 */
static inline bool vbus_poll_is_busy(const struct vbus_poll *poll)
{
	return test_bit(NAPI_STATE_IN_BUSY_POLL, &poll->napi.state);
}

/**
 * vbus_poll_more() - in &vbus_poll.fn: there is more, although the budget is not used up
 * @poll: the poll
 * @done: units of work done
 * @budget: the budget
 *
 * Return: what @fn is to return.
 */
static inline int vbus_poll_more(struct vbus_poll *poll, int done, int budget)
{
	poll->did = done;
	return budget;
}

/**
 * vbus_poll_init() - make a poll; it begins disabled
 * @poll: the poll, zeroed
 * @fn: see &struct vbus_poll
 * @arm: see &struct vbus_poll; NULL if nothing needs arming
 *
 * Context: process.
 */
void vbus_poll_init(struct vbus_poll *poll, int (*fn)(struct vbus_poll *poll, int budget),
		    bool (*arm)(struct vbus_poll *poll));

/**
 * vbus_poll_fini() - end a poll
 * @poll: the poll, disabled, or never enabled
 *
 * Waits for stragglers of vbus_poll_schedule() and for an RCU grace period; the memory can be freed
 * on return. Context: process.
 */
void vbus_poll_fini(struct vbus_poll *poll);

/**
 * vbus_poll_enable() - let a poll run
 * @poll: the poll, disabled
 *
 * What was asked for while it was disabled does not make it run: schedule it if there may be work.
 * Context: process.
 */
void vbus_poll_enable(struct vbus_poll *poll);

/**
 * vbus_poll_disable() - let it run no more
 * @poll: the poll, enabled
 *
 * Waits for a running poll, which is bounded by its budget. Context: process, no lock held that
 * the poll takes.
 */
void vbus_poll_disable(struct vbus_poll *poll);

/**
 * vbus_poll_schedule() - have it run soon
 * @poll: the poll
 *
 * Any number of calls before it runs count once or, if it was scheduled already, twice; a disabled
 * poll is not run.
 * Context: any, also hard irq and with irqs off.
 */
void vbus_poll_schedule(struct vbus_poll *poll);

/* ---- queues ------------------------------------------------------------------------------ */

/**
 * struct vbus_qstats - counters of a queue; survive the queue being set up again in a session
 * @packets: requests (or packets, as the model counts) completed
 * @bytes: payload bytes moved
 * @doorbells: doorbells received and passed on
 * @interrupts: interrupts raised
 * @suppressed: interrupts the driver side did not want
 * @ring_full: times the device side found no room or no buffer
 * @bad: descriptors refused
 * @dropped: packets dropped
 * @missed: doorbells that should have come and were made up for by the sleepers' timer
 * @copies: memctx copies
 */
struct vbus_qstats {
	u64 packets;
	u64 bytes;
	u64 doorbells;
	u64 interrupts;
	u64 suppressed;
	u64 ring_full;
	u64 bad;
	u64 dropped;
	u64 missed;
	u64 copies;
	/* private: to the core */
	struct kobject kobj;
};

/**
 * struct vbus_dqueue - the device side's end of a queue
 * @session: whose
 * @id: its number in the device ABI
 * @flags: VBUS_QUEUE_F_*
 * @poll: what a doorbell schedules; set by the model in &vbus_port_ops.queue_add, or NULL
 * @priv: the model's
 * @lock: serialises the data path against itself and the end of the queue. Held for one packet
 *	(and its copies) at a time; see vbus_dqueue_lock()
 * @req: request ring, not of a stream
 * @cpl: completion ring, or the stream
 * @stats: counters; written under @lock
 * @live: under @lock
 */
struct vbus_dqueue {
	struct vbus_session *session;
	u32 id;
	u32 flags;
	struct vbus_poll *poll;
	void *priv;
	spinlock_t lock;	/* see above */
	struct vbus_cons req;
	struct vbus_prod cpl;
	struct vbus_qstats *stats;
	bool live;
	/* private: to the core */
	u32 done;	/* requests completed, against req's index */
	bool armed;	/* it sleeps and nobody rang yet; for the sleepers' timer */
	bool suspect;	/* the timer saw it armed with work, once */
	bool throttled;	/* a doorbell was held back until the timer's next tick */
	u32 doorbell;
	u32 vector;
	u64 drv_half, dev_half;
	size_t drv_bytes, dev_bytes;
	void *drv_ptr, *dev_ptr;
	struct list_head entry;
	struct rcu_head rcu;
};

/**
 * vbus_dqueue_lock() - begin touching a queue
 * @q: the queue
 *
 * Context: process or softirq; disables BHs. Hold it for one packet at a time and never take a
 * second queue's lock under it.
 * Return: true with the lock held, false if the queue is dead (nothing held).
 */
static inline bool vbus_dqueue_lock(struct vbus_dqueue *q)
{
	spin_lock_bh(&q->lock);
	if (likely(q->live))
		return true;
	spin_unlock_bh(&q->lock);
	return false;
}

static inline void vbus_dqueue_unlock(struct vbus_dqueue *q)
{
	spin_unlock_bh(&q->lock);
}

/**
 * vbus_dqueue_peek() - look at a request
 * @q: the queue, locked
 * @ahead: 0 is the next one
 * @out: private copy
 *
 * Return: true if it is there.
 */
static inline bool vbus_dqueue_peek(struct vbus_dqueue *q, u32 ahead, struct vbus_slot *out)
{
	/* An honest driver never has more than a ring's worth outstanding. */
	if (unlikely(vbus_cons_index(&q->req) + ahead - q->done >= q->req.mem.size))
		return false;
	return vbus_cons_peek(&q->req, ahead, out);
}

/* vbus_dqueue_take - take @n requests that vbus_dqueue_peek() has shown; locked */
static inline void vbus_dqueue_take(struct vbus_dqueue *q, u32 n)
{
	vbus_cons_skip(&q->req, n);
}

/* vbus_dqueue_get - peek and take one request; locked */
static inline bool vbus_dqueue_get(struct vbus_dqueue *q, struct vbus_slot *out)
{
	if (!vbus_dqueue_peek(q, 0, out))
		return false;
	vbus_dqueue_take(q, 1);
	return true;
}

/**
 * vbus_dqueue_complete() - publish staged completion slots
 * @q: the queue, locked
 * @requests: how many taken requests they answer
 *
 * Stage the slots with vbus_prod_put(&q->cpl, ...) first. Follow it by vbus_dqueue_kick(), at the
 * latest when the poll ends.
 */
static inline void vbus_dqueue_complete(struct vbus_dqueue *q, u32 requests)
{
	q->done += requests;
	vbus_prod_publish(&q->cpl);
}

/* vbus_dqueue_complete_more - vbus_dqueue_complete(), as vbus_prod_publish_more(); then kick */
static inline void vbus_dqueue_complete_more(struct vbus_dqueue *q, u32 requests, bool more)
{
	q->done += requests;
	vbus_prod_publish_more(&q->cpl, more);
}

/**
 * vbus_dqueue_kick() - interrupt the driver side if it asked for it
 * @q: the queue, locked
 *
 * Publishes what vbus_dqueue_complete_more() has left.
 *
 * Context: as vbus_dqueue_lock().
 */
void vbus_dqueue_kick(struct vbus_dqueue *q);

/**
 * vbus_dqueue_arm() - ask for a doorbell and take a last look; for &vbus_poll.arm
 * @q: the queue, not a stream; takes its lock
 *
 * Context: as vbus_dqueue_lock(). Return: true if there is work after all. A dead queue has none.
 */
bool vbus_dqueue_arm(struct vbus_dqueue *q);

/**
 * vbus_dqueue_disarm() - take back vbus_dqueue_arm(), for who goes on looking after all
 * @q: the queue
 *
 * A doorbell may come nevertheless. Context: as vbus_dqueue_lock(), which it takes.
 */
void vbus_dqueue_disarm(struct vbus_dqueue *q);

/**
 * vbus_dqueue_event() - put one event into a stream and ring
 * @q: the stream; takes its lock
 * @addr: the event, see the device ABI
 *
 * Context: as vbus_dqueue_lock(); the caller knows that @q is not freed meanwhile.
 * Return: 0, -ENOSPC (the consumer is behind: remember and send the state again when the poll of
 * the stream's credit doorbell runs), -ENODEV (dead).
 */
int vbus_dqueue_event(struct vbus_dqueue *q, u64 addr);

/* vbus_dqueue_copy_from - vbus_memctx_copy_from() with the queue locked, counted */
static inline int vbus_dqueue_copy_from(struct vbus_dqueue *q, void *dst, u64 addr, size_t len)
{
	q->stats->copies++;
	return vbus_memctx_copy_from(q->session->mem, dst, addr, len);
}

/* vbus_dqueue_copy_to - vbus_memctx_copy_to() with the queue locked, counted */
static inline int vbus_dqueue_copy_to(struct vbus_dqueue *q, u64 addr, const void *src, size_t len)
{
	q->stats->copies++;
	return vbus_memctx_copy_to(q->session->mem, addr, src, len);
}

/* ---- memory a softirq cannot reach ------------------------------------------------------- */

/* Ranges one fault takes; what more there are will fault again. */
#define VBUS_FAULT_RANGES	18

/**
 * struct vbus_fault - makes peer memory reachable that a softirq could not reach
 * @work: does it, in process context
 * @q: for whom
 * @poll: scheduled when it is done
 * @write: the device side is to write to it
 * @busy: from vbus_fault_start() until it is done
 * @n: ranges
 * @range: private copies of what the peer asked for
 *
 * For copies that answer -EAGAIN: leave the request where it is, name what it takes with
 * vbus_fault_add(), start the fault and end the poll. The poll runs again when there is an answer:
 * the memory, or another error.
 */
struct vbus_fault {
	struct delayed_work work;
	struct vbus_dqueue *q;
	struct vbus_poll *poll;
	bool write;
	bool busy;
	unsigned int n;
	struct {
		u64 addr;
		u32 len;
	} range[VBUS_FAULT_RANGES];
};

/**
 * vbus_fault_init() - prepare it
 * @f: the fault
 * @q: whose requests may fault
 * @poll: what to schedule then
 * @write: the device side will write to the memory; what is there may be overwritten at once
 *
 * Context: any.
 */
void vbus_fault_init(struct vbus_fault *f, struct vbus_dqueue *q, struct vbus_poll *poll,
		     bool write);

/**
 * vbus_fault_fini() - wait for it
 * @f: the fault, which nobody can start any more; its poll still exists
 *
 * Context: process.
 */
void vbus_fault_fini(struct vbus_fault *f);

/* vbus_fault_busy - there is no answer yet: the poll has nothing to do */
static inline bool vbus_fault_busy(struct vbus_fault *f)
{
	/* Pairs with the end of the work, in fault.c. */
	return smp_load_acquire(&f->busy);
}

/* vbus_fault_add - one more range for the next vbus_fault_start(); not while it is busy */
static inline void vbus_fault_add(struct vbus_fault *f, u64 addr, u32 len)
{
	if (f->n == VBUS_FAULT_RANGES || !len)
		return;
	f->range[f->n].addr = addr;
	f->range[f->n].len = len;
	f->n++;
}

/**
 * vbus_fault_start() - have the ranges made reachable
 * @f: the fault, not busy
 *
 * Context: any.
 */
void vbus_fault_start(struct vbus_fault *f);

#endif /* _VBUS_DEVICE_H */
