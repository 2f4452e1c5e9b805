/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Buses, for modules that hang something on every bus or join processes to one: connectors that
 * attach by other means than a name, and vbus-procpid.
 */
#ifndef _VBUS_BUS_H
#define _VBUS_BUS_H

#include <linux/kobject.h>
#include <linux/list.h>

struct vbus_bus;

/**
 * vbus_name_ok() - whether a bus, a device or a client may be called so
 * @name: any string
 *
 * Context: any. Return: true for a letter or digit, then up to 63 letters, digits, '.', '_' and
 * '-'; but not for "0".
 */
bool vbus_name_ok(const char *name);

/**
 * vbus_bus_name() - what the administrator called a bus
 * @bus: the bus
 *
 * Context: any. Return: the name; lives as long as the bus.
 */
const char *vbus_bus_name(const struct vbus_bus *bus);

/**
 * vbus_bus_kobj() - /sys/vbus/instances/<bus>, to add links and directories to
 * @bus: the bus
 *
 * Context: any. Return: the kobject.
 */
struct kobject *vbus_bus_kobj(struct vbus_bus *bus);

/**
 * vbus_bus_find_get() - the living bus of that name
 * @name: the name; any string
 *
 * Context: process, no lock of the core held. Return: the bus, referenced, or NULL.
 */
struct vbus_bus *vbus_bus_find_get(const char *name);

/**
 * vbus_bus_get() - take a reference, which keeps the memory but not the bus
 * @bus: the bus
 *
 * Context: any.
 */
void vbus_bus_get(struct vbus_bus *bus);

/**
 * vbus_bus_put() - drop it
 * @bus: the bus
 *
 * Context: process.
 */
void vbus_bus_put(struct vbus_bus *bus);

/**
 * vbus_bus_hold() - keep the bus: its rmdir is EBUSY until vbus_bus_unhold()
 * @bus: the bus, referenced
 *
 * Counts. Context: process; sleeps, takes configfs's subsystem mutex, so not from &vbus_bus_watch.
 * Return: 0, or -ENOENT if the bus is going.
 */
int vbus_bus_hold(struct vbus_bus *bus);

/**
 * vbus_bus_unhold() - undo one vbus_bus_hold()
 * @bus: the bus
 *
 * Context: process.
 */
void vbus_bus_unhold(struct vbus_bus *bus);

/**
 * struct vbus_bus_watch - be told of every bus
 * @add: a bus is there. Process context; may sleep, but holds up mkdir and must neither load
 *	modules nor hold or unhold a bus
 * @del: it goes: nobody holds it, and nobody can any more. Remove what was added. The same context
 *
 * Calls are serialised.
 */
struct vbus_bus_watch {
	void (*add)(struct vbus_bus *bus);
	void (*del)(struct vbus_bus *bus);
	/* private: to the core */
	struct list_head entry;
};

/**
 * vbus_bus_watch_register() - start to watch; @add is called for the buses there are
 * @watch: static
 *
 * Context: process, no lock of the core held.
 */
void vbus_bus_watch_register(struct vbus_bus_watch *watch);

/**
 * vbus_bus_watch_unregister() - stop; @del is called for the buses that are left
 * @watch: the watch
 *
 * Context: process, no lock of the core held.
 */
void vbus_bus_watch_unregister(struct vbus_bus_watch *watch);

/**
 * struct vbus_membership - who knows which process belongs to which bus
 * @bus_of_current: the bus the current process is bound to, referenced, or NULL. Process context;
 *	must not sleep for long
 */
struct vbus_membership {
	struct vbus_bus *(*bus_of_current)(void);
};

/**
 * vbus_membership_register() - be the one that knows
 * @m: static
 *
 * Context: process. Return: 0 or -EBUSY (there is one).
 */
int vbus_membership_register(const struct vbus_membership *m);

/**
 * vbus_membership_unregister() - undo it; waits for calls that are going on
 * @m: what was registered
 *
 * Context: process.
 */
void vbus_membership_unregister(const struct vbus_membership *m);

/**
 * vbus_bus_of_current() - the bus the current process is bound to
 *
 * Context: process. Return: the bus, referenced, or NULL: none, or nobody keeps membership.
 */
struct vbus_bus *vbus_bus_of_current(void);

#endif /* _VBUS_BUS_H */
