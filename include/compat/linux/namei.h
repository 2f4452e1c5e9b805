/* SPDX-License-Identifier: GPL-2.0 */
#include_next <linux/namei.h>

#ifndef _VBUS_COMPAT_LINUX_NAMEI_H
#define _VBUS_COMPAT_LINUX_NAMEI_H

#include <linux/version.h>

/* Exported for long, declared for modules since 6.4. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
int vfs_path_lookup(struct dentry *dentry, struct vfsmount *mnt, const char *name,
		    unsigned int flags, struct path *path);
#endif

#endif
