// SPDX-License-Identifier: GPL-2.0
/*
 * Bus instances: which devices a consumer sees, which consumers there are, and what they may use.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static LIST_HEAD(buses);	/* see &vbus_bus.entry */
static struct kset *instances_kset;

static const struct vbus_limits default_limits = {
	.clients = 256,
	.sessions = 4096,
	.queues = 16384,
	.kicks = 1000000,
};

static struct vbus_bus *to_bus(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_bus, kobj);
}

const char *vbus_bus_name(const struct vbus_bus *bus)
{
	return kobject_name(&bus->kobj);
}
EXPORT_SYMBOL_GPL(vbus_bus_name);

/* One rw file for each member of struct vbus_limits. */
#define LIMIT_ATTR(_name, _min)									\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)	\
{												\
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_bus(kobj)->limits._name));			\
}												\
static ssize_t _name##_store(struct kobject *kobj, struct kobj_attribute *attr,		\
			     const char *buf, size_t len)					\
{												\
	return limit_store(to_bus(kobj), #_name, &to_bus(kobj)->limits._name, _min,		\
			   default_limits._name * 16, buf) ?: len;				\
}												\
static struct kobj_attribute _name##_attr = __ATTR_RW(_name)

static int limit_store(struct vbus_bus *bus, const char *what, u32 *limit, u32 min, u32 max,
		       const char *buf)
{
	u32 val;
	int err;

	err = kstrtou32(buf, 0, &val);
	if (!err && (val < min || val > max))
		err = -EINVAL;
	if (err) {
		pr_info_ratelimited("%s: limits/%s must be in %u..%u\n", vbus_bus_name(bus), what,
				    min, max);
		return err;
	}
	WRITE_ONCE(*limit, val);
	return 0;
}

LIMIT_ATTR(clients, 0);
LIMIT_ATTR(sessions, 0);
LIMIT_ATTR(queues, 0);
LIMIT_ATTR(kicks, 10);

static ssize_t refused_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", atomic_read(&to_bus(kobj)->refused));
}

static struct kobj_attribute refused_attr = __ATTR_RO(refused);

static struct attribute *limit_attrs[] = {
	&clients_attr.attr,
	&sessions_attr.attr,
	&queues_attr.attr,
	&kicks_attr.attr,
	&refused_attr.attr,
	NULL
};

static const struct attribute_group limits_group = {
	.name = "limits",
	.attrs = limit_attrs,
};

static const struct attribute_group *bus_groups[] = { &limits_group, NULL };

static void bus_release(struct kobject *kobj)
{
	kfree(to_bus(kobj));
}

static const struct kobj_type bus_ktype = {
	.release = bus_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = bus_groups,
};

struct kobject *vbus_bus_kobj(struct vbus_bus *bus)
{
	return &bus->kobj;
}
EXPORT_SYMBOL_GPL(vbus_bus_kobj);

void vbus_bus_get(struct vbus_bus *bus)
{
	kobject_get(&bus->kobj);
}
EXPORT_SYMBOL_GPL(vbus_bus_get);

void vbus_bus_put(struct vbus_bus *bus)
{
	kobject_put(&bus->kobj);
}
EXPORT_SYMBOL_GPL(vbus_bus_put);

void vbus_bus_for_each(void (*fn)(struct vbus_bus *bus))
{
	struct vbus_bus *bus;

	lockdep_assert_held(&vbus_watch_lock);
	list_for_each_entry(bus, &buses, entry)
		fn(bus);
}

struct vbus_bus *vbus_bus_create(const char *name)
{
	struct vbus_bus *bus = kzalloc(sizeof(*bus), GFP_KERNEL);
	int err;

	if (!bus)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&bus->nodes);
	INIT_LIST_HEAD(&bus->clients);
	bus->limits = default_limits;
	bus->kobj.kset = instances_kset;
	err = kobject_init_and_add(&bus->kobj, &bus_ktype, NULL, "%s", name);
	if (err)
		goto err_put;
	err = -ENOMEM;
	bus->devices_kobj = kobject_create_and_add("devices", &bus->kobj);
	if (!bus->devices_kobj)
		goto err_del;
	bus->clients_kobj = kobject_create_and_add("clients", &bus->kobj);
	if (!bus->clients_kobj)
		goto err_devices;
	mutex_lock(&vbus_watch_lock);
	mutex_lock(&vbus_lock);
	list_add_tail(&bus->entry, &buses);
	mutex_unlock(&vbus_lock);
	vbus_watch_add(bus);
	vbus_membership_want();
	mutex_unlock(&vbus_watch_lock);
	kobject_uevent(&bus->kobj, KOBJ_ADD);
	trace_vbus_bus_create(bus);
	return bus;

err_devices:
	kobject_put(bus->devices_kobj);
err_del:
	kobject_del(&bus->kobj);
err_put:
	kobject_put(&bus->kobj);
	return ERR_PTR(err);
}

/* configfs refuses rmdir as long as links or clients exist; see vbus_bus_hold(). */
void vbus_bus_remove(struct vbus_bus *bus)
{
	mutex_lock(&vbus_watch_lock);
	vbus_watch_del(bus);
	mutex_lock(&vbus_lock);
	bus->dead = true;
	list_del(&bus->entry);
	mutex_unlock(&vbus_lock);
	mutex_unlock(&vbus_watch_lock);
	trace_vbus_bus_destroy(bus);
	kobject_uevent(&bus->kobj, KOBJ_REMOVE);
	kobject_put(bus->clients_kobj);
	kobject_put(bus->devices_kobj);
	kobject_del(&bus->kobj);
	vbus_bus_put(bus);
}

struct vbus_bus *vbus_bus_find_get(const char *name)
{
	struct vbus_bus *bus;

	mutex_lock(&vbus_lock);
	list_for_each_entry(bus, &buses, entry) {
		if (!strcmp(vbus_bus_name(bus), name)) {
			vbus_bus_get(bus);
			mutex_unlock(&vbus_lock);
			return bus;
		}
	}
	mutex_unlock(&vbus_lock);
	return NULL;
}
EXPORT_SYMBOL_GPL(vbus_bus_find_get);

/* Find a connector's client by name and reference it. */
struct vbus_client *vbus_bus_find_client(struct vbus_connector *conn, const char *name)
{
	struct vbus_client *client;
	struct vbus_bus *bus;

	mutex_lock(&vbus_lock);
	list_for_each_entry(bus, &buses, entry) {
		list_for_each_entry(client, &bus->clients, entry) {
			if (client->conn == conn && !strcmp(client->name, name)) {
				vbus_client_get(client);
				mutex_unlock(&vbus_lock);
				return client;
			}
		}
	}
	mutex_unlock(&vbus_lock);
	return NULL;
}

/* Count one more of something against its limit. */
bool vbus_bus_charge(struct vbus_bus *bus, atomic_t *count, u32 limit)
{
	if ((u32)atomic_inc_return(count) <= limit)
		return true;
	atomic_dec(count);
	atomic_inc(&bus->refused);
	return false;
}

int vbus_bus_subsys_init(struct kobject *root)
{
	instances_kset = kset_create_and_add("instances", NULL, root);
	return instances_kset ? 0 : -ENOMEM;
}

void vbus_bus_subsys_exit(void)
{
	kset_unregister(instances_kset);
}
