/* SPDX-License-Identifier: GPL-2.0 */
/* eventfd_signal() has no count since 6.8. */
#ifndef _VBUS_COMPAT_LINUX_EVENTFD_H
#define _VBUS_COMPAT_LINUX_EVENTFD_H

#include_next <linux/eventfd.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(ctx) eventfd_signal(ctx, 1)
#endif

#endif /* _VBUS_COMPAT_LINUX_EVENTFD_H */
