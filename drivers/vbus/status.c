// SPDX-License-Identifier: GPL-2.0
/*
 * errno is not the same on every machine; the wire has numbers of its own.
 */
#include "core.h"

static const struct {
	int err;
	enum vbus_status status;
} map[] = {
	{ 0, VBUS_OK },
	{ -EINVAL, VBUS_EINVAL },
	{ -ERANGE, VBUS_EINVAL },
	{ -EMSGSIZE, VBUS_EINVAL },
	{ -ENOENT, VBUS_ENOENT },
	{ -EBUSY, VBUS_EBUSY },
	{ -EEXIST, VBUS_EBUSY },
	{ -ENOMEM, VBUS_ENOMEM },
	{ -ENOSPC, VBUS_ENOSPC },
	{ -EOPNOTSUPP, VBUS_EVERSION },
	{ -ENODEV, VBUS_EGONE },
	{ -EFAULT, VBUS_EFAULT },
	{ -EPROTO, VBUS_EPROTO },
	{ -EPERM, VBUS_EPERM },
	{ -EACCES, VBUS_EPERM },
	{ -EINPROGRESS, VBUS_PENDING },
	{ -EBADFD, VBUS_ESTATE },
};

enum vbus_status vbus_status_from_errno(int err)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].err == err)
			return map[i].status;
	return VBUS_EIO;
}
