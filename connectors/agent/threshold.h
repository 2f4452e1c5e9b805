/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From how many bytes on a DMA engine is faster than a processor.
 *
 * A processor's time grows with the bytes; an engine's does so more slowly, or it is of no use, but
 * it has to be started and waited for. All times are ns. 32 bits and no 64-bit division.
 */
#ifndef _VBUS_AGENT_THRESHOLD_H
#define _VBUS_AGENT_THRESHOLD_H

#include <linux/types.h>

/* Bytes of the two copies that are measured. */
#define ENGINE_SMALL	64
#define ENGINE_BIG	4096

/* Longer times count as this one, so that products fit. */
#define ENGINE_NS_MAX	((1u << 22) - 1)

/* Models do not copy that much at once; nor is anything as large as the other. */
#define ENGINE_LARGEST	(256u << 10)
#define ENGINE_NEVER	((u32)-1)

/**
 * struct engine_rate - how long an engine takes
 * @setup: ns for no bytes
 * @kib: ns more for each 1024 bytes
 */
struct engine_rate {
	u32 setup;
	u32 kib;
};

static inline u32 engine_ns(u32 ns)
{
	return ns < ENGINE_NS_MAX ? ns : ENGINE_NS_MAX;
}

/* engine_rate - from the times of ENGINE_SMALL and ENGINE_BIG bytes; noise may turn these around */
static inline struct engine_rate engine_rate(u32 small, u32 big)
{
	struct engine_rate r;
	u32 bytes;

	small = engine_ns(small);
	big = engine_ns(big);
	r.kib = big > small ? (big - small) * 1024 / (ENGINE_BIG - ENGINE_SMALL) : 0;
	bytes = r.kib / (1024 / ENGINE_SMALL);
	r.setup = small > bytes ? small - bytes : 0;
	return r;
}

/* engine_threshold - bytes from which on it pays; @cpu: a processor's time for ENGINE_BIG bytes */
static inline u32 engine_threshold(u32 cpu, struct engine_rate r)
{
	u32 kib = engine_ns(cpu) / (ENGINE_BIG / 1024);
	u32 n;

	if (kib <= r.kib)
		return ENGINE_NEVER;
	n = r.setup * 1024 / (kib - r.kib);
	if (n > ENGINE_LARGEST)
		return ENGINE_NEVER;
	/* What is smaller than what was measured is not worth the trouble. */
	return n < ENGINE_SMALL ? ENGINE_SMALL : n;
}

#endif /* _VBUS_AGENT_THRESHOLD_H */
