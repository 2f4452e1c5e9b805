// SPDX-License-Identifier: GPL-2.0
/*
 * Links: brings hardware and the two ends of the connector together, whichever is loaded first, and
 * counts what crosses.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <vbus/link.h>

/* Outer to everything: a user's attach and detach run with it held. */
static DEFINE_MUTEX(link_lock);
static LIST_HEAD(links);
static LIST_HEAD(users);

/* ---- accesses ---------------------------------------------------------------------------- */

void vbus_link_write(struct vbus_link *link, u64 off, const void *src, size_t len)
{
	link->count.writes++;
	link->count.write_bytes += len;
	memcpy_toio(link->out + off, src, len);
}
EXPORT_SYMBOL_GPL(vbus_link_write);

void vbus_link_read(struct vbus_link *link, void *dst, u64 off, size_t len)
{
	link->count.reads++;
	link->count.read_bytes += len;
	memcpy_fromio(dst, link->out + off, len);
}
EXPORT_SYMBOL_GPL(vbus_link_read);

void vbus_link_writel(struct vbus_link *link, u64 off, u32 val)
{
	link->count.writes++;
	link->count.write_bytes += sizeof(val);
	writel(val, link->out + off);
}
EXPORT_SYMBOL_GPL(vbus_link_writel);

u32 vbus_link_readl(struct vbus_link *link, u64 off)
{
	link->count.reads++;
	link->count.read_bytes += sizeof(u32);
	return readl(link->out + off);
}
EXPORT_SYMBOL_GPL(vbus_link_readl);

void vbus_link_ring(struct vbus_link *link, u32 bit)
{
	link->count.rings++;
	link->ops->ring(link, bit);
}
EXPORT_SYMBOL_GPL(vbus_link_ring);

void vbus_link_rang(struct vbus_link *link, u32 bit)
{
	struct vbus_link_user *user;

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
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(vbus_link_rang);

/* ---- sysfs: "vbus" in the directory of the hardware ---------------------------------------- */

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

static struct attribute *link_attrs[] = {
	&role_attr.attr,
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
	err = kobject_init_and_add(&dir->kobj, &link_ktype, &link->dev->kobj, "vbus");
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
	if (link->user || user->role != link->role)
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

static void link_part(struct vbus_link *link)
{
	struct vbus_link_user *user = link->user;

	lockdep_assert_held(&link_lock);
	if (!user)
		return;
	WRITE_ONCE(link->user, NULL);
	/* Doorbells that saw the user are done after it. */
	synchronize_rcu();
	user->detach(link);
	link->priv = NULL;
}

static bool link_valid(const struct vbus_link *link)
{
	return link->name && link->dev && link->owner && link->ops && link->ops->ring &&
	       link->bits && link->bits <= VBUS_LINK_MAX_BITS &&
	       link->peer_bits && link->peer_bits <= VBUS_LINK_MAX_BITS &&
	       link->out && link->out_bytes && link->nranges <= ARRAY_SIZE(link->ranges) &&
	       (link->role == VBUS_LINK_BOARD ? link->nranges > 0 && !link->dma :
						link->in && link->in_bytes);
}

int vbus_link_register(struct vbus_link *link)
{
	struct vbus_link_user *user;
	struct vbus_link *other;
	int err = 0;

	if (!link_valid(link))
		return -EINVAL;
	mutex_lock(&link_lock);
	list_for_each_entry(other, &links, node)
		if (!strcmp(other->name, link->name))
			err = -EEXIST;
	if (!err)
		err = link_dir_add(link);
	if (!err) {
		list_add_tail(&link->node, &links);
		list_for_each_entry(user, &users, node)
			link_match(link, user);
	}
	mutex_unlock(&link_lock);
	return err;
}
EXPORT_SYMBOL_GPL(vbus_link_register);

void vbus_link_unregister(struct vbus_link *link)
{
	mutex_lock(&link_lock);
	link_part(link);
	list_del(&link->node);
	link_dir_del(link);
	mutex_unlock(&link_lock);
}
EXPORT_SYMBOL_GPL(vbus_link_unregister);

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

void vbus_link_user_unregister(struct vbus_link_user *user)
{
	struct vbus_link *link;

	mutex_lock(&link_lock);
	list_del(&user->node);
	list_for_each_entry(link, &links, node)
		if (link->user == user)
			link_part(link);
	mutex_unlock(&link_lock);
}
EXPORT_SYMBOL_GPL(vbus_link_user_unregister);

MODULE_DESCRIPTION("vbus links between a PCI master and boards");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
