// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suites for the objects of the core, through what it exports. What only the administrator can
 * do is done by a shell, through configfs, which must be mounted or mountable at /config.
 */
#include <linux/module.h>
#include "fixture.h"

static int __init vbus_kunit_init(void)
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
	return 0;

err_many:
	vbus_devclass_unregister(&fake_many.cls);
err_one:
	vbus_devclass_unregister(&fake_one.cls);
	return err;
}

static void __exit vbus_kunit_exit(void)
{
	vbus_connector_unregister(&fake_connector);
	vbus_devclass_unregister(&fake_many.cls);
	vbus_devclass_unregister(&fake_one.cls);
}

/* The suites run when the module is live, which is after this. */
module_init(vbus_kunit_init);
module_exit(vbus_kunit_exit);
kunit_test_suites(&register_suite, &device_suite, &client_suite, &verb_suite, &doorbell_suite,
		  &poll_suite, &split_suite);
MODULE_DESCRIPTION("vbus: KUnit tests of the core");
MODULE_LICENSE("GPL");
