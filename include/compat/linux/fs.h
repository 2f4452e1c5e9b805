/* SPDX-License-Identifier: GPL-2.0 */
#include_next <linux/fs.h>

#ifndef _VBUS_COMPAT_LINUX_FS_H
#define _VBUS_COMPAT_LINUX_FS_H

#include <linux/version.h>

/* The first argument of setattr: its type was replaced in 6.3. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vbus_idmap user_namespace
#else
#define vbus_idmap mnt_idmap
#endif

/* Came with 6.6. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_atime = current_time(inode);
	inode->i_mtime = inode->i_atime;
	inode->i_ctime = inode->i_atime;
}
#endif

#endif
