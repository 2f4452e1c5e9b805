/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a board and a master find and lose each other over a link (connectors/agent): who is in which
 * life, and what of an old life may still be on its way.
 *
 * Both links are first in, first out. Each side may give up the other at any time, as a heartbeat
 * time-out does; LIVES bounds how often the board does, GIVEUPS how often the master does. In the
 * end both must have settled on the same life, and no reply of one life was taken in another.
 *
 * -DSEQ_RESTART	requests are numbered from 0 in each life
 * -DNO_ACK_GEN		the master's answer does not say which life it is for
 * -DKEEP_DEAD		the master takes a life back that it has given up
 */
#ifndef LIVES
#define LIVES 3
#endif
#ifndef GIVEUPS
#define GIVEUPS 1
#endif
#define DEPTH 6

mtype = { MAGIC, GEN, VERB, ACK, REPLY };

chan to_m = [DEPTH] of { mtype, byte, byte };
chan to_b = [DEPTH] of { mtype, byte, byte };

/* The master's memory, written by the board. */
byte m_magic, m_gen, m_verb, m_verb_life;
/* The board's memory, written by the master. */
byte b_ack, b_reply, b_reply_life;
/* Where both are. */
byte life, client, dead, settled;
bool up;

#ifdef SEQ_RESTART
#define SEQ(l)	1
#else
#define SEQ(l)	(l)
#endif

#ifdef KEEP_DEAD
#define NOT_DEAD(l)	true
#else
#define NOT_DEAD(l)	(l != dead)
#endif

/*
 * A board reboots or gives up LIVES times without a reason; beyond that, when the master does not
 * take care of it any more, which it sees as its answer having come and gone silent.
 */
#define GIVEN_UP	(dead == life && b_ack == life)
#define MAY_GIVE_UP	(life < LIVES || GIVEN_UP)

/* What is on the links arrives. */
active proctype links()
{
	byte v, w;

end:	do
	:: to_m?MAGIC,v,w -> m_magic = v
	:: to_m?GEN,v,w -> m_gen = v
	:: to_m?VERB,v,w -> atomic { m_verb = v; m_verb_life = w }
	:: to_b?ACK,v,w -> b_ack = v
	:: to_b?REPLY,v,w -> atomic { b_reply = v; b_reply_life = w }
	od
}

active proctype board()
{
again:	life++;
	up = false;
	atomic { b_ack = 0; b_reply = 0 }
	to_m!MAGIC,0,0;
	to_m!VERB,0,0;
	to_m!GEN,life,0;
	to_m!MAGIC,1,0;
#ifdef NO_ACK_GEN
	if
	:: b_ack != 0
#else
	if
	:: b_ack == life
#endif
	:: MAY_GIVE_UP -> goto again	/* the master is silent */
	fi;
	up = true;
	to_m!VERB,SEQ(life),life;
	if
	:: b_reply == SEQ(life) -> assert(b_reply_life == life)
	:: MAY_GIVE_UP -> goto again
	fi;
	settled = life;
end:	if
	:: MAY_GIVE_UP -> goto again
	fi
}

active proctype master()
{
	byte seen, giveups;

end:	do
	:: (client == 0 && m_magic && m_gen && NOT_DEAD(m_gen)) -> client = m_gen; seen = 0; to_b!ACK,client,0
	:: (client && m_verb != seen && m_magic && m_gen == client) ->
		seen = m_verb;
		if
		:: seen != 0 -> to_b!REPLY,seen,client
		:: else -> skip
		fi
	:: (client && (m_gen != client || !m_magic)) -> dead = client; client = 0
	:: (client && giveups < GIVEUPS) -> giveups++; dead = client; client = 0
	od
}

/* When nothing moves any more, both have settled. */
active proctype check()
{
	timeout;
	assert(up && client == life && settled == life)
}
