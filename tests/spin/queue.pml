/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A queue: requests from P to C, completions back, no credit. P never has more than LIMIT requests
 * outstanding, which is why nobody needs to be told about room. Both sides sleep when they have
 * nothing to do. As it stands this is the protocol of Documentation/ring.rst; see ring.pml for how
 * a fault shows.
 *
 * S slots in the request ring, SC in the completion ring, indexes modulo M, N requests.
 *
 *	LIMIT		more outstanding than the smaller ring has slots
 *	NO_PROD_MB	neither side has a barrier between its slots and the wake index
 *	NO_CONS_MB	shared home: neither has one between its wake index and its last look
 *	NO_READ		split homes: neither side reads back; LOCAL_MB: a local barrier instead
 *	LATE_KICK	P sleeps before it has kicked
 *	ACK_LATE, LOSSY, TIMER, SIDEBAND	as in ring.pml and link.pml
 */
#ifndef S
#define S 2
#endif
#ifndef SC
#define SC S
#endif
#ifndef M
#define M 8
#endif
#ifndef N
#define N 4
#endif
#ifndef LIMIT
#define LIMIT (S < SC -> S : SC)
#endif
#define NONE	255

#define AT(i)		(((i) % M) % S)
#define CAT(i)		(((i) % M) % SC)
#define MINUS(a, b)	(((a) + M - (b)) % M)	/* of numbers below M */

byte seq[S] = NONE;		/* C's memory: requests, and who wants completions */
byte val[S];
byte cwake;
byte cseq[SC] = NONE;		/* P's memory: completions, and who wants requests */
byte cval[SC];
byte wake;

inline to_c(t, v)
{
	if
	:: t == SLOT -> val[AT(v)] = v; seq[AT(v)] = (v + 1) % M
	:: t == CWAKE -> cwake = v
	fi
}
inline to_p(t, v)
{
	if
	:: t == CSLOT -> cval[CAT(v)] = v; cseq[CAT(v)] = (v + 1) % M
	:: t == WAKE -> wake = v
	fi
}
#define TO_C(t, v) to_c(t, v)
#define TO_P(t, v) to_p(t, v)
#include "link.pml"

#ifdef NO_PROD_MB
#define BEFORE_KICK(mb)	skip
#else
#define BEFORE_KICK(mb)	mb
#endif

/* Between writing the wake index and the last look. */
#if HOPS == 0 && !defined(NO_CONS_MB) || defined(LOCAL_MB)
#define P_ARMED		P_MB
#define C_ARMED		C_MB
#elif HOPS == 0 || defined(NO_READ)
#define P_ARMED		skip
#define C_ARMED		skip
#else
#define P_ARMED		p_read_start(); p_read_end()
#define C_ARMED		c_read_start(); c_read_end()
#endif

inline kick_c()
{
	BEFORE_KICK(P_MB);
	if
	:: MINUS(MINUS(sent % M, wake), 1) < MINUS(sent % M, kicked % M) -> ring_c()
	:: else
	fi;
	kicked = sent
}

inline kick_p()
{
	BEFORE_KICK(C_MB);
	if
	:: MINUS(MINUS(seen % M, cwake), 1) < MINUS(seen % M, kicked % M) -> ring_p()
	:: else
	fi;
	kicked = seen
}

inline sleep_on(bell, present)
{
#ifdef ACK_LATE
	bell = false;
#endif
	if
	:: atomic { bell -> bell = false }
#ifdef TIMER
	:: present
#endif
	fi
}

#define REQUEST		(seq[AT(seen)] == (seen + 1) % M)
#define COMPLETION	(cseq[CAT(back)] == (back + 1) % M)
#define MAY_SEND	(sent < N && sent - back < (LIMIT))

active proctype driver()
{
	byte sent, back, kicked;

	do
	:: back == N -> break
	:: back < N && COMPLETION ->
		d_step { assert(cval[CAT(back)] == back); back++ }
	:: MAY_SEND ->
		p_sb!SLOT,sent;
		sent++;
		if
		:: kick_c()
		:: sent - kicked < S
		fi
	:: back < N && !COMPLETION && !MAY_SEND ->
#ifndef LATE_KICK
		if
		:: kicked != sent -> kick_c()
		:: else
		fi;
#endif
		p_sb!CWAKE,back % M;
		P_ARMED;
		if
		:: COMPLETION
		:: !COMPLETION -> sleep_on(bell_p, COMPLETION)
		fi
	od
}

active proctype device()
{
	byte seen, kicked;

	do
	:: REQUEST ->
		d_step { assert(val[AT(seen)] == seen) }
		c_sb!CSLOT,seen;
		seen++;
		if
		:: kick_p()
		:: seen - kicked < S && seen < N
		fi
	:: seen == N -> break
	:: seen < N && !REQUEST ->
		if
		:: kicked != seen -> kick_p()
		:: else
		fi;
		c_sb!WAKE,seen % M;
		C_ARMED;
		if
		:: REQUEST
		:: !REQUEST -> sleep_on(bell_c, REQUEST)
		fi
	od
}
