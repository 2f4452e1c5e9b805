/* SPDX-License-Identifier: GPL-2.0 */
/* Userspace stand-in. */
#ifndef _UNIT_LINUX_STRING_H
#define _UNIT_LINUX_STRING_H

#include <string.h>

#endif
