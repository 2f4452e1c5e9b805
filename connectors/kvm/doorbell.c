// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells: the guest writes to a port.
 *
 * The long way: KVM leaves the virtual CPU, QEMU passes the write on, and it ends up in
 * vkvm_doorbell(). The short way: KVM knows that the port is an eventfd and signals it; our entry
 * in the eventfd's wait queue is called at once, in the same thread, with interrupts off. The core
 * then hands over to a softirq, which runs before the guest does.
 *
 * The short way is laid when a port is first used, since only then do we run in QEMU's process, on
 * whose behalf KVM must be asked; where that fails the long way stays in use. It is taken down when
 * the ports move or the machine is reset.
 *
 * An eventfd carries no number, so it stands for all doorbells that share its port.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include "kvm.h"

/* After a failure the long way is good enough for so long. */
#define RETRY_DELAY	HZ

static int port_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct vkvm_port *p = container_of(wait, struct vkvm_port, wait);
	u64 count;

	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	/* Under the wait queue's lock, as it wants. */
	eventfd_ctx_do_read(p->ctx, &count);
	vbus_client_doorbells(&p->guest->client, p->nr, VBUS_PCI_PORTS);
	return 0;
}

/* How to get into a wait queue one cannot see. */
struct port_poll {
	poll_table pt;
	struct vkvm_port *port;
};

static void port_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	struct vkvm_port *p = container_of(pt, struct port_poll, pt)->port;

	add_wait_queue_priority(wqh, &p->wait);
}

/* Wait for the eventfd. It may have been signalled already. */
static int port_listen(struct vkvm_port *p)
{
	struct port_poll poll = { .port = p };

	p->ctx = eventfd_ctx_fileget(p->file);
	if (IS_ERR(p->ctx))
		return PTR_ERR(p->ctx);
	init_waitqueue_func_entry(&p->wait, port_wake);
	init_poll_funcptr(&poll.pt, port_queue);
	if (vfs_poll(p->file, &poll.pt) & EPOLLIN)
		vbus_client_doorbells(&p->guest->client, p->nr, VBUS_PCI_PORTS);
	return 0;
}

/*
 * The eventfd is not used again: QEMU's process could have kept a descriptor of it, and so could
 * ring for somebody else.
 */
static void port_silence(struct vkvm_port *p)
{
	u64 count;

	eventfd_ctx_remove_wait_queue(p->ctx, &p->wait, &count);
	eventfd_ctx_put(p->ctx);
	fput(p->file);
	p->file = NULL;
}

static int port_connect(struct vkvm_guest *g, struct vkvm_port *p, u32 base)
{
	int err;

	lockdep_assert_held(&g->lock);
	p->file = vkvm_pool_take();
	if (!p->file)
		return -ENOENT;
	err = port_listen(p);
	if (err) {
		fput(p->file);
		p->file = NULL;
		return err;
	}
	p->addr = base + VBUS_PCI_REG_DOORBELL + 4 * p->nr;
	err = vkvm_ioeventfd(g, p->file, p->addr, true);
	if (err)
		port_silence(p);
	return err;
}

/* KVM may be beyond reach, or gone. Then it keeps an eventfd that nobody listens to. */
static void port_disconnect(struct vkvm_guest *g, struct vkvm_port *p)
{
	lockdep_assert_held(&g->lock);
	if (!p->file)
		return;
	vkvm_ioeventfd(g, p->file, p->addr, false);
	port_silence(p);
}

static void port_try(struct vkvm_guest *g, struct vkvm_port *p)
{
	u32 base = vkvm_config_ports(g);
	int err;

	if (!g->ports_on || p->file || !base || time_before(jiffies, p->retry))
		return;
	err = port_connect(g, p, base);
	if (!err)
		return;
	p->retry = jiffies + RETRY_DELAY;
	/* Without KVM there is nothing to be had. */
	if (err != -ENODEV)
		pr_info_ratelimited("%s: %s: doorbells go through QEMU: %s: %pe\n",
				    vbus_bus_name(g->fn->bus), g->client.name,
				    err == -ENOENT ? "no eventfds were donated" : "KVM refused",
				    ERR_PTR(err));
}

/* vkvm_doorbell - a trapped write; not locked, since doorbells need not wait for verbs */
void vkvm_doorbell(struct vkvm_guest *g, u32 port, u32 nr)
{
	vbus_client_doorbell(&g->client, nr);
	if (!READ_ONCE(g->ports_on) || !mutex_trylock(&g->lock))
		return;
	port_try(g, &g->ports[array_index_nospec(port, VBUS_PCI_PORTS)]);
	mutex_unlock(&g->lock);
}

/* vkvm_ports_enable - the guest says that the ports stay where they are */
void vkvm_ports_enable(struct vkvm_guest *g)
{
	u32 i;

	lockdep_assert_held(&g->lock);
	for (i = 0; i < VBUS_PCI_PORTS; i++)
		g->ports[i].retry = jiffies;
	WRITE_ONCE(g->ports_on, true);
	/* To have an answer for who reads the register next. */
	port_try(g, &g->ports[0]);
}

void vkvm_ports_disable(struct vkvm_guest *g)
{
	u32 i;

	lockdep_assert_held(&g->lock);
	WRITE_ONCE(g->ports_on, false);
	for (i = 0; i < VBUS_PCI_PORTS; i++)
		port_disconnect(g, &g->ports[i]);
}

u32 vkvm_ports_mode(struct vkvm_guest *g)
{
	lockdep_assert_held(&g->lock);
	return g->ports[0].file ? VBUS_PCI_DB_EVENTFD : VBUS_PCI_DB_TRAPPED;
}

/* vkvm_ports_show - one line for people: how doorbells travel; the ports with a short way */
ssize_t vkvm_ports_show(struct vkvm_guest *g, char *buf)
{
	DECLARE_BITMAP(ports, VBUS_PCI_PORTS);
	u32 i;

	bitmap_zero(ports, VBUS_PCI_PORTS);
	for (i = 0; i < VBUS_PCI_PORTS; i++)
		if (READ_ONCE(g->ports[i].file))
			__set_bit(i, ports);
	if (bitmap_empty(ports, VBUS_PCI_PORTS))
		return sysfs_emit(buf, "trapped\n");
	return sysfs_emit(buf, "eventfd %*pbl\n", VBUS_PCI_PORTS, ports);
}

int vkvm_ports_init(struct vkvm_guest *g)
{
	u32 i;

	g->ports = kcalloc(VBUS_PCI_PORTS, sizeof(*g->ports), GFP_KERNEL);
	if (!g->ports)
		return -ENOMEM;
	for (i = 0; i < VBUS_PCI_PORTS; i++) {
		g->ports[i].guest = g;
		g->ports[i].nr = i;
	}
	return 0;
}

/* They were disabled. */
void vkvm_ports_free(struct vkvm_guest *g)
{
	kfree(g->ports);
}
