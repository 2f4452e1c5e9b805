/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The way back: the other direction of a link, in which the roles are exchanged.
 */
#ifndef _VBUS_LINK_REVERSE_H
#define _VBUS_LINK_REVERSE_H

#include <vbus/link.h>

/* reverse.c */
void reverse_start(struct vbus_link *front);
void reverse_stop(struct vbus_link *front);
struct vbus_link *reverse_link(struct link_reverse *r);

#endif /* _VBUS_LINK_REVERSE_H */
