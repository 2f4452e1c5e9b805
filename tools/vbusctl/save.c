// SPDX-License-Identifier: GPL-2.0
/* save: the system as a setup, and the setup as text. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vbusctl.h"

static void put(FILE *out, enum stmt_kind kind, const char *a, const char *b, const char *c)
{
	const struct stmt st = { .kind = kind, .a = a, .b = b, .c = c };

	stmt_print(&st, out);
}

/* ---- devices and buses ------------------------------------------------------------------ */

struct attr_arg {
	FILE *out;
	const char *dev;
	bool enabled;	/* print that one, or all others */
};

static bool put_attr(const struct attr *a, void *arg)
{
	const struct attr_arg *x = arg;

	if (!a->writable || !strcmp(a->name, "enabled") != x->enabled)
		return true;
	if (value_ok(a->value))
		put(x->out, ST_SET, x->dev, a->name, a->value);
	else
		say("attribute %s of device %s is not one line of text; left out", a->name, x->dev);
	return true;
}

static void put_device(FILE *out, const char *dev)
{
	struct attr_arg arg = { .out = out, .dev = dev };
	char class[NAME_SIZE];

	put(out, ST_DEVICE, dev, sys_class_of(dev, class) ? class : "-", "");
	sys_each_attr(dev, put_attr, &arg);
	arg.enabled = true;
	sys_each_attr(dev, put_attr, &arg);
}

static void put_bus(FILE *out, const char *bus)
{
	struct path dir = sysp("instances/%s/limits", bus);
	struct names l = { 0 };
	char value[VALUE_SIZE];
	size_t i;

	put(out, ST_BUS, bus, "", "");
	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		struct path p = sysp("instances/%s/limits/%s", bus, l.v[i]);

		if (word_ok(l.v[i]) && (fs_mode(&p) & 0200) && sys_text(value, sizeof(value), p) &&
		    *value && value_ok(value))
			put(out, ST_LIMIT, bus, l.v[i], value);
	}
	names_free(&l);
}

/* ---- links, in an order that gives the same ids and ports again ------------------------- */

static bool before(const struct sys_link *x, const struct sys_link *y)
{
	if (x->id >= 0 && y->id >= 0 && !strcmp(x->bus, y->bus) && x->id < y->id)
		return true;
	return x->iface >= 0 && y->iface >= 0 && !strcmp(x->dev, y->dev) && x->iface < y->iface;
}

static size_t pick(const struct sys_link *v, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < n; k++)
			if (k != i && before(&v[k], &v[i]))
				break;
		if (k == n)
			return i;
	}
	return 0;	/* links were taken away and made again: no order explains it */
}

static void put_links(FILE *out, const struct names *buses)
{
	struct sys_link *all = xalloc(1), *v;
	size_t n = 0, i, more;

	for (i = 0; i < buses->n; i++) {
		struct sys_link *both;

		more = sys_links(buses->v[i], &v);
		both = xalloc((n + more + 1) * sizeof(*both));
		memcpy(both, all, n * sizeof(*both));
		memcpy(both + n, v, more * sizeof(*both));
		free(all);
		free(v);
		all = both;
		n += more;
	}
	while (n) {
		i = pick(all, n);
		put(out, ST_LINK, all[i].bus, all[i].dev, all[i].name);
		memmove(all + i, all + i + 1, (n - i - 1) * sizeof(*all));
		n--;
	}
	free(all);
}

static void put_clients(FILE *out, const char *bus)
{
	struct names l = { 0 };
	char conn[NAME_SIZE];
	size_t i;

	sys_clients(bus, &l);
	for (i = 0; i < l.n; i++) {
		if (!sys_connector_of(bus, l.v[i], conn))
			continue;
		if (sys_attaches_by_name(conn))
			put(out, ST_ATTACH, bus, conn, "");
		else
			fprintf(out, "# %s came to %s by itself through %s\n", l.v[i], bus, conn);
	}
	names_free(&l);
}

static void save(FILE *out)
{
	struct names devices = { 0 }, buses = { 0 };
	size_t i;

	sys_devices(&devices);
	sys_buses(&buses);
	fprintf(out, "# A set-up of vbus: 'vbusctl restore' makes it, vbusctl(8) explains it.\n");
	fprintf(out, "vbus %d\n", SETUP_VERSION);
	for (i = 0; i < devices.n; i++)
		put_device(out, devices.v[i]);
	for (i = 0; i < buses.n; i++)
		put_bus(out, buses.v[i]);
	put_links(out, &buses);
	for (i = 0; i < buses.n; i++)
		put_clients(out, buses.v[i]);
	names_free(&devices);
	names_free(&buses);
}

/* ---- into a file, whole or not at all --------------------------------------------------- */

static int close_whole(FILE *f, const char *tmp, const char *file)
{
	int bad = ferror(f) | fflush(f) | fsync(fileno(f));

	bad |= fclose(f);
	if (bad || rename(tmp, file)) {
		say("cannot write %s: %s", printable(file), errname(errno));
		unlink(tmp);
		return RC_FAILED;
	}
	return RC_OK;
}

static int save_to(const char *file)
{
	char tmp[PATH_MAX];
	FILE *f;
	int fd;

	if (snprintf(tmp, sizeof(tmp), "%s.XXXXXX", file) >= (int)sizeof(tmp))
		return usage("the name of the file is too long");
	fd = mkostemp(tmp, O_CLOEXEC);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f) {
		say("cannot make %s: %s", printable(tmp), errname(errno));
		return RC_FAILED;
	}
	fchmod(fd, 0644);
	save(f);
	return close_whole(f, tmp, file);
}

int cmd_save(int argc, char **argv)
{
	if (argc > 2 || (argc == 2 && argv[1][0] == '-' && argv[1][1]))
		return usage("save takes a file, or nothing for standard output");
	if (!fs_need_config())
		return RC_FAILED;
	if (argc == 2 && strcmp(argv[1], "-"))
		return save_to(argv[1]);
	save(stdout);
	return RC_OK;
}
