/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the core. Prototypes are grouped by the file that owns them.
 *
 * Locks, outermost first (Documentation/locking.rst):
 *
 *	configfs (VFS inode, subsystem mutex)
 *	vbus_watch_lock		coming and going of buses
 *	vbus_lock		topology: classes, devices, buses, links, nodes, clients, connectors
 *	vbus_client.lock	one consumer's verbs, sessions and views
 *	a model's own locks
 *	vbus_client.qlock	list of a client's queues (BH)
 *	vbus_dqueue.lock	one queue's data path (BH)
 *
 * vbus_port_lock (spinlock, leaf) guards the session counts of ports. rtnl is never taken under any
 * of them; verbs may come with it held.
 */
#ifndef _VBUS_CORE_H
#define _VBUS_CORE_H

#include <linux/configfs.h>
#include <linux/kobject.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>
#include <vbus/connector.h>
#include <vbus/device.h>

extern struct mutex vbus_lock;
extern spinlock_t vbus_port_lock;

/* For work that no object waits for: it must be done before this module goes. */
extern struct workqueue_struct *vbus_wq;

/* name.c */
bool vbus_class_name_ok(const char *name);

/* status.c */
enum vbus_status vbus_status_from_errno(int err);

/* class.c */
struct vbus_devclass *vbus_devclass_get(const char *name);
void vbus_devclass_put(struct vbus_devclass *cls);
int vbus_class_subsys_init(struct kobject *root);
void vbus_class_subsys_exit(void);

/* device.c */
struct vbus_device *vbus_device_create(struct vbus_devclass *cls, const char *name);
void vbus_device_remove(struct vbus_device *dev);
int vbus_device_subsys_init(struct kobject *root);
void vbus_device_subsys_exit(void);

/**
 * struct vbus_limits - what one bus may use; the administrator's to change
 * @clients: consumers attached
 * @sessions: handles of ports, over all its clients; a dead session counts until it is closed
 * @queues: queues set up, over all its clients
 * @kicks: doorbells a second that one client gets served at once; more wait for the next 100 ms
 */
struct vbus_limits {
	u32 clients;
	u32 sessions;
	u32 queues;
	u32 kicks;
};

/**
 * struct vbus_bus - a bus instance
 * @kobj: /sys/vbus/instances/<bus>
 * @item: /config/vbus/instances/<bus>; holds a reference on @kobj
 * @entry: on the list of buses; changed with vbus_watch_lock and vbus_lock held
 * @devices_kobj: its "devices" directory
 * @clients_kobj: its "clients" directory
 * @nodes: ports visible on it, in the order of their ids
 * @clients: consumers
 * @nclients: how many
 * @next_id: id of the next node; never reused
 * @sessions: sessions that have a handle
 * @queues: queues set up
 * @refused: times a limit said no
 * @limits: see &struct vbus_limits
 * @dead: rmdir was done
 */
struct vbus_bus {
	struct kobject kobj;
	struct config_item item;
	struct list_head entry;
	struct kobject *devices_kobj;
	struct kobject *clients_kobj;
	struct list_head nodes;
	struct list_head clients;
	u32 nclients;
	u32 next_id;
	atomic_t sessions;
	atomic_t queues;
	atomic_t refused;
	struct vbus_limits limits;
	bool dead;
};

/* bus.c */
struct vbus_bus *vbus_bus_create(const char *name);
void vbus_bus_remove(struct vbus_bus *bus);
void vbus_bus_for_each(void (*fn)(struct vbus_bus *bus));
bool vbus_bus_charge(struct vbus_bus *bus, atomic_t *count, u32 limit);
struct vbus_client *vbus_bus_find_client(struct vbus_connector *conn, const char *name);
int vbus_bus_subsys_init(struct kobject *root);
void vbus_bus_subsys_exit(void);

/* watch.c */
extern struct mutex vbus_watch_lock;
void vbus_watch_add(struct vbus_bus *bus);
void vbus_watch_del(struct vbus_bus *bus);
void vbus_membership_want(void);

/**
 * struct vbus_node - a port's place on a bus
 * @kobj: /sys/vbus/instances/<bus>/devices/<id>
 * @bus: the bus; its memory outlives the node by a reference
 * @port: the port; NULL once @dead
 * @type: copy of the port's
 * @id: on the bus
 * @dead: the link is gone
 * @entry: on &vbus_bus.nodes
 * @avail_work: tells clients that the port can be opened again; holds a reference
 */
struct vbus_node {
	struct kobject kobj;
	struct vbus_bus *bus;
	struct vbus_port *port;
	char type[VBUS_TYPE_SIZE];
	u32 id;
	bool dead;
	struct list_head entry;
	struct work_struct avail_work;
};

/**
 * struct vbus_link - a device on a bus
 * @dev: the device; a reference
 * @bus: the bus, which configfs keeps while it has links
 * @index: where in &vbus_device.links
 * @nnodes: how many of @nodes there are
 * @nodes: the ports it shows
 */
struct vbus_link {
	struct vbus_device *dev;
	struct vbus_bus *bus;
	unsigned int index;
	unsigned int nnodes;
	struct vbus_node *nodes[VBUS_MAX_PORTS];
};

/* link.c */
int vbus_link_add(struct vbus_bus *bus, struct vbus_device *dev);
void vbus_link_del(struct vbus_bus *bus, struct vbus_device *dev);
void vbus_link_del_all(struct vbus_device *dev);
void vbus_node_get(struct vbus_node *node);
void vbus_node_put(struct vbus_node *node);
void vbus_node_available(struct vbus_node *node);

/**
 * struct vbus_view - a node as one client was told about it
 * @node: the node
 * @announced: DEVADD was delivered
 * @drop: DEVDROP is due
 * @avail: AVAILABLE is due
 * @pending: on &vbus_client.pending
 */
struct vbus_view {
	struct vbus_node *node;
	bool announced;
	bool drop;
	bool avail;
	struct list_head pending;
};

/* view.c; all with the client's lock held */
int vbus_view_add(struct vbus_client *client, struct vbus_node *node);
void vbus_view_drop(struct vbus_client *client, struct vbus_node *node);
void vbus_view_available(struct vbus_client *client, struct vbus_node *node);
void vbus_view_replay(struct vbus_client *client);
void vbus_view_free_all(struct vbus_client *client);
void vbus_view_work(struct work_struct *work);

/* client_sysfs.c */
struct vbus_portdir;
int vbus_client_sysfs_add(struct vbus_client *client);
void vbus_client_sysfs_del(struct vbus_client *client);
extern const struct attribute_group *vbus_client_groups[];
struct vbus_portdir *vbus_portdir_add(struct vbus_session *s);
void vbus_portdir_del(struct vbus_portdir *dir);
struct vbus_qstats *vbus_qstats_add(struct vbus_session *s, u32 id);
void vbus_qstats_del(struct vbus_qstats *stats);

/* connector.c */
int vbus_connector_subsys_init(struct kobject *root);
void vbus_connector_subsys_exit(void);

/* configfs.c */
int vbus_configfs_init(void);
void vbus_configfs_exit(void);

/* debugfs.c */
void vbus_debugfs_init(void);
void vbus_debugfs_exit(void);
void vbus_debugfs_client_add(struct vbus_client *client);
void vbus_debugfs_client_del(struct vbus_client *client);

/* doorbell.c */
int vbus_doorbell_init(struct vbus_client *client);
void vbus_doorbell_fini(struct vbus_client *client);
int vbus_doorbell_add(struct vbus_client *client, struct vbus_dqueue *q);
void vbus_doorbell_del(struct vbus_client *client, struct vbus_dqueue *q);
void vbus_sleepers_add(struct vbus_client *client, struct vbus_dqueue *q);
void vbus_sleepers_del(struct vbus_client *client, struct vbus_dqueue *q);
void vbus_sleepers_tick(struct timer_list *timer);

/* poll.c */
void vbus_poll_rung(struct vbus_poll *poll, u32 kicks);
void vbus_poll_limit(struct vbus_poll *poll, u32 kicks);
int vbus_poll_subsys_init(void);
void vbus_poll_subsys_exit(void);

/* queue.c, shm.c, session.c; with the client's lock held */
int vbus_queue_setup(struct vbus_session *s, u32 id, struct vbus_msg_queue *msg);
void vbus_queue_mark_dead(struct vbus_dqueue *q);
void vbus_queue_teardown(struct vbus_dqueue *q);
void vbus_queue_remove(struct vbus_session *s, u32 id);
int vbus_shm_setup(struct vbus_session *s, u32 id, const struct vbus_msg_shm *msg);
void vbus_shm_remove(struct vbus_session *s, u32 id);

struct vbus_session *vbus_session_open(struct vbus_client *client, struct vbus_msg_open *msg);
void vbus_session_kill(struct vbus_session *s, enum vbus_status status);
void vbus_session_close(struct vbus_session *s);
void vbus_session_kill_node(struct vbus_client *client, struct vbus_node *node);
void vbus_session_close_all(struct vbus_client *client);

#endif /* _VBUS_CORE_H */
