// SPDX-License-Identifier: GPL-2.0
/*
 * Connectors: the transports clients come through. One directory each under /sys/vbus/connectors;
 * those that attach by name have "attach" (write a bus) and "detach" (write a client's name).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/slab.h>
#include "core.h"

static LIST_HEAD(connectors);	/* vbus_lock */
static struct kobject *connectors_kobj;

struct connector_dir {
	struct kobject kobj;
	struct vbus_connector *conn;
};

static struct vbus_connector *to_conn(struct kobject *kobj)
{
	return container_of(kobj, struct connector_dir, kobj)->conn;
}

/* Joining a bus is an act of the machine's administrator, whatever the file's mode says. */
static int name_from_user(const char *buf, size_t len, char name[VBUS_NAME_SIZE])
{
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len && buf[len - 1] == '\n')
		len--;
	if (!len || len >= VBUS_NAME_SIZE || memchr(buf, 0, len))
		return -EINVAL;
	memcpy(name, buf, len);
	name[len] = 0;
	return vbus_name_ok(name) ? 0 : -EINVAL;
}

static ssize_t attach_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	struct vbus_connector *conn = to_conn(kobj);
	char name[VBUS_NAME_SIZE];
	struct vbus_bus *bus;
	int err;

	err = name_from_user(buf, len, name);
	if (err)
		return err;
	bus = vbus_bus_find_get(name);
	if (!bus) {
		pr_info_ratelimited("%s: attach: there is no bus %s\n", conn->name, name);
		return -ENOENT;
	}
	err = conn->attach(conn, bus);
	vbus_bus_put(bus);
	if (err)
		pr_info_ratelimited("%s: attach to %s failed: %pe\n", conn->name, name,
				    ERR_PTR(err));
	return err ?: len;
}

static ssize_t detach_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	struct vbus_connector *conn = to_conn(kobj);
	char name[VBUS_NAME_SIZE];
	struct vbus_client *client;
	int err;

	err = name_from_user(buf, len, name);
	if (err)
		return err;
	client = vbus_bus_find_client(conn, name);
	if (!client) {
		pr_info_ratelimited("%s: detach: there is no client %s\n", conn->name, name);
		return -ENOENT;
	}
	err = conn->detach(conn, client);
	vbus_client_put(client);
	return err ?: len;
}

static struct kobj_attribute attach_attr = __ATTR(attach, 0200, NULL, attach_store);
static struct kobj_attribute detach_attr = __ATTR(detach, 0200, NULL, detach_store);

static struct attribute *connector_attrs[] = {
	&attach_attr.attr,
	&detach_attr.attr,
	NULL
};

static umode_t connector_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct vbus_connector *conn = to_conn(kobj);

	return (attr == &attach_attr.attr ? !!conn->attach : !!conn->detach) ? attr->mode : 0;
}

static const struct attribute_group connector_group = {
	.attrs = connector_attrs,
	.is_visible = connector_visible,
};
__ATTRIBUTE_GROUPS(connector);

static void connector_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct connector_dir, kobj));
}

static const struct kobj_type connector_ktype = {
	.release = connector_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = connector_groups,
};

static bool connector_valid(const struct vbus_connector *c)
{
	const struct vbus_client_ops *ops = c->ops;

	return c->name && vbus_name_ok(c->name) &&
	       c->caps.doorbells >= 1 && c->caps.doorbells <= VBUS_MAX_DOORBELLS &&
	       /* Polls always copy in softirq; rings with a shared home are used by pointer. */
	       c->caps.copy_softirq && (c->caps.map || c->caps.home == VBUS_HOME_SPLIT) &&
	       ops && ops->event && ops->raise && ops->release &&
	       !ops->alloc_half == !ops->free_half &&
	       (c->caps.home == VBUS_HOME_SHARED || ops->alloc_half) &&
	       (!c->attach || c->detach);
}

static struct vbus_connector *connector_find(const char *name)
{
	struct vbus_connector *c;

	lockdep_assert_held(&vbus_lock);
	list_for_each_entry(c, &connectors, node)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int vbus_connector_register(struct vbus_connector *conn)
{
	struct connector_dir *dir;
	int err = 0;

	if (!connector_valid(conn))
		return -EINVAL;
	dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	if (!dir)
		return -ENOMEM;
	dir->conn = conn;
	kobject_init(&dir->kobj, &connector_ktype);
	conn->kobj = &dir->kobj;
	mutex_lock(&vbus_lock);
	if (connector_find(conn->name))
		err = -EEXIST;
	else
		list_add_tail(&conn->node, &connectors);
	mutex_unlock(&vbus_lock);
	if (err)
		goto err_put;
	/* Without the lock, which the stores of its files take. */
	err = kobject_add(&dir->kobj, connectors_kobj, "%s", conn->name);
	if (err)
		goto err_list;
	return 0;

err_list:
	mutex_lock(&vbus_lock);
	list_del(&conn->node);
	mutex_unlock(&vbus_lock);
err_put:
	kobject_put(&dir->kobj);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_connector_register);

void vbus_connector_unregister(struct vbus_connector *conn)
{
	/* Waits for stores in flight, which use the connector. */
	kobject_del(conn->kobj);
	mutex_lock(&vbus_lock);
	list_del(&conn->node);
	mutex_unlock(&vbus_lock);
	kobject_put(conn->kobj);
}
EXPORT_SYMBOL_GPL(vbus_connector_unregister);

int vbus_connector_subsys_init(struct kobject *root)
{
	connectors_kobj = kobject_create_and_add("connectors", root);
	return connectors_kobj ? 0 : -ENOMEM;
}

void vbus_connector_subsys_exit(void)
{
	kobject_put(connectors_kobj);
}
