/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The size of a tty's write and what it returns became size_t and ssize_t in 6.6. Declare them with
 * these words instead.
 */
#ifndef _VBUS_COMPAT_LINUX_TTY_DRIVER_H
#define _VBUS_COMPAT_LINUX_TTY_DRIVER_H

#include_next <linux/tty_driver.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define tty_ssize_t int
#define tty_size_t int
#else
#define tty_ssize_t ssize_t
#define tty_size_t size_t
#endif

#endif /* _VBUS_COMPAT_LINUX_TTY_DRIVER_H */
