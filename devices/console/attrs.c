// SPDX-License-Identifier: GPL-2.0
/*
 * A console in /sys/vbus/devices. Each store checks, then hands over; errors say why in the log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "console.h"

#define complain(v, fmt, ...) \
	pr_warn_ratelimited("%s: " fmt "\n", vbus_device_name(&(v)->vdev), ##__VA_ARGS__)

static struct vcon *kobj_to_vcon(struct kobject *kobj)
{
	return to_vcon(vbus_device_from_kobj(kobj));
}

/*
 * Stores wait for polls and for the tty layer, so they must not hold up rmdir. Each hands a number
 * within its limits to @set, with cfg held.
 */
static ssize_t store_number(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len, u32 lo, u32 hi, int (*set)(struct vcon *v, u32 val))
{
	struct vcon *v = kobj_to_vcon(kobj);
	void *cookie;
	int err;
	u32 val;

	if (kstrtou32(buf, 0, &val) || val < lo || val > hi) {
		complain(v, "%s: write a number from %u to %u", attr->attr.name, lo, hi);
		return -EINVAL;
	}
	cookie = vbus_device_store_begin(&v->vdev, &attr->attr);
	if (!cookie)
		return -ENODEV;
	mutex_lock(&v->cfg);
	err = READ_ONCE(v->vdev.dead) ? -ENODEV : set(v, val);
	mutex_unlock(&v->cfg);
	vbus_device_store_end(&v->vdev, cookie);
	return err ?: len;
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kobj_to_vcon(kobj)->enabled));
}

static int set_enabled(struct vcon *v, u32 val)
{
	return vcon_enable(v, val);
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	return store_number(kobj, attr, buf, len, 0, 1, set_enabled);
}

static ssize_t ports_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_vcon(kobj)->nlines));
}

static int set_ports(struct vcon *v, u32 val)
{
	int err = vcon_set_lines(v, val);

	if (err == -EBUSY)
		complain(v, "ports: cannot change while the device is enabled or a driver uses it");
	return err;
}

static ssize_t ports_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			   size_t len)
{
	return store_number(kobj, attr, buf, len, 1, VBUS_CONSOLE_MAX_LINES, set_ports);
}

static ssize_t hangup_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kobj_to_vcon(kobj)->hangup));
}

static int set_hangup(struct vcon *v, u32 val)
{
	WRITE_ONCE(v->hangup, val);
	return 0;
}

static ssize_t hangup_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	return store_number(kobj, attr, buf, len, 0, 1, set_hangup);
}

static ssize_t link_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vcon *v = kobj_to_vcon(kobj);
	bool up;

	spin_lock_bh(&v->lock);
	up = v->enabled && v->session;
	spin_unlock_bh(&v->lock);
	return sysfs_emit(buf, "%s\n", up ? "up" : "down");
}

static ssize_t tty_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vcon *v = kobj_to_vcon(kobj);
	unsigned int i;
	int len = 0;

	spin_lock_bh(&v->lock);
	for (i = 0; v->enabled && i < v->nlines; i++)
		len += sysfs_emit_at(buf, len, "%sttyVB%u", i ? " " : "", v->lines[i]->tty->minor);
	spin_unlock_bh(&v->lock);
	if (!len)
		return sysfs_emit(buf, "<disabled>\n");
	return len + sysfs_emit_at(buf, len, "\n");
}

static ssize_t dropped_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vcon *v = kobj_to_vcon(kobj);
	unsigned int i;
	u64 sum = 0;

	mutex_lock(&v->cfg);
	for (i = 0; i < v->nlines; i++)
		sum += READ_ONCE(v->lines[i]->rx.dropped);
	mutex_unlock(&v->cfg);
	return sysfs_emit(buf, "%llu\n", sum);
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);
static struct kobj_attribute ports_attr = __ATTR_RW(ports);
static struct kobj_attribute hangup_attr = __ATTR_RW(hangup);
static struct kobj_attribute link_attr = __ATTR_RO(link);
static struct kobj_attribute tty_attr = __ATTR_RO(tty);
static struct kobj_attribute dropped_attr = __ATTR_RO(dropped);

static struct attribute *vcon_attrs[] = {
	&enabled_attr.attr,
	&ports_attr.attr,
	&hangup_attr.attr,
	&link_attr.attr,
	&tty_attr.attr,
	&dropped_attr.attr,
	NULL
};

static const struct attribute_group vcon_group = {
	.attrs = vcon_attrs,
};

const struct attribute_group *vcon_groups[] = { &vcon_group, NULL };
