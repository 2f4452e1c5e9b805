// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-loopback: a connector with both ends in one kernel.
 *
 * The sample to copy for a new connector. What a connector is made of, and where it is here:
 *
 *	device side	a client per consumer: verbs and doorbells go in, events and interrupts
 *			come out (this file), and peer memory is reached by a memctx (memory.c)
 *	driver side	a bridge: verbs and doorbells go out, events and interrupts come in (this
 *			file), and a device whose DMA API yields the peer addresses (memory.c)
 *	in between	the wire. Here it is a function call
 *
 * On other connectors the two sides are different modules on different machines; the split of
 * struct loopback into what each needs is the first thing to do with a copy.
 *
 * The rules of contexts are those of a real wire. A doorbell only schedules the device side, never
 * runs it inline (the core sees to that), and an interrupt only schedules the driver (drivers see
 * to that): each side can ring the other with its locks held.
 *
 * Order of the end: the bridge first, so that drivers are unbound and close their sessions with
 * verbs that still work; then the client. It works the other way round, too: verbs of a detached
 * client are refused by the core, and doorbells are ignored.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-map-ops.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "loopback.h"

/* Parent of the bridges' devices in sysfs. */
static struct device *lo_root;
static DEFINE_IDA(lo_numbers);

/* ---- driver side: the bridge ------------------------------------------------------------- */

static struct loopback *bridge_to_lo(struct vbus_bridge *bridge)
{
	return container_of(bridge, struct loopback, bridge);
}

static int lo_verb(struct vbus_bridge *bridge, const void *req, size_t req_len,
		   void *reply, size_t reply_len)
{
	return vbus_client_verb(&bridge_to_lo(bridge)->client, req, req_len, reply, reply_len);
}

static void lo_doorbell(struct vbus_bridge *bridge, u32 nr)
{
	vbus_client_doorbell(&bridge_to_lo(bridge)->client, nr);
}

static int lo_vector_get(struct vbus_bridge *bridge, const char *name,
			 void (*fn)(void *arg), void *arg)
{
	return vbus_vectors_get(&bridge_to_lo(bridge)->vectors, fn, arg);
}

static void lo_vector_put(struct vbus_bridge *bridge, u32 nr, void *arg)
{
	vbus_vectors_put(&bridge_to_lo(bridge)->vectors, nr);
}

static const struct vbus_bridge_ops lo_bridge_ops = {
	.verb = lo_verb,
	.doorbell = lo_doorbell,
	.vector_get = lo_vector_get,
	.vector_put = lo_vector_put,
};

/* ---- device side: the client ------------------------------------------------------------- */

static struct loopback *client_to_lo(struct vbus_client *client)
{
	return container_of(client, struct loopback, client);
}

static void lo_event(struct vbus_client *client, const struct vbus_event *ev)
{
	/* What the driver side does not like it logs; a wire would not tell us either. */
	vbus_bridge_event(&client_to_lo(client)->bridge, ev);
}

static void lo_raise(struct vbus_client *client, u32 nr)
{
	vbus_vectors_call(&client_to_lo(client)->vectors, nr);
}

static void lo_client_release(struct vbus_client *client)
{
	put_device(&client_to_lo(client)->dev);
}

static const struct vbus_client_ops lo_client_ops = {
	.event = lo_event,
	.raise = lo_raise,
	.release = lo_client_release,
};

/* ---- making and ending an attachment ----------------------------------------------------- */

static void lo_release(struct device *dev)
{
	struct loopback *lo = container_of(dev, struct loopback, dev);

	lo_table_exit(&lo->table);
	vbus_vectors_fini(&lo->vectors);
	mutex_destroy(&lo->lock);
	kfree(lo);
	module_put(THIS_MODULE);
}

/* The device drivers map memory for. */
static void lo_init_dev(struct loopback *lo)
{
	struct device *dev = &lo->dev;

	/*
	 * Pages that a network driver received into stay mapped as long as a socket holds them,
	 * which can be long after the detach; unmapping them takes our DMA operations.
	 */
	__module_get(THIS_MODULE);
	device_initialize(dev);
	dev->parent = lo_root;
	dev->release = lo_release;
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_parms = &lo->dma_parms;
	dma_set_max_seg_size(dev, LO_RANGE_MAX);
	set_dma_ops(dev, &lo_dma_ops);
}

static void lo_init_bridge(struct loopback *lo)
{
	lo->bridge.dev = &lo->dev;
	lo->bridge.owner = THIS_MODULE;
	lo->bridge.ops = &lo_bridge_ops;
	lo->bridge.home = VBUS_HOME_SHARED;
	strscpy(lo->bridge.name, dev_name(&lo->dev), sizeof(lo->bridge.name));
}

/* From success on, vbus_client_put() ends it. */
static struct loopback *lo_create(struct vbus_connector *conn, int nr)
{
	struct loopback *lo = kzalloc(sizeof(*lo), GFP_KERNEL);
	int err;

	if (!lo)
		return ERR_PTR(-ENOMEM);
	err = lo_table_init(&lo->table);
	if (err) {
		kfree(lo);
		return ERR_PTR(err);
	}
	lo->nr = nr;
	mutex_init(&lo->lock);
	vbus_vectors_init(&lo->vectors, VBUS_MAX_DOORBELLS);
	lo_init_dev(lo);
	err = dev_set_name(&lo->dev, "loopback.%d", nr);
	if (err)
		goto err_put_dev;
	lo_init_bridge(lo);
	err = vbus_client_init(&lo->client, conn);
	if (err)
		goto err_put_dev;
	/* The reference of device_initialize() is the client's. */
	lo->client.mem.ops = &lo_memctx_ops;
	return lo;

err_put_dev:
	put_device(&lo->dev);
	return ERR_PTR(err);
}

/*
 * Attach the client before the bridge comes up: the bridge's handshake is a verb. The lock keeps
 * out a detach, which can come as soon as the client has a name.
 */
static int lo_up(struct loopback *lo, struct vbus_bus *bus)
{
	int err;

	mutex_lock(&lo->lock);
	err = device_add(&lo->dev);
	if (err)
		goto out_unlock;
	err = vbus_client_attach(&lo->client, bus, dev_name(&lo->dev));
	if (err)
		goto err_del;
	err = vbus_bridge_register(&lo->bridge);
	if (err)
		goto err_detach;
	lo->up = true;
	goto out_unlock;

err_detach:
	vbus_client_detach(&lo->client);
err_del:
	device_del(&lo->dev);
out_unlock:
	mutex_unlock(&lo->lock);
	return err;
}

/*
 * The bridge ends first and refuses events from then on, so the core's event work, for which
 * vbus_client_detach() waits, has nothing to do any more. Not to be called with rtnl held: drivers
 * take it on their way out.
 */
static int lo_down(struct loopback *lo)
{
	int err = -ENODEV;

	mutex_lock(&lo->lock);
	if (lo->up) {
		lo->up = false;
		vbus_bridge_unregister(&lo->bridge);
		vbus_client_detach(&lo->client);
		device_del(&lo->dev);
		ida_free(&lo_numbers, lo->nr);
		err = 0;
	}
	mutex_unlock(&lo->lock);
	return err;
}

static int lo_attach(struct vbus_connector *conn, struct vbus_bus *bus)
{
	struct loopback *lo;
	int nr, err;

	nr = ida_alloc(&lo_numbers, GFP_KERNEL);
	if (nr < 0)
		return nr;
	lo = lo_create(conn, nr);
	if (IS_ERR(lo)) {
		err = PTR_ERR(lo);
		goto err_free_nr;
	}
	err = lo_up(lo, bus);
	if (err) {
		pr_warn_ratelimited("cannot attach to bus %s: %pe\n", vbus_bus_name(bus),
				    ERR_PTR(err));
		goto err_put;
	}
	return 0;

err_put:
	vbus_client_put(&lo->client);
err_free_nr:
	ida_free(&lo_numbers, nr);
	return err;
}

static int lo_detach(struct vbus_connector *conn, struct vbus_client *client)
{
	int err = lo_down(client_to_lo(client));

	/* The reference of vbus_client_init(). */
	if (!err)
		vbus_client_put(client);
	return err;
}

static struct vbus_connector lo_connector = {
	.name = "loopback",
	.owner = THIS_MODULE,
	.caps = {
		.home = VBUS_HOME_SHARED,
		.map = true,
		.copy_softirq = true,
		.doorbells = VBUS_MAX_DOORBELLS,
	},
	.ops = &lo_client_ops,
	.attach = lo_attach,
	.detach = lo_detach,
};

static int __init lo_init(void)
{
	int err;

	lo_root = root_device_register("vbus-loopback");
	if (IS_ERR(lo_root))
		return PTR_ERR(lo_root);
	err = vbus_connector_register(&lo_connector);
	if (err)
		root_device_unregister(lo_root);
	return err;
}

static void __exit lo_exit(void)
{
	vbus_connector_unregister(&lo_connector);
	root_device_unregister(lo_root);
}

module_init(lo_init);
module_exit(lo_exit);

MODULE_DESCRIPTION("vbus loopback connector");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
