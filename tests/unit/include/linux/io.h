/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Userspace stand-in: I/O memory is plain memory. The accessors order as the kernel promises and
 * no more: writel() after earlier writes, readl() before later accesses, the raw ones not at all.
 *
 * With UNIT_IO_LINK the test supplies the two functions that really access it, and so can watch or
 * delay what crosses. Values are raw: what they get is what is to be in memory.
 */
#ifndef _UNIT_LINUX_IO_H
#define _UNIT_LINUX_IO_H

#include <asm/barrier.h>
#include <asm/byteorder.h>
#include <linux/compiler.h>

static inline void unit_io_store(volatile void *addr, u64 raw, unsigned int bytes)
{
	if (bytes == 4)
		__atomic_store_n((volatile u32 *)addr, raw, __ATOMIC_RELAXED);
	else
		__atomic_store_n((volatile u64 *)addr, raw, __ATOMIC_RELAXED);
}

#ifdef UNIT_IO_LINK
void unit_io_write(volatile void *addr, u64 raw, unsigned int bytes);
u32 unit_io_read(const volatile void *addr);
#else
static inline void unit_io_write(volatile void *addr, u64 raw, unsigned int bytes)
{
	unit_io_store(addr, raw, bytes);
}

static inline u32 unit_io_read(const volatile void *addr)
{
	return __atomic_load_n((const volatile u32 *)addr, __ATOMIC_RELAXED);
}
#endif

static inline void __raw_writel(u32 v, volatile void __iomem *addr)
{
	unit_io_write(addr, v, 4);
}

static inline u32 __raw_readl(const volatile void __iomem *addr)
{
	return unit_io_read(addr);
}

static inline void writel(u32 v, volatile void __iomem *addr)
{
	wmb();
	__raw_writel((__force u32)cpu_to_le32(v), addr);
}

static inline u32 readl(const volatile void __iomem *addr)
{
	u32 v = le32_to_cpu((__force __le32)__raw_readl(addr));

	rmb();
	return v;
}

static inline void __iowrite64_copy(void __iomem *to, const void *from, size_t count)
{
	const u64 *s = from;
	u64 *d = to;

	for (; count; count--)
		unit_io_write(d++, *s++, 8);
}

#endif
