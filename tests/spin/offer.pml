/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a board lends memory to a master over a link, and takes it back (connectors/agent/reverse.c):
 * what the master writes must never arrive in memory that is the board's own again.
 *
 * Both links are first in, first out. The master may let go by itself, LEAVES times, and take the
 * same offer again; its module may be gone when the offer is withdrawn. The board makes OFFERS of
 * them. When it withdraws one it waits as long as the master's counter runs, which it does while an
 * offer is taken, and a little longer than it takes what is on its way to arrive. It may lose
 * patience with a master that goes on for ever: then the memory stays what it was.
 *
 * -DNO_WAIT		the board does not wait for the master
 * -DBEAT_STOPS		the master's counter stands still while it lets go
 * -DFREE_LATE		the board loses patience, and takes the memory back all the same
 * -DALWAYS_RELEASE	the master says that it has let go whenever it has
 * -DRELEASE_FIRST	the master says so before it has
 */
#ifndef OFFERS
#define OFFERS 2
#endif
#ifndef LEAVES
#define LEAVES 2
#endif
#define DEPTH 4

mtype = { OFFER, WITHDRAWN, DATA, RELEASED };

chan to_m = [DEPTH] of { mtype, byte };
chan to_b = [DEPTH] of { mtype, byte };

/* The master's memory, written by the board. */
byte m_offer;
bool m_withdrawn;
/* The board's memory, written by the master. */
byte b_released;
/* The offer whose memory is lent; the one the master has taken. */
byte lent, taken;
/* Memory that is for nothing else any more. */
bool kept[OFFERS + 1];
#define safe(v)	(v == lent || kept[v])

/* What is on the links arrives. */
active proctype links()
{
	byte v;

end:	do
	:: atomic { to_m?OFFER,v -> m_offer = v; m_withdrawn = false }
	:: atomic { to_m?WITHDRAWN,v -> m_withdrawn = true }
	:: atomic { to_b?DATA,v -> assert(safe(v)) }
	:: atomic { to_b?RELEASED,v ->
		assert(safe(v));
		if
		:: v == lent -> b_released = v
		:: else
		fi }
	od
}

active proctype board()
{
	byte id;

	do
	:: id < OFFERS ->
		id++;
		atomic { b_released = 0; lent = id }
		to_m!OFFER,id;
		to_m!WITHDRAWN,id;
#ifndef NO_WAIT
		if
		:: b_released == id
		:: taken == 0 && m_offer == id && m_withdrawn && empty(to_b)	/* silent */
#ifdef BEAT_STOPS
		:: m_offer == id && m_withdrawn
#endif
		:: taken == id ->						/* too long */
#ifndef FREE_LATE
			kept[id] = true
#else
			skip
#endif
		fi;
#endif
		lent = 0
	:: else -> break
	od
}

active proctype master()
{
	byte leaves, id;

end:	do
	:: atomic { taken == 0 && m_offer && !m_withdrawn -> taken = m_offer }
	:: taken && taken == m_offer && !m_withdrawn && nfull(to_b) -> to_b!DATA,taken
	/* What it was doing when the offer was withdrawn. */
	:: taken && taken == m_offer && m_withdrawn ->
		id = taken;
#ifdef RELEASE_FIRST
		to_b!RELEASED,id;
		to_b!DATA,id;
#else
		to_b!DATA,id;
		to_b!RELEASED,id;
#endif
		taken = 0
	/* It did not let go in time. */
	:: taken && taken != m_offer ->
		to_b!DATA,taken;
		taken = 0
	/* By itself: it is unloaded, say, and loaded again. */
	:: taken && leaves < LEAVES ->
		leaves++;
#ifdef ALWAYS_RELEASE
		to_b!RELEASED,taken;
#endif
		taken = 0
	od
}
