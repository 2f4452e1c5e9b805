/* SPDX-License-Identifier: GPL-2.0 */
/* Userspace stand-in. */
#ifndef _UNIT_LINUX_EXPORT_H
#define _UNIT_LINUX_EXPORT_H

#define EXPORT_SYMBOL(x) struct unit_nothing
#define EXPORT_SYMBOL_GPL(x) struct unit_nothing

#endif
