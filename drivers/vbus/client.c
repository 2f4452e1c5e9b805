// SPDX-License-Identifier: GPL-2.0
/*
 * Clients: the consumers attached to a bus.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static struct vbus_client *to_client(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_client, kobj);
}

static void client_release(struct kobject *kobj)
{
	struct vbus_client *client = to_client(kobj);
	struct vbus_connector *conn = client->conn;

	vbus_doorbell_fini(client);
	xa_destroy(&client->handles);
	xa_destroy(&client->views);
	if (client->bus)
		vbus_bus_put(client->bus);
	conn->ops->release(client);
	module_put(conn->owner);
}

static const struct kobj_type client_ktype = {
	.release = client_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = vbus_client_groups,
};

int vbus_client_init(struct vbus_client *client, struct vbus_connector *conn)
{
	int err;

	client->conn = conn;
	err = vbus_doorbell_init(client);
	if (err)
		return err;
	mutex_init(&client->lock);
	xa_init_flags(&client->handles, XA_FLAGS_ALLOC1);
	xa_init(&client->views);
	INIT_LIST_HEAD(&client->pending);
	INIT_LIST_HEAD(&client->entry);
	INIT_LIST_HEAD(&client->qlist);
	spin_lock_init(&client->qlock);
	INIT_WORK(&client->event_work, vbus_view_work);
	timer_setup(&client->timer, vbus_sleepers_tick, 0);
	kobject_init(&client->kobj, &client_ktype);
	/* The caller is code of this module; release must find it loaded. */
	__module_get(conn->owner);
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_client_init);

void vbus_client_get(struct vbus_client *client)
{
	kobject_get(&client->kobj);
}
EXPORT_SYMBOL_GPL(vbus_client_get);

void vbus_client_put(struct vbus_client *client)
{
	kobject_put(&client->kobj);
}
EXPORT_SYMBOL_GPL(vbus_client_put);

static bool client_name_taken(struct vbus_bus *bus, const char *name)
{
	struct vbus_client *c;

	lockdep_assert_held(&vbus_lock);
	list_for_each_entry(c, &bus->clients, entry)
		if (!strcmp(c->name, name))
			return true;
	return false;
}

static int client_add_views(struct vbus_client *client)
{
	struct vbus_node *node;
	int err = 0;

	mutex_lock(&client->lock);
	list_for_each_entry(node, &client->bus->nodes, entry) {
		err = vbus_view_add(client, node);
		if (err)
			break;
	}
	if (err)
		vbus_view_free_all(client);
	mutex_unlock(&client->lock);
	return err;
}

static int client_join(struct vbus_client *client, struct vbus_bus *bus)
{
	int err;

	lockdep_assert_held(&vbus_lock);
	if (bus->dead)
		return -ENODEV;
	if (client_name_taken(bus, client->name))
		return -EEXIST;
	if (bus->nclients >= READ_ONCE(bus->limits.clients)) {
		atomic_inc(&bus->refused);
		pr_info_ratelimited("%s: no room for client %s: limits/clients is %u\n",
				    vbus_bus_name(bus), client->name, bus->limits.clients);
		return -ENOSPC;
	}
	vbus_bus_get(bus);
	client->bus = bus;
	err = vbus_client_sysfs_add(client);
	if (err)
		return err;
	err = client_add_views(client);
	if (err) {
		vbus_client_sysfs_del(client);
		return err;
	}
	vbus_client_get(client);
	vbus_debugfs_client_add(client);
	kobject_uevent(&client->kobj, KOBJ_ADD);
	list_add_tail(&client->entry, &bus->clients);
	client->linked = true;
	bus->nclients++;
	return 0;
}

static bool client_mem_valid(const struct vbus_memctx_ops *ops)
{
	return ops && ops->copy_from && ops->copy_to && ops->map && ops->unmap;
}

int vbus_client_attach(struct vbus_client *client, struct vbus_bus *bus, const char *name)
{
	int err;

	if (!vbus_name_ok(name) || !client_mem_valid(client->mem.ops) || client->bus)
		return -EINVAL;
	strscpy(client->name, name, sizeof(client->name));
	/* The bus cannot be removed while it has clients. */
	err = vbus_bus_hold(bus);
	if (err)
		return err == -ENOENT ? -ENODEV : err;
	mutex_lock(&vbus_lock);
	err = client_join(client, bus);
	mutex_unlock(&vbus_lock);
	if (err) {
		vbus_bus_unhold(bus);
		return err;
	}
	trace_vbus_client_attach(client);
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_client_attach);

/*
 * Off the bus: no event, verb or doorbell finds anything any more, and the name is free. False if
 * that was done before.
 */
static bool client_leave(struct vbus_client *client)
{
	mutex_lock(&vbus_lock);
	if (!client->linked) {
		mutex_unlock(&vbus_lock);
		return false;
	}
	client->linked = false;
	list_del(&client->entry);
	client->bus->nclients--;
	mutex_lock(&client->lock);
	client->dead = true;
	vbus_session_close_all(client);
	vbus_view_free_all(client);
	mutex_unlock(&client->lock);
	kobject_uevent(&client->kobj, KOBJ_REMOVE);
	vbus_debugfs_client_del(client);
	vbus_client_sysfs_del(client);
	mutex_unlock(&vbus_lock);
	return true;
}

void vbus_client_detach(struct vbus_client *client)
{
	if (!client_leave(client))
		return;
	trace_vbus_client_detach(client);
	/* An event being delivered is waited for; no new one can begin. */
	cancel_work_sync(&client->event_work);
	vbus_bus_unhold(client->bus);
	vbus_client_put(client);
}
EXPORT_SYMBOL_GPL(vbus_client_detach);

void vbus_client_reset(struct vbus_client *client)
{
	mutex_lock(&client->lock);
	vbus_session_close_all(client);
	client->attached = false;
	client->features = 0;
	mutex_unlock(&client->lock);
	/* An event being delivered is waited for; no new one can begin. */
	cancel_work_sync(&client->event_work);
}
EXPORT_SYMBOL_GPL(vbus_client_reset);
