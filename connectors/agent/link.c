// SPDX-License-Identifier: GPL-2.0
/*
 * Links: brings hardware and the two ends of the connector together, whichever is loaded first, and
 * counts what crosses.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/wait.h>
#include <vbus/link.h>
#include <vbus/model.h>

#include "life.h"
#include "reverse.h"

static unsigned int heartbeat_timeout = 750;
module_param(heartbeat_timeout, uint, 0444);
MODULE_PARM_DESC(heartbeat_timeout,
		 "milliseconds after which a silent peer is dead (750; 100 to 60000)");

/*
 * Outer to everything: a user's attach runs with it held. Its detach does not: it ends drivers, and
 * may wait for a peer, of which other links must not notice anything.
 */
static DEFINE_MUTEX(link_lock);
static LIST_HEAD(links);
static LIST_HEAD(users);
/* Who waits for a detach. */
static DECLARE_WAIT_QUEUE_HEAD(link_parted);

/* ---- accesses ---------------------------------------------------------------------------- */

/*
 * A peer that is given up is left alone, also by who does not know yet; but for the rings and their
 * payload, which have the window to themselves until the end was detached.
 */
static bool link_quiet(const struct vbus_link *link)
{
	return unlikely(READ_ONCE(link->quiet));
}

void vbus_link_push(struct vbus_link *link, u64 off, const void *src, size_t len)
{
	link->count.writes++;
	link->count.write_bytes += len;
	memcpy_toio(link->out + off, src, len);
	vbus_model_write(len);
}
EXPORT_SYMBOL_GPL(vbus_link_push);

void vbus_link_write(struct vbus_link *link, u64 off, const void *src, size_t len)
{
	if (!link_quiet(link))
		vbus_link_push(link, off, src, len);
}
EXPORT_SYMBOL_GPL(vbus_link_write);

void vbus_link_read(struct vbus_link *link, void *dst, u64 off, size_t len)
{
	if (link_quiet(link)) {
		memset(dst, 0xff, len);
		return;
	}
	link->count.reads++;
	link->count.read_bytes += len;
	memcpy_fromio(dst, link->out + off, len);
	vbus_model_read(len);
}
EXPORT_SYMBOL_GPL(vbus_link_read);

void vbus_link_writel(struct vbus_link *link, u64 off, u32 val)
{
	if (link_quiet(link))
		return;
	link->count.writes++;
	link->count.write_bytes += sizeof(val);
	writel(val, link->out + off);
	vbus_model_write(sizeof(val));
}
EXPORT_SYMBOL_GPL(vbus_link_writel);

u32 vbus_link_readl(struct vbus_link *link, u64 off)
{
	if (link_quiet(link))
		return U32_MAX;
	link->count.reads++;
	link->count.read_bytes += sizeof(u32);
	vbus_model_read(sizeof(u32));
	return readl(link->out + off);
}
EXPORT_SYMBOL_GPL(vbus_link_readl);

void vbus_link_ring(struct vbus_link *link, u32 bit)
{
	if (link_quiet(link))
		return;
	link->count.rings++;
	link->ops->ring(link, bit);
	vbus_model_write(sizeof(bit));
}
EXPORT_SYMBOL_GPL(vbus_link_ring);

void vbus_link_rang(struct vbus_link *link, u32 bit)
{
	struct vbus_link_user *user;
	struct link_reverse *r;

	if (bit >= link->bits)
		return;
	link->count.rang++;
	if (link->ops->ack)
		link->ops->ack(link, bit);
	/* What link_part() waits for; not every caller is an interrupt. */
	rcu_read_lock();
	/* Pairs with link_match(): who sees the user sees what it has made. */
	user = smp_load_acquire(&link->user);
	if (user)
		user->rang(link, bit);
	/* Both directions share the bits: what rang says no more than to look. */
	r = smp_load_acquire(&link->reverse); /* pairs with reverse_start() */
	if (r)
		vbus_link_rang(reverse_link(r), bit);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vbus_link_rang);

/* ---- a peer that is lost --------------------------------------------------------------------- */

bool vbus_link_use(struct vbus_link *link)
{
	bool up;

	mutex_lock(&link->use_lock);
	up = !link->down;
	link->uses += up;
	mutex_unlock(&link->use_lock);
	return up;
}
EXPORT_SYMBOL_GPL(vbus_link_use);

/* The window and the doorbells are those of both directions: neither takes them from the other. */
void vbus_link_unuse(struct vbus_link *link, bool lost)
{
	mutex_lock(&link->use_lock);
	link->lost |= lost;
	link->uses--;
	if (!link->uses && link->lost) {
		link->lost = false;
		if (link->ops->reset)
			link->ops->reset(link);
	}
	mutex_unlock(&link->use_lock);
}
EXPORT_SYMBOL_GPL(vbus_link_unuse);

static bool link_used(struct vbus_link *link)
{
	bool used;

	mutex_lock(&link->use_lock);
	used = link->uses;
	mutex_unlock(&link->use_lock);
	return used;
}

bool vbus_link_idle(struct vbus_link *link)
{
	return !link_used(link) && !(link->reverse && link_used(reverse_link(link->reverse)));
}
EXPORT_SYMBOL_GPL(vbus_link_idle);

/* ---- sysfs: "vbus" in the directory of the hardware; "vbus-reverse" for the way back --------- */

struct link_dir {
	struct kobject kobj;
	struct vbus_link *link;
};

struct vbus_link *vbus_link_of(struct kobject *kobj)
{
	return container_of(kobj, struct link_dir, kobj)->link;
}
EXPORT_SYMBOL_GPL(vbus_link_of);

static ssize_t role_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  vbus_link_of(kobj)->role == VBUS_LINK_MASTER ? "master" : "board");
}

static struct kobj_attribute role_attr = __ATTR_RO(role);

/* Of both directions: one peer is not dead in one of them only. */
static u32 *link_timeout_ms(struct vbus_link *link)
{
	return link->front ? &link->front->timeout_ms : &link->timeout_ms;
}

u32 vbus_link_timeout_ms(const struct vbus_link *link)
{
	return READ_ONCE(*link_timeout_ms((struct vbus_link *)link));
}
EXPORT_SYMBOL_GPL(vbus_link_timeout_ms);

static ssize_t heartbeat_timeout_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", vbus_link_timeout_ms(vbus_link_of(kobj)));
}

static ssize_t heartbeat_timeout_store(struct kobject *kobj, struct kobj_attribute *attr,
				       const char *buf, size_t count)
{
	unsigned int ms;
	int err = kstrtouint(buf, 0, &ms);

	if (err)
		return err;
	if (ms < TIMEOUT_MIN || ms > TIMEOUT_MAX)
		return -EINVAL;
	WRITE_ONCE(*link_timeout_ms(vbus_link_of(kobj)), ms);
	return count;
}

static struct kobj_attribute heartbeat_timeout_attr = __ATTR_RW(heartbeat_timeout);

#define LINK_COUNT_ATTR(_name)								\
static ssize_t _name##_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf) \
{											\
	return sysfs_emit(buf, "%lu\n", READ_ONCE(vbus_link_of(kobj)->count._name));	\
}											\
static struct kobj_attribute _name##_attr = __ATTR_RO(_name)

LINK_COUNT_ATTR(reads);
LINK_COUNT_ATTR(read_bytes);
LINK_COUNT_ATTR(writes);
LINK_COUNT_ATTR(write_bytes);
LINK_COUNT_ATTR(rings);
LINK_COUNT_ATTR(rang);

static ssize_t ranges_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct vbus_link *link = vbus_link_of(kobj);
	int i, n = 0;

	for (i = 0; i < link->nranges; i++)
		n += sysfs_emit_at(buf, n, "%#llx-%#llx\n", link->ranges[i].addr,
				   link->ranges[i].addr + link->ranges[i].len - 1);
	return n;
}

static struct kobj_attribute ranges_attr = __ATTR_RO(ranges);

static struct attribute *link_attrs[] = {
	&role_attr.attr,
	&ranges_attr.attr,
	&heartbeat_timeout_attr.attr,
	&reads_attr.attr,
	&read_bytes_attr.attr,
	&writes_attr.attr,
	&write_bytes_attr.attr,
	&rings_attr.attr,
	&rang_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(link);

static void link_dir_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct link_dir, kobj));
}

static const struct kobj_type link_ktype = {
	.release = link_dir_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = link_groups,
};

static int link_dir_add(struct vbus_link *link)
{
	struct link_dir *dir = kzalloc(sizeof(*dir), GFP_KERNEL);
	int err;

	if (!dir)
		return -ENOMEM;
	dir->link = link;
	err = kobject_init_and_add(&dir->kobj, &link_ktype,
				   link->front ? &link->front->dev->kobj : &link->dev->kobj,
				   link->front ? "vbus-reverse" : "vbus");
	if (err)
		kobject_put(&dir->kobj);
	else
		link->kobj = &dir->kobj;
	return err;
}

/* Waits for whoever is reading or writing a file. */
static void link_dir_del(struct vbus_link *link)
{
	kobject_del(link->kobj);
	kobject_put(link->kobj);
}

/* ---- registry ---------------------------------------------------------------------------- */

static void link_match(struct vbus_link *link, struct vbus_link_user *user)
{
	void *priv;

	lockdep_assert_held(&link_lock);
	if (link->user || link->parting || user->role != link->role)
		return;
	priv = user->attach(link);
	if (IS_ERR(priv)) {
		dev_warn_ratelimited(link->dev, "link %s cannot be used: %pe\n", link->name, priv);
		return;
	}
	link->priv = priv;
	/* Pairs with vbus_link_rang(). */
	smp_store_release(&link->user, user);
}

/* @link_lock is let go of meanwhile. The link stays in the list until its user is gone. */
static void link_part(struct vbus_link *link)
{
	struct vbus_link_user *user = link->user;

	lockdep_assert_held(&link_lock);
	link->parting = true;
	user->parting++;
	WRITE_ONCE(link->user, NULL);
	mutex_unlock(&link_lock);
	/* Doorbells that saw the user are done after it. */
	synchronize_rcu();
	user->detach(link);
	mutex_lock(&link_lock);
	link->priv = NULL;
	WRITE_ONCE(link->parting, false);
	WRITE_ONCE(user->parting, user->parting - 1);
	wake_up_all(&link_parted);
}

static bool link_valid(const struct vbus_link *link)
{
	return link->name && link->dev && link->owner && link->ops && link->ops->ring &&
	       link->bits && link->bits <= VBUS_LINK_MAX_BITS &&
	       link->peer_bits && link->peer_bits <= VBUS_LINK_MAX_BITS &&
	       link->out && link->out_bytes && link->nranges <= ARRAY_SIZE(link->ranges) &&
	       !link->in == !link->in_bytes && !link->pool == !link->pool_bytes &&
	       PAGE_ALIGNED(link->pool) && PAGE_ALIGNED(link->pool_bytes) &&
	       PAGE_ALIGNED(link->pool_addr) &&
	       (link->role == VBUS_LINK_BOARD ? link->nranges > 0 && !link->dma && !link->pool :
						!!link->in);
}

int vbus_link_register(struct vbus_link *link)
{
	struct vbus_link_user *user;
	struct vbus_link *other;
	int err = 0;

	if (!link_valid(link))
		return -EINVAL;
	/* That of a way back is there as long as its front, whose carrier it has. */
	if (!link->front)
		mutex_init(&link->use_lock);
	link->timeout_ms = heartbeat_timeout;
	link->uses = 0;
	link->lost = false;
	mutex_lock(&link_lock);
	list_for_each_entry(other, &links, node)
		if (!strcmp(other->name, link->name))
			err = -EEXIST;
	if (!err)
		err = link_dir_add(link);
	if (!err) {
		link->down = link->front && link->front->down;
		list_add_tail(&link->node, &links);
		list_for_each_entry(user, &users, node)
			link_match(link, user);
	}
	mutex_unlock(&link_lock);
	if (!err)
		reverse_start(link);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_link_register);

void vbus_link_unregister(struct vbus_link *link)
{
	reverse_stop(link);
	mutex_lock(&link_lock);
	/* Again, as a user may come or go while the lock is let go of. */
	while (link->user || link->parting) {
		if (link->user) {
			link_part(link);
			continue;
		}
		mutex_unlock(&link_lock);
		wait_event(link_parted, !READ_ONCE(link->parting));
		mutex_lock(&link_lock);
	}
	list_del(&link->node);
	link_dir_del(link);
	mutex_unlock(&link_lock);
}
EXPORT_SYMBOL_GPL(vbus_link_unregister);

void vbus_link_carrier(struct vbus_link *link, bool up)
{
	mutex_lock(&link_lock);
	/* Nobody begins to use it after that, see vbus_link_idle(). */
	mutex_lock(&link->use_lock);
	WRITE_ONCE(link->down, !up);
	mutex_unlock(&link->use_lock);
	if (link->user)
		link->user->carrier(link);
	mutex_unlock(&link_lock);
	if (link->reverse)
		vbus_link_carrier(reverse_link(link->reverse), up);
}
EXPORT_SYMBOL_GPL(vbus_link_carrier);

int vbus_link_user_register(struct vbus_link_user *user)
{
	struct vbus_link *link;

	mutex_lock(&link_lock);
	list_add_tail(&user->node, &users);
	list_for_each_entry(link, &links, node)
		link_match(link, user);
	mutex_unlock(&link_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_link_user_register);

/* One link after the other; the list may change while one is detached. */
static struct vbus_link *link_of_user(const struct vbus_link_user *user)
{
	struct vbus_link *link;

	list_for_each_entry(link, &links, node)
		if (link->user == user)
			return link;
	return NULL;
}

void vbus_link_user_unregister(struct vbus_link_user *user)
{
	struct vbus_link *link;

	mutex_lock(&link_lock);
	list_del(&user->node);
	while ((link = link_of_user(user)))
		link_part(link);
	/* Those of links that go at the same time. */
	while (user->parting) {
		mutex_unlock(&link_lock);
		wait_event(link_parted, !READ_ONCE(user->parting));
		mutex_lock(&link_lock);
	}
	mutex_unlock(&link_lock);
}
EXPORT_SYMBOL_GPL(vbus_link_user_unregister);

static int __init link_init(void)
{
	if (heartbeat_timeout < TIMEOUT_MIN || heartbeat_timeout > TIMEOUT_MAX) {
		pr_err("heartbeat_timeout is %u, not %u to %u\n", heartbeat_timeout, TIMEOUT_MIN,
		       TIMEOUT_MAX);
		return -EINVAL;
	}
	return 0;
}

static void __exit link_exit(void)
{
}

module_init(link_init);
module_exit(link_exit);

MODULE_DESCRIPTION("vbus links between a PCI master and boards");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
