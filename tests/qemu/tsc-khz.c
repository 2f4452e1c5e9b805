// SPDX-License-Identifier: GPL-2.0
/*
 * Prints the frequency of this machine's time stamp counter in kHz: an emulated machine counts with
 * it, too, but cannot measure it while others use the processors.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct moment {
	unsigned long long ns;
	unsigned long long ticks;
};

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

/* Both clocks at the same moment: the closest of some attempts. */
static struct moment look(void)
{
	struct moment best = { 0 };
	unsigned long long span = ~0ull;
	int i;

	for (i = 0; i < 50; i++) {
		unsigned long long before = now_ns();
		unsigned long long ticks = __rdtsc();
		unsigned long long after = now_ns();

		if (after - before < span) {
			span = after - before;
			best = (struct moment){ before + span / 2, ticks };
		}
	}
	return best;
}

int main(void)
{
	struct timespec nap = { .tv_nsec = 50000000 };
	struct moment a = look(), b;

	nanosleep(&nap, NULL);
	b = look();
	printf("%.0f\n", (double)(b.ticks - a.ticks) * 1e6 / (double)(b.ns - a.ns));
	return 0;
}
