// SPDX-License-Identifier: GPL-2.0
/*
 * The master's end of a link: finds out that a board is there, makes it a client of the bus it is
 * meant for, and notices when it is dead.
 *
 * A board says who it is in the master's memory and lets a counter run there. It is alive as long
 * as the counter does. There is no other sign of death: nothing interrupts, and a window may go on
 * showing what it did. So nothing here waits for a board, and a life that was given up is never
 * taken back: a board that was only slow notices that the master is silent, and begins a new one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/swab.h>

#include "agent.h"
#include "life.h"

static DEFINE_IDA(agent_numbers);

static struct agent_client *agent_client(struct agent *a)
{
	return rcu_dereference_protected(a->client, lockdep_is_held(&a->lock));
}

/* ---- looking at a hello ------------------------------------------------------------------ */

/* A private copy; true if it is a whole one. */
static bool hello_copy(struct agent *a, struct vbus_agent_hello *h)
{
	const struct vbus_agent_hello *mem = &a->mem->hello;
	__le32 magic = READ_ONCE(mem->magic);

	dma_rmb(); /* the magic is the last word written */
	memcpy(h, mem, sizeof(*h));
	dma_rmb(); /* and the first one taken back */
	return magic && h->magic == magic && READ_ONCE(mem->magic) == magic;
}

/* Said once for each hello. */
#define hello_refuse(a, h, fmt, ...)						\
({										\
	if (memcmp(&(a)->refused, h, sizeof(*(h)))) {				\
		(a)->refused = *(h);						\
		dev_notice_ratelimited((a)->link->dev, "board refused: " fmt "\n", ##__VA_ARGS__); \
	}									\
	(a)->state = "refused";							\
	-EPROTO;								\
})

static int hello_check_ranges(struct agent *a, const struct vbus_agent_hello *h,
			      struct agent_client *c)
{
	struct vbus_link *link = a->link;
	u32 i, n = le32_to_cpu(h->nranges);

	if (!n || n > VBUS_AGENT_RANGES)
		return hello_refuse(a, h, "%u ranges of memory, not 1 to %u", n,
				    VBUS_AGENT_RANGES);
	for (i = 0; i < n; i++) {
		u64 off = le64_to_cpu(h->ranges[i].addr) - link->out_base;
		u64 len = le64_to_cpu(h->ranges[i].len);

		if (!len || off >= link->out_bytes || len > link->out_bytes - off)
			return hello_refuse(a, h,
					    "its memory of %#llx bytes at %#llx is not in the window of %#llx bytes at %#llx",
					    len, le64_to_cpu(h->ranges[i].addr), link->out_bytes,
					    link->out_base);
		c->ranges[i].off = off;
		c->ranges[i].len = len;
	}
	c->nranges = n;
	return 0;
}

static int hello_check_block(struct agent *a, const struct vbus_agent_hello *h,
			     struct agent_client *c)
{
	u64 addr = le64_to_cpu(h->block);
	u32 sentinel;
	void *ptr;

	ptr = c->client.mem.ops->map(&c->client.mem, addr, sizeof(struct vbus_agent_board_mem));
	if (IS_ERR(ptr) || addr % 8)
		return hello_refuse(a, h, "its block at %#llx is not in its memory", addr);
	c->block = addr - a->link->out_base;
	/* The one read of an attach: it also has all that went before arrive. */
	sentinel = vbus_link_readl(a->link, block_off(c, sentinel));
	if (sentinel != VBUS_AGENT_MAGIC)
		return hello_refuse(a, h, "the window shows %#x at its block, not %#x", sentinel,
				    VBUS_AGENT_MAGIC);
	return 0;
}

static int hello_check(struct agent *a, const struct vbus_agent_hello *h, struct agent_client *c)
{
	u32 magic = le32_to_cpu(h->magic), version = le32_to_cpu(h->version);
	u32 gen = le32_to_cpu(h->gen);

	if (magic == swab32(VBUS_AGENT_MAGIC))
		return hello_refuse(a, h, "byte order: its magic is %#x, not %#x", magic,
				    VBUS_AGENT_MAGIC);
	if (magic != VBUS_AGENT_MAGIC)
		return hello_refuse(a, h, "its magic is %#x, not %#x", magic, VBUS_AGENT_MAGIC);
	if (version != VBUS_AGENT_VERSION)
		return hello_refuse(a, h, "its version is %u, not %u", version,
				    VBUS_AGENT_VERSION);
	if (!gen || gen == U32_MAX)
		return hello_refuse(a, h, "its life number is %#x", gen);
	c->gen = gen;
	c->verb_seq = le32_to_cpu(READ_ONCE(a->mem->verb_seq));
	c->event_seq = le32_to_cpu(READ_ONCE(a->mem->event_ack));
	return hello_check_ranges(a, h, c) ?: hello_check_block(a, h, c);
}

/* ---- coming and going ---------------------------------------------------------------------- */

/* Does the board say anything new? */
static bool agent_heard(struct agent *a, u32 gen)
{
	u32 beat = le32_to_cpu(READ_ONCE(a->mem->beat));
	bool heard = gen == a->beat_gen && beat != a->beat;

	if (heard || gen != a->beat_gen)
		a->heard = jiffies;
	a->beat = beat;
	a->beat_gen = gen;
	return heard;
}

/* The board learns that it was accepted; from here on it talks. */
static void agent_answer(struct agent *a, struct agent_client *c)
{
	struct vbus_link *link = a->link;

	c->own_gen = life_number();
	vbus_link_writel(link, block_off(c, gen), c->own_gen);
	vbus_link_writel(link, block_off(c, version), VBUS_AGENT_VERSION);
	vbus_link_writel(link, block_off(c, inbox), lower_32_bits(a->inbox));
	vbus_link_writel(link, block_off(c, inbox) + 4, upper_32_bits(a->inbox));
	vbus_link_writel(link, block_off(c, inbox_len), a->inbox_len);
	vbus_link_writel(link, block_off(c, magic), VBUS_AGENT_MAGIC);
	wmb(); /* the rest, then what the board looks for */
	vbus_link_writel(link, block_off(c, ack), c->gen);
	wmb(); /* and then the doorbell */
	vbus_link_ring(link, BELL_CONTROL);
}

static int agent_join(struct agent *a, struct agent_client *c)
{
	struct vbus_bus *bus = vbus_bus_find_get(a->bus);
	char name[VBUS_NAME_SIZE];
	int err;

	if (!bus) {
		a->state = "no-bus";
		return -ENOENT;
	}
	snprintf(name, sizeof(name), "agent.%d", a->number);
	err = vbus_client_attach(&c->client, bus, name);
	vbus_bus_put(bus);
	if (err)
		dev_warn_ratelimited(a->link->dev, "the board cannot join bus %s: %pe\n", a->bus,
				     ERR_PTR(err));
	return err;
}

/* A board that is alive and not attached: try to. */
static void agent_up(struct agent *a, const struct vbus_agent_hello *h)
{
	struct agent_client *c = agent_client_new(a);

	lockdep_assert_held(&a->lock);
	if (IS_ERR(c))
		return;
	if (!vbus_link_use(a->link)) {
		vbus_client_put(&c->client);
		return;
	}
	if (hello_check(a, h, c) || agent_join(a, c)) {
		vbus_link_unuse(a->link, false);
		vbus_client_put(&c->client);
		return;
	}
	/* The board looks there when it was answered, and has asked something. */
	engine_start(a->engine, block_off(c, reply));
	a->state = "up";
	rcu_assign_pointer(a->client, c);
	agent_answer(a, c);
	dev_info_ratelimited(a->link->dev, "board (life %#x) is on bus %s\n", c->gen, a->bus);
}

/*
 * Nothing of this life crosses the link after this, and when the caller is through with it he says
 * vbus_link_unuse(). @why is for the log.
 */
static void agent_down(struct agent *a, const char *why)
{
	struct agent_client *c = agent_client(a);

	lockdep_assert_held(&a->lock);
	dev_notice_ratelimited(a->link->dev, "board (life %#x) %s\n", c->gen, why);
	a->dead_gen = c->gen;
	a->state = "down";
	WRITE_ONCE(c->down, true);
	wake_up_all(&c->acked);
	RCU_INIT_POINTER(a->client, NULL);
	/* Doorbells that found it are done. */
	synchronize_rcu();
	vbus_client_detach(&c->client);
	/* A verb that was being carried out; it does not answer any more. */
	flush_work(&a->control);
	/* And a transfer that did not end. */
	engine_stop(a->engine);
	vbus_client_put(&c->client);
}

static void agent_lost(struct agent *a, const char *why)
{
	agent_down(a, why);
	vbus_link_unuse(a->link, true);
}

/*
 * The board is alive and shall go: let it know. It frees its memory when it does, so our rings have
 * to be out of that first.
 */
static void agent_dismiss(struct agent *a, const char *why)
{
	u64 magic = block_off(agent_client(a), magic);

	agent_down(a, why);
	vbus_link_writel(a->link, magic, 0);
	wmb(); /* that, then the doorbell */
	vbus_link_ring(a->link, BELL_CONTROL);
	vbus_link_unuse(a->link, true);
}

/* The board waits, a little, until it can free its memory: as above, one access after a life. */
static void agent_farewell(struct agent *a, struct agent_client *c)
{
	u64 ack = block_off(c, ack);

	agent_down(a, "has left");
	vbus_link_writel(a->link, ack, 0);
	wmb(); /* it is on its way: no doorbell follows, and the board waits */
	vbus_link_unuse(a->link, true);
}

static void agent_watch(struct agent *a, struct agent_client *c)
{
	u32 magic = le32_to_cpu(READ_ONCE(a->mem->hello.magic));
	u32 gen = le32_to_cpu(READ_ONCE(a->mem->hello.gen));

	agent_heard(a, c->gen);
	if (!magic && gen == c->gen)
		agent_farewell(a, c);
	else if (magic != VBUS_AGENT_MAGIC || gen != c->gen)
		agent_lost(a, "has restarted");
	else if (READ_ONCE(a->link->down))
		agent_lost(a, "cannot be reached");
	else if (time_after(jiffies, a->heard + life_timeout(a->link)))
		agent_lost(a, "is silent: dead");
}

/* A board that does not hear it gives up its devices: it waits for nothing that looks at boards. */
static void agent_pulse(struct work_struct *work)
{
	struct agent *a = container_of(work, struct agent, pulse.work);
	struct agent_client *c;

	rcu_read_lock();
	c = rcu_dereference(a->client);
	if (c && !READ_ONCE(c->down) && !READ_ONCE(a->link->down)) {
		vbus_link_writel(a->link, block_off(c, beat), ++c->beat);
		wmb(); /* on its way, whatever the mapping; no doorbell follows */
	}
	rcu_read_unlock();
	queue_delayed_work(a->pulse_wq, &a->pulse, life_beat());
}

static void agent_seek(struct agent *a)
{
	struct vbus_agent_hello h;
	u32 gen;

	if (!hello_copy(a, &h)) {
		a->state = "waiting";
		return;
	}
	gen = le32_to_cpu(h.gen);
	/* Memory keeps what a dead board has left: only one whose counter runs is alive. */
	if (gen == a->dead_gen || !agent_heard(a, gen))
		return;
	if (a->bus[0])
		agent_up(a, &h);
	else
		a->state = "no-bus";
}

static void agent_look(struct agent *a)
{
	struct agent_client *c;

	mutex_lock(&a->lock);
	c = agent_client(a);
	if (c)
		agent_watch(a, c);
	else if (!READ_ONCE(a->link->down))
		agent_seek(a);
	c = agent_client(a);
	if (c)
		agent_client_rang(c, BELL_ALL); /* doorbells that were lost */
	mutex_unlock(&a->lock);
}

static void agent_tick(struct work_struct *work)
{
	struct agent *a = container_of(work, struct agent, tick.work);

	agent_look(a);
	queue_work(a->wq, &a->control);
	queue_delayed_work(a->wq, &a->tick, life_beat());
}

static void agent_control(struct work_struct *work)
{
	struct agent *a = container_of(work, struct agent, control);
	struct agent_client *c;

	rcu_read_lock();
	c = rcu_dereference(a->client);
	if (c)
		vbus_client_get(&c->client);
	rcu_read_unlock();
	if (!c)
		return;
	agent_client_verbs(c);
	vbus_client_put(&c->client);
}

static void agent_rang(struct vbus_link *link, u32 bit)
{
	struct agent *a = link->priv;
	struct agent_client *c;

	rcu_read_lock();
	c = rcu_dereference(a->client);
	if (c)
		agent_client_rang(c, bit);
	rcu_read_unlock();
	if (bit != BELL_CONTROL)
		return;
	if (c)
		queue_work(a->wq, &a->control);
	else
		mod_delayed_work(a->wq, &a->tick, 0);
}

static void agent_carrier(struct vbus_link *link)
{
	struct agent *a = link->priv;

	mod_delayed_work(a->wq, &a->tick, 0);
}

/* ---- files --------------------------------------------------------------------------------- */

static struct agent *to_agent(struct kobject *kobj)
{
	return vbus_link_of(kobj)->priv;
}

static ssize_t bus_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct agent *a = to_agent(kobj);
	ssize_t n;

	mutex_lock(&a->lock);
	n = sysfs_emit(buf, "%s\n", a->bus);
	mutex_unlock(&a->lock);
	return n;
}

static int agent_set_bus(struct agent *a, const char *name)
{
	struct vbus_bus *bus;

	lockdep_assert_held(&a->lock);
	if (!strcmp(a->bus, name))
		return 0;
	if (*name) {
		bus = vbus_bus_find_get(name);
		if (!bus) {
			dev_info_ratelimited(a->link->dev, "there is no bus %s\n", name);
			return -ENOENT;
		}
		vbus_bus_put(bus);
	}
	strscpy(a->bus, name, sizeof(a->bus));
	if (agent_client(a))
		agent_dismiss(a, "is taken off its bus");
	mod_delayed_work(a->wq, &a->tick, 0);
	return 0;
}

/* The name of a bus, or nothing to leave. */
static ssize_t bus_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			 size_t count)
{
	struct agent *a = to_agent(kobj);
	char name[VBUS_NAME_SIZE];
	size_t len = strcspn(buf, "\n");
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len >= sizeof(name))
		return -EINVAL;
	memcpy(name, buf, len);
	name[len] = 0;
	mutex_lock(&a->lock);
	err = agent_set_bus(a, name);
	mutex_unlock(&a->lock);
	return err ?: count;
}

static struct kobj_attribute bus_attr = __ATTR(bus, 0600, bus_show, bus_store);

static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", READ_ONCE(to_agent(kobj)->state));
}

static struct kobj_attribute state_attr = __ATTR_RO(state);

static ssize_t ring_crossings_show(struct agent *a, char *buf, bool reads)
{
	struct agent_client *c;
	unsigned long n = 0;

	mutex_lock(&a->lock);
	c = agent_client(a);
	if (c)
		n = reads ? c->client.crossings.reads : c->client.crossings.writes;
	mutex_unlock(&a->lock);
	return sysfs_emit(buf, "%lu\n", n);
}

static ssize_t ring_reads_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return ring_crossings_show(to_agent(kobj), buf, true);
}

static struct kobj_attribute ring_reads_attr = __ATTR_RO(ring_reads);

static ssize_t ring_writes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return ring_crossings_show(to_agent(kobj), buf, false);
}

static struct kobj_attribute ring_writes_attr = __ATTR_RO(ring_writes);

static struct attribute *agent_attrs[] = {
	&bus_attr.attr,
	&state_attr.attr,
	&ring_reads_attr.attr,
	&ring_writes_attr.attr,
	NULL,
};

static const struct attribute_group agent_group = {
	.attrs = agent_attrs,
};

/* ---- links --------------------------------------------------------------------------------- */

static int agent_init_works(struct agent *a)
{
	INIT_DELAYED_WORK(&a->tick, agent_tick);
	INIT_DELAYED_WORK(&a->pulse, agent_pulse);
	INIT_WORK(&a->control, agent_control);
	/*
	 * Not one that runs when memory is short: to take a board down waits for events that it is
	 * being told, and those for whatever they cause elsewhere.
	 */
	a->wq = alloc_workqueue("vbus-agent-%d", WQ_UNBOUND, 0, a->number);
	if (!a->wq)
		return -ENOMEM;
	a->pulse_wq = alloc_workqueue("vbus-pulse-%d", WQ_UNBOUND | WQ_MEM_RECLAIM, 1, a->number);
	if (!a->pulse_wq) {
		destroy_workqueue(a->wq);
		return -ENOMEM;
	}
	return 0;
}

static void agent_exit_works(struct agent *a)
{
	destroy_workqueue(a->pulse_wq);
	destroy_workqueue(a->wq);
}

static int agent_files_add(struct agent *a)
{
	int err = sysfs_create_group(a->link->kobj, &agent_group);

	if (!err && a->engine) {
		err = engine_files_add(a->link);
		if (err)
			sysfs_remove_group(a->link->kobj, &agent_group);
	}
	return err;
}

static void agent_files_del(struct agent *a)
{
	if (a->engine)
		engine_files_del(a->link);
	sysfs_remove_group(a->link->kobj, &agent_group);
}

static void *agent_attach(struct vbus_link *link)
{
	struct agent *a;
	int err;

	if (link->in_bytes < sizeof(*a->mem))
		return ERR_PTR(-ENOSPC);
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return ERR_PTR(-ENOMEM);
	a->link = link;
	a->mem = link->in;
	a->state = "waiting";
	mutex_init(&a->lock);
	a->number = ida_alloc(&agent_numbers, GFP_KERNEL);
	err = a->number < 0 ? a->number : 0;
	if (err)
		goto err_free;
	err = agent_pages_init(a);
	if (err)
		goto err_number;
	err = agent_init_works(a);
	if (err)
		goto err_pages;
	a->engine = engine_create(link, a->wq);
	link->priv = a;
	err = agent_files_add(a);
	if (err)
		goto err_engine;
	queue_delayed_work(a->wq, &a->tick, 0);
	queue_delayed_work(a->pulse_wq, &a->pulse, 0);
	return a;

err_engine:
	engine_destroy(a->engine);
	agent_exit_works(a);
err_pages:
	agent_pages_exit(a);
err_number:
	ida_free(&agent_numbers, a->number);
err_free:
	kfree(a);
	return ERR_PTR(err);
}

static void agent_detach(struct vbus_link *link)
{
	struct agent *a = link->priv;

	agent_files_del(a);
	cancel_delayed_work_sync(&a->tick);
	mutex_lock(&a->lock);
	if (agent_client(a))
		agent_dismiss(a, "is let go");
	mutex_unlock(&a->lock);
	cancel_delayed_work_sync(&a->pulse);
	engine_destroy(a->engine);
	agent_exit_works(a);
	agent_pages_exit(a);
	ida_free(&agent_numbers, a->number);
	mutex_destroy(&a->lock);
	kfree(a);
}

static struct vbus_link_user agent_user = {
	.role = VBUS_LINK_MASTER,
	.owner = THIS_MODULE,
	.attach = agent_attach,
	.detach = agent_detach,
	.rang = agent_rang,
	.carrier = agent_carrier,
};

static int __init agent_init(void)
{
	int err;

	err = vbus_connector_register(&agent_connector);
	if (err)
		return err;
	return vbus_link_user_register(&agent_user);
}

static void __exit agent_exit(void)
{
	vbus_link_user_unregister(&agent_user);
	vbus_connector_unregister(&agent_connector);
}

module_init(agent_init);
module_exit(agent_exit);

MODULE_DESCRIPTION("vbus for PCI-agent boards: the master");
MODULE_AUTHOR("vbus developers");
MODULE_LICENSE("GPL");
