/* SPDX-License-Identifier: GPL-2.0 */
/*
 * venet: virtual Ethernet, the device side.
 *
 * A *venet* is one device. It has one *port* (venet-tap: the other end is a network interface of
 * this machine) or two (venet-loop: each is the other's wire). What differs between the classes is
 * a *backend*; the rest is vbus-venet.ko.
 *
 * A driver that opens a port has a *session*, sets up queues, and with the call UP makes the port
 * carry traffic. From UP to DOWN the port has a *path*: an immutable snapshot of what was agreed,
 * found by the data path through RCU. Per pair of queues there is
 *
 *	struct venet_rx		from the driver: its transmit queue (VBUS_ENET_Q_TX)
 *	struct venet_tx		to the driver: its receive queue (VBUS_ENET_Q_RX)
 *
 * as seen from here: rx is what the machine receives.
 *
 * Locks, outermost first:
 *	venet.cfg	admin's changes; rtnl may be taken inside
 *	rtnl		never taken by a verb of the driver side
 *	venet.lock	small state; BHs off
 *	vbus_dqueue.lock
 */
#ifndef _VENET_H
#define _VENET_H

#include <linux/etherdevice.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/u64_stats_sync.h>
#include <linux/vbus_enet.h>
#include <linux/workqueue.h>
#include <vbus/device.h>
#include <vbus/event.h>

#include "packet.h"

struct venet;
struct venet_path;
struct venet_rx;
struct venet_tx;

#define VENET_MAX_PORTS		2

/* Smallest request ring: the longest packet, its header, rounded up to a power of two. */
#define VENET_MIN_RING		32

/* Bytes one poll may move before others get their turn. */
#define VENET_POLL_BYTES	(256 * 1024)

/* What a segment costs beside its bytes, in bytes of a copy. */
#define VENET_SEGMENT_BYTES	256

/* Packets taken from the driver before it gets its slots back. */
#define VENET_RX_BATCH		16

/* Receive buffers taken out of the ring ahead of use. */
#define VENET_STASH		64

/* How long packets may wait for a driver that posts no buffers. */
#define VENET_STALL_MS		10

/* ... and so many times that, while the connector fetches the buffers it posted. */
#define VENET_STALL_FAULT	20

/* Slack of a frame over the MTU: Ethernet header and one VLAN tag. */
#define VENET_FRAME_SLACK	18

/**
 * struct venet_backend - what is behind the ports of a class
 * @enable: the admin enables the device. venet.cfg held; may sleep and take rtnl. 0 or errno.
 *	Optional
 * @disable: undo it. The device is already marked as not enabled. Optional
 * @set_mtu: the admin changes the MTU of an enabled device; ends in venet_set_mtu(). venet.cfg
 *	held, may take rtnl. 0 or errno. Optional
 * @link: shall the driver at @port see a link? venet.lock held
 * @changed: enabled, or a path came or went. venet.lock held. Optional
 * @deliver: take the frames on the list (skb->data at the Ethernet header). What is left on it
 *	is kept; the poll that called rests until it is scheduled by @wake. Softirq, RCU
 * @wake: the driver at @tx posted buffers, went away, or is to lose packets. Any context but hard
 *	irq, RCU, queue not locked
 */
struct venet_backend {
	int (*enable)(struct venet *v);
	void (*disable)(struct venet *v);
	int (*set_mtu)(struct venet *v, u32 mtu);
	bool (*link)(struct venet *v, unsigned int port);
	void (*changed)(struct venet *v);
	void (*deliver)(struct venet_rx *rx, struct list_head *skbs);
	void (*wake)(struct venet_tx *tx, unsigned int pairs);
};

/**
 * struct venet_stats - one direction of one pair; outlives sessions
 * @packets: frames passed on
 * @bytes: of them
 * @dropped: frames lost for want of memory, buffers or a receiver
 * @bad: frames whose offload fields made no sense
 * @stops: times the sender had to wait for buffers
 * @syncp: for 32-bit machines; one writer at a time
 */
struct venet_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t dropped;
	u64_stats_t bad;
	u64_stats_t stops;
	struct u64_stats_sync syncp;
} ____cacheline_aligned_in_smp;

/**
 * struct venet_port - one port of a venet
 * @port: the core's part
 * @venet: whose
 * @index: which
 * @session: the driver using it, or NULL; venet.lock
 * @path: how to reach that driver while it is up, or NULL
 * @rx: counters by pair
 * @tx: counters by pair
 */
struct venet_port {
	struct vbus_port port;
	struct venet *venet;
	unsigned int index;
	struct venet_session *session;
	struct venet_path __rcu *path;
	struct venet_stats rx[VBUS_ENET_MAX_PAIRS];
	struct venet_stats tx[VBUS_ENET_MAX_PAIRS];
};

/**
 * struct venet - a device
 * @vdev: the core's part
 * @be: its backend
 * @cfg: serialises the admin's changes; before rtnl
 * @lock: guards everything below; inside rtnl
 * @enabled: by the admin
 * @running: the host's network interface is up (venet-tap)
 * @mtu: of the device
 * @queues: pairs offered
 * @features: VBUS_ENET_F_* offered
 * @host_mac: address of the other end: the host's interface, or the driver at port 1
 * @client_mac: address proposed to the driver at port 0
 * @ifname: name of the host's interface, or empty
 * @netdev: the host's interface; RCU for the data path
 * @nports: ports in use
 * @ports: the ports
 */
struct venet {
	struct vbus_device vdev;
	const struct venet_backend *be;
	struct mutex cfg;	/* changes by the admin */
	spinlock_t lock;	/* what follows */
	bool enabled;
	bool running;
	u32 mtu;
	unsigned int queues;
	u64 features;
	u8 host_mac[ETH_ALEN];
	u8 client_mac[ETH_ALEN];
	char ifname[IFNAMSIZ];
	struct net_device __rcu *netdev;
	unsigned int nports;
	struct venet_port ports[VENET_MAX_PORTS];
};

/* venet_port_mac - the address proposed to the driver at @port; lock held */
static inline u8 *venet_port_mac(struct venet_port *port)
{
	return port->index ? port->venet->host_mac : port->venet->client_mac;
}

static inline struct venet *to_venet(struct vbus_device *vdev)
{
	return container_of(vdev, struct venet, vdev);
}

/* What the driver is kept informed of by events. */
enum venet_cell {
	VENET_CELL_LINK,
	VENET_CELL_MTU,
	VENET_CELLS
};

/**
 * struct venet_session - a driver's use of a port; all but @ev is for its verbs only
 * @s: the core's part
 * @port: the port
 * @queues: pairs it may set up
 * @path: what is published as the port's path, or NULL
 * @rx: by pair
 * @tx: by pair
 * @ev: event stream
 * @cells: what it tells
 * @mtu: the driver's MTU
 * @mac: the driver's address; venet.lock
 */
struct venet_session {
	struct vbus_session s;
	struct venet_port *port;
	unsigned int queues;
	struct venet_path *path;
	struct venet_rx *rx[VBUS_ENET_MAX_PAIRS];
	struct venet_tx *tx[VBUS_ENET_MAX_PAIRS];
	struct vbus_events ev;
	struct vbus_event_cell cells[VENET_CELLS];
	u32 mtu;
	u8 mac[ETH_ALEN];
};

static inline struct venet_session *to_venet_session(struct vbus_session *s)
{
	return container_of(s, struct venet_session, s);
}

/**
 * struct venet_path - a port that is up
 * @port: the port
 * @features: negotiated
 * @pairs: queue pairs in use
 * @rx_buf: bytes of a receive buffer
 * @need: buffers the longest packet takes
 * @max_gso: longest packet that fits the buffers
 * @max_frame: longest frame the driver's MTU allows; changes
 * @rx: by pair
 * @tx: by pair
 */
struct venet_path {
	struct venet_port *port;
	u64 features;
	unsigned int pairs;
	u32 rx_buf;
	u32 need;
	u32 max_gso;
	u32 max_frame;
	struct venet_rx *rx[VBUS_ENET_MAX_PAIRS];
	struct venet_tx *tx[VBUS_ENET_MAX_PAIRS];
};

/**
 * struct venet_rx - one queue from the driver; owned by its poll
 * @q: the queue
 * @port: whose
 * @pair: which
 * @poll: consumes it
 * @frag: page that large packets are copied to
 * @done: request slots given back, as the driver is told
 * @owed: request slots taken and not given back
 * @batch: packets of @owed
 * @held: frames the backend had no room for
 * @slots: data slots of the packet being taken
 * @fault: see &struct vbus_fault
 */
struct venet_rx {
	struct vbus_dqueue *q;
	struct venet_port *port;
	unsigned int pair;
	struct vbus_poll poll;
	struct page_frag frag;
	u32 done;
	u32 owed;
	u32 batch;
	struct list_head held;
	struct vbus_slot slots[VBUS_ENET_MAX_FRAGS];
	struct vbus_fault fault;
};

/**
 * struct venet_tx - one queue to the driver; under the queue's lock
 * @q: the queue
 * @port: whose
 * @pair: which
 * @poll: runs when the driver posts buffers that were waited for
 * @timer: ends the waiting
 * @pairs: of the path, for the backend's wake
 * @rx_buf: bytes of each buffer
 * @need: enough buffers for any packet
 * @waiting: the sender was stopped and wants to be woken
 * @grace: how often the timer may begin again for the fault that is going on
 * @dropping: nobody waits any more; without buffers packets are lost
 * @head: first of the stash
 * @count: buffers in the stash
 * @stash: buffers taken out of the ring, in order. The ring is empty before a doorbell is asked for
 * @fault: see &struct vbus_fault
 */
struct venet_tx {
	struct vbus_dqueue *q;
	struct venet_port *port;
	unsigned int pair;
	struct vbus_poll poll;
	struct timer_list timer;
	unsigned int pairs;
	u32 rx_buf;
	u32 need;
	bool waiting;
	u32 grace;
	bool dropping;
	u32 head;
	u32 count;
	u64 stash[VENET_STASH];
	struct vbus_fault fault;
};

/* device.c */
struct vbus_device *venet_create(struct vbus_devclass *cls, const char *name,
				 const struct venet_backend *be, unsigned int nports);
void venet_destroy(struct vbus_device *vdev);
void venet_release(struct vbus_device *vdev);
int venet_enable(struct venet *v, bool on);	/* cfg held */
bool venet_link(struct venet *v);		/* lock held */

/* mac.c */
void venet_default_mac(const char *name, const char *role, u8 *mac);

/* port.c */
extern const struct vbus_port_ops venet_port_ops;

/* path.c: verbs only */
int venet_up(struct venet_session *vs, u32 pairs, u32 rx_buf);
void venet_down(struct venet_session *vs);

/* event.c */
void venet_events_push(struct venet_session *vs);	/* lock held */
void venet_events_push_all(struct venet *v);		/* lock held */
void venet_set_mtu(struct venet *v, u32 mtu);		/* lock not held */

/* rx.c */
struct venet_rx *venet_rx_create(struct venet_port *port, unsigned int pair, struct vbus_dqueue *q);
void venet_rx_destroy(struct venet_rx *rx);
void venet_rx_drop(struct venet_rx *rx, struct list_head *skbs);	/* softirq */

/* tx.c */
struct venet_tx *venet_tx_create(struct venet_port *port, unsigned int pair, struct vbus_dqueue *q);
void venet_tx_destroy(struct venet_tx *tx);
int venet_tx_set(struct venet_tx *tx, const struct venet_path *path);	/* not up */
int venet_tx_send(struct venet_tx *tx, const struct venet_path *path, struct sk_buff *skb,
		  struct netdev_queue *txq, bool more);			/* BHs off */
void venet_tx_flush(struct venet_tx *tx);
netdev_features_t venet_tx_features(const struct venet_path *path, const struct sk_buff *skb,
				    netdev_features_t features);

/* attrs.c */
extern const struct attribute_group *venet_loop_groups[];
extern const struct attribute_group *venet_tap_groups[];

/* stats.c */
struct venet_totals {
	u64 packets, bytes, dropped, bad, stops;
};

void venet_stats_read(const struct venet_stats *st, struct venet_totals *t);	/* adds */

#endif /* _VENET_H */
