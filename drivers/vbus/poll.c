// SPDX-License-Identifier: GPL-2.0
/*
 * Polls: NAPI for device models, with or without a netdev of their own.
 */
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include "core.h"

/* NAPI wants a device. One for all polls will do: nothing of it is used but its list. */
static struct net_device *poll_netdev;
/* That list: NAPI leaves it to rtnl, which is not for us. */
static DEFINE_MUTEX(poll_list_lock);

/* More interrupts than these are no use. */
#define LOOK_MIN_NS	(10 * NSEC_PER_USEC)

/* Who limits doorbells to @kicks a second means looks, too. */
static u32 look_least(u32 kicks)
{
	return max_t(u32, NSEC_PER_SEC / max(kicks, 1u), LOOK_MIN_NS);
}

/* A doorbell that was asked for came, from a driver to which it is dear. Any context. */
void vbus_poll_rung(struct vbus_poll *poll, u32 kicks)
{
	u64 asked_at = READ_ONCE(poll->pace.asked_at);

	if (poll->arm)
		vbus_pace_rung(&poll->pace, ktime_get_ns() - asked_at, look_least(kicks));
	vbus_poll_schedule(poll);
}

/* While a queue is looked at no doorbell brings a new limit. Any context. */
void vbus_poll_limit(struct vbus_poll *poll, u32 kicks)
{
	if (READ_ONCE(poll->pace.least))
		WRITE_ONCE(poll->pace.least, look_least(kicks));
}

static enum hrtimer_restart poll_timer(struct hrtimer *timer)
{
	napi_schedule(&container_of(timer, struct vbus_poll, timer)->napi);
	return HRTIMER_NORESTART;
}

/* The run that began at @began has run dry. Will a timer call for the next one? */
static bool poll_look_again(struct vbus_poll *poll, u64 began, int done)
{
	bool looked = poll->pace.looking;
	u32 next = vbus_pace_next(&poll->pace, began, ktime_get_ns(), done);

	/* Only a running poll starts it: after napi_disable() nobody does. */
	if (next)
		hrtimer_start(&poll->timer, ns_to_ktime(next), HRTIMER_MODE_REL_PINNED);
	else if (looked)
		hrtimer_try_to_cancel(&poll->timer);
	return next;
}

static int poll_napi(struct napi_struct *napi, int budget)
{
	struct vbus_poll *poll = container_of(napi, struct vbus_poll, napi);
	bool paced = READ_ONCE(poll->pace.least), look;
	u64 began = paced ? ktime_get_ns() : 0;
	int done;

	poll->did = budget;
	done = poll->fn(poll, budget);
	if (done >= budget) {
		if (paced)
			vbus_pace_more(&poll->pace, began, ktime_get_ns(), poll->did);
		return budget;
	}
	/* A socket polls: it wants no doorbell. When it stops we are called once more. */
	if (vbus_poll_is_busy(poll)) {
		/* And goes on as long as it likes, unless told so: vbus_poll_disable() waits. */
		if (napi_disable_pending(napi))
			set_tsk_need_resched(current);
		/* What was measured has ended. */
		if (paced)
			vbus_pace_init(&poll->pace);
		return done;
	}
	look = paced && poll_look_again(poll, began, done);
	/*
	 * While the poll is still ours: vbus_poll_disable() waits for that. A doorbell that comes
	 * between this and the end is remembered by NAPI.
	 */
	if (!look && poll->arm && poll->arm(poll))
		return budget;
	napi_complete_done(napi, done);
	return done;
}

static void poll_irq_work(struct irq_work *work)
{
	napi_schedule(&container_of(work, struct vbus_poll, irq_work)->napi);
}

void vbus_poll_init(struct vbus_poll *poll, int (*fn)(struct vbus_poll *poll, int budget),
		    bool (*arm)(struct vbus_poll *poll))
{
	poll->fn = fn;
	poll->arm = arm;
	init_irq_work(&poll->irq_work, poll_irq_work);
	hrtimer_init(&poll->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED);
	poll->timer.function = poll_timer;
	mutex_lock(&poll_list_lock);
	netif_napi_add(poll_netdev, &poll->napi, poll_napi);
	mutex_unlock(&poll_list_lock);
}
EXPORT_SYMBOL_GPL(vbus_poll_init);

void vbus_poll_fini(struct vbus_poll *poll)
{
	irq_work_sync(&poll->irq_work);
	mutex_lock(&poll_list_lock);
	__netif_napi_del(&poll->napi);
	mutex_unlock(&poll_list_lock);
	/* NAPI looks at it under RCU. Expedited: rm of a link waits for all polls of a device. */
	synchronize_rcu_expedited();
}
EXPORT_SYMBOL_GPL(vbus_poll_fini);

void vbus_poll_enable(struct vbus_poll *poll)
{
	vbus_pace_init(&poll->pace);
	napi_enable(&poll->napi);
}
EXPORT_SYMBOL_GPL(vbus_poll_enable);

void vbus_poll_disable(struct vbus_poll *poll)
{
	napi_disable(&poll->napi);
	hrtimer_cancel(&poll->timer);
	irq_work_sync(&poll->irq_work);
}
EXPORT_SYMBOL_GPL(vbus_poll_disable);

/*
 * In interrupts of any kind and with BHs off the softirq runs when that ends. With irqs off outside
 * of them (an eventfd's wake-up), raising it would wake ksoftirqd; an irq_work runs it at the next
 * irq_exit() on this CPU instead. Else it runs at local_bh_enable().
 */
void vbus_poll_schedule(struct vbus_poll *poll)
{
	if (in_hardirq() || in_softirq()) {
		napi_schedule(&poll->napi);
	} else if (irqs_disabled()) {
		irq_work_queue(&poll->irq_work);
	} else {
		local_bh_disable();
		napi_schedule(&poll->napi);
		local_bh_enable();
	}
}
EXPORT_SYMBOL_GPL(vbus_poll_schedule);

int vbus_poll_subsys_init(void)
{
	poll_netdev = alloc_netdev_dummy(0);
	return poll_netdev ? 0 : -ENOMEM;
}

void vbus_poll_subsys_exit(void)
{
	free_netdev_dummy(poll_netdev);
}
