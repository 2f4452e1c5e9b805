// SPDX-License-Identifier: GPL-2.0
/*
 * "dma" in a link's directory: what its DMA engine does.
 */
#include <linux/kstrtox.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "agent.h"

static struct engine *to_engine(struct kobject *kobj)
{
	struct agent *a = vbus_link_of(kobj)->priv;

	return a->engine;
}

static ssize_t channel_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", dma_chan_name(to_engine(kobj)->chan));
}

static struct kobj_attribute channel_attr = __ATTR_RO(channel);

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const char * const names[] = {
		[ENGINE_OFF] = "off",
		[ENGINE_READY] = "ready",
		[ENGINE_RESETTING] = "resetting",
		[ENGINE_RESTING] = "resting",
		[ENGINE_BROKEN] = "broken",
	};

	return sysfs_emit(buf, "%s\n", names[READ_ONCE(to_engine(kobj)->state)]);
}

static struct kobj_attribute state_attr = __ATTR_RO(state);

/* ---- thresholds ---------------------------------------------------------------------------- */

static ssize_t min_show(const struct engine_way_state *w, char *buf)
{
	u32 min = READ_ONCE(w->min);

	if (min == ENGINE_NEVER)
		return sysfs_emit(buf, "never\n");
	return sysfs_emit(buf, "%u\n", min);
}

static ssize_t min_store(struct engine *e, enum engine_way way, const char *buf, size_t count)
{
	struct engine_way_state *w = &e->ways[way];
	u32 chosen = 0;
	int err;

	if (sysfs_streq(buf, "never")) {
		chosen = ENGINE_NEVER;
	} else if (!sysfs_streq(buf, "auto")) {
		err = kstrtou32(buf, 0, &chosen);
		if (err)
			return err;
		if (!chosen)
			return -EINVAL;
	}
	spin_lock_bh(&e->lock);
	WRITE_ONCE(w->chosen, chosen);
	WRITE_ONCE(w->min, chosen ?: w->measured ?: ENGINE_NEVER);
	spin_unlock_bh(&e->lock);
	return count;
}

#define ENGINE_MIN_ATTR(_name, _way)							\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{											\
	return min_show(&to_engine(kobj)->ways[_way], buf);				\
}											\
static ssize_t _name##_store(struct kobject *kobj, struct kobj_attribute *attr,	\
			     const char *buf, size_t count)				\
{											\
	return min_store(to_engine(kobj), _way, buf, count);				\
}											\
static struct kobj_attribute _name##_attr = __ATTR_RW(_name)

ENGINE_MIN_ATTR(read_min, ENGINE_READ);
ENGINE_MIN_ATTR(write_min, ENGINE_WRITE);

static ssize_t timeout_ms_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_engine(kobj)->timeout_ms));
}

static ssize_t timeout_ms_store(struct kobject *kobj, struct kobj_attribute *attr,
				const char *buf, size_t count)
{
	u32 ms;
	int err = kstrtou32(buf, 0, &ms);

	if (err)
		return err;
	if (!ms || ms > ENGINE_TIMEOUT_MAX)
		return -EINVAL;
	WRITE_ONCE(to_engine(kobj)->timeout_ms, ms);
	return count;
}

static struct kobj_attribute timeout_ms_attr = __ATTR_RW(timeout_ms);

/* ---- numbers ------------------------------------------------------------------------------- */

#define ENGINE_ATTR_RO(_name, _fmt, _expr)						\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{											\
	const struct engine *e = to_engine(kobj);					\
											\
	return sysfs_emit(buf, _fmt "\n", _expr);					\
}											\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

ENGINE_ATTR_RO(cpu_read_ns, "%u", READ_ONCE(e->ways[ENGINE_READ].cpu_ns));
ENGINE_ATTR_RO(cpu_write_ns, "%u", READ_ONCE(e->ways[ENGINE_WRITE].cpu_ns));
ENGINE_ATTR_RO(dma_read_ns, "%u", READ_ONCE(e->ways[ENGINE_READ].dma_ns));
ENGINE_ATTR_RO(dma_write_ns, "%u", READ_ONCE(e->ways[ENGINE_WRITE].dma_ns));
ENGINE_ATTR_RO(reads, "%lu", READ_ONCE(e->ways[ENGINE_READ].copies));
ENGINE_ATTR_RO(read_bytes, "%lu", READ_ONCE(e->ways[ENGINE_READ].bytes));
ENGINE_ATTR_RO(writes, "%lu", READ_ONCE(e->ways[ENGINE_WRITE].copies));
ENGINE_ATTR_RO(write_bytes, "%lu", READ_ONCE(e->ways[ENGINE_WRITE].bytes));
ENGINE_ATTR_RO(errors, "%lu", READ_ONCE(e->errors));
ENGINE_ATTR_RO(timeouts, "%lu", READ_ONCE(e->timeouts));
ENGINE_ATTR_RO(resets, "%lu", READ_ONCE(e->resets));
ENGINE_ATTR_RO(busy, "%lu", atomic_long_read(&e->busy));

static struct attribute *engine_attrs[] = {
	&channel_attr.attr,
	&state_attr.attr,
	&read_min_attr.attr,
	&write_min_attr.attr,
	&timeout_ms_attr.attr,
	&cpu_read_ns_attr.attr,
	&cpu_write_ns_attr.attr,
	&dma_read_ns_attr.attr,
	&dma_write_ns_attr.attr,
	&reads_attr.attr,
	&read_bytes_attr.attr,
	&writes_attr.attr,
	&write_bytes_attr.attr,
	&errors_attr.attr,
	&timeouts_attr.attr,
	&resets_attr.attr,
	&busy_attr.attr,
	NULL,
};

static const struct attribute_group engine_group = {
	.name = "dma",
	.attrs = engine_attrs,
};

/* The engine is in its agent, and that in the link. */
int engine_files_add(struct vbus_link *link)
{
	return sysfs_create_group(link->kobj, &engine_group);
}

void engine_files_del(struct vbus_link *link)
{
	sysfs_remove_group(link->kobj, &engine_group);
}
