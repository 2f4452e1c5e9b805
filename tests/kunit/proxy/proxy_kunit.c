// SPDX-License-Identifier: GPL-2.0
/*
 * The proxy bus against a device side that answers wrongly: a bridge whose replies are scripted.
 */
#include <kunit/test.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <vbus/connector.h>
#include <vbus/driver.h>

#define TYPE		"kunit"
#define DOORBELLS	8

/**
 * struct fake - a bridge to nowhere
 * @bridge: the bridge
 * @bend: spoils the reply to @bend_verb; returns its length or errno
 * @bend_verb: 0: no reply is spoilt
 * @seen: how often each verb was asked for
 * @vectors: vectors in use
 * @window: split homes: the device's half
 * @halves: how often it is mapped
 * @inbox: payload that was sent along
 * @inboxes: how often it was given away
 */
struct fake {
	struct vbus_bridge bridge;
	int (*bend)(struct vbus_msg *reply, int len);
	u16 bend_verb;
	u32 seen[VBUS_VERB_QUEUE + 1];
	int vectors;
	u8 *window;
	int halves;
	u8 *inbox;
	int inboxes;
};

/* What a fake's inbox is called. */
#define FAKE_INBOX	0x100000000ull

static int probe_result;
static struct vbus_proxy *probed;
static int probes, removes;

/* ---- the device side --------------------------------------------------------------------- */

static int fake_verb(struct vbus_bridge *bridge, const void *req, size_t req_len, void *reply,
		     size_t reply_len)
{
	struct fake *f = container_of(bridge, struct fake, bridge);
	int len = min(req_len, reply_len);
	struct vbus_msg *msg = reply;
	u16 verb;

	memcpy(reply, req, len);
	verb = le16_to_cpu(msg->verb);
	f->seen[verb]++;
	msg->len = cpu_to_le32(len - sizeof(*msg));
	if (verb == VBUS_VERB_ATTACH)
		((struct vbus_msg_attach *)(msg + 1))->doorbells = cpu_to_le32(DOORBELLS);
	if (verb == VBUS_VERB_OPEN)
		msg->handle = cpu_to_le32(77);
	if (verb == VBUS_VERB_QUEUE)
		((struct vbus_msg_queue *)(msg + 1))->doorbell = cpu_to_le32(DOORBELLS - 1);
	if (f->bend && f->bend_verb == verb)
		return f->bend(msg, len);
	return len;
}

static void fake_doorbell(struct vbus_bridge *bridge, u32 nr)
{
}

static int fake_vector_get(struct vbus_bridge *bridge, const char *name, void (*fn)(void *arg),
			   void *arg)
{
	return container_of(bridge, struct fake, bridge)->vectors++;
}

static void fake_vector_put(struct vbus_bridge *bridge, u32 vector, void *arg)
{
	container_of(bridge, struct fake, bridge)->vectors--;
}

#define WINDOW	SZ_4K

static void *fake_half_map(struct vbus_bridge *bridge, u64 window, size_t bytes)
{
	struct fake *f = container_of(bridge, struct fake, bridge);

	if (window >= WINDOW || bytes > WINDOW - window)
		return ERR_PTR(-EFAULT);
	f->halves++;
	return f->window + window;
}

static void fake_half_unmap(struct vbus_bridge *bridge, void *half, size_t bytes)
{
	container_of(bridge, struct fake, bridge)->halves--;
}

static int fake_inbox_get(struct vbus_bridge *bridge, size_t bytes, u64 *inbox)
{
	struct fake *f = container_of(bridge, struct fake, bridge);

	f->inbox = kzalloc(bytes, GFP_KERNEL);
	f->inboxes++;
	*inbox = FAKE_INBOX;
	return f->inbox ? 0 : -ENOMEM;
}

static void fake_inbox_put(struct vbus_bridge *bridge, u64 inbox, size_t bytes)
{
	struct fake *f = container_of(bridge, struct fake, bridge);

	kfree(f->inbox);
	f->inboxes--;
}

static void fake_push(struct vbus_bridge *bridge, u64 addr, const void *data, size_t len)
{
	struct fake *f = container_of(bridge, struct fake, bridge);

	memcpy(f->inbox + (addr - FAKE_INBOX), data, len);
}

static const struct vbus_bridge_ops fake_ops = {
	.verb = fake_verb,
	.doorbell = fake_doorbell,
	.vector_get = fake_vector_get,
	.vector_put = fake_vector_put,
	.half_map = fake_half_map,
	.half_unmap = fake_half_unmap,
	.inbox_get = fake_inbox_get,
	.inbox_put = fake_inbox_put,
	.push = fake_push,
};

static void bend(struct fake *f, u16 verb, int (*fn)(struct vbus_msg *reply, int len))
{
	f->bend_verb = verb;
	f->bend = fn;
}

static int event(struct fake *f, u32 type, u32 port, const char *name)
{
	struct vbus_event ev = {
		.event = cpu_to_le32(type),
		.port = cpu_to_le32(port),
	};

	memcpy(ev.type, name, strnlen(name, sizeof(ev.type)));
	return vbus_bridge_event(&f->bridge, &ev);
}

/* ---- the driver -------------------------------------------------------------------------- */

static int fake_probe(struct vbus_proxy *p)
{
	int err = vbus_open(p, 1, 0x3);

	probes++;
	if (err || probe_result)
		return err ?: probe_result;
	probed = p;
	return 0;
}

static void fake_remove(struct vbus_proxy *p)
{
	removes++;
	probed = NULL;
	vbus_close(p);
}

static const char * const fake_types[] = { "other", TYPE, NULL };

static struct vbus_driver fake_driver = {
	.driver.name = "vbus-kunit",
	.types = fake_types,
	.probe = fake_probe,
	.remove = fake_remove,
};

/* ---- life of a test ---------------------------------------------------------------------- */

static int proxy_init(struct kunit *test)
{
	struct fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, f);
	/* Suites run before their module is in sysfs, so nothing can link to it. */
	dev = __root_device_register("vbus-kunit", NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	strscpy(f->bridge.name, "kunit", sizeof(f->bridge.name));
	f->bridge.dev = dev;
	f->bridge.owner = THIS_MODULE;
	f->bridge.ops = &fake_ops;
	probe_result = 0;
	probes = 0;
	removes = 0;
	KUNIT_ASSERT_EQ(test, __vbus_driver_register(&fake_driver, NULL), 0);
	KUNIT_ASSERT_EQ(test, vbus_bridge_register(&f->bridge), 0);
	test->priv = f;
	return 0;
}

static void proxy_exit(struct kunit *test)
{
	struct fake *f = test->priv;

	if (!f)
		return;
	vbus_bridge_unregister(&f->bridge);
	KUNIT_EXPECT_EQ(test, f->vectors, 0);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 99, TYPE), -ESHUTDOWN);
	vbus_driver_unregister(&fake_driver);
	root_device_unregister(f->bridge.dev);
}

/* ---- events ------------------------------------------------------------------------------ */

static void events_make_and_remove(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 7, TYPE), 0);
	KUNIT_ASSERT_NOT_NULL(test, probed);
	KUNIT_EXPECT_EQ(test, probed->port, 7u);
	KUNIT_EXPECT_STREQ(test, dev_name(&probed->dev), "kunit:7");
	KUNIT_EXPECT_EQ(test, probed->features, 3ull);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 8, "unwanted"), 0);
	KUNIT_EXPECT_EQ(test, probes, 1);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, 7, TYPE), 0);
	KUNIT_EXPECT_EQ(test, removes, 1);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 1u);
}

static void events_without_sense(struct kunit *test)
{
	static const char endless[VBUS_TYPE_SIZE + 1] = "0123456789abcdef0123456789abcdef";
	struct fake *f = test->priv;

	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, "a*"), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, "a\nb"), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, "a/b"), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, "\xe9"), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 0, endless), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, 0, TYPE), -ENOENT);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_AVAILABLE, 0, TYPE), -ENOENT);
	KUNIT_EXPECT_EQ(test, event(f, 0, 0, TYPE), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, 4, 0, TYPE), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, U32_MAX, 0, TYPE), -EINVAL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, U32_MAX, TYPE), 0);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, U32_MAX, TYPE), -EEXIST);
	KUNIT_EXPECT_EQ(test, probes, 1);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, U32_MAX, TYPE), 0);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, U32_MAX, TYPE), -ENOENT);
}

static int answer_busy(struct vbus_msg *reply, int len)
{
	reply->status = cpu_to_le16(VBUS_EBUSY);
	reply->len = 0;
	return sizeof(*reply);
}

static void available_probes_again(struct kunit *test)
{
	struct fake *f = test->priv;

	bend(f, VBUS_VERB_OPEN, answer_busy);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, probes, 1);
	KUNIT_EXPECT_PTR_EQ(test, probed, NULL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_AVAILABLE, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, probes, 2);
	bend(f, 0, NULL);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_AVAILABLE, 1, TYPE), 0);
	KUNIT_EXPECT_NOT_NULL(test, probed);
	/* Bound already: nothing happens. */
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_AVAILABLE, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, probes, 3);
}

static void failed_probe_leaves_nothing_open(struct kunit *test)
{
	struct fake *f = test->priv;

	probe_result = -EBUSY;
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_OPEN], 1u);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 1u);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 1u);
}

/* ---- replies ----------------------------------------------------------------------------- */

static int wrong_version(struct vbus_msg *reply, int len)
{
	/* Of ATTACH it is the first word, of OPEN the second. */
	((__le32 *)(reply + 1))[le16_to_cpu(reply->verb) - 1] = cpu_to_le32(9);
	return len;
}

static int more_features(struct vbus_msg *reply, int len)
{
	((__le64 *)(reply + 1))[1] = cpu_to_le64(0x7);
	return len;
}

static int too_short(struct vbus_msg *reply, int len)
{
	reply->len = cpu_to_le32(8);
	return sizeof(*reply) + 8;
}

static int other_verb(struct vbus_msg *reply, int len)
{
	reply->verb = cpu_to_le16(VBUS_VERB_SHM);
	return len;
}

static int header_only_half(struct vbus_msg *reply, int len)
{
	return sizeof(*reply) / 2;
}

static int empty(struct vbus_msg *reply, int len)
{
	return 0;
}

static int length_lies(struct vbus_msg *reply, int len)
{
	reply->len = cpu_to_le32(0xfffffff0);
	return len;
}

static int unknown_status(struct vbus_msg *reply, int len)
{
	reply->status = cpu_to_le16(0xffff);
	return len;
}

static int link_down(struct vbus_msg *reply, int len)
{
	return -ENOLINK;
}

static void attach_is_checked(struct kunit *test)
{
	static const struct {
		int (*fn)(struct vbus_msg *reply, int len);
		int err;
	} t[] = {
		{ wrong_version, -EPROTO }, { more_features, -EPROTO }, { too_short, -EBADMSG },
		{ other_verb, -EBADMSG }, { header_only_half, -EBADMSG }, { empty, -EBADMSG },
		{ length_lies, -EBADMSG }, { unknown_status, -EIO }, { answer_busy, -EBUSY },
		{ link_down, -ENOLINK },
	};
	struct fake *f = test->priv;
	int i;

	vbus_bridge_unregister(&f->bridge);
	for (i = 0; i < ARRAY_SIZE(t); i++) {
		bend(f, VBUS_VERB_ATTACH, t[i].fn);
		KUNIT_EXPECT_EQ(test, vbus_bridge_register(&f->bridge), t[i].err);
		KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), -ESHUTDOWN);
	}
	bend(f, 0, NULL);
	KUNIT_EXPECT_EQ(test, vbus_bridge_register(&f->bridge), 0);
}

static void open_is_checked(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_ASSERT_NOT_NULL(test, probed);
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 0), -EBUSY);
	vbus_close(probed);
	vbus_close(probed);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 1u);
	KUNIT_EXPECT_EQ(test, vbus_call(probed, 1, NULL, 0, NULL, 0), -ENOTCONN);
	bend(f, VBUS_VERB_OPEN, wrong_version);
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 3), -EPROTO);
	bend(f, VBUS_VERB_OPEN, more_features);
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 3), -EPROTO);
	/* What was opened and is not wanted is closed. */
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 3u);
	bend(f, VBUS_VERB_OPEN, too_short);
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 3), -EBADMSG);
	bend(f, 0, NULL);
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 3), 0);
}

static void call_is_checked(struct kunit *test)
{
	struct fake *f = test->priv;
	u8 in[100] = { 1, 2, 3 }, out[100];
	struct vbus_proxy *p;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	p = probed;
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, sizeof(in), out, sizeof(out)), 100);
	KUNIT_EXPECT_EQ(test, memcmp(in, out, sizeof(in)), 0);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 3, out, sizeof(out)), 3);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 40, out, 2), 2);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 0, out, 0), 0);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, VBUS_CALL_MAX + 1, out, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 0, out, VBUS_CALL_MAX + 1), -EINVAL);
	bend(f, VBUS_VERB_CALL, length_lies);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 9, out, 9), -EBADMSG);
	bend(f, VBUS_VERB_CALL, other_verb);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 9, out, 9), -EBADMSG);
	bend(f, VBUS_VERB_CALL, unknown_status);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 9, out, 9), -EIO);
	bend(f, VBUS_VERB_CALL, link_down);
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, in, 9, out, 9), -ENOLINK);
}

/* ---- queues ------------------------------------------------------------------------------ */

static void callback(struct vbus_queue *q)
{
}

static struct vbus_queue_params params(u32 req, u32 cpl, bool stream)
{
	return (struct vbus_queue_params) {
		.id = 3, .req_size = req, .cpl_size = cpl, .stream = stream,
		.name = "kunit", .callback = callback,
	};
}

static int queue_error(struct vbus_proxy *p, u32 req, u32 cpl, bool stream)
{
	struct vbus_queue_params par = params(req, cpl, stream);
	struct vbus_queue *q = vbus_queue_create(p, &par);

	if (IS_ERR(q))
		return PTR_ERR(q);
	vbus_queue_destroy(q);
	return 0;
}

static int bad_doorbell(struct vbus_msg *reply, int len)
{
	((struct vbus_msg_queue *)(reply + 1))->doorbell = cpu_to_le32(DOORBELLS);
	return len;
}

static void queue_is_checked(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vbus_proxy *p;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	p = probed;
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_EQ(test, queue_error(p, 0, 16, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 0, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_error(p, 15, 16, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 65536, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 16, true), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_QUEUE], 0u);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 16, false), 0);
	KUNIT_EXPECT_EQ(test, queue_error(p, 2, 32768, false), 0);
	KUNIT_EXPECT_EQ(test, queue_error(p, 0, 32, true), 0);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_QUEUE], 6u);
	bend(f, VBUS_VERB_QUEUE, bad_doorbell);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 16, false), -EPROTO);
	/* Set up, and taken back. */
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_QUEUE], 8u);
	bend(f, VBUS_VERB_QUEUE, answer_busy);
	KUNIT_EXPECT_EQ(test, queue_error(p, 16, 16, false), -EBUSY);
	/* Refused: not ours to take back, it may be another queue's id. */
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_QUEUE], 9u);
	KUNIT_EXPECT_EQ(test, f->vectors, 0);
}

static void queue_is_formatted(struct kunit *test)
{
	struct vbus_queue_params par = params(16, 32, false);
	struct fake *f = test->priv;
	struct vbus_queue *q;
	struct vbus_slot slot = {};

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_ASSERT_NOT_NULL(test, probed);
	q = vbus_queue_create(probed, &par);
	KUNIT_ASSERT_FALSE(test, IS_ERR(q));
	KUNIT_EXPECT_EQ(test, (unsigned long)q->req.mem.line % VBUS_HALF_ALIGN, 0ul);
	KUNIT_EXPECT_EQ(test, (unsigned long)q->cpl.mem.line % VBUS_HALF_ALIGN, 0ul);
	KUNIT_EXPECT_EQ(test, q->req.mem.size, 16u);
	KUNIT_EXPECT_EQ(test, q->cpl.mem.size, 32u);
	KUNIT_EXPECT_EQ(test, q->req.mem.base >> 31, 0u);
	KUNIT_EXPECT_FALSE(test, vbus_cons_get(&q->cpl, &slot));
	vbus_prod_put(&q->req, &slot);
	vbus_prod_publish(&q->req);
	KUNIT_EXPECT_TRUE(test, vbus_prod_kick(&q->req));
	vbus_queue_destroy(q);
}

/* A driver whose device side is behind a link; ordinary memory can stand in for the window. */
static struct vbus_queue *split_queue(struct kunit *test, struct vbus_queue_params *par)
{
	struct fake *f = test->priv;

	f->window = kunit_kzalloc(test, WINDOW, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->window);
	f->bridge.home = VBUS_HOME_SPLIT;
	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_ASSERT_NOT_NULL(test, probed);
	return vbus_queue_create(probed, par);
}

static void split_homes(struct kunit *test)
{
	struct vbus_queue_params par = params(16, 32, false);
	struct fake *f = test->priv;
	struct vbus_slot slot = {}, *slots;
	struct vbus_queue *q;
	struct vbus_line *line;

	q = split_queue(test, &par);
	KUNIT_ASSERT_FALSE(test, IS_ERR(q));
	line = (void *)f->window;
	slots = (void *)f->window + VBUS_HALF_HDR;
	KUNIT_EXPECT_PTR_EQ(test, (void *)q->req.mem.slots, (void *)slots);
	KUNIT_EXPECT_PTR_EQ(test, (void *)q->cpl.mem.line, (void *)line);
	KUNIT_EXPECT_PTR_EQ(test, (void *)q->req.mem.line, q->mem);
	KUNIT_EXPECT_EQ(test, q->bytes, (size_t)VBUS_HALF_BYTES(32));
	/* Nothing of the device's half was formatted by us. */
	KUNIT_EXPECT_EQ(test, le32_to_cpu(line->gen), 0u);
	vbus_slot_set(&slot, 0x1234, 5, 0);
	vbus_prod_put(&q->req, &slot);
	vbus_prod_publish(&q->req);
	KUNIT_EXPECT_TRUE(test, vbus_prod_kick(&q->req));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(slots[q->req.mem.base & 15].seq), q->req.mem.base + 1);
	KUNIT_EXPECT_EQ(test, f->bridge.crossings.reads, 0ul);
	/* The gen that is read back is not the one that was agreed on, then it is. */
	KUNIT_EXPECT_EQ(test, vbus_cons_arm(&q->cpl), -ENOLINK);
	line->gen = cpu_to_le32(q->cpl.mem.gen);
	KUNIT_EXPECT_EQ(test, vbus_cons_arm(&q->cpl), 0);
	KUNIT_EXPECT_EQ(test, f->bridge.crossings.reads, 2ul);
	vbus_queue_destroy(q);
	KUNIT_EXPECT_EQ(test, f->halves, 0);
}

static int half_outside(struct vbus_msg *reply, int len)
{
	((struct vbus_msg_queue *)(reply + 1))->dev_half = cpu_to_le64(WINDOW);
	return len;
}

static int half_askew(struct vbus_msg *reply, int len)
{
	((struct vbus_msg_queue *)(reply + 1))->dev_half = cpu_to_le64(8);
	return len;
}

static void split_homes_are_checked(struct kunit *test)
{
	struct vbus_queue_params par = params(16, 16, false);
	struct fake *f = test->priv;
	struct vbus_queue *q;

	bend(f, VBUS_VERB_QUEUE, half_outside);
	q = split_queue(test, &par);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(q), -EFAULT);
	bend(f, VBUS_VERB_QUEUE, half_askew);
	q = vbus_queue_create(probed, &par);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(q), -EPROTO);
	KUNIT_EXPECT_EQ(test, f->vectors, 0);
	KUNIT_EXPECT_EQ(test, f->halves, 0);
}

struct pushed {
	u32 off;
	u32 len;
	u32 idx;
	u8 what;
};

/* What is sent along arrives whole, also when the inbox wraps, and large things go by address. */
static void payload_is_pushed(struct kunit *test)
{
	struct vbus_queue_params par = params(16, 16, false);
	struct fake *f = test->priv;
	u32 i, k, pushed = 0, by_address = 0, in_two = 0;
	struct pushed sent[16] = {};
	struct vbus_queue *q;
	u8 *buf;

	par.out = true;
	q = split_queue(test, &par);
	KUNIT_ASSERT_FALSE(test, IS_ERR(q));
	KUNIT_ASSERT_EQ(test, f->inboxes, 1);
	buf = kunit_kzalloc(test, SZ_512K, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	for (i = 0; i < 200; i++) {
		u32 len = i % 50 == 49 ? SZ_512K : 1 + i * 37 % 3900, half = (len / 2) & ~63;
		struct vbus_slot slot, *seen;
		u32 off = VBUS_PUSH_NONE, begin = 0, pieces = 1;

		memset(buf, i, len);
		if (i % 3)
			off = vbus_queue_push_room(q, len);
		/* A header may come between, and a ring of them free what they have not used. */
		vbus_slot_set(&slot, 0, 0, 0);
		vbus_prod_put(&q->req, &slot);
		seen = &q->req.mem.slots[vbus_prod_index(&q->req) & 15];
		if (off == VBUS_PUSH_NONE) {
			vbus_slot_set(&slot, 77, len, 0);
			vbus_prod_put(&q->req, &slot);
			by_address += !!(i % 3);
		} else {
			vbus_queue_push(q, off, buf, half);
			vbus_queue_push(q, off + half, buf + half, len - half);
			/* All of it in one slot, or in two. */
			pieces = half && i % 5 == 0 ? 2 : 1;
			if (pieces == 2)
				vbus_queue_put_pushed(q, off, half, VBUS_SLOT_F_MORE);
			begin = pieces == 2 ? half : 0;
			vbus_queue_put_pushed(q, off + begin, len - begin, 0);
			seen = &q->req.mem.slots[(vbus_prod_index(&q->req) - 1) & 15];
		}
		vbus_prod_publish(&q->req);
		KUNIT_EXPECT_EQ(test, vbus_slot_len(seen), len - begin);
		if (off == VBUS_PUSH_NONE)
			continue;
		pushed++;
		in_two += pieces == 2;
		KUNIT_EXPECT_EQ(test, vbus_slot_addr(seen), (u64)FAKE_INBOX + off + begin);
		KUNIT_EXPECT_LE(test, off + len, (u32)SZ_256K);
		sent[pushed % ARRAY_SIZE(sent)] = (struct pushed){
			.off = off, .len = len, .what = i,
			.idx = vbus_prod_index(&q->req) + 1 - pieces };
		/* Nor was anything written over that the device may still read. */
		for (k = 0; k < ARRAY_SIZE(sent); k++)
			if (vbus_prod_index(&q->req) - sent[k].idx < 16)
				KUNIT_EXPECT_NULL(test, memchr_inv(f->inbox + sent[k].off,
								   sent[k].what, sent[k].len));
	}
	/* One in three was no payload; of the rest, only the large ones found no room. */
	KUNIT_EXPECT_EQ(test, by_address, 3u);
	KUNIT_EXPECT_EQ(test, pushed, 130u);
	KUNIT_EXPECT_EQ(test, in_two, 26u);
	vbus_queue_destroy(q);
	KUNIT_EXPECT_EQ(test, f->inboxes, 0);
}

/* Nothing but CLOSE is asked of a device that is gone. */
static void gone_device(struct kunit *test)
{
	struct vbus_queue_params par = params(16, 16, false);
	struct fake *f = test->priv;
	struct vbus_queue *q;
	struct vbus_proxy *p;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	p = probed;
	KUNIT_ASSERT_NOT_NULL(test, p);
	q = vbus_queue_create(p, &par);
	KUNIT_ASSERT_FALSE(test, IS_ERR(q));
	p->gone = true;
	KUNIT_EXPECT_EQ(test, vbus_call(p, 1, NULL, 0, NULL, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, vbus_shm(p, 0, 0, 1, 0), -ENODEV);
	vbus_queue_destroy(q);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_QUEUE], 1u);
	KUNIT_EXPECT_EQ(test, f->vectors, 0);
	vbus_close(p);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_CLOSE], 1u);
	KUNIT_EXPECT_EQ(test, vbus_open(p, 1, 0), -ENODEV);
}

/* ---- restart ----------------------------------------------------------------------------- */

static int no_such_port(struct vbus_msg *reply, int len)
{
	reply->status = cpu_to_le16(VBUS_ENOENT);
	reply->len = 0;
	return sizeof(*reply);
}

/* What a driver without a resume callback goes through. */
static void restart_binds_anew(struct kunit *test)
{
	struct fake *f = test->priv;
	struct vbus_proxy *p;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	p = probed;
	KUNIT_ASSERT_EQ(test, vbus_bridge_restart(&f->bridge), 0);
	KUNIT_EXPECT_EQ(test, f->seen[VBUS_VERB_ATTACH], 2u);
	flush_work(&f->bridge.recheck);
	KUNIT_EXPECT_EQ(test, removes, 1);
	KUNIT_EXPECT_EQ(test, probes, 2);
	KUNIT_EXPECT_PTR_EQ(test, probed, p);
	/* Announced again: it is the same one. A third time makes no sense. */
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_EXPECT_EQ(test, probes, 2);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), -EEXIST);
}

static void frozen(struct work_struct *work)
{
}

/* What a driver with one does: while the machine wakes up the bridge's work is still frozen. */
static void restart_keeps_who_opens(struct kunit *test)
{
	struct fake *f = test->priv;
	struct work_struct *recheck = &f->bridge.recheck;
	work_func_t thawed = recheck->func;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	vbus_close(probed);
	recheck->func = frozen;
	KUNIT_EXPECT_EQ(test, vbus_bridge_restart(&f->bridge), 0);
	flush_work(recheck);
	recheck->func = thawed;
	KUNIT_EXPECT_EQ(test, vbus_open(probed, 1, 0), 0);
	thawed(recheck);
	KUNIT_EXPECT_EQ(test, probes + removes, 1);
}

static void restart_finds_what_is_gone(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	bend(f, VBUS_VERB_OPEN, no_such_port);
	KUNIT_ASSERT_EQ(test, vbus_bridge_restart(&f->bridge), 0);
	flush_work(&f->bridge.recheck);
	KUNIT_EXPECT_NULL(test, probed);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, 1, TYPE), -ENOENT);
}

static void restart_finds_another_type(struct kunit *test)
{
	struct fake *f = test->priv;

	KUNIT_ASSERT_EQ(test, event(f, VBUS_EV_DEVADD, 1, TYPE), 0);
	KUNIT_ASSERT_EQ(test, vbus_bridge_restart(&f->bridge), 0);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVADD, 1, "strange"), 0);
	flush_work(&f->bridge.recheck);
	KUNIT_EXPECT_NULL(test, probed);
	KUNIT_EXPECT_EQ(test, event(f, VBUS_EV_DEVDROP, 1, "strange"), 0);
}

static struct kunit_case proxy_cases[] = {
	KUNIT_CASE(events_make_and_remove),
	KUNIT_CASE(events_without_sense),
	KUNIT_CASE(available_probes_again),
	KUNIT_CASE(failed_probe_leaves_nothing_open),
	KUNIT_CASE(attach_is_checked),
	KUNIT_CASE(open_is_checked),
	KUNIT_CASE(call_is_checked),
	KUNIT_CASE(queue_is_checked),
	KUNIT_CASE(queue_is_formatted),
	KUNIT_CASE(split_homes),
	KUNIT_CASE(split_homes_are_checked),
	KUNIT_CASE(payload_is_pushed),
	KUNIT_CASE(gone_device),
	KUNIT_CASE(restart_binds_anew),
	KUNIT_CASE(restart_keeps_who_opens),
	KUNIT_CASE(restart_finds_what_is_gone),
	KUNIT_CASE(restart_finds_another_type),
	{}
};

static struct kunit_suite proxy_suite = {
	.name = "vbus_proxy",
	.init = proxy_init,
	.exit = proxy_exit,
	.test_cases = proxy_cases,
};

kunit_test_suite(proxy_suite);

MODULE_DESCRIPTION("KUnit tests of the vbus proxy bus");
MODULE_LICENSE("GPL");
