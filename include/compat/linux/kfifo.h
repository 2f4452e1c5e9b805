/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfifo_skip_count(), for fifos without records, came with 6.10.
 */
#include_next <linux/kfifo.h>

#ifndef _VBUS_COMPAT_LINUX_KFIFO_H
#define _VBUS_COMPAT_LINUX_KFIFO_H

#ifndef kfifo_skip_count
#define kfifo_skip_count(fifo, count) ((void)((fifo)->kfifo.out += (count)))
#endif

#endif /* _VBUS_COMPAT_LINUX_KFIFO_H */
