// SPDX-License-Identifier: GPL-2.0
/*
 * Told of forks and exits by the scheduler's tracepoints. They are not exported by name, but
 * those of the kernel can be walked.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/string.h>
#include <linux/tracepoint.h>
#include "procpid.h"

static struct tracepoint *fork_tp;
static struct tracepoint *exit_tp;

static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	procpid_inherit(parent, child);
}

static void on_exit(void *data, struct task_struct *task)
{
	procpid_exit(task);
}

static void pick(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_fork"))
		fork_tp = tp;
	else if (!strcmp(tp->name, "sched_process_exit"))
		exit_tp = tp;
}

/* Exits first: nobody inherits who is not seen off. */
int procpid_track_init(void)
{
	int err;

	for_each_kernel_tracepoint(pick, NULL);
	if (!fork_tp || !exit_tp) {
		pr_err("this kernel has no tracepoints sched_process_fork and _exit\n");
		return -ENOENT;
	}
	err = tracepoint_probe_register(exit_tp, on_exit, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(fork_tp, on_fork, NULL);
	if (err) {
		tracepoint_probe_unregister(exit_tp, on_exit, NULL);
		tracepoint_synchronize_unregister();
	}
	return err;
}

void procpid_track_exit(void)
{
	tracepoint_probe_unregister(fork_tp, on_fork, NULL);
	tracepoint_probe_unregister(exit_tp, on_exit, NULL);
	tracepoint_synchronize_unregister();
}
