// SPDX-License-Identifier: GPL-2.0
/*
 * The class "console".
 */
#include <linux/module.h>

#include "console.h"

static struct vbus_devclass vcon_class = {
	.name = "console",
	.owner = THIS_MODULE,
	.dev_groups = vcon_groups,
	.create = vcon_create,
	.destroy = vcon_destroy,
	.release = vcon_release,
};

static int __init vcon_init(void)
{
	int err = vcon_tty_init();

	if (err)
		return err;
	err = vbus_devclass_register(&vcon_class);
	if (err)
		vcon_tty_exit();
	return err;
}

static void __exit vcon_exit(void)
{
	vbus_devclass_unregister(&vcon_class);
	vcon_tty_exit();
}

module_init(vcon_init);
module_exit(vcon_exit);

MODULE_ALIAS_VBUS_CLASS("console");
MODULE_DESCRIPTION("vbus console device model");
MODULE_LICENSE("GPL");
