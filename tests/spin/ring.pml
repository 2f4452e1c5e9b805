/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One ring with credit: P produces, C consumes. As it stands, this is the protocol of
 * Documentation/ring.rst; each of the names below leaves something out or does it differently.
 * What is wrong then shows as a wrong value (assertion) or as a state in which somebody sleeps
 * although he should not (deadlock: spin's "invalid end state").
 *
 * Sizes: S slots, indexes modulo M, N slots sent, the credit written every T slots and a packet
 * that may take NEED slots (but takes one). BASE is the first index.
 *
 * Doorbells to C
 *	NO_PROD_MB	P looks at the wake index without a barrier behind its slots
 *	NO_CONS_MB	shared home: C looks at the slot without a barrier behind its wake index
 *	NO_READ		split homes: C does not read back; LOCAL_MB: it has a local barrier instead
 *	READ_FIRST	C reads back before it writes the wake index
 *	LOOK_EARLY	C takes its last look before the answer is there
 *	READ_PASSES_WRITE, BRIDGE_ANSWERS	see link.pml
 *	PROD_READS	the mirrored protocol: P reads back after each publish, C has a local barrier
 *	ACK_LATE	C acknowledges the doorbell between its last look and going to sleep
 *	NO_REARM	C goes back to sleep after a wake-up that found nothing
 *	TIMER		a sleeper looks at its own memory now and then
 *	DEFER_KICK	P may wait for credit before it has kicked
 *	LONG_BATCH	P may publish more than a ring of slots before it kicks
 * Publishing
 *	PSO		bodies have a buffer of their own, the CPU's or a write-combining one, and so
 *			seqs can overtake them; PLAIN_SEQ: without a barrier between the two
 *	STALE		a slot of the previous life is still under way
 *	DMA_PAYLOAD	an engine writes the payload; DMA_WAIT: P waits for it
 * Credit
 *	NO_FLUSH	C does not write the credit when it arms
 *	FLAG		P sleeps for credit, and says so in its last slot
 *	  NO_WAIT_READ	P does not read across on an empty wake-up
 *	  NO_BELL_WMB	C rings without a barrier behind the credit
 *	INDEX		P sleeps for credit, and says so by an index as C does
 *	  INDEX_NO_READ, INDEX_NO_MB	without P's read-back, without C's barrier
 *	UNTOLD		P sleeps for credit, and does not say so
 */
#ifndef S
#define S 2
#endif
#ifndef M
#define M 8
#endif
#ifndef N
#define N 4
#endif
#ifndef T
#define T 1
#endif
#ifndef NEED
#define NEED 1
#endif
#ifndef BASE
#define BASE 0
#endif
#define LAST	(BASE + N)
#define NONE	255
#define FLAGGED	128			/* in the value of a slot: WANT_CREDIT */
#if defined(FLAG) || defined(INDEX) || defined(UNTOLD)
#define SLEEPY
#endif

#define AT(i)		(((i) % M) % S)
#define MINUS(a, b)	(((a) + M - (b)) % M)	/* of numbers below M */

byte seq[S] = NONE;		/* C's memory: seq modulo M */
byte val[S];
byte cwake = BASE % M;		/* C's memory: INDEX */
byte dma = NONE;		/* C's memory: the last payload that has arrived */
byte wake = BASE % M;		/* P's memory */
byte credit = BASE % M;

inline to_c(t, v)
{
	if
	:: t == SLOT -> val[AT(v % FLAGGED)] = v; seq[AT(v % FLAGGED)] = (v % FLAGGED + 1) % M
	:: t == BODY -> val[AT(v % FLAGGED)] = v
	:: t == SEQ -> seq[AT(v)] = (v + 1) % M
	:: t == WANT -> cwake = v
	:: t == OLD -> val[AT(v)] = NONE; seq[AT(v)] = (v + 1) % M
	fi
}
inline to_p(t, v)
{
	if
	:: t == WAKE -> wake = v
	:: t == CREDIT -> credit = v
	fi
}
#define TO_C(t, v) to_c(t, v)
#define TO_P(t, v) to_p(t, v)
#include "link.pml"

#ifdef PSO
chan p_body = [DEPTH] of { byte };

active proctype move_body()
{
	byte v;

end:	do
#if HOPS == 0
	:: atomic { p_body?v -> val[AT(v % FLAGGED)] = v; v = 0 }
#else
	:: atomic { nempty(p_body) && SPACE(p_link) -> p_body?v; p_link!BODY,v; v = 0 }
#endif
	od
}
#define P_BARRIER	(empty(p_sb) && empty(p_body))
#else
#define P_BARRIER	P_MB
#endif

#ifdef DMA_PAYLOAD
chan p_dma = [DEPTH] of { byte };

active proctype move_dma()
{
	byte v;

end:	do
	:: atomic { p_dma?v -> dma = v; v = 0 }
	od
}
#endif

/* C */

#define PRESENT		(seq[AT(seen)] == (seen + 1) % M)
#define ROOM		(S - MINUS(prod % M, credit))

inline take()
{
	d_step {
		assert(val[AT(seen)] % FLAGGED == seen);
#ifdef DMA_PAYLOAD
		assert(dma != NONE && dma >= seen);
#endif
		asked = val[AT(seen)] >= FLAGGED;
		seen++
	}
}

inline write_credit()
{
	c_sb!CREDIT,seen % M;
#ifdef INDEX
#ifndef INDEX_NO_MB
	C_MB;
#endif
	if
	:: MINUS(MINUS(seen % M, cwake), 1) < MINUS(seen % M, credited % M) -> ring_p()
	:: else
	fi;
#endif
	credited = seen
}

active proctype consumer()
{
	byte seen = BASE, credited = BASE;
	bool asked, found;

	do
	:: seen == LAST -> break
	:: seen < LAST && PRESENT ->
		take();
		if
		:: asked ->
			write_credit();
#ifndef NO_BELL_WMB
			C_MB;
#endif
			ring_p();
			asked = false
		:: !asked && seen - credited >= T -> write_credit()
		:: else
		fi
	:: seen < LAST && !PRESENT ->
#ifndef NO_FLUSH
		if
		:: credited != seen -> write_credit()
		:: else
		fi;
#endif
#ifdef READ_FIRST
		c_read_start();
		c_read_end();
#endif
		c_sb!WAKE,seen % M;
#if HOPS == 0
#ifndef NO_CONS_MB
		C_MB;
#endif
		found = PRESENT;
#elif defined(NO_READ) || defined(READ_FIRST) || defined(PROD_READS)
#ifdef LOCAL_MB
		C_MB;
#endif
		found = PRESENT;
#elif defined(LOOK_EARLY)
		c_read_start();
		found = PRESENT;
		c_read_end();
#else
		c_read_start();
		c_read_end();
		found = PRESENT;
#endif
asleep:		if
		:: found -> found = false
		:: else ->
#ifdef ACK_LATE
			bell_c = false;
#endif
			if
			:: atomic { bell_c -> bell_c = false }
#ifdef TIMER
			:: PRESENT
#endif
			fi;
#ifdef NO_REARM
			if
			:: PRESENT
			:: else -> goto asleep
			fi
#endif
		fi
	od
}

/* P */

inline put()
{
#ifdef DMA_PAYLOAD
	p_dma!prod;
#ifdef DMA_WAIT
	dma == prod;
#endif
#endif
#ifdef FLAG
	if
	:: ROOM - 1 < NEED -> p_sb!SLOT,prod + FLAGGED
	:: else -> p_sb!SLOT,prod
	fi;
#elif defined(PSO)
	p_body!prod;
#ifndef PLAIN_SEQ
	empty(p_body);
#endif
	p_sb!SEQ,prod;
#else
	p_sb!SLOT,prod;
#endif
	prod++
}

inline kick()
{
#ifdef PROD_READS
	p_read_start();
	p_read_end();
#elif !defined(NO_PROD_MB)
	P_BARRIER;
#endif
	if
	:: MINUS(MINUS(prod % M, wake), 1) < MINUS(prod % M, kicked % M) -> ring_c()
	:: else
	fi;
	kicked = prod
}

active proctype producer()
{
	byte prod = BASE, kicked = BASE;

#ifdef STALE
	p_sb!OLD,0;
#endif
	do
	:: prod == LAST -> break
	:: prod < LAST && ROOM >= NEED ->
		put();
		/* A batch may grow while there is room for more, up to a ring's size. */
		if
		:: kick()
#ifdef DEFER_KICK
		:: prod < LAST
#elif defined(LONG_BATCH)
		:: prod < LAST && ROOM >= NEED
#else
		:: prod < LAST && ROOM >= NEED && prod - kicked < S
#endif
		fi
#ifdef SLEEPY
	:: prod < LAST && ROOM < NEED ->
#ifdef INDEX
		p_sb!WANT,MINUS((prod + NEED + M - S - 1) % M, 0);
#ifndef INDEX_NO_READ
		p_read_start();
		p_read_end();
#endif
		if
		:: ROOM >= NEED -> goto awake
		:: else
		fi;
#endif
		if
		:: atomic { bell_p -> bell_p = false }
#ifdef TIMER
		:: ROOM >= NEED
#endif
		fi;
#if HOPS > 0 && defined(FLAG) && !defined(NO_WAIT_READ)
		if
		:: ROOM < NEED ->
			p_read_start();
			p_read_end()
		:: else
		fi;
#endif
awake:		skip
#endif
	od
}
