// SPDX-License-Identifier: GPL-2.0
/*
 * Event streams, the driver side's end. See vbus/listener.h.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>
#include <vbus/listener.h>

#define LISTENER_SLOTS	16
/* Events taken before others get the CPU. */
#define LISTENER_BUDGET	64

void vbus_listener_schedule(struct vbus_listener *l)
{
	if (READ_ONCE(l->on))
		schedule_work(&l->work);
}
EXPORT_SYMBOL_GPL(vbus_listener_schedule);

/* Returns true if there is more to do. */
static bool listener_take(struct vbus_listener *l)
{
	struct vbus_queue *q = l->q;
	struct vbus_slot slot;
	int i;

	for (i = 0; i < LISTENER_BUDGET && vbus_cons_get(&q->cpl, &slot); i++) {
		u64 event = vbus_slot_addr(&slot);

		l->event(l, lower_32_bits(event), upper_32_bits(event));
		vbus_queue_credit(q, &slot);
	}
	return i == LISTENER_BUDGET || vbus_cons_arm(&q->cpl) > 0;
}

static void listener_work(struct work_struct *work)
{
	struct vbus_listener *l = container_of(work, struct vbus_listener, work);
	bool more;

	/* Scheduled by an interrupt that came while vbus_listener_stop() began. */
	if (!READ_ONCE(l->on) || (l->begin && !l->begin(l)))
		return;
	more = listener_take(l);
	if (l->end)
		l->end(l);
	if (more)
		vbus_listener_schedule(l);
}

static void listener_callback(struct vbus_queue *q)
{
	vbus_listener_schedule(q->priv);
}

int vbus_listener_start(struct vbus_listener *l, struct vbus_proxy *p, u32 id)
{
	struct vbus_queue_params params = {
		.id = id,
		.cpl_size = LISTENER_SLOTS,
		.stream = true,
		.name = l->name,
		.callback = listener_callback,
		.priv = l,
	};
	struct vbus_queue *q;

	INIT_WORK(&l->work, listener_work);
	vbus_queue_name(p, id, l->name, sizeof(l->name));
	q = vbus_queue_create(p, &params);
	if (IS_ERR(q))
		return PTR_ERR(q);
	l->q = q;
	/* Callbacks up to here did nothing. Release: the work of later ones sees the queue. */
	smp_store_release(&l->on, true);
	vbus_listener_schedule(l);
	return 0;
}
EXPORT_SYMBOL_GPL(vbus_listener_start);

void vbus_listener_stop(struct vbus_listener *l)
{
	if (!l->q)
		return;
	WRITE_ONCE(l->on, false);
	cancel_work_sync(&l->work);
	vbus_queue_destroy(l->q);
	l->q = NULL;
	cancel_work_sync(&l->work);
}
EXPORT_SYMBOL_GPL(vbus_listener_stop);
