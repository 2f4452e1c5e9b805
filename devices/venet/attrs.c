// SPDX-License-Identifier: GPL-2.0
/*
 * A venet in /sys/vbus/devices. Each store checks, then hands over; errors say why in the log.
 */
#include "venet.h"

#define complain(v, fmt, ...) \
	pr_warn_ratelimited("vbus: %s: " fmt "\n", vbus_device_name(&(v)->vdev), ##__VA_ARGS__)

static struct venet *kobj_to_venet(struct kobject *kobj)
{
	return to_venet(vbus_device_from_kobj(kobj));
}

/*
 * Stores may wait for rtnl, or for one that does, so none of them may hold up rmdir.
 */
struct venet_store {
	struct venet *v;
	void *cookie;
};

static int store_begin(struct venet_store *st, struct kobject *kobj, struct kobj_attribute *attr)
{
	st->v = kobj_to_venet(kobj);
	st->cookie = vbus_device_store_begin(&st->v->vdev, &attr->attr);
	if (!st->cookie)
		return -ENODEV;
	mutex_lock(&st->v->cfg);
	if (!READ_ONCE(st->v->vdev.dead))
		return 0;
	mutex_unlock(&st->v->cfg);
	vbus_device_store_end(&st->v->vdev, st->cookie);
	return -ENODEV;
}

static void store_end(struct venet_store *st)
{
	mutex_unlock(&st->v->cfg);
	vbus_device_store_end(&st->v->vdev, st->cookie);
}

static int number_parse(struct venet *v, const char *name, const char *buf, u32 lo, u32 hi,
			u32 *out)
{
	if (!kstrtou32(buf, 0, out) && *out >= lo && *out <= hi)
		return 0;
	complain(v, "%s: write a number from %u to %u", name, lo, hi);
	return -EINVAL;
}

/* ---- enabled, link ----------------------------------------------------------------------- */

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kobj_to_venet(kobj)->enabled));
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t len)
{
	struct venet_store st;
	u32 on;
	int rc;

	rc = number_parse(kobj_to_venet(kobj), "enabled", buf, 0, 1, &on);
	if (rc)
		return rc;
	rc = store_begin(&st, kobj, attr);
	if (rc)
		return rc;
	rc = venet_enable(st.v, on);
	store_end(&st);
	return rc ?: len;
}

static ssize_t link_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct venet *v = kobj_to_venet(kobj);
	bool up;

	spin_lock_bh(&v->lock);
	up = venet_link(v);
	spin_unlock_bh(&v->lock);
	return sysfs_emit(buf, "%s\n", up ? "up" : "down");
}

/* ---- MAC addresses ----------------------------------------------------------------------- */

static ssize_t mac_show(struct venet *v, const u8 *mac, char *buf)
{
	u8 copy[ETH_ALEN];

	spin_lock_bh(&v->lock);
	ether_addr_copy(copy, mac);
	spin_unlock_bh(&v->lock);
	return sysfs_emit(buf, "%pM\n", copy);
}

static bool mac_parse(const char *buf, size_t len, u8 *mac)
{
	if (len && buf[len - 1] == '\n')
		len--;
	return len == 3 * ETH_ALEN - 1 && mac_pton(buf, mac) && is_valid_ether_addr(mac);
}

/* @mac is one address of the device and @other the other one. */
static int mac_set(struct venet *v, const char *name, u8 *mac, const u8 *other, const u8 *new)
{
	lockdep_assert_held(&v->cfg);
	if (v->enabled) {
		complain(v, "%s: cannot change while the device is enabled", name);
		return -EBUSY;
	}
	if (ether_addr_equal(other, new)) {
		complain(v, "%s: the two ends must not have the same address", name);
		return -EINVAL;
	}
	spin_lock_bh(&v->lock);
	ether_addr_copy(mac, new);
	spin_unlock_bh(&v->lock);
	return 0;
}

static ssize_t mac_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			 size_t len, bool host)
{
	struct venet_store st;
	u8 mac[ETH_ALEN];
	int rc;

	if (!mac_parse(buf, len, mac)) {
		complain(kobj_to_venet(kobj), "%s: not a unicast address like 02:00:00:00:00:01",
			 attr->attr.name);
		return -EINVAL;
	}
	rc = store_begin(&st, kobj, attr);
	if (rc)
		return rc;
	if (host)
		rc = mac_set(st.v, attr->attr.name, st.v->host_mac, st.v->client_mac, mac);
	else
		rc = mac_set(st.v, attr->attr.name, st.v->client_mac, st.v->host_mac, mac);
	store_end(&st);
	return rc ?: len;
}

static ssize_t host_mac_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct venet *v = kobj_to_venet(kobj);

	return mac_show(v, v->host_mac, buf);
}

static ssize_t host_mac_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t len)
{
	return mac_store(kobj, attr, buf, len, true);
}

static ssize_t client_mac_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct venet *v = kobj_to_venet(kobj);

	return mac_show(v, v->client_mac, buf);
}

static ssize_t client_mac_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t len)
{
	return mac_store(kobj, attr, buf, len, false);
}

/* The address the driver uses now, which may be another one than it was proposed. */
static ssize_t driver_mac_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct venet *v = kobj_to_venet(kobj);
	u8 mac[ETH_ALEN];
	bool open;

	spin_lock_bh(&v->lock);
	open = v->ports[0].session;
	if (open)
		ether_addr_copy(mac, v->ports[0].session->mac);
	spin_unlock_bh(&v->lock);
	if (!open)
		return sysfs_emit(buf, "<none>\n");
	return sysfs_emit(buf, "%pM\n", mac);
}

/* ---- queues, features and MTU ------------------------------------------------------------ */

/* What a driver has asked for and been told cannot be changed behind its back. Lock held. */
static bool in_use(struct venet *v)
{
	unsigned int i;

	lockdep_assert_held(&v->lock);
	for (i = 0; i < v->nports; i++)
		if (v->ports[i].session)
			return true;
	return false;
}

static ssize_t queues_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_venet(kobj)->queues));
}

static int queues_set(struct venet *v, u32 queues)
{
	int rc = -EBUSY;

	lockdep_assert_held(&v->cfg);
	spin_lock_bh(&v->lock);
	if (!v->enabled && !in_use(v)) {
		v->queues = queues;
		rc = 0;
	}
	spin_unlock_bh(&v->lock);
	if (rc)
		complain(v, "queues: cannot change while the device is enabled or has a driver");
	return rc;
}

static ssize_t queues_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t len)
{
	struct venet_store st;
	u32 queues;
	int rc;

	rc = number_parse(kobj_to_venet(kobj), "queues", buf, 1, VBUS_ENET_MAX_PAIRS, &queues);
	if (rc)
		return rc;
	rc = store_begin(&st, kobj, attr);
	if (rc)
		return rc;
	rc = queues_set(st.v, queues);
	store_end(&st);
	return rc ?: len;
}

static ssize_t features_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%llx\n", READ_ONCE(kobj_to_venet(kobj)->features));
}

static int features_set(struct venet *v, u64 features)
{
	int rc = -EBUSY;

	lockdep_assert_held(&v->cfg);
	spin_lock_bh(&v->lock);
	if (!in_use(v)) {
		v->features = features;
		rc = 0;
	}
	spin_unlock_bh(&v->lock);
	if (rc)
		complain(v, "features: cannot change while a driver uses the device");
	return rc;
}

static ssize_t features_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t len)
{
	struct venet_store st;
	u32 features;
	int rc;

	rc = number_parse(kobj_to_venet(kobj), "features", buf, 0, VBUS_ENET_F_ALL, &features);
	if (rc)
		return rc;
	rc = store_begin(&st, kobj, attr);
	if (rc)
		return rc;
	rc = features_set(st.v, features);
	store_end(&st);
	return rc ?: len;
}

static ssize_t mtu_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_venet(kobj)->mtu));
}

static ssize_t mtu_store(struct kobject *kobj, struct kobj_attribute *attr,
			 const char *buf, size_t len)
{
	struct venet_store st;
	u32 mtu;
	int rc;

	rc = number_parse(kobj_to_venet(kobj), "mtu", buf, VBUS_ENET_MIN_MTU, VBUS_ENET_MAX_MTU,
			  &mtu);
	if (rc)
		return rc;
	rc = store_begin(&st, kobj, attr);
	if (rc)
		return rc;
	if (st.v->enabled && st.v->be->set_mtu)
		rc = st.v->be->set_mtu(st.v, mtu);
	else
		venet_set_mtu(st.v, mtu);
	store_end(&st);
	return rc ?: len;
}

static ssize_t max_mtu_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", VBUS_ENET_MAX_MTU);
}

/* ---- interface --------------------------------------------------------------------------- */

static ssize_t ifname_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct venet *v = kobj_to_venet(kobj);
	char name[IFNAMSIZ];

	spin_lock_bh(&v->lock);
	strscpy(name, v->enabled ? v->ifname : "<disabled>", sizeof(name));
	spin_unlock_bh(&v->lock);
	return sysfs_emit(buf, "%s\n", name);
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);
static struct kobj_attribute link_attr = __ATTR_RO(link);
static struct kobj_attribute host_mac_attr = __ATTR_RW(host_mac);
static struct kobj_attribute client_mac_attr = __ATTR_RW(client_mac);
static struct kobj_attribute peer_mac_attr = __ATTR(peer_mac, 0644, host_mac_show, host_mac_store);
static struct kobj_attribute driver_mac_attr = __ATTR_RO(driver_mac);
static struct kobj_attribute queues_attr = __ATTR_RW(queues);
static struct kobj_attribute features_attr = __ATTR_RW(features);
static struct kobj_attribute mtu_attr = __ATTR_RW(mtu);
static struct kobj_attribute max_mtu_attr = __ATTR_RO(max_mtu);
static struct kobj_attribute ifname_attr = __ATTR_RO(ifname);

static struct attribute *common_attrs[] = {
	&enabled_attr.attr,
	&link_attr.attr,
	&client_mac_attr.attr,
	&queues_attr.attr,
	&features_attr.attr,
	&mtu_attr.attr,
	&max_mtu_attr.attr,
	NULL
};

static const struct attribute_group common_group = {
	.attrs = common_attrs,
};

static struct attribute *tap_attrs[] = {
	&ifname_attr.attr,
	&host_mac_attr.attr,
	&driver_mac_attr.attr,
	NULL
};

static const struct attribute_group tap_group = {
	.attrs = tap_attrs,
};

static struct attribute *loop_attrs[] = {
	&peer_mac_attr.attr,
	NULL
};

static const struct attribute_group loop_group = {
	.attrs = loop_attrs,
};

const struct attribute_group *venet_tap_groups[] = {
	&common_group,
	&tap_group,
	NULL
};
EXPORT_SYMBOL_GPL(venet_tap_groups);

const struct attribute_group *venet_loop_groups[] = {
	&common_group,
	&loop_group,
	NULL
};
EXPORT_SYMBOL_GPL(venet_loop_groups);
