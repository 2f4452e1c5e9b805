/* SPDX-License-Identifier: GPL-2.0 */
/* <net/page_pool.h> was split in two in 6.6. */
#ifndef _COMPAT_NET_PAGE_POOL_HELPERS_H
#define _COMPAT_NET_PAGE_POOL_HELPERS_H

#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#include_next <net/page_pool/helpers.h>
#else
#include <net/page_pool.h>
#endif

#endif
