/* SPDX-License-Identifier: GPL-2.0 */
/*
 * __assign_str() takes the source from __string() since 6.10. It is defined anew in each pass over
 * a trace header, so it cannot be shimmed under its own name.
 */
#include_next <linux/tracepoint.h>

#include <linux/version.h>

#ifndef vbus_assign_str
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#define vbus_assign_str(dst, src) __assign_str(dst)
#else
#define vbus_assign_str(dst, src) __assign_str(dst, src)
#endif
#endif
