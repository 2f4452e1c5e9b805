/* SPDX-License-Identifier: GPL-2.0 */
/* Userspace stand-in. */
#ifndef _UNIT_LINUX_ALIGN_H
#define _UNIT_LINUX_ALIGN_H

#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a) - 1)) == 0)
#define ALIGN(x, a) (((x) + ((typeof(x))(a) - 1)) & ~((typeof(x))(a) - 1))

#endif
