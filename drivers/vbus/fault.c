// SPDX-License-Identifier: GPL-2.0
/*
 * Memory a softirq cannot reach yet.
 *
 * A connector may answer -EAGAIN to a copy in softirq: ask again from process context (it has to
 * pin pages, say). A work item then touches the memory, after which the poll tries again. Nothing
 * is lost meanwhile: requests stay in the ring.
 */
#include "core.h"

/* The peer may withdraw memory just then, which connectors answer with -EAGAIN for a while. */
#define FAULT_RETRY_MS	1

/*
 * One byte of each page is enough for a connector to fetch it. Where we are to write we must not
 * read; what was posted for us to fill may be written to.
 */
static int fault_byte(struct vbus_fault *f, u64 addr)
{
	struct vbus_memctx *mem = f->q->session->mem;
	u8 byte = 0;

	return f->write ? vbus_memctx_copy_to(mem, addr, &byte, 1) :
			  vbus_memctx_copy_from(mem, &byte, addr, 1);
}

static int fault_touch(struct vbus_fault *f, u64 addr, u32 len)
{
	u64 last = addr + len - 1;
	int rc = fault_byte(f, addr);

	while (!rc && (addr | ~PAGE_MASK) < last) {
		addr = (addr | ~PAGE_MASK) + 1;
		rc = fault_byte(f, addr);
	}
	return rc;
}

static void fault_work(struct work_struct *work)
{
	struct vbus_fault *f = container_of(to_delayed_work(work), struct vbus_fault, work);
	struct vbus_session *s = f->q->session;
	unsigned int i;
	int rc = 0;

	for (i = 0; i < f->n && !rc && !READ_ONCE(s->dead); i++)
		rc = fault_touch(f, f->range[i].addr, f->range[i].len);
	if (rc == -EAGAIN && !READ_ONCE(s->dead)) {
		queue_delayed_work(system_unbound_wq, &f->work, msecs_to_jiffies(FAULT_RETRY_MS));
		return;
	}
	/* Any other error meets the poll again, which knows what to do about it. */
	f->n = 0;
	/* Who sees it idle sees all that was done here: vbus_fault_busy(). */
	smp_store_release(&f->busy, false);
	vbus_poll_schedule(f->poll);
}

void vbus_fault_init(struct vbus_fault *f, struct vbus_dqueue *q, struct vbus_poll *poll,
		     bool write)
{
	INIT_DELAYED_WORK(&f->work, fault_work);
	f->q = q;
	f->poll = poll;
	f->write = write;
	f->busy = false;
	f->n = 0;
}
EXPORT_SYMBOL_GPL(vbus_fault_init);

void vbus_fault_fini(struct vbus_fault *f)
{
	cancel_delayed_work_sync(&f->work);
}
EXPORT_SYMBOL_GPL(vbus_fault_fini);

void vbus_fault_start(struct vbus_fault *f)
{
	f->busy = true;
	queue_delayed_work(system_unbound_wq, &f->work, 0);
}
EXPORT_SYMBOL_GPL(vbus_fault_start);
