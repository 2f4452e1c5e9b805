// SPDX-License-Identifier: GPL-2.0
/*
 * Links put a device on a bus; nodes are the ports it shows there.
 */
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static struct vbus_node *to_vbus_node(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_node, kobj);
}

static ssize_t type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_vbus_node(kobj)->type);
}

static struct kobj_attribute type_attr = __ATTR_RO(type);

static struct attribute *node_attrs[] = { &type_attr.attr, NULL };
ATTRIBUTE_GROUPS(node);

static void node_release(struct kobject *kobj)
{
	struct vbus_node *node = to_vbus_node(kobj);

	vbus_bus_put(node->bus);
	kfree(node);
}

static const struct kobj_type node_ktype = {
	.release = node_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = node_groups,
};

void vbus_node_get(struct vbus_node *node)
{
	kobject_get(&node->kobj);
}

void vbus_node_put(struct vbus_node *node)
{
	kobject_put(&node->kobj);
}

/* A session on the node's port ended; tell those who were refused. */
static void node_avail_work(struct work_struct *work)
{
	struct vbus_node *node = container_of(work, struct vbus_node, avail_work);
	struct vbus_client *client;

	mutex_lock(&vbus_lock);
	if (!node->dead) {
		list_for_each_entry(client, &node->bus->clients, entry) {
			mutex_lock(&client->lock);
			vbus_view_available(client, node);
			mutex_unlock(&client->lock);
		}
	}
	mutex_unlock(&vbus_lock);
	vbus_node_put(node);
}

/* Any lock of the core may be held. */
void vbus_node_available(struct vbus_node *node)
{
	vbus_node_get(node);
	if (!queue_work(vbus_wq, &node->avail_work))
		vbus_node_put(node);
}

static void node_sysfs_name(const struct vbus_port *port, char *buf, size_t size)
{
	snprintf(buf, size, "%u", port->index);
}

static void node_unpublish(struct vbus_node *node)
{
	char name[12];

	node_sysfs_name(node->port, name, sizeof(name));
	sysfs_remove_link(node->port->dev->ifaces, name);
	sysfs_remove_link(&node->kobj, "device");
	kobject_uevent(&node->kobj, KOBJ_REMOVE);
	kobject_del(&node->kobj);
}

static int node_publish(struct vbus_node *node)
{
	char name[12];
	int err;

	err = kobject_add(&node->kobj, node->bus->devices_kobj, "%u", node->id);
	if (err)
		return err;
	err = sysfs_create_link(&node->kobj, &node->port->dev->kobj, "device");
	if (err)
		goto err_del;
	node_sysfs_name(node->port, name, sizeof(name));
	err = sysfs_create_link(node->port->dev->ifaces, &node->kobj, name);
	if (err)
		goto err_device;
	kobject_uevent(&node->kobj, KOBJ_ADD);
	return 0;

err_device:
	sysfs_remove_link(&node->kobj, "device");
err_del:
	kobject_del(&node->kobj);
	return err;
}

/*
 * Stages, none of which waits for a peer: unpublish; mark dead, so nothing new begins; end the
 * sessions, which stops their rings; queue DEVDROP for those who were told about the node.
 */
static void node_remove(struct vbus_node *node)
{
	struct vbus_client *client;

	lockdep_assert_held(&vbus_lock);
	trace_vbus_node_del(node);
	list_del(&node->entry);
	node_unpublish(node);
	node->dead = true;
	list_for_each_entry(client, &node->bus->clients, entry) {
		mutex_lock(&client->lock);
		vbus_session_kill_node(client, node);
		vbus_view_drop(client, node);
		mutex_unlock(&client->lock);
	}
	node->port = NULL;
	vbus_node_put(node);
}

static int node_tell_clients(struct vbus_node *node)
{
	struct vbus_client *client;
	int err;

	list_for_each_entry(client, &node->bus->clients, entry) {
		mutex_lock(&client->lock);
		err = vbus_view_add(client, node);
		mutex_unlock(&client->lock);
		if (err)
			return err;
	}
	return 0;
}

static struct vbus_node *node_create(struct vbus_bus *bus, struct vbus_port *port)
{
	struct vbus_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int err;

	lockdep_assert_held(&vbus_lock);
	if (!node)
		return ERR_PTR(-ENOMEM);
	kobject_init(&node->kobj, &node_ktype);
	INIT_WORK(&node->avail_work, node_avail_work);
	vbus_bus_get(bus);
	node->bus = bus;
	node->port = port;
	node->id = bus->next_id;
	strscpy(node->type, port->type, sizeof(node->type));
	err = node_publish(node);
	if (err) {
		vbus_node_put(node);
		return ERR_PTR(err);
	}
	bus->next_id++;
	list_add_tail(&node->entry, &bus->nodes);
	trace_vbus_node_add(node);
	err = node_tell_clients(node);
	if (err) {
		node_remove(node);
		return ERR_PTR(err);
	}
	return node;
}

static void link_remove(struct vbus_link *link)
{
	lockdep_assert_held(&vbus_lock);
	link->dev->links[link->index] = NULL;
	link->dev->nlinks--;
	while (link->nnodes)
		node_remove(link->nodes[--link->nnodes]);
	vbus_device_put(link->dev);
	kfree(link);
}

/* The ports link @index shows: all of them, or one where the class allows several links. */
static int link_fill(struct vbus_link *link, unsigned int max_links)
{
	unsigned int first = max_links > 1 ? link->index : 0;
	unsigned int n = max_links > 1 ? 1 : link->dev->nports;
	unsigned int i;

	for (i = first; i < first + n && i < link->dev->nports; i++) {
		struct vbus_node *node = node_create(link->bus, link->dev->ports[i]);

		if (IS_ERR(node))
			return PTR_ERR(node);
		link->nodes[link->nnodes++] = node;
	}
	return 0;
}

static int link_add_locked(struct vbus_bus *bus, struct vbus_device *dev)
{
	unsigned int max_links = max(dev->cls->max_links, 1u), index;
	struct vbus_link *link;
	int err;

	if (dev->dead || bus->dead)
		return -ENODEV;
	for (index = 0; index < max_links && dev->links[index]; index++)
		;
	if (index == max_links)
		return -EBUSY;
	link = kzalloc(sizeof(*link), GFP_KERNEL);
	if (!link)
		return -ENOMEM;
	link->dev = vbus_device_get(dev);
	link->bus = bus;
	link->index = index;
	dev->links[index] = link;
	dev->nlinks++;
	err = link_fill(link, max_links);
	if (err)
		link_remove(link);
	return err;
}

/* Put a device on a bus: 0, -EBUSY (linked as often as its class allows), -ENODEV, -ENOMEM. */
int vbus_link_add(struct vbus_bus *bus, struct vbus_device *dev)
{
	int err;

	mutex_lock(&vbus_lock);
	err = link_add_locked(bus, dev);
	mutex_unlock(&vbus_lock);
	return err;
}

/*
 * Take it off again. Cannot fail. Where a device is on the same bus twice, configfs does not say
 * which of its links went; the later one goes.
 */
void vbus_link_del(struct vbus_bus *bus, struct vbus_device *dev)
{
	int i;

	mutex_lock(&vbus_lock);
	for (i = VBUS_MAX_PORTS - 1; i >= 0; i--) {
		if (dev->links[i] && dev->links[i]->bus == bus) {
			link_remove(dev->links[i]);
			break;
		}
	}
	mutex_unlock(&vbus_lock);
}

void vbus_link_del_all(struct vbus_device *dev)
{
	int i;

	lockdep_assert_held(&vbus_lock);
	for (i = 0; i < VBUS_MAX_PORTS; i++)
		if (dev->links[i])
			link_remove(dev->links[i]);
}
