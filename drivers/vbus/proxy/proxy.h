/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of vbus-proxy share. The public contracts are vbus/driver.h and
 * vbus/connector.h.
 */
#ifndef _VBUS_PROXY_H
#define _VBUS_PROXY_H

#include <vbus/connector.h>
#include <vbus/driver.h>

/* Most proxy devices of one bridge: the device side is not trusted with our memory. */
#define VBUS_PROXY_MAX_PORTS	4096

/* bus.c */
extern struct bus_type vbus_proxy_bus;
int vbus_proxy_bus_init(void);
void vbus_proxy_bus_exit(void);

/* bridge.c; the bridge's lock is held */
int vbus_bridge_attach(struct vbus_bridge *bridge);
void vbus_bridge_remove_proxy(struct vbus_bridge *bridge, struct vbus_proxy *p);

/* restart.c */
void vbus_bridge_recheck(struct work_struct *work);
bool vbus_proxy_came_back(struct vbus_proxy *p, const char *type);

/* device.c */
extern const struct attribute_group *vbus_proxy_groups[];
struct vbus_proxy *vbus_proxy_alloc(struct vbus_bridge *bridge, u32 port, const char *type);
bool vbus_proxy_overridden(struct vbus_proxy *p, const char *driver, bool *match);

/* verbs.c */

/**
 * struct vbus_xfer - one verb on its way
 * @verb: enum vbus_verb
 * @handle: session; after OPEN: the new one
 * @arg: see enum vbus_verb
 * @in: payload of the request
 * @in_len: bytes of it
 * @out: room for the payload of the reply; may be the same as @in
 * @out_len: bytes of room; after success: bytes of payload
 * @exact: a good reply fills all of @out
 * @answered: set when the device side has answered, be it with an error
 */
struct vbus_xfer {
	u16 verb;
	u32 handle;
	u32 arg;
	const void *in;
	size_t in_len;
	void *out;
	size_t out_len;
	bool exact;
	bool answered;
};

int vbus_xfer_bridge(struct vbus_bridge *bridge, struct vbus_xfer *x);
int vbus_xfer_proxy(struct vbus_proxy *p, struct vbus_xfer *x);	/* takes p->lock */
bool vbus_proxy_exists(struct vbus_proxy *p);
void vbus_proxy_forget(struct vbus_proxy *p);

/* push.c */
int vbus_push_init(struct vbus_queue *q, const struct vbus_queue_params *params);
void vbus_push_exit(struct vbus_queue *q);

#endif /* _VBUS_PROXY_H */
