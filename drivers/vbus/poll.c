// SPDX-License-Identifier: GPL-2.0
/*
 * Polls: NAPI for device models, with or without a netdev of their own.
 */
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/rcupdate.h>
#include "core.h"

/* NAPI wants a device. One for all polls will do: nothing of it is used but its list. */
static struct net_device *poll_netdev;
/* That list: NAPI leaves it to rtnl, which is not for us. */
static DEFINE_MUTEX(poll_list_lock);

static int poll_napi(struct napi_struct *napi, int budget)
{
	struct vbus_poll *poll = container_of(napi, struct vbus_poll, napi);
	int done = poll->fn(poll, budget);

	if (done < budget && napi_complete_done(napi, done)) {
		/*
		 * The doorbell is acknowledged by now: it schedules again from here on, and so must
		 * whatever came before it was asked for.
		 */
		if (poll->arm && poll->arm(poll))
			napi_schedule(napi);
	}
	return min(done, budget);
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
	napi_enable(&poll->napi);
}
EXPORT_SYMBOL_GPL(vbus_poll_enable);

void vbus_poll_disable(struct vbus_poll *poll)
{
	napi_disable(&poll->napi);
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
