/* SPDX-License-Identifier: GPL-2.0 */
/* Userspace stand-in. The wire types come from the system's own header of this name. */
#ifndef _UNIT_LINUX_TYPES_H
#define _UNIT_LINUX_TYPES_H

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#ifndef __force
#define __force
#endif
#define __iomem
#define __user
#define __rcu
#define __must_check __attribute__((__warn_unused_result__))

#endif
