// SPDX-License-Identifier: GPL-2.0
/*
 * A disk in /sys/vbus/devices. Each store checks, then hands over; errors say why in the log.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "disk.h"

static struct disk *kobj_to_disk(struct kobject *kobj)
{
	return to_disk(vbus_device_from_kobj(kobj));
}

/*
 * Stores may wait for a file system, or for one that does, so none of them may hold up rmdir.
 */
struct disk_store {
	struct disk *d;
	void *cookie;
};

static int store_begin(struct disk_store *st, struct kobject *kobj, struct kobj_attribute *attr)
{
	st->d = kobj_to_disk(kobj);
	st->cookie = vbus_device_store_begin(&st->d->vdev, &attr->attr);
	if (!st->cookie)
		return -ENODEV;
	mutex_lock(&st->d->cfg);
	if (!READ_ONCE(st->d->vdev.dead))
		return 0;
	mutex_unlock(&st->d->cfg);
	vbus_device_store_end(&st->d->vdev, st->cookie);
	return -ENODEV;
}

static void store_end(struct disk_store *st)
{
	mutex_unlock(&st->d->cfg);
	vbus_device_store_end(&st->d->vdev, st->cookie);
}

static int number_parse(struct disk *d, const char *name, const char *buf, u32 lo, u32 hi,
			u32 *out)
{
	if (!kstrtou32(buf, 0, out) && *out >= lo && *out <= hi)
		return 0;
	disk_complain(d, "%s: write a number from %u to %u", name, lo, hi);
	return -EINVAL;
}

/* Begin a store of a number that is to be changed by @set. */
static ssize_t number_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len, u32 lo, u32 hi, int (*set)(struct disk *d, u32 val))
{
	struct disk_store st;
	u32 val;
	int err;

	err = number_parse(kobj_to_disk(kobj), attr->attr.name, buf, lo, hi, &val);
	if (err)
		return err;
	err = store_begin(&st, kobj, attr);
	if (err)
		return err;
	err = set(st.d, val);
	store_end(&st);
	return err ?: len;
}

static int not_enabled(struct disk *d, const char *name)
{
	lockdep_assert_held(&d->cfg);
	if (!d->media)
		return 0;
	disk_complain(d, "%s: cannot change while the device is enabled", name);
	return -EBUSY;
}

/* ---- enabled, rescan --------------------------------------------------------------------- */

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", !!READ_ONCE(kobj_to_disk(kobj)->media));
}

static int enabled_set(struct disk *d, u32 on)
{
	return disk_enable(d, on);
}

static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t len)
{
	return number_store(kobj, attr, buf, len, 0, 1, enabled_set);
}

static int rescan_set(struct disk *d, u32 one)
{
	return disk_rescan(d);
}

static ssize_t rescan_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t len)
{
	return number_store(kobj, attr, buf, len, 1, 1, rescan_set);
}

/* ---- src_path ---------------------------------------------------------------------------- */

static ssize_t src_path_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct disk *d = kobj_to_disk(kobj);
	ssize_t len;

	mutex_lock(&d->cfg);
	len = sysfs_emit(buf, "%s\n", d->backing ? d->backing->path : "");
	mutex_unlock(&d->cfg);
	return len;
}

/* The same path again. Opening it once more would find it claimed, by us. */
static int src_path_keep(struct disk *d, const struct disk_backing *b)
{
	if (kref_read(&b->ref) == 1)
		return disk_backing_check(d, b, d->block_size);
	disk_complain(d, "src_path: %s is in use until requests in flight are done", b->path);
	return -EBUSY;
}

/* An empty path lets go of the file. */
static int src_path_set(struct disk *d, const char *path)
{
	struct disk_backing *old = d->backing, *b = NULL;
	int err;

	err = not_enabled(d, "src_path");
	if (err)
		return err;
	if (*path && old && disk_backing_is(old, path))
		return src_path_keep(d, old);
	if (*path) {
		b = disk_backing_open(d, path, !d->ro);
		if (IS_ERR(b))
			return PTR_ERR(b);
		err = disk_backing_check(d, b, d->block_size);
		if (err) {
			disk_backing_put(b);
			return err;
		}
	}
	d->backing = b;
	disk_backing_put(old);
	return 0;
}

static ssize_t src_path_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t len)
{
	struct disk_store st;
	char *path;
	int err;

	if (strnlen(buf, len) != len) {
		disk_complain(kobj_to_disk(kobj), "src_path: a path has no zero byte");
		return -EINVAL;
	}
	path = kstrndup(buf, len && buf[len - 1] == '\n' ? len - 1 : len, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	err = -EINVAL;
	if (*path && *path != '/') {
		disk_complain(kobj_to_disk(kobj), "src_path: write an absolute path");
		goto out;
	}
	err = store_begin(&st, kobj, attr);
	if (err)
		goto out;
	err = src_path_set(st.d, path);
	store_end(&st);
out:
	kfree(path);
	return err ?: len;
}

/* ---- what a medium will be like ---------------------------------------------------------- */

static ssize_t ro_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kobj_to_disk(kobj)->ro));
}

static int ro_set(struct disk *d, u32 ro)
{
	int err = not_enabled(d, "ro");

	if (!err && d->backing)
		err = disk_backing_claim(d->backing, !ro);
	if (err == -EACCES)
		disk_complain(d, "ro: the file is open for reading only; clear src_path first");
	else if (err && !d->media)
		disk_complain(d, "ro: the file is exported by another disk");
	if (!err)
		WRITE_ONCE(d->ro, ro);
	return err;
}

static ssize_t ro_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			size_t len)
{
	return number_store(kobj, attr, buf, len, 0, 1, ro_set);
}

static ssize_t direct_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(kobj_to_disk(kobj)->direct));
}

static int direct_set(struct disk *d, u32 direct)
{
	int err = not_enabled(d, "direct");

	if (!err)
		WRITE_ONCE(d->direct, direct);
	return err;
}

static ssize_t direct_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	return number_store(kobj, attr, buf, len, 0, 1, direct_set);
}

static ssize_t busy_us_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_disk(kobj)->busy_us));
}

static int busy_us_set(struct disk *d, u32 us)
{
	WRITE_ONCE(d->busy_us, us);
	return 0;
}

static ssize_t busy_us_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t len)
{
	return number_store(kobj, attr, buf, len, 0, DISK_BUSY_MAX, busy_us_set);
}

static ssize_t block_size_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_disk(kobj)->block_size));
}

static int block_size_set(struct disk *d, u32 size)
{
	int err = not_enabled(d, "block_size");

	if (err)
		return err;
	if (!is_power_of_2(size)) {
		disk_complain(d, "block_size: %u is no power of two", size);
		return -EINVAL;
	}
	if (d->backing)
		err = disk_backing_check(d, d->backing, size);
	if (!err)
		WRITE_ONCE(d->block_size, size);
	return err;
}

static ssize_t block_size_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t len)
{
	return number_store(kobj, attr, buf, len, VBUS_BLK_MIN_BLOCK, VBUS_BLK_MAX_BLOCK,
			    block_size_set);
}

static ssize_t serial_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct disk *d = kobj_to_disk(kobj);
	char serial[VBUS_BLK_SERIAL + 1];

	spin_lock_bh(&d->lock);
	memcpy(serial, d->serial, sizeof(serial));
	spin_unlock_bh(&d->lock);
	return sysfs_emit(buf, "%s\n", serial);
}

static bool serial_valid(const char *buf, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isascii(buf[i]) || !isgraph(buf[i]))
			return false;
	return len && len <= VBUS_BLK_SERIAL;
}

static ssize_t serial_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	size_t n = len && buf[len - 1] == '\n' ? len - 1 : len;
	struct disk_store st;
	int err;

	if (!serial_valid(buf, n)) {
		disk_complain(kobj_to_disk(kobj), "serial: write 1 to %d printable characters",
			      VBUS_BLK_SERIAL);
		return -EINVAL;
	}
	err = store_begin(&st, kobj, attr);
	if (err)
		return err;
	err = not_enabled(st.d, "serial");
	if (!err) {
		spin_lock_bh(&st.d->lock);
		memset(st.d->serial, 0, sizeof(st.d->serial));
		memcpy(st.d->serial, buf, n);
		spin_unlock_bh(&st.d->lock);
	}
	store_end(&st);
	return err ?: len;
}

static ssize_t queues_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(kobj_to_disk(kobj)->queues));
}

/* What a driver was told cannot be changed behind its back. */
static int queues_set(struct disk *d, u32 queues)
{
	int err = not_enabled(d, "queues");

	if (err)
		return err;
	spin_lock_bh(&d->lock);
	if (d->session)
		err = -EBUSY;
	else
		WRITE_ONCE(d->queues, queues);
	spin_unlock_bh(&d->lock);
	if (err)
		disk_complain(d, "queues: cannot change while a driver uses the device");
	return err;
}

static ssize_t queues_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			    size_t len)
{
	return number_store(kobj, attr, buf, len, 1, VBUS_BLK_MAX_QUEUES, queues_set);
}

/* ---- what it is like --------------------------------------------------------------------- */

static ssize_t size_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct disk *d = kobj_to_disk(kobj);
	u64 size;

	spin_lock_bh(&d->lock);
	size = d->media ? atomic64_read(&d->media->size) : 0;
	spin_unlock_bh(&d->lock);
	return sysfs_emit(buf, "%llu\n", size);
}

static ssize_t io_mode_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct disk *d = kobj_to_disk(kobj);
	const char *mode = "<disabled>";

	spin_lock_bh(&d->lock);
	if (d->media)
		mode = d->media->direct ? "direct" : "cached";
	spin_unlock_bh(&d->lock);
	return sysfs_emit(buf, "%s\n", mode);
}

static ssize_t errors_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%lld\n", (s64)atomic64_read(&kobj_to_disk(kobj)->errors));
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);
static struct kobj_attribute rescan_attr = __ATTR_WO(rescan);
static struct kobj_attribute src_path_attr = __ATTR_RW(src_path);
static struct kobj_attribute ro_attr = __ATTR_RW(ro);
static struct kobj_attribute direct_attr = __ATTR_RW(direct);
static struct kobj_attribute busy_us_attr = __ATTR_RW(busy_us);
static struct kobj_attribute block_size_attr = __ATTR_RW(block_size);
static struct kobj_attribute serial_attr = __ATTR_RW(serial);
static struct kobj_attribute queues_attr = __ATTR_RW(queues);
static struct kobj_attribute size_attr = __ATTR_RO(size);
static struct kobj_attribute io_mode_attr = __ATTR_RO(io_mode);
static struct kobj_attribute errors_attr = __ATTR_RO(errors);

static struct attribute *disk_attrs[] = {
	&enabled_attr.attr,
	&rescan_attr.attr,
	&src_path_attr.attr,
	&ro_attr.attr,
	&direct_attr.attr,
	&busy_us_attr.attr,
	&block_size_attr.attr,
	&serial_attr.attr,
	&queues_attr.attr,
	&size_attr.attr,
	&io_mode_attr.attr,
	&errors_attr.attr,
	NULL
};

static const struct attribute_group disk_group = {
	.attrs = disk_attrs,
};

const struct attribute_group *disk_groups[] = {
	&disk_group,
	NULL
};
