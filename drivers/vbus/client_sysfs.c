// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/vbus/instances/<bus>/clients/<client>: state and counters.
 *
 *	<client>/{connector,state,features,verbs,...}
 *	<client>/ports/<id>/{type,features,handle}	an open port
 *	<client>/ports/<id>/q<n>/{packets,bytes,...}	one of its queues
 *
 * No file here takes a lock: figures are read as they are.
 */
#include <linux/slab.h>
#include "core.h"

static struct vbus_client *to_client(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_client, kobj);
}

static ssize_t connector_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_client(kobj)->conn->name);
}

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vbus_client *client = to_client(kobj);
	const char *state = READ_ONCE(client->dead) ? "dead" :
			    READ_ONCE(client->attached) ? "attached" : "connected";

	return sysfs_emit(buf, "%s\n", state);
}

static ssize_t features_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", to_client(kobj)->features);
}

#define CLIENT_COUNTER(_name)									\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)	\
{												\
	return sysfs_emit(buf, "%llu\n", to_client(kobj)->_name);				\
}												\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

CLIENT_COUNTER(verbs);
CLIENT_COUNTER(verb_errors);
CLIENT_COUNTER(bad_doorbells);
CLIENT_COUNTER(throttled);

static struct kobj_attribute connector_attr = __ATTR_RO(connector);
static struct kobj_attribute state_attr = __ATTR_RO(state);
static struct kobj_attribute features_attr = __ATTR_RO(features);

static struct attribute *client_attrs[] = {
	&connector_attr.attr,
	&state_attr.attr,
	&features_attr.attr,
	&verbs_attr.attr,
	&verb_errors_attr.attr,
	&bad_doorbells_attr.attr,
	&throttled_attr.attr,
	NULL
};

static const struct attribute_group client_group = { .attrs = client_attrs };
const struct attribute_group *vbus_client_groups[] = { &client_group, NULL };

int vbus_client_sysfs_add(struct vbus_client *client)
{
	int err;

	err = kobject_add(&client->kobj, client->bus->clients_kobj, "%s", client->name);
	if (err)
		return err;
	client->ports_kobj = kobject_create_and_add("ports", &client->kobj);
	if (!client->ports_kobj) {
		kobject_del(&client->kobj);
		return -ENOMEM;
	}
	return 0;
}

void vbus_client_sysfs_del(struct vbus_client *client)
{
	kobject_put(client->ports_kobj);
	kobject_del(&client->kobj);
}

/* ---- an open port ---- */

struct vbus_portdir {
	struct kobject kobj;
	char type[VBUS_TYPE_SIZE];
	u64 features;
	u32 handle;
};

static struct vbus_portdir *to_portdir(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_portdir, kobj);
}

static ssize_t port_type_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", to_portdir(kobj)->type);
}

static ssize_t port_features_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", to_portdir(kobj)->features);
}

static ssize_t port_handle_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_portdir(kobj)->handle);
}

static struct kobj_attribute port_type_attr = __ATTR(type, 0444, port_type_show, NULL);
static struct kobj_attribute port_features_attr = __ATTR(features, 0444, port_features_show, NULL);
static struct kobj_attribute port_handle_attr = __ATTR(handle, 0444, port_handle_show, NULL);

static struct attribute *port_attrs[] = {
	&port_type_attr.attr,
	&port_features_attr.attr,
	&port_handle_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(port);

static void portdir_release(struct kobject *kobj)
{
	kfree(to_portdir(kobj));
}

static const struct kobj_type portdir_ktype = {
	.release = portdir_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = port_groups,
};

struct vbus_portdir *vbus_portdir_add(struct vbus_session *s)
{
	struct vbus_portdir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	struct kobject *parent = s->client->ports_kobj;
	int err;

	if (!dir)
		return ERR_PTR(-ENOMEM);
	strscpy(dir->type, s->node->type, sizeof(dir->type));
	dir->features = s->features;
	dir->handle = s->handle;
	kobject_init(&dir->kobj, &portdir_ktype);
	/* A client may open a port that takes several sessions more than once. */
	if (s->port->max_sessions > 1)
		err = kobject_add(&dir->kobj, parent, "%u.%u", s->node->id, s->handle);
	else
		err = kobject_add(&dir->kobj, parent, "%u", s->node->id);
	if (err) {
		kobject_put(&dir->kobj);
		return ERR_PTR(err);
	}
	return dir;
}

void vbus_portdir_del(struct vbus_portdir *dir)
{
	kobject_del(&dir->kobj);
	kobject_put(&dir->kobj);
}

/* ---- a queue's counters ---- */

static struct vbus_qstats *to_qstats(struct kobject *kobj)
{
	return container_of(kobj, struct vbus_qstats, kobj);
}

#define QUEUE_COUNTER(_name)									\
static ssize_t q_##_name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)	\
{												\
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_qstats(kobj)->_name));			\
}												\
static struct kobj_attribute q_##_name##_attr = __ATTR(_name, 0444, q_##_name##_show, NULL)

QUEUE_COUNTER(packets);
QUEUE_COUNTER(bytes);
QUEUE_COUNTER(doorbells);
QUEUE_COUNTER(interrupts);
QUEUE_COUNTER(suppressed);
QUEUE_COUNTER(ring_full);
QUEUE_COUNTER(bad);
QUEUE_COUNTER(dropped);
QUEUE_COUNTER(missed);
QUEUE_COUNTER(copies);

static struct attribute *qstats_attrs[] = {
	&q_packets_attr.attr,
	&q_bytes_attr.attr,
	&q_doorbells_attr.attr,
	&q_interrupts_attr.attr,
	&q_suppressed_attr.attr,
	&q_ring_full_attr.attr,
	&q_bad_attr.attr,
	&q_dropped_attr.attr,
	&q_missed_attr.attr,
	&q_copies_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(qstats);

static void qstats_release(struct kobject *kobj)
{
	kfree(to_qstats(kobj));
}

static const struct kobj_type qstats_ktype = {
	.release = qstats_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = qstats_groups,
};

struct vbus_qstats *vbus_qstats_add(struct vbus_session *s, u32 id)
{
	struct vbus_qstats *stats = kzalloc(sizeof(*stats), GFP_KERNEL);
	int err;

	if (!stats)
		return ERR_PTR(-ENOMEM);
	err = kobject_init_and_add(&stats->kobj, &qstats_ktype, &s->dir->kobj, "q%u", id);
	if (err) {
		kobject_put(&stats->kobj);
		return ERR_PTR(err);
	}
	return stats;
}

void vbus_qstats_del(struct vbus_qstats *stats)
{
	kobject_del(&stats->kobj);
	kobject_put(&stats->kobj);
}
