/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arguments of struct bus_type's callbacks became const: uevent's device in 6.3, match's driver in
 * 6.11. Declare them with these words instead of "const".
 */
#ifndef _VBUS_COMPAT_LINUX_DEVICE_BUS_H
#define _VBUS_COMPAT_LINUX_DEVICE_BUS_H

#include_next <linux/device/bus.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define bus_uevent_const
#else
#define bus_uevent_const const
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define bus_match_const
#else
#define bus_match_const const
#endif

#endif /* _VBUS_COMPAT_LINUX_DEVICE_BUS_H */
