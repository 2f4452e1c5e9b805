// SPDX-License-Identifier: GPL-2.0
/*
 * The connector: clients that attach by name and whose driver side is in this module.
 */
#include <linux/seq_file.h>
#include <linux/slab.h>
#include "hostile.h"

static LIST_HEAD(clients);
static DEFINE_MUTEX(clients_lock);
static atomic_t next_number = ATOMIC_INIT(-1);

static struct hostile *to_hostile(struct vbus_client *client)
{
	return container_of(client, struct hostile, client);
}

static void client_event(struct vbus_client *client, const struct vbus_event *ev)
{
	struct hostile *h = to_hostile(client);
	u32 event = le32_to_cpu(ev->event);

	if (event < ARRAY_SIZE(h->events))
		atomic_inc(&h->events[event]);
	wake_up_all(&h->wait);
}

static void client_raise(struct vbus_client *client, u32 vector)
{
	struct hostile *h = to_hostile(client);

	if (vector < HOSTILE_VECTORS)
		atomic_inc(&h->raised[vector]);
	wake_up_all(&h->wait);
}

static void client_release(struct vbus_client *client)
{
	struct hostile *h = to_hostile(client);

	WARN(atomic_read(&h->maps), "%d mappings left\n", atomic_read(&h->maps));
	hostile_mem_free(h);
	kfree(h);
}

static const struct vbus_client_ops client_ops = {
	.event = client_event,
	.raise = client_raise,
	.release = client_release,
};

static int hostile_attach_bus(struct vbus_connector *conn, struct vbus_bus *bus)
{
	struct hostile *h = kzalloc(sizeof(*h), GFP_KERNEL);
	char name[32];
	int err;

	if (!h)
		return -ENOMEM;
	INIT_LIST_HEAD(&h->node);
	init_waitqueue_head(&h->wait);
	err = hostile_mem_init(h);
	if (err)
		goto err_free;
	err = vbus_client_init(&h->client, conn);
	if (err)
		goto err_mem;
	snprintf(name, sizeof(name), "hostile.%d", atomic_inc_return(&next_number));
	mutex_lock(&clients_lock);
	list_add_tail(&h->node, &clients);
	mutex_unlock(&clients_lock);
	err = vbus_client_attach(&h->client, bus, name);
	if (err) {
		mutex_lock(&clients_lock);
		list_del_init(&h->node);
		mutex_unlock(&clients_lock);
		vbus_client_put(&h->client);
	}
	return err;

err_mem:
	hostile_mem_free(h);
err_free:
	kfree(h);
	return err;
}

static int hostile_detach_client(struct vbus_connector *conn, struct vbus_client *client)
{
	struct hostile *h = to_hostile(client);
	bool mine;

	vbus_client_detach(client);
	mutex_lock(&clients_lock);
	mine = !list_empty(&h->node);
	list_del_init(&h->node);
	mutex_unlock(&clients_lock);
	if (mine)
		vbus_client_put(client);
	return 0;
}

struct vbus_connector hostile_connector = {
	.name = "hostile",
	.owner = THIS_MODULE,
	.caps = {
		.home = VBUS_HOME_SHARED,
		.map = true,
		.copy_softirq = true,
		.doorbells = 128,
	},
	.ops = &client_ops,
	.attach = hostile_attach_bus,
	.detach = hostile_detach_client,
};

struct hostile *hostile_get(const char *name)
{
	struct hostile *h;

	mutex_lock(&clients_lock);
	list_for_each_entry(h, &clients, node) {
		if (!strcmp(h->client.name, name)) {
			vbus_client_get(&h->client);
			mutex_unlock(&clients_lock);
			return h;
		}
	}
	mutex_unlock(&clients_lock);
	return NULL;
}

void hostile_put(struct hostile *h)
{
	vbus_client_put(&h->client);
}

void hostile_clients_show(struct seq_file *seq)
{
	struct hostile *h;

	mutex_lock(&clients_lock);
	list_for_each_entry(h, &clients, node)
		seq_printf(seq, "%s devadd %d devdrop %d available %d maps %d\n", h->client.name,
			   atomic_read(&h->events[VBUS_EV_DEVADD]),
			   atomic_read(&h->events[VBUS_EV_DEVDROP]),
			   atomic_read(&h->events[VBUS_EV_AVAILABLE]), atomic_read(&h->maps));
	mutex_unlock(&clients_lock);
}
