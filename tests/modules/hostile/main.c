// SPDX-License-Identifier: GPL-2.0
/*
 * Running attacks: the files under /sys/kernel/debug/vbus-hostile.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "hostile.h"

#define RESULT_BYTES	SZ_64K
#define MAX_NOTES	20	/* failures that one attack may describe */

static const struct hostile_attack * const attack_tables[] = {
	hostile_verb_attacks,
	hostile_memory_attacks,
	hostile_ring_attacks,
	hostile_storm_attacks,
	hostile_disk_attacks,
	hostile_enet_attacks,
	hostile_console_attacks,
	hostile_witness_attacks,
};

static struct dentry *dir;
static char *result;
static size_t result_len;
static DEFINE_MUTEX(result_lock);
static LIST_HEAD(background);
static DEFINE_MUTEX(run_lock);

/* ---- findings ---- */

static __printf(3, 0)
void result_vadd(const char *kind, struct hostile_run *t, const char *fmt, va_list args)
{
	mutex_lock(&result_lock);
	result_len += scnprintf(result + result_len, RESULT_BYTES - result_len, "%s %s: ", kind,
				t->attack->name);
	result_len += vscnprintf(result + result_len, RESULT_BYTES - result_len, fmt, args);
	result_len += scnprintf(result + result_len, RESULT_BYTES - result_len, "\n");
	mutex_unlock(&result_lock);
}

bool hostile_check(struct hostile_run *t, bool ok, const char *fmt, ...)
{
	va_list args;

	t->checks++;
	if (ok)
		return true;
	if (t->failed++ < MAX_NOTES) {
		va_start(args, fmt);
		result_vadd("failed", t, fmt, args);
		va_end(args);
	}
	return false;
}

void hostile_note(struct hostile_run *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result_vadd("note", t, fmt, args);
	va_end(args);
}

bool hostile_stopped(struct hostile_run *t)
{
	cond_resched();
	return t->task && kthread_should_stop();
}

/* For attacks that last: true until their time is over or they are told to stop. */
bool hostile_go_on(struct hostile_run *t)
{
	return !hostile_stopped(t) && time_before(jiffies, t->deadline);
}

static void run_attack(struct hostile_run *t)
{
	prandom_seed_state(&t->rnd, t->seed);
	t->deadline = jiffies + msecs_to_jiffies(t->ms);
	t->attack->fn(t);
	hostile_note(t, "%u checks, %u failed", t->checks, t->failed);
}

static void run_free(struct hostile_run *t)
{
	if (t->h)
		hostile_put(t->h);
	kfree(t);
}

/* ---- the background ---- */

static int background_fn(void *data)
{
	run_attack(data);
	return 0;
}

static int background_start(struct hostile_run *t)
{
	struct task_struct *task;

	task = kthread_create(background_fn, t, "hostile/%s", t->attack->name);
	if (IS_ERR(task))
		return PTR_ERR(task);
	if (t->cpu >= 0)
		kthread_bind(task, t->cpu);
	get_task_struct(task);
	t->task = task;
	list_add_tail(&t->node, &background);
	wake_up_process(task);
	return 0;
}

static void background_stop(void)
{
	struct hostile_run *t, *next;

	lockdep_assert_held(&run_lock);
	list_for_each_entry_safe(t, next, &background, node) {
		list_del(&t->node);
		kthread_stop(t->task);
		put_task_struct(t->task);
		run_free(t);
	}
}

/* ---- commands ---- */

static const struct hostile_attack *attack_find(const char *name)
{
	const struct hostile_attack *a;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attack_tables); i++)
		for (a = attack_tables[i]; a->name; a++)
			if (!strcmp(a->name, name))
				return a;
	return NULL;
}

static int parse_key(struct hostile_run *t, char *word)
{
	static const struct {
		const char *key;
		size_t offset;
	} keys[] = {
		{ "port=", offsetof(struct hostile_run, port) },
		{ "queue=", offsetof(struct hostile_run, queue) },
		{ "n=", offsetof(struct hostile_run, n) },
		{ "seed=", offsetof(struct hostile_run, seed) },
		{ "ms=", offsetof(struct hostile_run, ms) },
		{ "cpu=", offsetof(struct hostile_run, cpu) },
		{ "alone=", offsetof(struct hostile_run, alone) },
	};
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		len = strlen(keys[i].key);
		if (!strncmp(word, keys[i].key, len))
			return kstrtou32(word + len, 0, (void *)t + keys[i].offset);
	}
	return -EINVAL;
}

static int parse(struct hostile_run *t, char *line, bool *start)
{
	char *word = strsep(&line, " ");
	int err = 0;

	*start = !strcmp(word, "start");
	if (*start)
		word = strsep(&line, " ");
	t->attack = word ? attack_find(word) : NULL;
	if (!t->attack)
		return -ENOENT;
	word = strsep(&line, " ");
	t->h = word ? hostile_get(word) : NULL;
	if (!t->h)
		return -ENODEV;
	while (!err && (word = strsep(&line, " ")))
		err = parse_key(t, word);
	if (!err && t->cpu >= 0 && !cpu_online(t->cpu))
		err = -EINVAL;
	return err;
}

static int command(char *line)
{
	struct hostile_run *t;
	bool start;
	int err;

	if (!strcmp(line, "stop")) {
		background_stop();
		return 0;
	}
	if (!strcmp(line, "clear")) {
		mutex_lock(&result_lock);
		result_len = 0;
		mutex_unlock(&result_lock);
		return 0;
	}
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->n = 1000;
	t->seed = 1;
	t->ms = 1000;
	t->cpu = -1;
	err = parse(t, line, &start);
	if (!err && start) {
		err = background_start(t);
		if (!err)
			return 0;
	}
	if (!err)
		run_attack(t);
	run_free(t);
	return err;
}

static ssize_t run_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	char line[128];
	int err;

	if (!len || len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = 0;
	mutex_lock(&run_lock);
	err = command(strim(line));
	mutex_unlock(&run_lock);
	return err ?: len;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = run_write,
};

static int result_show(struct seq_file *seq, void *unused)
{
	mutex_lock(&result_lock);
	seq_write(seq, result, result_len);
	mutex_unlock(&result_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(result);

static int clients_show(struct seq_file *seq, void *unused)
{
	hostile_clients_show(seq);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(clients);

static int __init hostile_init(void)
{
	int err;

	result = vzalloc(RESULT_BYTES);
	if (!result)
		return -ENOMEM;
	err = vbus_connector_register(&hostile_connector);
	if (err) {
		vfree(result);
		return err;
	}
	dir = debugfs_create_dir("vbus-hostile", NULL);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	debugfs_create_file("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file("clients", 0400, dir, NULL, &clients_fops);
	return 0;
}

static void __exit hostile_exit(void)
{
	/* Attacks in the background hold clients, and these this module. */
	debugfs_remove(dir);
	vbus_connector_unregister(&hostile_connector);
	vfree(result);
}

module_init(hostile_init);
module_exit(hostile_exit);
MODULE_DESCRIPTION("vbus: a driver side that lies, for tests");
MODULE_LICENSE("GPL");
