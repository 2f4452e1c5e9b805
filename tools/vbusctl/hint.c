// SPDX-License-Identifier: GPL-2.0
/* What a failure most likely means, and what to do about it. */
#include <errno.h>
#include <stdlib.h>

#include "vbusctl.h"

static const struct {
	enum act act;
	int err;
	const char *text;
} hints[] = {
	{ ACT_MAKE, EEXIST, "there is one of that name already" },
	{ ACT_MAKE, EINVAL, "the kernel does not like the name" },
	{ ACT_REMOVE_DEVICE, EBUSY,
	  "it is still linked to a bus; 'vbusctl detach device' takes it off" },
	{ ACT_REMOVE_DEVICE, ENOENT, "there is no such device; 'vbusctl list devices' shows all" },
	{ ACT_REMOVE_BUS, EBUSY,
	  "it still has devices, clients or member tasks; 'vbusctl show bus' shows them" },
	{ ACT_REMOVE_BUS, ENOTEMPTY,
	  "it still has devices; 'vbusctl detach device' takes them off" },
	{ ACT_REMOVE_BUS, ENOENT, "there is no such bus; 'vbusctl list buses' shows all" },
	{ ACT_TYPE, ENOENT,
	  "no such class, and no module brought it; 'vbusctl list classes' shows those loaded" },
	{ ACT_TYPE, EBUSY,
	  "it has a type already, or the last one of its name is not gone yet (see dmesg)" },
	{ ACT_SET, EBUSY, "it cannot be changed while the device is enabled" },
	{ ACT_SET, EINVAL, "the value is out of range; the kernel log has the range (dmesg)" },
	{ ACT_SET, ENOENT, "the device has no such attribute; 'vbusctl show device' lists them" },
	{ ACT_SET, EACCES, "the attribute is read-only, or you are not root" },
	{ ACT_LIMIT, EINVAL, "the value is out of range; the kernel log has the range (dmesg)" },
	{ ACT_LINK, EBUSY, "the device is on a bus already, and its class allows no further link" },
	{ ACT_LINK, EEXIST, "the bus has a link of that name already" },
	{ ACT_LINK, EINVAL, "the device has no type yet" },
	{ ACT_LINK, ENOENT, "there is no such device or no such bus" },
	{ ACT_UNLINK, ENOENT, "the device is not on that bus" },
	{ ACT_ATTACH, ENOENT, "there is no such bus; 'vbusctl list buses' shows all" },
	{ ACT_ATTACH, ENOSPC, "the bus has as many clients as its limits/clients allows" },
	{ ACT_JOIN, ENOENT, "there is no such bus; 'vbusctl list buses' shows all" },
	{ ACT_JOIN, ENODEV, "nobody keeps membership; 'modprobe vbus-procpid' loads who does" },
	{ ACT_JOIN, EPERM,
	  "this takes root (CAP_SYS_ADMIN), and not only inside a container" },
	{ ACT_DETACH, ENOENT, "there is no such client; 'vbusctl list clients' shows all" },
};

static const char *common(int err)
{
	switch (err) {
	case EPERM:
	case EACCES:
		return "this takes root (CAP_SYS_ADMIN)";
	case ENODEV:
		return "vbus or the object is on its way out, or configfs is not mounted "
		       "(mount -t configfs configfs /sys/kernel/config)";
	case ENOMEM:
		return "the kernel is short of memory; nothing was changed";
	case ENOSPC:
		return "a limit of the bus is reached";
	case EROFS:
		return "the file system is mounted read-only";
	}
	return "the kernel log may say more (dmesg)";
}

const char *hint(enum act act, int err)
{
	size_t i;

	err = abs(err);
	for (i = 0; i < ARRAY_SIZE(hints); i++)
		if (hints[i].act == act && hints[i].err == err)
			return hints[i].text;
	return common(err);
}
