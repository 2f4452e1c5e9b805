// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/umh.h>
#include "fixture.h"

/* ---- device side ---- */

struct fake_device {
	struct vbus_device dev;
	struct vbus_port ports[VBUS_MAX_PORTS + 1];	/* one is too many */
};

struct fake_session *fake_last;

static struct fake_class *to_fake_class(struct vbus_devclass *cls)
{
	return container_of(cls, struct fake_class, cls);
}

static void fake_step(struct vbus_devclass *cls, enum fake_step step)
{
	struct fake_class *fc = to_fake_class(cls);

	if (fc->nsteps < ARRAY_SIZE(fc->steps))
		fc->steps[fc->nsteps++] = step;
}

void fake_reset(struct fake_class *fc)
{
	memset(fc->steps, 0, sizeof(fc->steps));
	fc->nsteps = 0;
	fc->create_err = 0;
	fc->open_err = 0;
	fc->max_sessions = 2;
}

static struct fake_session *to_fake_session(struct vbus_session *s)
{
	return container_of(s, struct fake_session, s);
}

static int fake_poll(struct vbus_poll *poll, int budget)
{
	struct fake_session *fs = container_of(poll, struct fake_session, poll);
	struct vbus_slot slot;
	int done = 0;

	atomic_inc(&fs->runs);
	udelay(fs->takes_us);
	while (done < budget && fs->take && vbus_dqueue_lock(fs->q)) {
		bool got = vbus_dqueue_get(fs->q, &slot);

		if (got) {
			vbus_prod_put(&fs->q->cpl, &slot);
			vbus_dqueue_complete(fs->q, 1);
			vbus_dqueue_kick(fs->q);
		}
		vbus_dqueue_unlock(fs->q);
		if (!got)
			break;
		done++;
	}
	return done;
}

static bool fake_arm(struct vbus_poll *poll)
{
	return vbus_dqueue_arm(container_of(poll, struct fake_session, poll)->q);
}

static int fake_open_op(struct vbus_session *s)
{
	struct fake_session *fs = to_fake_session(s);
	struct fake_class *fc = to_fake_class(s->port->dev->cls);

	if (fc->open_err)
		return fc->open_err;
	fake_step(&fc->cls, FAKE_OPEN);
	s->features &= ~1ull;
	vbus_poll_init(&fs->poll, fake_poll, fake_arm);
	fs->take = true;
	fake_last = fs;
	return 0;
}

static void fake_close_op(struct vbus_session *s)
{
	fake_step(s->port->dev->cls, FAKE_CLOSE);
	vbus_poll_fini(&to_fake_session(s)->poll);
}

/* The function number is the errno to fail with; 0 echoes, 1 claims too much, 2 breaks. */
static int fake_call(struct vbus_session *s, u32 func, const void *in, u32 in_len, void *out,
		     u32 *out_len)
{
	if (func > 100)
		return -(int)(func - 100);
	if (func == 1) {
		(*out_len)++;
		return 0;
	}
	if (func == 2)
		vbus_session_break(s, "as told");
	*out_len = min(in_len, *out_len);
	memcpy(out, in, *out_len);
	return 0;
}

static int fake_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct fake_session *fs = to_fake_session(s);

	/* Of several queues the first is polled. */
	if (fs->q)
		return 0;
	fs->q = q;
	q->poll = &fs->poll;
	vbus_poll_enable(&fs->poll);
	return 0;
}

static void fake_queue_del(struct vbus_session *s, struct vbus_dqueue *q)
{
	struct fake_session *fs = to_fake_session(s);

	if (fs->q != q)
		return;
	vbus_poll_disable(&fs->poll);
	fs->q = NULL;
}

static const struct vbus_port_ops fake_port_ops = {
	.session_size = sizeof(struct fake_session),
	.open = fake_open_op,
	.close = fake_close_op,
	.call = fake_call,
	.queue_add = fake_queue_add,
	.queue_del = fake_queue_del,
};

static struct vbus_device *fake_create(struct vbus_devclass *cls, const char *name)
{
	struct fake_class *fc = to_fake_class(cls);
	struct fake_device *fd;
	unsigned int i;
	int err = 0;

	if (fc->create_err)
		return ERR_PTR(fc->create_err);
	fd = kzalloc(sizeof(*fd), GFP_KERNEL);
	if (!fd)
		return ERR_PTR(-ENOMEM);
	vbus_device_init(&fd->dev, cls);
	for (i = 0; !err && i < fc->nports; i++) {
		fd->ports[i].type = FAKE_TYPE;
		fd->ports[i].version = FAKE_VERSION;
		fd->ports[i].features = FAKE_FEATURES;
		fd->ports[i].max_sessions = fc->max_sessions;
		fd->ports[i].ops = &fake_port_ops;
		err = vbus_port_init(&fd->dev, &fd->ports[i]);
	}
	fake_step(cls, FAKE_CREATE);
	if (err) {
		vbus_device_put(&fd->dev);
		return ERR_PTR(err);
	}
	return &fd->dev;
}

static void fake_destroy(struct vbus_device *dev)
{
	fake_step(dev->cls, FAKE_DESTROY);
}

static void fake_release(struct vbus_device *dev)
{
	fake_step(dev->cls, FAKE_RELEASE);
	kfree(container_of(dev, struct fake_device, dev));
}

struct fake_class fake_one = {
	.cls = {
		.name = "kunit",
		.owner = THIS_MODULE,
		.create = fake_create,
		.destroy = fake_destroy,
		.release = fake_release,
	},
	.nports = 1,
};

struct fake_class fake_many = {
	.cls = {
		.name = "kunit-many",
		.owner = THIS_MODULE,
		.create = fake_create,
		.destroy = fake_destroy,
		.release = fake_release,
	},
	.nports = 3,
};

/* ---- driver side ---- */

static struct fake_client *to_fake_client(struct vbus_client *client)
{
	return container_of(client, struct fake_client, client);
}

static void *arena_ptr(struct vbus_memctx *mem, u64 addr, size_t len)
{
	struct fake_client *fc = container_of(mem, struct fake_client, client.mem);

	return addr < FAKE_ARENA && len <= FAKE_ARENA - addr ? fc->arena + addr : NULL;
}

static int fake_copy_from(struct vbus_memctx *mem, void *dst, u64 addr, size_t len)
{
	void *p = arena_ptr(mem, addr, len);

	if (p)
		memcpy(dst, p, len);
	return p ? 0 : -EFAULT;
}

static int fake_copy_to(struct vbus_memctx *mem, u64 addr, const void *src, size_t len)
{
	void *p = arena_ptr(mem, addr, len);

	if (p)
		memcpy(p, src, len);
	return p ? 0 : -EFAULT;
}

static void *fake_map(struct vbus_memctx *mem, u64 addr, size_t len)
{
	return arena_ptr(mem, addr, len) ?: ERR_PTR(-EFAULT);
}

static void fake_unmap(struct vbus_memctx *mem, void *ptr, u64 addr, size_t len)
{
}

static const struct vbus_memctx_ops fake_mem_ops = {
	.copy_from = fake_copy_from,
	.copy_to = fake_copy_to,
	.map = fake_map,
	.unmap = fake_unmap,
};

static void fake_event(struct vbus_client *client, const struct vbus_event *ev)
{
	struct fake_client *fc = to_fake_client(client);
	int n = atomic_read(&fc->nevents);

	if (n < ARRAY_SIZE(fc->events))
		fc->events[n] = *ev;
	atomic_inc_return_release(&fc->nevents);
}

static void fake_raise(struct vbus_client *client, u32 vector)
{
	atomic_inc(&to_fake_client(client)->raised);
}

static void fake_client_release(struct vbus_client *client)
{
	complete(&to_fake_client(client)->released);
}

static const struct vbus_client_ops fake_client_ops = {
	.event = fake_event,
	.raise = fake_raise,
	.release = fake_client_release,
};

/* The bus is found by writing its name to "attach", like anybody finds one. */
static struct fake_client *attaching;
static const char *attaching_name;

static int fake_attach_op(struct vbus_connector *conn, struct vbus_bus *bus)
{
	return attaching ? vbus_client_attach(&attaching->client, bus, attaching_name) : -EINVAL;
}

static int fake_detach_op(struct vbus_connector *conn, struct vbus_client *client)
{
	vbus_client_detach(client);
	return 0;
}

struct vbus_connector fake_connector = {
	.name = "kunit",
	.owner = THIS_MODULE,
	.caps = {
		.map = true,
		.copy_softirq = true,
		.doorbells = FAKE_DOORBELLS,
		.features = 0x5,
	},
	.ops = &fake_client_ops,
	.attach = fake_attach_op,
	.detach = fake_detach_op,
};

struct fake_client *fake_client_add(struct kunit *test, const char *bus, const char *name, int want)
{
	struct fake_client *fc = kunit_kzalloc(test, sizeof(*fc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fc);
	fc->arena = kunit_kzalloc(test, FAKE_ARENA, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fc->arena);
	init_completion(&fc->released);
	fc->client.mem.ops = &fake_mem_ops;
	KUNIT_ASSERT_EQ(test, vbus_client_init(&fc->client, &fake_connector), 0);
	attaching = fc;
	attaching_name = name;
	KUNIT_EXPECT_EQ(test, !admin("echo %s >/sys/vbus/connectors/kunit/attach", bus), !want);
	attaching = NULL;
	return fc;
}

void fake_client_del(struct kunit *test, struct fake_client *fc)
{
	vbus_client_detach(&fc->client);
	vbus_client_put(&fc->client);
	KUNIT_EXPECT_TRUE_MSG(test, wait_for_completion_timeout(&fc->released, 5 * HZ),
			      "a client is still referenced");
}

bool fake_wait(bool (*cond)(void *arg), void *arg, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (!cond(arg)) {
		if (time_after(jiffies, end))
			return cond(arg);
		usleep_range(500, 1000);
	}
	return true;
}

bool fake_wait_events(struct fake_client *fc, int n)
{
	unsigned long end = jiffies + 5 * HZ;

	while (atomic_read_acquire(&fc->nevents) < n && time_before(jiffies, end))
		usleep_range(500, 1000);
	/* And no more than that. */
	msleep(50);
	return atomic_read_acquire(&fc->nevents) == n;
}

int fake_verb(struct fake_client *fc, u16 verb, u32 handle, u32 arg, const void *in, u32 len,
	      void *out, u32 *reply_handle)
{
	struct {
		struct vbus_msg msg;
		u8 data[64];
	} req = { }, reply = { };
	ssize_t n;

	req.msg.verb = cpu_to_le16(verb);
	req.msg.handle = cpu_to_le32(handle);
	req.msg.arg = cpu_to_le32(arg);
	req.msg.len = cpu_to_le32(len);
	memcpy(req.data, in, len);
	n = vbus_client_verb(&fc->client, &req, sizeof(req.msg) + len, &reply, sizeof(reply));
	if (n < (ssize_t)sizeof(reply.msg))
		return -EBADMSG;
	if (out)
		memcpy(out, reply.data, le32_to_cpu(reply.msg.len));
	if (reply_handle)
		*reply_handle = le32_to_cpu(reply.msg.handle);
	return le16_to_cpu(reply.msg.status);
}

int fake_attach(struct fake_client *fc)
{
	struct vbus_msg_attach msg = { .version = cpu_to_le32(VBUS_ABI_VERSION) };

	return fake_verb(fc, VBUS_VERB_ATTACH, 0, 0, &msg, sizeof(msg), NULL, NULL);
}

int fake_open(struct fake_client *fc, u32 port, u32 *handle)
{
	struct vbus_msg_open msg = {
		.port = cpu_to_le32(port),
		.version = cpu_to_le32(FAKE_VERSION),
	};

	return fake_verb(fc, VBUS_VERB_OPEN, 0, 0, &msg, sizeof(msg), NULL, handle);
}

/* Queue @id lies at @id * 4 KiB of the arena; its base is 0. @size 0 ends it. */
int fake_queue(struct fake_client *fc, u32 handle, u32 id, u32 size, u32 *doorbell)
{
	struct vbus_msg_queue msg = {
		.req_size = cpu_to_le32(size),
		.cpl_size = cpu_to_le32(size),
		.drv_half = cpu_to_le64(id * SZ_4K),
		.dev_half = cpu_to_le64(id * SZ_4K + SZ_2K),
	};
	int status;

	memset(fc->arena + id * SZ_4K, 0, SZ_4K);
	status = fake_verb(fc, VBUS_VERB_QUEUE, handle, id, &msg, sizeof(msg), &msg, NULL);
	if (!status && doorbell)
		*doorbell = le32_to_cpu(msg.doorbell);
	return status;
}

int fake_close(struct fake_client *fc, u32 handle)
{
	return fake_verb(fc, VBUS_VERB_CLOSE, handle, 0, NULL, 0, NULL, NULL);
}

/* ---- what each suite begins and ends with ---- */

/* Kernels call suite_exit also after suite_init failed. */
static bool is_up;

/* Kernels differ in whether suites run before or after module_init(), so it is not done there. */
int fixture_up(struct kunit_suite *suite)
{
	int err;

	admin("[ \"$c\" != /vbus ] || { mkdir -p /config && mount -t configfs configfs /config; }");
	err = vbus_devclass_register(&fake_one.cls);
	if (err)
		return err;
	err = vbus_devclass_register(&fake_many.cls);
	if (err)
		goto err_one;
	err = vbus_connector_register(&fake_connector);
	if (err)
		goto err_many;
	is_up = true;
	return 0;

err_many:
	vbus_devclass_unregister(&fake_many.cls);
err_one:
	vbus_devclass_unregister(&fake_one.cls);
	return err;
}

void fixture_down(struct kunit_suite *suite)
{
	if (!is_up)
		return;
	is_up = false;
	vbus_connector_unregister(&fake_connector);
	vbus_devclass_unregister(&fake_many.cls);
	vbus_devclass_unregister(&fake_one.cls);
}

/* ---- administrator ---- */

int admin(const char *fmt, ...)
{
	static char *env[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", NULL
	};
	static const char before[] =
		"c=$(awk '$3 == \"configfs\" { print $2; exit }' /proc/mounts)/vbus\n"
		"D=$c/devices; B=$c/instances; exec 2>/dev/null\n";
	char *line, *script, *argv[] = { "/bin/sh", "-c", NULL, NULL };
	int ret = -ENOMEM;
	va_list args;

	va_start(args, fmt);
	line = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	script = kasprintf(GFP_KERNEL, "%s%s", before, line);
	argv[2] = script;
	if (line && script)
		ret = call_usermodehelper(argv[0], argv, env, UMH_WAIT_PROC);
	kfree(script);
	kfree(line);
	return ret;
}

struct fake_client *fake_setup(struct kunit *test)
{
	struct fake_client *fc;

	fake_reset(&fake_one);
	KUNIT_ASSERT_EQ(test, admin("mkdir $D/kunit-dev $B/kunit-bus && echo kunit >$D/kunit-dev/type && ln -s $D/kunit-dev $B/kunit-bus"),
			0);
	fc = fake_client_add(test, "kunit-bus", "kunit.0", 0);
	KUNIT_ASSERT_EQ(test, fake_attach(fc), VBUS_OK);
	KUNIT_ASSERT_TRUE(test, fake_wait_events(fc, 1));
	return fc;
}

void fake_teardown(struct kunit *test, struct fake_client *fc)
{
	fake_client_del(test, fc);
	KUNIT_EXPECT_EQ(test, admin("rm -f $B/kunit-bus/*; rmdir $D/kunit-dev $B/kunit-bus"), 0);
}
