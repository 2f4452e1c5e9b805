/* SPDX-License-Identifier: GPL-2.0 */
/* Takes a fuzzer's input apart. Reading past the end gives zeroes. */
#ifndef _UNIT_FUZZ_H
#define _UNIT_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes);

struct fuzz_input {
	const u8 *next, *end;
};

static inline bool fuzz_more(const struct fuzz_input *in)
{
	return in->next < in->end;
}

static inline u8 fuzz_u8(struct fuzz_input *in)
{
	return in->next < in->end ? *in->next++ : 0;
}

static inline void fuzz_bytes(struct fuzz_input *in, void *to, size_t n)
{
	size_t left = in->end - in->next;
	size_t copy = n < left ? n : left;

	memset(to, 0, n);
	memcpy(to, in->next, copy);
	in->next += copy;
}

static inline u32 fuzz_u32(struct fuzz_input *in)
{
	u32 v;

	fuzz_bytes(in, &v, sizeof(v));
	return v;
}

/* What must hold whatever the peer does. */
#define must(x)								\
	do {								\
		if (!(x)) {						\
			fprintf(stderr, "%s:%d: must hold: %s\n",	\
				__FILE__, __LINE__, #x);		\
			abort();					\
		}							\
	} while (0)

#endif
