/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Two CPUs, P and C, and what lies between them. Included by the models, which define before:
 *
 *	TO_C(t, v), TO_P(t, v)	a write of kind t arrives in the memory of C, of P
 *
 * HOPS 0	shared home: a CPU's stores wait in its store buffer and then are in memory
 * HOPS 1	split homes: from the store buffer to the link, from the link to the peer's memory
 * HOPS 2	the same with a bridge halfway, which has a queue of its own each way
 *
 * Everything is first in, first out, so what the models show holds for stores that keep their
 * order (PSO in ring.pml relaxes that for one case). A read goes behind the reader's own writes, and its answer
 * behind the writes of whoever answers; that is all the order a link gives.
 *
 * A doorbell is a pending bit. It travels with the writes, or beside them (SIDEBAND), where it
 * overtakes all of them, and it may be lost (LOSSY).
 */
#ifndef HOPS
#define HOPS 0
#endif
#if HOPS == 0
#define SIDEBAND
#endif
#ifndef DEPTH
#define DEPTH 4			/* of each queue; a full one makes who writes wait */
#endif
/* The answer to a read always finds a place, or two full links would wait for each other. */
#define SPACE(c)	(len(c) < DEPTH - 1)

mtype = { BODY, SEQ, SLOT, WAKE, CREDIT, WANT, OLD, BELL, READ, DONE, CSLOT, CWAKE };

bool bell_p, bell_c;		/* rung, not acknowledged */
bool done_p, done_c;		/* the answer to a read has come back */

chan p_sb = [DEPTH] of { mtype, byte };
chan c_sb = [DEPTH] of { mtype, byte };
#if HOPS > 0
chan p_link = [DEPTH] of { mtype, byte };
chan c_link = [DEPTH] of { mtype, byte };
#endif
#if HOPS > 1
chan p_far = [DEPTH] of { mtype, byte };
chan c_far = [DEPTH] of { mtype, byte };
#endif

/* One family of barriers: all earlier stores have left the CPU. */
#define P_MB	empty(p_sb)
#define C_MB	empty(c_sb)

inline arrive_at_c(t, v)
{
	if
	:: t == BELL -> bell_c = true
	:: t == DONE -> done_c = true
#if HOPS > 0
	:: t == READ -> c_link!DONE,0
#endif
	:: else -> TO_C(t, v)
	fi
}

inline arrive_at_p(t, v)
{
	if
	:: t == BELL -> bell_p = true
	:: t == DONE -> done_p = true
#if HOPS > 0
	:: t == READ -> p_link!DONE,0
#endif
	:: else -> TO_P(t, v)
	fi
}

/* Movers. Between them they deliver everything there is, at any time, in any interleaving. */
active proctype move_p()
{
	mtype t;
	byte v;

end:	do
#if HOPS == 0
	:: atomic { p_sb?t,v -> arrive_at_c(t, v); t = 0; v = 0 }
#else
	:: atomic { nempty(p_sb) && SPACE(p_link) -> p_sb?t,v; p_link!t,v; t = 0; v = 0 }
#endif
#if HOPS == 1
	:: atomic { p_link?t,v -> arrive_at_c(t, v); t = 0; v = 0 }
#elif HOPS == 2
	:: atomic { nempty(p_link) && SPACE(p_far) -> p_link?t,v; p_far!t,v; t = 0; v = 0 }
	:: atomic { p_far?t,v -> arrive_at_c(t, v); t = 0; v = 0 }
#endif
	od
}

active proctype move_c()
{
	mtype t;
	byte v;

end:	do
#if HOPS == 0
	:: atomic { c_sb?t,v -> arrive_at_p(t, v); t = 0; v = 0 }
#else
	:: atomic { nempty(c_sb) && SPACE(c_link) -> c_sb?t,v; c_link!t,v; t = 0; v = 0 }
#endif
#if HOPS == 1
	:: atomic { c_link?t,v -> arrive_at_p(t, v); t = 0; v = 0 }
#elif HOPS == 2
	:: atomic { nempty(c_link) && SPACE(c_far) -> c_link?t,v;
#ifdef BRIDGE_ANSWERS
		if
		:: t == READ -> p_far!DONE,0
		:: else -> c_far!t,v
		fi;
#else
		c_far!t,v;
#endif
		t = 0; v = 0 }
	:: atomic { c_far?t,v -> arrive_at_p(t, v); t = 0; v = 0 }
#endif
	od
}

#if HOPS > 0
/* A read behind one's own writes. */
inline p_read_start()	{ atomic { empty(p_sb) && SPACE(p_link) -> p_link!READ,0 } }
#ifdef READ_PASSES_WRITE
inline c_read_start()	{ atomic { SPACE(c_link) -> c_link!READ,0 } }
#else
inline c_read_start()	{ atomic { empty(c_sb) && SPACE(c_link) -> c_link!READ,0 } }
#endif
inline p_read_end()	{ atomic { done_p -> done_p = false } }
inline c_read_end()	{ atomic { done_c -> done_c = false } }
#endif

inline ring_c()
{
	if
#ifdef LOSSY
	:: true
#endif
#ifdef SIDEBAND
	:: bell_c = true
#else
	:: p_sb!BELL,0
#endif
	fi
}

inline ring_p()
{
	if
#ifdef LOSSY
	:: true
#endif
#ifdef SIDEBAND
	:: bell_p = true
#else
	:: c_sb!BELL,0
#endif
	fi
}
