// SPDX-License-Identifier: GPL-2.0
/*
 * vbus-procpid: which process belongs to which bus. This file is only the ladder.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include "procpid.h"

static bool hook = true;
module_param(hook, bool, 0444);
MODULE_PARM_DESC(hook, "put the file into /proc/<pid>/; n: only /proc/vbus/ (default: y)");

static bool hooked;

static const struct vbus_membership membership = {
	.bus_of_current = procpid_bus_of_current,
};

static const char *why(int err)
{
	switch (err) {
	case -EBUSY:
		return "kernel.ftrace_enabled is 0, or a live patch has these functions";
	case -EOPNOTSUPP:
		return "this kernel was built without what it takes";
	}
	return "the kernel does not allow it";
}

static int open_a_door(void)
{
	int err;

	if (hook) {
		err = procpid_hook_attach();
		hooked = !err;
		if (hooked)
			return 0;
		pr_warn("no /proc/<pid>/vbus: %s (%pe). Use /proc/vbus/self, or \"vbusctl run\"\n",
			why(err), ERR_PTR(err));
	}
	return procpid_door_open();
}

static void close_the_door(void)
{
	if (hooked)
		procpid_hook_detach();
	else
		procpid_door_close();
}

static int __init procpid_init(void)
{
	int err;

	err = procpid_members_init();
	if (err)
		return err;
	procpid_listing_init();
	err = procpid_track_init();
	if (err)
		goto err_listing;
	err = open_a_door();
	if (err)
		goto err_track;
	err = vbus_membership_register(&membership);
	if (err)
		goto err_door;
	return 0;

err_door:
	close_the_door();
err_track:
	procpid_track_exit();
err_listing:
	procpid_listing_exit();
	procpid_members_exit();
	return err;
}

static void __exit procpid_exit_module(void)
{
	vbus_membership_unregister(&membership);
	close_the_door();
	procpid_track_exit();
	procpid_listing_exit();
	procpid_members_exit();
}

module_init(procpid_init);
module_exit(procpid_exit_module);
MODULE_ALIAS("vbus-membership");
MODULE_DESCRIPTION("vbus: membership of processes, /proc/<pid>/vbus");
MODULE_LICENSE("GPL");
