// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit suites for the objects of the core, through what it exports. What only the administrator can
 * do is done by a shell, through configfs, which must be mounted or mountable at /config.
 */
#include <linux/module.h>
#include "fixture.h"

kunit_test_suites(&register_suite, &device_suite, &client_suite, &verb_suite, &doorbell_suite,
		  &poll_suite, &split_suite);
MODULE_DESCRIPTION("vbus: KUnit tests of the core");
MODULE_LICENSE("GPL");
