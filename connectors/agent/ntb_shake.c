// SPDX-License-Identifier: GPL-2.0
/*
 * How the two ends of an NTB link get to know each other.
 *
 * Each time the link comes up they tell each other by scratchpads what they are and how much there
 * is to see. Scratchpads keep old values, so each end says a number of its own, and what the other
 * says is good when it has said both numbers; it has translated its window by then. A number is
 * taken back, or replaced, when its end writes to the peer's memory no more.
 */
#include <linux/random.h>

#include "ntb.h"

#define VBUS_NTB_MAGIC	0x76624e31	/* with the version of what follows */

static void vbus_ntb_say(struct vbus_ntb *vn, int spad, u32 val)
{
	ntb_peer_spad_write(vn->ntb, PEER, spad, val);
}

/* Said again and again: the peer's driver may have come later, and cleared what was there. */
static void vbus_ntb_introduce(struct vbus_ntb *vn)
{
	while (!vn->number)
		vn->number = get_random_u32();
	vbus_ntb_say(vn, SPAD_SELF, vn->link.role | vn->bits << 8);
	vbus_ntb_say(vn, SPAD_WINDOW, vn->window / VBUS_NTB_UNIT);
	vbus_ntb_say(vn, SPAD_MAGIC, VBUS_NTB_MAGIC);
	vbus_ntb_say(vn, SPAD_NUMBER, vn->number);
}

/* What was said holds no more. To be said when nothing is written to the peer's memory any more. */
void vbus_ntb_withdraw(struct vbus_ntb *vn)
{
	vn->number = 0;
	vbus_ntb_say(vn, SPAD_MAGIC, 0);
	vbus_ntb_say(vn, SPAD_NUMBER, 0);
}

static void vbus_ntb_listen(struct vbus_ntb *vn, struct vbus_ntb_peer *peer)
{
	u32 self = ntb_spad_read(vn->ntb, SPAD_SELF);

	peer->role = self & 0xff;
	peer->bits = self >> 8;
	peer->window = (u64)ntb_spad_read(vn->ntb, SPAD_WINDOW) * VBUS_NTB_UNIT;
	peer->memory = (u64)ntb_spad_read(vn->ntb, SPAD_MEMORY) * VBUS_NTB_UNIT;
}

static int vbus_ntb_check(struct vbus_ntb *vn, const struct vbus_ntb_peer *peer)
{
	const char *why = NULL;

	if (peer->role > VBUS_LINK_BOARD || !peer->bits || peer->bits > VBUS_LINK_MAX_BITS)
		why = "makes no sense";
	else if (peer->role == vn->link.role)
		why = "has the same role";
	if (!why)
		return 0;
	vbus_ntb_complain(vn, "the peer %s", why);
	return -EPROTO;
}

/* One step; 0 when both know all. */
int vbus_ntb_shake(struct vbus_ntb *vn, struct vbus_ntb_peer *peer)
{
	u32 echo, number;
	int err;

	vbus_ntb_introduce(vn);
	number = ntb_spad_read(vn->ntb, SPAD_NUMBER);
	if (ntb_spad_read(vn->ntb, SPAD_MAGIC) != VBUS_NTB_MAGIC || !number ||
	    number == vn->number) {
		/*
		 * Nobody there, or the same number by chance. A new one: who leaves waits for it,
		 * and a scratchpad that was cleared must be no echo.
		 */
		vn->number = 0;
		return -EAGAIN;
	}
	echo = ntb_spad_read(vn->ntb, SPAD_ECHO);
	vbus_ntb_listen(vn, peer);
	err = vbus_ntb_check(vn, peer) ?: vbus_ntb_translate(vn, peer->window);
	if (err)
		return err;
	vbus_ntb_say(vn, SPAD_MEMORY, vn->mem_bytes / VBUS_NTB_UNIT);
	vbus_ntb_say(vn, SPAD_ECHO, number ^ vn->number);
	/* What was read is good if the echo was there before, from the same peer. */
	if (echo != (number ^ vn->number) || number != ntb_spad_read(vn->ntb, SPAD_NUMBER))
		return -EAGAIN;
	if (!vbus_ntb_out_bytes(vn, peer)) {
		vbus_ntb_complain(vn, "the peer shows no memory");
		return -EPROTO;
	}
	vn->peer_number = number;
	return 0;
}
