/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbus for authors of connectors.
 *
 * A connector is a transport with two ends. The device side's end registers a *connector* with
 * vbus.ko and makes a *client* for each consumer; it hands the consumer's requests to
 * vbus_client_verb(), its doorbells to vbus_client_doorbell(), and supplies the memctx. The driver
 * side's end registers a *bridge* with vbus-proxy.ko, which carries requests the other way and
 * feeds bus events to vbus_bridge_event(). Messages pass through opaquely.
 *
 * connectors/loopback has both ends in one file and is the sample to copy; nothing outside the new
 * folder changes. Documentation/connector.rst walks through it.
 */
#ifndef _VBUS_CONNECTOR_H
#define _VBUS_CONNECTOR_H

#include <linux/device.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/vbus.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <vbus/bus.h>
#include <vbus/memctx.h>
#include <vbus/ring.h>

struct vbus_client;
struct vbus_connector;
struct vbus_dqueue;

/* ---- device side (vbus.ko) --------------------------------------------------------------- */

/**
 * struct vbus_connector_caps - what a transport can do, as data
 * @home: where queues live
 * @map: what &vbus_memctx_ops.map returns is memory like any other. Required for shared homes; a
 *	link with split homes maps I/O memory, which only rings use
 * @copy_softirq: the memctx's copies may be used with BHs disabled
 * @lossy_doorbells: a doorbell may get lost; the sleepers' timer is then no oddity
 * @dear_doorbells: ringing takes the driver side longer than a timer's interrupt takes this one, so
 *	busy queues are looked at by timer while that gets more done
 * @doorbells: how many a client has, 1..VBUS_MAX_DOORBELLS
 * @features: VBUS_F_* of the ATTACH verb it knows
 */
struct vbus_connector_caps {
	enum vbus_home home;
	bool map;
	bool copy_softirq;
	bool lossy_doorbells;
	bool dear_doorbells;
	u32 doorbells;
	u64 features;
};

/**
 * struct vbus_client_ops - what the core asks of a transport
 * @event: tell the driver side about a port. Process context, from the client's own work item, one
 *	at a time; may sleep for long. Not called any more once vbus_client_detach() has returned
 * @raise: interrupt the driver side. Any context, also with a queue's lock held; must not sleep and
 *	must not run driver code inline beyond scheduling it. @vector is what the peer said,
 *	unchecked
 * @alloc_half: split homes: @bytes of device-side memory the peer can write; *@window is the
 *	address by which it does. Optional, a pair with @free_half
 * @free_half: undo it
 * @release: last reference gone; free the struct that embeds the client. Process context
 */
struct vbus_client_ops {
	void (*event)(struct vbus_client *client, const struct vbus_event *ev);
	void (*raise)(struct vbus_client *client, u32 vector);
	void *(*alloc_half)(struct vbus_client *client, size_t bytes, u64 *window);
	void (*free_half)(struct vbus_client *client, void *half, size_t bytes);
	void (*release)(struct vbus_client *client);
};

/**
 * struct vbus_connector - a transport
 * @name: its directory under /sys/vbus/connectors
 * @owner: THIS_MODULE; pinned while clients exist
 * @caps: see &struct vbus_connector_caps
 * @ops: functions of its clients
 * @attach: make a client of @bus, for connectors that attach by name. Called from the "attach"
 *	file with CAP_SYS_ADMIN checked; may sleep. Return 0 or errno. Optional; goes with @detach
 * @detach: end the client; it was found by name and is referenced. Called from the "detach" file
 *	likewise. Return 0 or errno. Optional
 */
struct vbus_connector {
	const char *name;
	struct module *owner;
	struct vbus_connector_caps caps;
	const struct vbus_client_ops *ops;
	int (*attach)(struct vbus_connector *conn, struct vbus_bus *bus);
	int (*detach)(struct vbus_connector *conn, struct vbus_client *client);
	/* private: to the core */
	struct list_head node;
	struct kobject *kobj;
};

/**
 * vbus_connector_register() - make a transport known
 * @conn: the connector; static
 *
 * "attach" can be written to before this returns.
 * Context: process. Return: 0, -EINVAL (malformed), -EEXIST, -ENOMEM.
 */
int vbus_connector_register(struct vbus_connector *conn);

/**
 * vbus_connector_unregister() - undo it
 * @conn: the connector; it has no clients, since those pin its module
 *
 * Waits for writes to "attach" and "detach". Context: process, no lock held that those take.
 */
void vbus_connector_unregister(struct vbus_connector *conn);

/* What the core gives a doorbell number. */
struct vbus_doorbell {
	struct vbus_dqueue __rcu *queue;
};

/**
 * struct vbus_client - one consumer attached to a bus, embedded in the connector's struct
 * @conn: its connector
 * @bus: the bus it sees
 * @mem: its memory; the connector sets mem.ops before vbus_client_attach()
 * @name: its name, unique on the bus, such as "loopback.0"
 */
struct vbus_client {
	struct vbus_connector *conn;
	struct vbus_bus *bus;
	struct vbus_memctx mem;
	char name[VBUS_NAME_SIZE];
	/* private: to the core */
	struct kobject kobj;
	struct kobject *ports_kobj;
	struct dentry *debugfs;
	struct mutex lock;	/* serialises verbs; guards what follows up to @qlock */
	bool attached;		/* ATTACH was done */
	bool dead;
	bool linked;		/* on the bus's list; core lock */
	u64 features;
	u32 next_handle;
	struct xarray handles;	/* handle -> session */
	struct xarray views;	/* port id -> what the driver side was told about it */
	struct list_head pending; /* views with an event to deliver */
	struct list_head entry;	/* on the bus; core lock */
	struct work_struct event_work;
	struct vbus_doorbell *doorbells;
	unsigned long *doorbell_map;
	spinlock_t qlock;	/* @qlist; taken before a queue's lock */
	struct list_head qlist;
	struct timer_list timer; /* looks after sleeping queues while @qlist is not empty */
	atomic_t kicks;		/* doorbells since the last tick of @timer */
	struct vbus_crossings crossings; /* of the rings, where homes are split */
	u64 verbs, verb_errors, bad_doorbells, throttled;
};

/**
 * vbus_client_init() - prepare a client
 * @client: embedded in the connector's struct, zeroed
 * @conn: connector
 *
 * After it, the last vbus_client_put() frees it through &vbus_client_ops.release.
 * Context: process. Return: 0 or -ENOMEM (nothing to put then).
 */
int vbus_client_init(struct vbus_client *client, struct vbus_connector *conn);

/**
 * vbus_client_attach() - join a bus
 * @client: initialised, memory functions set
 * @bus: the bus
 * @name: its name; validated like every name
 *
 * Once in a client's life. From here verbs are welcome and events can come, the latter after
 * ATTACH. Holds a reference until vbus_client_detach().
 * Context: process, no lock of the core held. Return: 0, -EINVAL (name, or memory functions
 * missing), -EEXIST, -ENODEV (bus is going), -ENOMEM, -ENOSPC (limits/clients).
 */
int vbus_client_attach(struct vbus_client *client, struct vbus_bus *bus, const char *name);

/**
 * vbus_client_detach() - leave the bus
 * @client: the client
 *
 * Ends every session; on return no callback but release is used any more, peer memory is not
 * touched and nothing is mapped. Never waits for the peer. Idempotent.
 * Context: process, no lock of the core held; not from &vbus_client_ops.event.
 */
void vbus_client_detach(struct vbus_client *client);

/**
 * vbus_client_get() - take a reference
 * @client: the client
 *
 * Context: any.
 */
void vbus_client_get(struct vbus_client *client);

/**
 * vbus_client_put() - drop one; the last frees it through &vbus_client_ops.release
 * @client: the client
 *
 * Context: process.
 */
void vbus_client_put(struct vbus_client *client);

/**
 * vbus_client_verb() - carry out one request of the driver side
 * @client: who asks
 * @req: message and payload; a private copy the peer can no longer change
 * @req_len: bytes of it, at most sizeof(struct vbus_msg) + VBUS_CALL_MAX
 * @reply: room for the reply; does not overlap @req
 * @reply_len: bytes of room; at least sizeof(struct vbus_msg)
 *
 * Any byte sequence may be given. Context: process; sleeps, but never takes rtnl and never waits
 * for the peer. Return: bytes of the reply, which always is at least a struct vbus_msg; or -EINVAL
 * if @reply_len is too small for one.
 */
ssize_t vbus_client_verb(struct vbus_client *client, const void *req, size_t req_len,
			 void *reply, size_t reply_len);

/**
 * vbus_client_doorbell() - the driver side rang
 * @client: whose
 * @nr: doorbell number, straight from the peer; a wrong one is counted and ignored
 *
 * Context: any, also hard irq.
 */
void vbus_client_doorbell(struct vbus_client *client, u32 nr);

/**
 * vbus_client_doorbells() - the driver side rang one of several doorbells that share a wire
 * @client: whose
 * @first: the first of them
 * @step: the others are @first + n * @step
 *
 * Those that exist are rung; a doorbell never implies work. Context: any, also hard irq.
 */
void vbus_client_doorbells(struct vbus_client *client, u32 first, u32 step);

/**
 * vbus_client_reset() - the driver side has begun anew, or is gone, without saying so
 * @client: the client
 *
 * Ends every session; the next verb must be ATTACH, and no event comes before that. For connectors
 * that see a reset of the machine on the other side.
 * Context: process, no lock of the core held; not from &vbus_client_ops.event.
 */
void vbus_client_reset(struct vbus_client *client);

/**
 * vbus_client_withdraw() - queues in a range of peer addresses are not to be touched any more
 * @client: the client
 * @addr: first address
 * @len: bytes
 *
 * On return the core and the models touch no ring in the range; the sessions these belong to are
 * closed by and by, and the mappings taken down then. For connectors whose peer can take memory
 * away.
 * Context: process or softirq, no queue locked. Return: how many mapped halves lie in the range.
 */
u32 vbus_client_withdraw(struct vbus_client *client, u64 addr, u64 len);

/**
 * vbus_client_quiesce() - wait for copies of the data path
 * @client: the client
 *
 * Takes the lock of each queue once: on return no copy begun under one before is still going on.
 * For connectors that withdraw memory. Copies of calls are not under a queue's lock; a memctx that
 * must wait for those, too, has to do so by itself.
 * Context: process or softirq, no queue locked.
 */
void vbus_client_quiesce(struct vbus_client *client);

/* ---- driver side (vbus-proxy.ko) --------------------------------------------------------- */

struct vbus_bridge;

/**
 * struct vbus_bridge_ops - what the driver side asks of a transport
 * @verb: carry a request to the device side and its reply back. Process context, may sleep. Return
 *	bytes of the reply or errno (-ENODEV: the device side is gone)
 * @doorbell: ring doorbell @nr. Any context, must not sleep
 * @vector_get: a vector whose interrupt calls @fn(@arg) in atomic context; @name shows in
 *	/proc/interrupts where there is one. Several callers may be given the same vector. Process
 *	context. Return its number or errno
 * @vector_put: undo it for the caller with this @arg; on return its function is not running and
 *	will not be called. Process context
 * @half_map: split homes: a pointer, for I/O accessors, to @bytes of the device side's memory at
 *	@window, which is what the device side said, unchecked. ERR_PTR(-EFAULT) if that is not in
 *	the window. Process context. Required for split homes, a pair with @half_unmap
 * @half_unmap: undo it
 * @inbox_get: links on which the device side should not read: @bytes of its memory to put payload
 *	into; *@inbox is the address by which the device side finds them. Process context. Return
 *	0 or errno. Optional, with the next two
 * @inbox_put: undo it
 * @push: copy @len bytes at @data to that memory, at @addr. Any context
 */
struct vbus_bridge_ops {
	int (*verb)(struct vbus_bridge *bridge, const void *req, size_t req_len,
		    void *reply, size_t reply_len);
	void (*doorbell)(struct vbus_bridge *bridge, u32 nr);
	int (*vector_get)(struct vbus_bridge *bridge, const char *name,
			  void (*fn)(void *arg), void *arg);
	void (*vector_put)(struct vbus_bridge *bridge, u32 vector, void *arg);
	void *(*half_map)(struct vbus_bridge *bridge, u64 window, size_t bytes);
	void (*half_unmap)(struct vbus_bridge *bridge, void *half, size_t bytes);
	int (*inbox_get)(struct vbus_bridge *bridge, size_t bytes, u64 *inbox);
	void (*inbox_put)(struct vbus_bridge *bridge, u64 inbox, size_t bytes);
	void (*push)(struct vbus_bridge *bridge, u64 addr, const void *data, size_t len);
};

/**
 * struct vbus_vectors - vectors by number, for a connector whose transport has none of its own
 * @xa: private
 * @count: numbers are below it
 *
 * Its &vbus_bridge_ops.vector_get and vector_put are vbus_vectors_get() and vbus_vectors_put().
 */
struct vbus_vectors {
	struct xarray xa;
	u32 count;
};

/**
 * vbus_vectors_init() - no vectors yet
 * @vs: the vectors
 * @count: how many there may be, at least 1
 */
void vbus_vectors_init(struct vbus_vectors *vs, u32 count);

/**
 * vbus_vectors_fini() - all of them have been put
 * @vs: the vectors
 */
void vbus_vectors_fini(struct vbus_vectors *vs);

/**
 * vbus_vectors_get() - a number that calls a function
 * @vs: the vectors
 * @fn: called in atomic context, with a spinlock held and interrupts off
 * @arg: its argument
 *
 * Context: process, may sleep. Return: the number, -ENOSPC, -ENOMEM.
 */
int vbus_vectors_get(struct vbus_vectors *vs, void (*fn)(void *arg), void *arg);

/**
 * vbus_vectors_put() - give a number back
 * @vs: the vectors
 * @nr: the number; of those not in use nothing happens
 *
 * Waits for one run of the function at most, not for a grace period; afterwards it is not called.
 * Context: process.
 */
void vbus_vectors_put(struct vbus_vectors *vs, u32 nr);

/**
 * vbus_vectors_call() - the device side has raised a number
 * @vs: the vectors
 * @nr: the number, unchecked
 *
 * Context: any but NMI.
 */
void vbus_vectors_call(struct vbus_vectors *vs, u32 nr);

/**
 * struct vbus_bridge - the driver side's link to one bus, embedded in the connector's struct
 * @name: proxy devices are called "<name>:<id>"
 * @dev: parent of the proxy devices, and the device of the DMA API: its DMA operations yield the
 *	peer addresses that the device side's memctx takes
 * @owner: THIS_MODULE
 * @ops: see &struct vbus_bridge_ops
 * @home: where queues live
 */
struct vbus_bridge {
	char name[VBUS_NAME_SIZE];
	struct device *dev;
	struct module *owner;
	const struct vbus_bridge_ops *ops;
	enum vbus_home home;
	/* private: to vbus-proxy */
	struct mutex lock;	/* guards all below */
	struct xarray proxies;
	u32 ports;
	u32 doorbells;		/* set by ATTACH */
	struct vbus_crossings crossings; /* of the rings, where homes are split */
	bool dead;
	struct work_struct recheck; /* after a restart: what became of the ports */
};

/**
 * vbus_bridge_register() - bring up the driver side's end
 * @bridge: name, dev, owner, ops and home filled in
 *
 * Sends ATTACH and checks the answer. Context: process. Return: 0 or errno.
 */
int vbus_bridge_register(struct vbus_bridge *bridge);

/**
 * vbus_bridge_unregister() - take it down; removes every proxy device, which unbinds drivers
 * @bridge: the bridge
 *
 * Verbs that drivers issue on their way out go to @ops as long as this has not returned.
 * Context: process, rtnl not held.
 */
void vbus_bridge_unregister(struct vbus_bridge *bridge);

/**
 * vbus_bridge_restart() - attach again, to a device side that has forgotten us
 * @bridge: the bridge, registered
 *
 * After a reset of the link, or when the machine wakes up. Every port is closed by it: verbs of its
 * driver fail with -ENOTCONN until the driver opens it again, from its resume callback, say.
 * Drivers that do not are bound anew, and ports that the bus no longer has are removed, both by a
 * work item that waits until the machine is awake.
 * Context: process, rtnl not held.
 * Return: 0 or errno; then nothing works until another call succeeds.
 */
int vbus_bridge_restart(struct vbus_bridge *bridge);

/**
 * vbus_bridge_event() - a bus event arrived
 * @bridge: the bridge
 * @ev: the event, a private copy
 *
 * DEVADD makes a proxy device (and probes its driver), DEVDROP removes it, AVAILABLE probes again.
 * Context: process, rtnl not held; may sleep for long. Serialised by the caller.
 * Return: 0, or errno if the event made no sense or memory is short.
 */
int vbus_bridge_event(struct vbus_bridge *bridge, const struct vbus_event *ev);

#endif /* _VBUS_CONNECTOR_H */
