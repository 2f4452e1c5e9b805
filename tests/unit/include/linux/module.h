/* SPDX-License-Identifier: GPL-2.0 */
/* Userspace stand-in. */
#ifndef _UNIT_LINUX_MODULE_H
#define _UNIT_LINUX_MODULE_H

#include <linux/export.h>

/* Something that may follow at file scope and end in a semicolon. */
#define UNIT_NOTHING struct unit_nothing

#define MODULE_LICENSE(x) UNIT_NOTHING
#define MODULE_DESCRIPTION(x) UNIT_NOTHING
#define MODULE_AUTHOR(x) UNIT_NOTHING

#endif
