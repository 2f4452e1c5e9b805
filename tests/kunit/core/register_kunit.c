// SPDX-License-Identifier: GPL-2.0
/*
 * Registering classes, ports and connectors: what is accepted, and what is not.
 */
#include "fixture.h"

static void class_names(struct kunit *test)
{
	static const char * const bad[] = {
		"", ".", "a.b", "a/b", "a b", "-a", "_a", "a*", "\xc3\xa4",
		"12345678901234567890123456789012",
	};
	static const char * const good[] = { "a", "A-b_9", "1234567890123456789012345678901" };
	struct vbus_devclass cls;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		cls = fake_one.cls;
		cls.name = bad[i];
		KUNIT_EXPECT_EQ_MSG(test, vbus_devclass_register(&cls), -EINVAL, "'%s'", bad[i]);
	}
	cls.name = NULL;
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&cls), -EINVAL);
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		cls = fake_one.cls;
		cls.name = good[i];
		KUNIT_ASSERT_EQ_MSG(test, vbus_devclass_register(&cls), 0, "'%s'", good[i]);
		vbus_devclass_unregister(&cls);
	}
}

static void class_members(struct kunit *test)
{
	struct vbus_devclass good = fake_one.cls, cls;

	good.name = "kunit-members";
	cls = good;
	cls.create = NULL;
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&cls), -EINVAL);
	cls = good;
	cls.destroy = NULL;
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&cls), -EINVAL);
	cls = good;
	cls.release = NULL;
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&cls), -EINVAL);
	cls = good;
	cls.max_links = VBUS_MAX_PORTS + 1;
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&cls), -EINVAL);
	cls.max_links = VBUS_MAX_PORTS;
	KUNIT_ASSERT_EQ(test, vbus_devclass_register(&cls), 0);
	vbus_devclass_unregister(&cls);
}

static void class_twice(struct kunit *test)
{
	struct vbus_devclass a = fake_one.cls, b = fake_one.cls;

	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&b), -EEXIST);
	a.name = "kunit-a";
	b.name = "kunit-a";
	KUNIT_ASSERT_EQ(test, vbus_devclass_register(&a), 0);
	KUNIT_EXPECT_EQ(test, vbus_devclass_register(&b), -EEXIST);
	vbus_devclass_unregister(&a);
	KUNIT_ASSERT_EQ(test, vbus_devclass_register(&b), 0);
	KUNIT_EXPECT_EQ(test, admin("[ -d /sys/vbus/deviceclass/kunit-a ]"), 0);
	vbus_devclass_unregister(&b);
	KUNIT_EXPECT_NE(test, admin("[ -d /sys/vbus/deviceclass/kunit-a ]"), 0);
}

static int port_open(struct vbus_session *s)
{
	return 0;
}

static void port_close(struct vbus_session *s)
{
}

static int port_queue_add(struct vbus_session *s, struct vbus_dqueue *q)
{
	return 0;
}

static int port_shm_add(struct vbus_session *s, struct vbus_shm *shm)
{
	return 0;
}

static void ports(struct kunit *test)
{
	struct vbus_port_ops ops = {
		.session_size = sizeof(struct vbus_session),
		.open = port_open,
		.close = port_close,
	};
	struct vbus_device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);
	struct vbus_port port[VBUS_MAX_PORTS + 1] = { };
	int i;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	port[0].ops = &ops;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	port[0].type = "";
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	port[0].type = "12345678901234567890123456789012";
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	port[0].type = "1234567890123456789012345678901";
	port[0].ops = NULL;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	port[0].ops = &ops;
	ops.session_size--;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	ops.session_size++;
	ops.open = NULL;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	ops.open = port_open;
	ops.close = NULL;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	ops.close = port_close;
	ops.queue_add = port_queue_add;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	ops.queue_add = NULL;
	ops.shm_add = port_shm_add;
	KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[0]), -EINVAL);
	ops.shm_add = NULL;
	KUNIT_EXPECT_EQ(test, dev->nports, 0);
	for (i = 0; i <= VBUS_MAX_PORTS; i++) {
		port[i].type = "t";
		port[i].ops = &ops;
		KUNIT_EXPECT_EQ(test, vbus_port_init(dev, &port[i]),
				i < VBUS_MAX_PORTS ? 0 : -ENOSPC);
	}
	KUNIT_EXPECT_EQ(test, dev->nports, VBUS_MAX_PORTS);
	KUNIT_EXPECT_EQ(test, port[VBUS_MAX_PORTS - 1].index, VBUS_MAX_PORTS - 1);
}

#define EXPECT_REFUSED(change) do {						\
	conn = fake_connector;							\
	ops = *fake_connector.ops;						\
	conn.name = "kunit-conn";						\
	conn.ops = &ops;							\
	change;									\
	KUNIT_EXPECT_EQ_MSG(test, vbus_connector_register(&conn), -EINVAL, #change);	\
} while (0)

static void *alloc_half(struct vbus_client *client, size_t bytes, u64 *window)
{
	return NULL;
}

static void connectors(struct kunit *test)
{
	struct vbus_connector conn;
	struct vbus_client_ops ops;

	EXPECT_REFUSED(conn.name = NULL);
	EXPECT_REFUSED(conn.name = "a/b");
	EXPECT_REFUSED(conn.name = "");
	EXPECT_REFUSED(conn.ops = NULL);
	EXPECT_REFUSED(conn.caps.doorbells = 0);
	EXPECT_REFUSED(conn.caps.doorbells = VBUS_MAX_DOORBELLS + 1);
	EXPECT_REFUSED(conn.caps.map = false);
	EXPECT_REFUSED(conn.caps.copy_softirq = false);
	EXPECT_REFUSED(conn.caps.home = VBUS_HOME_SPLIT);
	EXPECT_REFUSED(conn.detach = NULL);
	EXPECT_REFUSED(ops.event = NULL);
	EXPECT_REFUSED(ops.raise = NULL);
	EXPECT_REFUSED(ops.release = NULL);
	EXPECT_REFUSED(ops.alloc_half = alloc_half);
	conn = fake_connector;
	KUNIT_EXPECT_EQ(test, vbus_connector_register(&conn), -EEXIST);
	conn.name = "kunit-conn";
	KUNIT_ASSERT_EQ(test, vbus_connector_register(&conn), 0);
	KUNIT_EXPECT_EQ(test, admin("[ -e /sys/vbus/connectors/kunit-conn/attach ]"), 0);
	vbus_connector_unregister(&conn);
	conn.attach = NULL;
	conn.detach = NULL;
	KUNIT_ASSERT_EQ(test, vbus_connector_register(&conn), 0);
	KUNIT_EXPECT_NE(test, admin("[ -e /sys/vbus/connectors/kunit-conn/attach ]"), 0);
	vbus_connector_unregister(&conn);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(class_names),
	KUNIT_CASE(class_members),
	KUNIT_CASE(class_twice),
	KUNIT_CASE(ports),
	KUNIT_CASE(connectors),
	{ }
};

struct kunit_suite register_suite = {
	.name = "vbus-register",
	.suite_init = fixture_up,
	.suite_exit = fixture_down,
	.test_cases = cases,
};
