/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to the registers of a traced call got these names in 6.2.
 */
#include_next <linux/ftrace.h>

#ifndef _VBUS_COMPAT_LINUX_FTRACE_H
#define _VBUS_COMPAT_LINUX_FTRACE_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define ftrace_regs_set_instruction_pointer(fregs, ip) ftrace_instruction_pointer_set(fregs, ip)
#define ftrace_regs_get_argument(fregs, n) regs_get_kernel_argument(&(fregs)->regs, n)
#endif

#endif
