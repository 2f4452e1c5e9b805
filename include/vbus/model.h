/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of how long a link takes, for benchmarks on emulated machines, whose links take no time:
 * each access through a window waits. Only in modules built with VBUS_LINK_MODEL=y; in all others
 * there is nothing of it.
 */
#ifndef _VBUS_MODEL_H
#define _VBUS_MODEL_H

#include <linux/types.h>

#ifdef CONFIG_VBUS_LINK_MODEL

/* @len bytes were read, or written, across the link. Any context. */
void vbus_model_read(size_t len);
void vbus_model_write(size_t len);
/* Shall payload stay where it is, for the peer to read it? */
bool vbus_model_naive(void);

#else

static inline void vbus_model_read(size_t len)
{
}

static inline void vbus_model_write(size_t len)
{
}

static inline bool vbus_model_naive(void)
{
	return false;
}

#endif

#endif /* _VBUS_MODEL_H */
