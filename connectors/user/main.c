// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-user: a process as the driver side of a bus.
 *
 *	file.c		/dev/vbus: open, ioctls, close; the client
 *	access.c	who may open it
 *	event.c		events, by read() and poll()
 *	eventfd.c	doorbells and interrupts
 *	memory.c	pinning memory of the process
 *	table.c		peer addresses, and the memctx
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include "user.h"

static int user_conn_detach(struct vbus_connector *conn, struct vbus_client *client)
{
	return user_detach(client_to_user(client));
}

struct vbus_connector user_connector = {
	.name = "user",
	.owner = THIS_MODULE,
	.caps = {
		.home = VBUS_HOME_SHARED,
		.map = true,
		.copy_softirq = true,
		.doorbells = VBUS_MAX_DOORBELLS,
	},
	.ops = &user_client_ops,
	.detach = user_conn_detach,
};

/* Everybody may try: what counts is membership. */
static struct miscdevice user_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vbus",
	.fops = &user_fops,
	.mode = 0666,
};

static int __init user_init(void)
{
	int err;

	err = vbus_connector_register(&user_connector);
	if (err)
		return err;
	user_access_init();
	err = misc_register(&user_misc);
	if (err) {
		user_access_exit();
		vbus_connector_unregister(&user_connector);
	}
	return err;
}

static void __exit user_exit(void)
{
	misc_deregister(&user_misc);
	user_access_exit();
	vbus_connector_unregister(&user_connector);
	/* Vectors are freed by functions of ours. */
	rcu_barrier();
}

module_init(user_init);
module_exit(user_exit);

MODULE_DESCRIPTION("vbus user connector");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
