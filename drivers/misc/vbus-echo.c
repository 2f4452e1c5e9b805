// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-echo: driver of the port type "echo", which returns what it gets.
 *
 * The sample to copy for a new driver: it uses each thing a driver can do with its port. It also
 * measures: in the group "ping" of the proxy device, write how many round trips of how many bytes
 * shall be made to "count" and "size", then "call", "queue" or "touch" to "run". When that returns,
 * "min_ns", "median_ns" and "p99_ns" tell how long the round trips took.
 */
#include <linux/completion.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vbus_echo.h>
#include <vbus/driver.h>

#define ECHO_QUEUE_SLOTS	16
#define ECHO_MAX_COUNT		100000
/* How long the device may take, and how often we look whether a doorbell got lost. */
#define ECHO_TIMEOUT		(5 * HZ)
#define ECHO_LOOK_AGAIN		(HZ / 10)

/* Results of a run, in the order of their files. */
enum echo_result { ECHO_MIN, ECHO_MEDIAN, ECHO_P99, ECHO_RESULTS };

/**
 * struct echo - what we know of a port
 * @proxy: the port
 * @queue: its queue 0
 * @rung: completed by the queue's interrupt
 * @sent: VBUS_ECHO_MAX bytes of payload, as we made it
 * @buf: the payload where the device gets at it
 * @buf_dma: its address for the device
 * @word: memory shared with the device
 * @word_dma: its address for the device
 * @lock: one run at a time
 * @broken: a request was not answered; its buffer and slot stay in use
 * @count: round trips of a run
 * @size: bytes of each
 * @result: of the last run, ns
 */
struct echo {
	struct vbus_proxy *proxy;
	struct vbus_queue *queue;
	struct completion rung;
	u8 *sent;
	u8 *buf;
	dma_addr_t buf_dma;
	__le64 *word;
	dma_addr_t word_dma;
	struct mutex lock;	/* everything but @proxy and @rung */
	bool broken;
	u32 count;
	u32 size;
	u32 result[ECHO_RESULTS];
};

/* ---- one round trip of each kind --------------------------------------------------------- */

/* Each kind is what is timed; what is made ready before and looked at after is not. */

static void echo_call_prepare(struct echo *e)
{
	memset(e->buf, 0, e->size);
}

static int echo_call_once(struct echo *e)
{
	int len = vbus_call(e->proxy, VBUS_ECHO_CALL_ECHO, e->sent, e->size, e->buf, e->size);

	if (len < 0)
		return len;
	return len == e->size ? 0 : -EBADMSG;
}

static bool echo_call_verify(struct echo *e)
{
	return !memcmp(e->sent, e->buf, e->size);
}

/*
 * Get the next completion. Going to sleep always means: arm, take a last look, sleep. The device
 * may have published while we were on our way.
 */
static int echo_wait(struct echo *e, struct vbus_slot *slot)
{
	unsigned long end = jiffies + ECHO_TIMEOUT;
	int ret;

	for (;;) {
		if (vbus_cons_get(&e->queue->cpl, slot))
			return 0;
		ret = vbus_cons_arm(&e->queue->cpl);
		if (ret < 0)
			return ret;
		if (ret)
			continue;
		if (time_after(jiffies, end))
			return -ETIMEDOUT;
		if (READ_ONCE(e->proxy->going))
			return -ENODEV;
		wait_for_completion_timeout(&e->rung, ECHO_LOOK_AGAIN);
	}
}

static void echo_queue_prepare(struct echo *e)
{
	memcpy(e->buf, e->sent, e->size);
}

static int echo_queue_once(struct echo *e)
{
	struct device *dma = vbus_dma_dev(e->proxy);
	struct vbus_slot slot;
	int err;

	if (e->broken)
		return -EIO;
	dma_sync_single_for_device(dma, e->buf_dma, e->size, DMA_BIDIRECTIONAL);
	vbus_slot_set(&slot, e->buf_dma, e->size, 0);
	vbus_prod_put(&e->queue->req, &slot);
	vbus_prod_publish(&e->queue->req);
	vbus_queue_kick(e->queue);
	err = echo_wait(e, &slot);
	if (err) {
		e->broken = true;
		return err;
	}
	dma_sync_single_for_cpu(dma, e->buf_dma, e->size, DMA_BIDIRECTIONAL);
	if (vbus_slot_addr(&slot) != e->buf_dma || vbus_slot_len(&slot) != e->size)
		return -EBADMSG;
	return 0;
}

static bool echo_queue_verify(struct echo *e)
{
	u32 i;

	for (i = 0; i < e->size; i++) {
		if (e->buf[i] != e->sent[e->size - 1 - i])
			return false;
	}
	return true;
}

/* The device increments the shared word. */
static void echo_touch_prepare(struct echo *e)
{
	WRITE_ONCE(*e->word, cpu_to_le64(e->sent[0]));
}

static int echo_touch_once(struct echo *e)
{
	int len = vbus_call(e->proxy, VBUS_ECHO_CALL_TOUCH, NULL, 0, NULL, 0);

	return min(len, 0);
}

static bool echo_touch_verify(struct echo *e)
{
	return le64_to_cpu(READ_ONCE(*e->word)) == e->sent[0] + 1;
}

/* ---- runs -------------------------------------------------------------------------------- */

/**
 * struct echo_kind - a way to the device and back
 * @name: as written to "run"
 * @max: most bytes of a round trip
 * @prepare: make ready what is sent
 * @once: one round trip
 * @verify: is what came back as it should be?
 */
struct echo_kind {
	const char *name;
	u32 max;
	void (*prepare)(struct echo *e);
	int (*once)(struct echo *e);
	bool (*verify)(struct echo *e);
};

static const struct echo_kind echo_kinds[] = {
	{ "call", VBUS_CALL_MAX, echo_call_prepare, echo_call_once, echo_call_verify },
	{ "queue", VBUS_ECHO_MAX, echo_queue_prepare, echo_queue_once, echo_queue_verify },
	{ "touch", VBUS_ECHO_MAX, echo_touch_prepare, echo_touch_once, echo_touch_verify },
};

static int cmp_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

/* Time each of @e->count round trips into @ns. */
static int echo_measure(struct echo *e, const struct echo_kind *kind, u32 *ns)
{
	u64 start;
	u32 i;
	int err;

	for (i = 0; i < e->count; i++) {
		get_random_bytes(e->sent, min_t(u32, e->size, 64));
		kind->prepare(e);
		start = ktime_get_ns();
		err = kind->once(e);
		ns[i] = min_t(u64, ktime_get_ns() - start, U32_MAX);
		if (err)
			return err;
		if (!kind->verify(e))
			return -EBADMSG;
		if (signal_pending(current))
			return -EINTR;
		if (READ_ONCE(e->proxy->going))
			return -ENODEV;
		cond_resched();
	}
	return 0;
}

static int echo_run(struct echo *e, const struct echo_kind *kind)
{
	u32 *ns;
	int err;

	lockdep_assert_held(&e->lock);
	if (e->size > kind->max)
		return -EINVAL;
	ns = kvmalloc_array(e->count, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;
	err = echo_measure(e, kind, ns);
	if (!err) {
		sort(ns, e->count, sizeof(*ns), cmp_u32, NULL);
		e->result[ECHO_MIN] = ns[0];
		e->result[ECHO_MEDIAN] = ns[e->count / 2];
		e->result[ECHO_P99] = ns[e->count * 99ull / 100];
	} else {
		dev_notice_ratelimited(&e->proxy->dev, "%s of %u bytes failed: %pe\n",
				       kind->name, e->size, ERR_PTR(err));
	}
	kvfree(ns);
	return err;
}

/* ---- files ------------------------------------------------------------------------------- */

static struct echo *dev_to_echo(struct device *dev)
{
	return vbus_get_drvdata(to_vbus_proxy(dev));
}

static ssize_t echo_store_u32(struct echo *e, u32 *field, const char *buf, size_t count,
			      u32 min, u32 max)
{
	u32 val;
	int err = kstrtou32(buf, 0, &val);

	if (err)
		return err;
	if (val < min || val > max)
		return -EINVAL;
	mutex_lock(&e->lock);
	*field = val;
	mutex_unlock(&e->lock);
	return count;
}

static ssize_t count_store(struct device *dev, struct device_attribute *attr, const char *buf,
			   size_t count)
{
	struct echo *e = dev_to_echo(dev);

	return echo_store_u32(e, &e->count, buf, count, 1, ECHO_MAX_COUNT);
}

static ssize_t count_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", dev_to_echo(dev)->count);
}
static DEVICE_ATTR_RW(count);

static ssize_t size_store(struct device *dev, struct device_attribute *attr, const char *buf,
			  size_t count)
{
	struct echo *e = dev_to_echo(dev);

	return echo_store_u32(e, &e->size, buf, count, 1, VBUS_ECHO_MAX);
}

static ssize_t size_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", dev_to_echo(dev)->size);
}
static DEVICE_ATTR_RW(size);

static ssize_t run_store(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t count)
{
	struct echo *e = dev_to_echo(dev);
	int i, err;

	for (i = 0; i < ARRAY_SIZE(echo_kinds); i++) {
		if (!sysfs_streq(buf, echo_kinds[i].name))
			continue;
		if (mutex_lock_interruptible(&e->lock))
			return -EINTR;
		err = echo_run(e, &echo_kinds[i]);
		mutex_unlock(&e->lock);
		return err ?: count;
	}
	return -EINVAL;
}
static DEVICE_ATTR_WO(run);

#define ECHO_RESULT_ATTR(_name, _which)							\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr, char *buf) \
{											\
	return sysfs_emit(buf, "%u\n", dev_to_echo(dev)->result[_which]);		\
}											\
static DEVICE_ATTR_RO(_name)

ECHO_RESULT_ATTR(min_ns, ECHO_MIN);
ECHO_RESULT_ATTR(median_ns, ECHO_MEDIAN);
ECHO_RESULT_ATTR(p99_ns, ECHO_P99);

static struct attribute *ping_attrs[] = {
	&dev_attr_count.attr,
	&dev_attr_size.attr,
	&dev_attr_run.attr,
	&dev_attr_min_ns.attr,
	&dev_attr_median_ns.attr,
	&dev_attr_p99_ns.attr,
	NULL,
};

static const struct attribute_group ping_group = {
	.name = "ping",
	.attrs = ping_attrs,
};

/* ---- life -------------------------------------------------------------------------------- */

/* Atomic context: only wake up. */
static void echo_interrupt(struct vbus_queue *q)
{
	struct echo *e = q->priv;

	complete(&e->rung);
}

static int echo_make_queue(struct echo *e)
{
	const struct vbus_queue_params params = {
		.id = VBUS_ECHO_QUEUE,
		.req_size = ECHO_QUEUE_SLOTS,
		.cpl_size = ECHO_QUEUE_SLOTS,
		.name = dev_name(&e->proxy->dev),
		.callback = echo_interrupt,
		.priv = e,
	};

	e->queue = vbus_queue_create(e->proxy, &params);
	return PTR_ERR_OR_ZERO(e->queue);
}

/* Memory both sides keep using at the same time has to be coherent. */
static int echo_share_word(struct echo *e)
{
	int err;

	e->word = vbus_alloc_coherent(e->proxy, sizeof(*e->word), &e->word_dma, GFP_KERNEL);
	if (!e->word)
		return -ENOMEM;
	err = vbus_shm(e->proxy, VBUS_ECHO_SHM, e->word_dma, sizeof(*e->word), 0);
	if (err)
		vbus_free_coherent(e->proxy, sizeof(*e->word), e->word, e->word_dma);
	return err;
}

static void echo_unshare_word(struct echo *e)
{
	vbus_shm(e->proxy, VBUS_ECHO_SHM, 0, 0, 0);
	vbus_free_coherent(e->proxy, sizeof(*e->word), e->word, e->word_dma);
}

/* Memory that is handed over back and forth is mapped. */
static int echo_map_buf(struct echo *e)
{
	e->sent = kvzalloc(VBUS_ECHO_MAX, GFP_KERNEL);
	e->buf = kzalloc(VBUS_ECHO_MAX, GFP_KERNEL);
	if (!e->sent || !e->buf)
		goto err_free;
	e->buf_dma = vbus_map(e->proxy, e->buf, VBUS_ECHO_MAX, DMA_BIDIRECTIONAL);
	if (vbus_map_error(e->proxy, e->buf_dma))
		goto err_free;
	return 0;

err_free:
	kfree(e->buf);
	kvfree(e->sent);
	return -ENOMEM;
}

static void echo_unmap_buf(struct echo *e)
{
	vbus_unmap(e->proxy, e->buf_dma, VBUS_ECHO_MAX, DMA_BIDIRECTIONAL);
	kfree(e->buf);
	kvfree(e->sent);
}

static int echo_probe(struct vbus_proxy *p)
{
	struct echo *e;
	int err;

	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	e->proxy = p;
	e->count = 1000;
	e->size = 64;
	init_completion(&e->rung);
	mutex_init(&e->lock);
	vbus_set_drvdata(p, e);

	err = vbus_open(p, VBUS_ECHO_VERSION, VBUS_ECHO_F_ALL);
	if (err)
		goto err_free;
	err = echo_map_buf(e);
	if (err)
		goto err_close;
	err = echo_make_queue(e);
	if (err)
		goto err_unmap_buf;
	err = echo_share_word(e);
	if (err)
		goto err_destroy_queue;
	/* Not by dev_groups: the driver core warns when it cannot add a group with a name. */
	err = sysfs_create_group(&p->dev.kobj, &ping_group);
	if (err)
		goto err_unshare_word;
	return 0;

err_unshare_word:
	echo_unshare_word(e);
err_destroy_queue:
	vbus_queue_destroy(e->queue);
err_unmap_buf:
	echo_unmap_buf(e);
err_close:
	vbus_close(p);
err_free:
	kfree(e);
	return err;
}

static void echo_remove(struct vbus_proxy *p)
{
	struct echo *e = vbus_get_drvdata(p);

	/* Waits for a run to end. */
	sysfs_remove_group(&p->dev.kobj, &ping_group);
	echo_unshare_word(e);
	vbus_queue_destroy(e->queue);
	echo_unmap_buf(e);
	vbus_close(p);
	mutex_destroy(&e->lock);
	kfree(e);
}

/* kexec: the next kernel does not know about our memory, so the device must let go of it. */
static void echo_shutdown(struct vbus_proxy *p)
{
	vbus_close(p);
}

static const char * const echo_types[] = { VBUS_ECHO_TYPE, NULL };

static struct vbus_driver echo_driver = {
	.driver.name = "vbus-echo",
	.types = echo_types,
	.probe = echo_probe,
	.remove = echo_remove,
	.shutdown = echo_shutdown,
};
module_vbus_driver(echo_driver);

MODULE_ALIAS_VBUS(VBUS_ECHO_TYPE);
MODULE_DESCRIPTION("vbus echo driver, a sample");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
