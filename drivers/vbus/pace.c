// SPDX-License-Identifier: GPL-2.0
/*
 * Where a doorbell is dear, as an exit of a virtual machine is, a driver that fills its queue more
 * slowly than the device empties it rings for each request, and the exit costs more than the work.
 * Looking by timer saves the doorbells; but it delays whoever waits for an answer, and a driver
 * with few requests under way waits, too. From here that cannot be told apart, so both are tried:
 * by timer only for as long as no less gets done than was when the driver rang.
 *
 * Nothing in here knows a clock, and all times are relative to what the work itself takes.
 */
#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/types.h>
#include <vbus/pace.h>

/* A look comes after the time that so many units of work take. */
#define LOOK_UNITS	16
#define LOOK_MAX_NS	1000000
/*
 * A queue gets hot by doorbells that come sooner than a look would, and cools by others. Each try
 * that fails doubles the heat that the next one needs; looks that are worth it lower it again.
 */
#define HEAT_MIN	4
#define HEAT_MAX	256
#define COOLING		8
/* After so many units the first half of what was measured is forgotten. */
#define UNITS_MAX	64

/* vbus_pace_init - nothing is known of the driver */
void vbus_pace_init(struct vbus_pace *p)
{
	*p = (struct vbus_pace){ .need = HEAT_MIN };
}

/*
 * vbus_pace_rung - a doorbell came, and was asked for
 * @gap: how long ago
 * @least: time between two looks that the administrator's limit allows, not 0
 * Any context; may be called while another CPU is in vbus_pace_next().
 */
void vbus_pace_rung(struct vbus_pace *p, u64 gap, u32 least)
{
	u16 heat = READ_ONCE(p->heat);

	if (gap >= (u64)LOOK_UNITS * READ_ONCE(p->unit))
		heat -= min_t(u16, heat, COOLING);
	else if (heat < HEAT_MAX)
		heat++;
	WRITE_ONCE(p->heat, heat);
	WRITE_ONCE(p->least, least);
}

static u32 ns_between(u64 from, u64 to)
{
	return min_t(u64, to - from, U32_MAX);
}

static void measure_from(struct vbus_pace *p, u64 from)
{
	p->from = from;
	p->units = 0;
}

/* Bounded, whatever the driver does: what is long ago does not count. */
static void forget(struct vbus_pace *p, u64 now)
{
	if (p->units < UNITS_MAX)
		return;
	p->from += (now - p->from) / 2;
	p->units /= 2;
}

/* Does the driver ring so often that a look is worth a try? */
static bool try_look(struct vbus_pace *p, u64 began, u64 now, u32 done)
{
	u64 idle = began - p->asked_at, most = (u64)LOOK_UNITS * READ_ONCE(p->unit);
	u16 heat = READ_ONCE(p->heat);

	if (heat <= 1)
		measure_from(p, began);
	else if (idle > most)
		p->from += idle - most; /* A pause is not what doorbells took. */
	p->units += done;
	if (heat < p->need) {
		forget(p, now);
		return false;
	}
	if (!done) {
		WRITE_ONCE(p->heat, 0);
		return false;
	}
	p->rung = ns_between(p->from, now) / p->units;
	measure_from(p, now);
	return true;
}

/* Does it get as much done as doorbells did? */
static bool look_again(struct vbus_pace *p, u64 now, u32 done)
{
	u64 when_rung;

	p->units += done;
	when_rung = (u64)p->rung * p->units;
	if (now - p->from > when_rung + when_rung / 8) {
		p->need = min(2 * p->need, HEAT_MAX);
		WRITE_ONCE(p->heat, 0);
		return false;
	}
	forget(p, now);
	p->need = max(p->need - 1 - p->need / 8, HEAT_MIN);
	return true;
}

static void learn_unit(struct vbus_pace *p, u64 began, u64 now, u32 done)
{
	u32 unit;

	if (!done)
		return;
	unit = ns_between(began, now) / done;
	WRITE_ONCE(p->unit, p->unit ? p->unit - p->unit / 8 + unit / 8 : unit);
}

/*
 * vbus_pace_more - a run ended before all was done; the next one follows at once
 * As for vbus_pace_next().
 */
void vbus_pace_more(struct vbus_pace *p, u64 began, u64 now, u32 done)
{
	learn_unit(p, began, now, done);
	p->units += done;
	forget(p, now);
}

/*
 * vbus_pace_next - the poll has run dry
 * @began: when this run did
 * @now: the time
 * @done: units of work it did
 * Return: time until the next look, or 0: ask for a doorbell.
 */
u32 vbus_pace_next(struct vbus_pace *p, u64 began, u64 now, u32 done)
{
	u32 least = READ_ONCE(p->least);

	learn_unit(p, began, now, done);
	if (least > LOOK_MAX_NS)
		p->looking = false;
	else if (p->looking)
		p->looking = look_again(p, now, done);
	else
		p->looking = try_look(p, began, now, done);
	if (p->looking)
		return clamp_t(u64, (u64)LOOK_UNITS * p->unit, least, LOOK_MAX_NS);
	WRITE_ONCE(p->asked_at, now);
	return 0;
}
