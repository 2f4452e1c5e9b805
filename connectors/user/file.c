// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vbus: an open file is a client of the bus of the process that opened it.
 *
 * open() asks for membership and nothing later does: the file can be handed on. ATTACH joins the
 * bus, close() leaves it; the administrator can take it away from the process in between (detach).
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cred.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "user.h"

static DEFINE_IDA(user_numbers);

/**
 * struct verb_buf - copies of a request, which the process can no longer change, and of its reply
 * @req: request
 * @reply: reply
 */
struct verb_buf {
	u8 req[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
	u8 reply[sizeof(struct vbus_msg) + VBUS_CALL_MAX];
};

/* ---- the client -------------------------------------------------------------------------- */

static void user_event(struct vbus_client *client, const struct vbus_event *ev)
{
	user_events_add(&client_to_user(client)->events, ev);
}

static void user_release(struct vbus_client *client)
{
	struct user_file *uf = client_to_user(client);

	vbus_bus_put(uf->bus);
	kfree(uf);
}

const struct vbus_client_ops user_client_ops = {
	.event = user_event,
	.raise = user_raise,
	.release = user_release,
};

static int user_attach(struct user_file *uf)
{
	char name[VBUS_NAME_SIZE];
	int err;

	lockdep_assert_held(&uf->lock);
	if (uf->state != USER_NEW)
		return uf->state == USER_GONE ? -ENODEV : -EBUSY;
	uf->nr = ida_alloc(&user_numbers, GFP_KERNEL);
	if (uf->nr < 0)
		return uf->nr;
	snprintf(name, sizeof(name), "user.%d", uf->nr);
	err = vbus_client_attach(&uf->client, uf->bus, name);
	if (err) {
		ida_free(&user_numbers, uf->nr);
		pr_info_ratelimited("%s of bus %s cannot attach: %pe\n", current->comm,
				    vbus_bus_name(uf->bus), ERR_PTR(err));
		return err;
	}
	uf->state = USER_ATTACHED;
	return 0;
}

/**
 * user_detach() - end it: by close, or by the administrator
 * @uf: the file; the caller has a reference to its client
 *
 * First nothing new can come, then the client goes, then what it used. Never waits for a process.
 * Return: 0, or -ENODEV if that was done before.
 */
int user_detach(struct user_file *uf)
{
	enum user_state was;

	mutex_lock(&uf->lock);
	was = uf->state;
	uf->state = USER_GONE;
	if (was != USER_GONE) {
		user_table_close(&uf->table);
		user_doorbells_free(uf);
		/* Ends sessions, and with them what is mapped; no event comes after it. */
		vbus_client_detach(&uf->client);
		user_events_close(&uf->events);
		user_vectors_free(uf);
		user_mem_free_all(uf);
		if (was == USER_ATTACHED)
			ida_free(&user_numbers, uf->nr);
	}
	mutex_unlock(&uf->lock);
	return was == USER_GONE ? -ENODEV : 0;
}

/* ---- ioctls ------------------------------------------------------------------------------ */

static int ioctl_attach(struct user_file *uf, void __user *arg)
{
	struct vbus_user_attach msg;
	bool known;
	int err;

	if (copy_from_user(&msg, arg, sizeof(msg)))
		return -EFAULT;
	known = msg.version == VBUS_USER_VERSION;
	if (known && (msg.flags || msg.rsvd))
		return -EINVAL;
	memset(&msg, 0, sizeof(msg));
	msg.version = VBUS_USER_VERSION;
	if (!known)
		return copy_to_user(arg, &msg, sizeof(msg)) ? -EFAULT : -EOPNOTSUPP;
	mutex_lock(&uf->lock);
	err = user_attach(uf);
	mutex_unlock(&uf->lock);
	if (err)
		return err;
	msg.doorbells = user_connector.caps.doorbells;
	msg.vectors = USER_MAX_VECTORS;
	msg.ranges = USER_MAX_RANGES;
	msg.bytes = USER_MAX_BYTES;
	strscpy(msg.name, uf->client.name, sizeof(msg.name));
	/* Who gave a bad pointer is attached nevertheless, and will find out. */
	return copy_to_user(arg, &msg, sizeof(msg)) ? -EFAULT : 0;
}

static bool is_attach(const struct verb_buf *buf, size_t len)
{
	const struct vbus_msg *msg = (const void *)buf->req;

	return len >= sizeof(*msg) && le16_to_cpu(msg->verb) == VBUS_VERB_ATTACH;
}

static int verb_run(struct user_file *uf, struct vbus_user_verb *v, struct verb_buf *buf)
{
	size_t room = min_t(size_t, v->reply_len, sizeof(buf->reply));
	ssize_t len;

	if (copy_from_user(buf->req, u64_to_user_ptr(v->req), v->req_len))
		return -EFAULT;
	/* After ATTACH everything is told anew. */
	if (is_attach(buf, v->req_len))
		user_events_flush(&uf->events);
	len = vbus_client_verb(&uf->client, buf->req, v->req_len, buf->reply, room);
	if (len < 0)
		return len;
	v->reply_len = len;
	return copy_to_user(u64_to_user_ptr(v->reply), buf->reply, len) ? -EFAULT : 0;
}

static int ioctl_verb(struct user_file *uf, void __user *arg)
{
	struct vbus_user_verb v;
	struct verb_buf *buf;
	int err;

	if (copy_from_user(&v, arg, sizeof(v)))
		return -EFAULT;
	if (v.req_len > sizeof(buf->req))
		return -EMSGSIZE;
	buf = kmalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	err = verb_run(uf, &v, buf);
	kfree(buf);
	if (!err && copy_to_user(arg, &v, sizeof(v)))
		err = -EFAULT;
	return err;
}

static int ioctl_mem_add(struct user_file *uf, void __user *arg)
{
	struct vbus_user_mem mem;
	int err;

	if (copy_from_user(&mem, arg, sizeof(mem)))
		return -EFAULT;
	err = user_mem_add(uf, &mem);
	if (err)
		return err;
	return copy_to_user(arg, &mem, sizeof(mem)) ? -EFAULT : 0;
}

static int ioctl_mem_del(struct user_file *uf, void __user *arg)
{
	__u64 addr;

	if (copy_from_user(&addr, arg, sizeof(addr)))
		return -EFAULT;
	return user_mem_del(uf, addr);
}

static int ioctl_eventfd(struct user_file *uf, void __user *arg,
			 int (*set)(struct user_file *uf, u32 nr, int fd))
{
	struct vbus_user_eventfd msg;
	int err = -ENODEV;

	if (copy_from_user(&msg, arg, sizeof(msg)))
		return -EFAULT;
	mutex_lock(&uf->lock);
	if (uf->state == USER_ATTACHED)
		err = set(uf, msg.nr, msg.fd);
	mutex_unlock(&uf->lock);
	return err;
}

static long user_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *ptr = (void __user *)arg;
	struct user_file *uf = file->private_data;
	enum user_state state = READ_ONCE(uf->state);

	/* What races with attach or detach is sorted out further down. */
	if (state == USER_GONE)
		return -ENODEV;
	if (state == USER_NEW && cmd != VBUS_USER_ATTACH)
		return _IOC_TYPE(cmd) == VBUS_USER_IOC ? -ENOTCONN : -ENOTTY;
	switch (cmd) {
	case VBUS_USER_ATTACH:
		return ioctl_attach(uf, ptr);
	case VBUS_USER_VERB:
		return ioctl_verb(uf, ptr);
	case VBUS_USER_MEM_ADD:
		return ioctl_mem_add(uf, ptr);
	case VBUS_USER_MEM_DEL:
		return ioctl_mem_del(uf, ptr);
	case VBUS_USER_RING:
		if (arg > U32_MAX)
			return -EINVAL;
		vbus_client_doorbell(&uf->client, arg);
		return 0;
	case VBUS_USER_DOORBELL:
		return ioctl_eventfd(uf, ptr, user_doorbell_set);
	case VBUS_USER_VECTOR:
		return ioctl_eventfd(uf, ptr, user_vector_set);
	default:
		return -ENOTTY;
	}
}

/* ---- the rest of the file ---------------------------------------------------------------- */

static struct user_file *user_file_alloc(struct vbus_bus *bus)
{
	struct user_file *uf = kzalloc(sizeof(*uf), GFP_KERNEL_ACCOUNT);
	int err;

	if (!uf)
		return ERR_PTR(-ENOMEM);
	err = vbus_client_init(&uf->client, &user_connector);
	if (err) {
		kfree(uf);
		return ERR_PTR(err);
	}
	uf->bus = bus;
	uf->client.mem.ops = &user_memctx_ops;
	mutex_init(&uf->lock);
	user_table_init(&uf->table);
	user_events_init(&uf->events);
	xa_init(&uf->doorbells);
	xa_init(&uf->vectors);
	return uf;
}

static int user_open(struct inode *inode, struct file *file)
{
	struct vbus_bus *bus = vbus_bus_of_current();
	struct user_file *uf;
	int err;

	if (!bus) {
		pr_info_ratelimited("%s is not a member of any bus (/proc/%d/vbus)\n",
				    current->comm, task_tgid_nr(current));
		return -EPERM;
	}
	err = user_access_check(bus);
	if (err) {
		pr_info_ratelimited("%s: user/mode keeps %s (uid %u) out\n", vbus_bus_name(bus),
				    current->comm, from_kuid(&init_user_ns, current_fsuid()));
		goto err_put;
	}
	uf = user_file_alloc(bus);
	if (IS_ERR(uf)) {
		err = PTR_ERR(uf);
		goto err_put;
	}
	file->private_data = uf;
	return stream_open(inode, file);

err_put:
	vbus_bus_put(bus);
	return err;
}

static int user_close(struct inode *inode, struct file *file)
{
	struct user_file *uf = file->private_data;

	user_detach(uf);
	/* The reference of vbus_client_init(). */
	vbus_client_put(&uf->client);
	return 0;
}

static ssize_t user_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct user_file *uf = file->private_data;

	return user_events_read(&uf->events, buf, len, file->f_flags & O_NONBLOCK);
}

static __poll_t user_poll(struct file *file, poll_table *wait)
{
	struct user_file *uf = file->private_data;

	return user_events_poll(&uf->events, file, wait);
}

const struct file_operations user_fops = {
	.owner = THIS_MODULE,
	.open = user_open,
	.release = user_close,
	.read = user_read,
	.poll = user_poll,
	.unlocked_ioctl = user_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
