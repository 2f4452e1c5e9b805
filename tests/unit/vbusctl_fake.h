/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plays the kernel for vbusctl: plain directories that behave as vbus's configfs and sysfs do, as
 * far as the tool can tell. Also fails or kills the tool at a given change.
 */
#ifndef VBUSCTL_FAKE_H
#define VBUSCTL_FAKE_H

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../tools/vbusctl/vbusctl.h"

static char fake_dir[64];

/* What shall happen at change number fake_at (counted from 1; 0: never). */
enum fake_trouble { FAKE_NONE, FAKE_FAIL, FAKE_KILL_BEFORE, FAKE_KILL_AFTER, FAKE_TERM };
static enum fake_trouble fake_trouble;
static int fake_at, fake_count;

__attribute__((format(printf, 1, 2)))
static const char *at(const char *fmt, ...)
{
	static char ring[8][1024];
	static int next;
	char *out = ring[next++ % 8];
	va_list ap;
	int n = snprintf(out, 1024, "%s/", fake_dir);

	va_start(ap, fmt);
	vsnprintf(out + n, 1024 - n, fmt, ap);
	va_end(ap);
	return out;
}

static void put_file(const char *path, mode_t mode, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fputc('\n', f) < 0 || fclose(f))
		abort();
	chmod(path, mode);
}

static void get_file(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "r");

	out[0] = 0;
	if (f && fgets(out, size, f))
		out[strcspn(out, "\n")] = 0;
	if (f)
		fclose(f);
}

static bool there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static int entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n > 2 ? n - 2 : 0;
}

static void wipe(const char *path)
{
	char inner[2048], name[2048];
	struct dirent *e;
	struct stat st;
	DIR *d;

	snprintf(name, sizeof(name), "%s", path);
	if (!lstat(name, &st) && S_ISDIR(st.st_mode) && (d = opendir(name))) {
		while ((e = readdir(d)))
			if (strcmp(e->d_name, ".") && strcmp(e->d_name, "..")) {
				snprintf(inner, sizeof(inner), "%.1500s/%s", name, e->d_name);
				wipe(inner);
			}
		closedir(d);
		rmdir(name);
	} else {
		unlink(name);
	}
}

/* ---- devices ---------------------------------------------------------------------------- */

static void fake_typed(const char *dev, const char *class)
{
	mkdir(at("sys/vbus/devices/%s", dev), 0755);
	mkdir(at("sys/vbus/devices/%s/interfaces", dev), 0755);
	symlink(at("sys/vbus/deviceclass/%s", class), at("sys/vbus/devices/%s/class", dev));
	if (strcmp(class, "venet-tap"))
		return;
	put_file(at("sys/vbus/devices/%s/enabled", dev), 0644, "0");
	put_file(at("sys/vbus/devices/%s/ifname", dev), 0444, "<disabled>");
	put_file(at("sys/vbus/devices/%s/host_mac", dev), 0644, "02:00:00:00:00:01");
	put_file(at("sys/vbus/devices/%s/client_mac", dev), 0644, "02:00:00:00:00:02");
	put_file(at("sys/vbus/devices/%s/queues", dev), 0644, "1");
	put_file(at("sys/vbus/devices/%s/mtu", dev), 0644, "1500");
	put_file(at("sys/vbus/devices/%s/link", dev), 0444, "0");
}

static int fake_type(const char *dev, const char *class)
{
	char now[128];

	get_file(at("config/vbus/devices/%s/type", dev), now, sizeof(now));
	if (*now)
		return -EBUSY;
	if (!there(at("sys/vbus/deviceclass/%s", class)))
		return -ENOENT;
	put_file(at("config/vbus/devices/%s/type", dev), 0644, class);
	fake_typed(dev, class);
	return 0;
}

static int fake_attr(const char *dev, const char *name, const char *value)
{
	char on[8];

	get_file(at("sys/vbus/devices/%s/enabled", dev), on, sizeof(on));
	if (!strcmp(name, "enabled"))
		put_file(at("sys/vbus/devices/%s/ifname", dev), 0444,
			 *value == '1' ? "venet0" : "<disabled>");
	else if (!strcmp(name, "mtu") ? atoi(value) < 68 || atoi(value) > 9000 : 0)
		return -EINVAL;
	else if (strstr(name, "mac") && *on == '1')
		return -EBUSY;
	put_file(at("sys/vbus/devices/%s/%s", dev, name), 0644, value);
	return 0;
}

/* ---- buses ------------------------------------------------------------------------------ */

static void fake_new_bus(const char *bus)
{
	static const char *const dirs[] = { "", "/devices", "/clients", "/limits" };
	size_t i;

	for (i = 0; i < 4; i++)
		mkdir(at("sys/vbus/instances/%s%s", bus, dirs[i]), 0755);
	put_file(at("sys/vbus/instances/%s/limits/sessions", bus), 0644, "256");
	put_file(at("sys/vbus/instances/%s/limits/clients", bus), 0644, "64");
}

static int free_id(const char *fmt, const char *bus)
{
	char path[1024];
	int id = 0;

	do
		snprintf(path, sizeof(path), fmt, bus, id++);
	while (there(at("%s", path)));
	return id - 1;
}

static int fake_link(const char *bus, const char *name, const char *dev)
{
	char type[128];
	int max, n, id;

	get_file(at("config/vbus/devices/%s/type", dev), type, sizeof(type));
	max = !strcmp(type, "venet-loop") ? 2 : 1;
	n = entries(at("sys/vbus/devices/%s/interfaces", dev));
	if (!*type)
		return -EINVAL;
	if (n >= max)
		return -EBUSY;
	if (symlink(at("config/vbus/devices/%s", dev), at("config/vbus/instances/%s/%s", bus, name)))
		return -errno;
	id = free_id("sys/vbus/instances/%s/devices/%d", bus);
	mkdir(at("sys/vbus/instances/%s/devices/%d", bus, id), 0755);
	put_file(at("sys/vbus/instances/%s/devices/%d/type", bus, id), 0444, "virtual-ethernet");
	symlink(at("sys/vbus/devices/%s", dev),
		at("sys/vbus/instances/%s/devices/%d/device", bus, id));
	symlink(at("sys/vbus/instances/%s/devices/%d", bus, id),
		at("sys/vbus/devices/%s/interfaces/%d", dev, n));
	return 0;
}

static void drop_iface(const char *dev, const char *bus, int id)
{
	char link[1024], want[256];
	ssize_t n;
	int i;

	snprintf(want, sizeof(want), "/instances/%s/devices/%d", bus, id);
	for (i = 0; i < 2; i++) {
		n = readlink(at("sys/vbus/devices/%s/interfaces/%d", dev, i), link, sizeof(link) - 1);
		link[n < 0 ? 0 : n] = 0;
		if (strstr(link, want))
			unlink(at("sys/vbus/devices/%s/interfaces/%d", dev, i));
	}
}

static int fake_drop_link(const char *bus, const char *name)
{
	char dev[1024], place[1024];
	ssize_t n = readlink(at("config/vbus/instances/%s/%s", bus, name), dev, sizeof(dev) - 1);
	int id;

	if (n < 0)
		return -errno;
	dev[n] = 0;
	unlink(at("config/vbus/instances/%s/%s", bus, name));
	for (id = 0; id < 64; id++) {
		n = readlink(at("sys/vbus/instances/%s/devices/%d/device", bus, id), place,
			     sizeof(place) - 1);
		place[n < 0 ? 0 : n] = 0;
		if (n < 0 || strcmp(strrchr(place, '/'), strrchr(dev, '/')))
			continue;
		drop_iface(strrchr(dev, '/') + 1, bus, id);
		wipe(at("sys/vbus/instances/%s/devices/%d", bus, id));
		break;
	}
	return 0;
}

/* ---- clients ---------------------------------------------------------------------------- */

static int fake_attach(const char *bus)
{
	static const char *const counters[] = { "packets", "bytes", "doorbells", "copies" };
	char dir[256];
	size_t i;

	if (!there(at("sys/vbus/instances/%s", bus)))
		return -ENOENT;
	snprintf(dir, sizeof(dir), "sys/vbus/instances/%s/clients/loopback.%d", bus,
		 free_id("sys/vbus/instances/%s/clients/loopback.%d", bus));
	mkdir(at("%s", dir), 0755);
	put_file(at("%s/connector", dir), 0444, "loopback");
	put_file(at("%s/state", dir), 0444, "attached");
	put_file(at("%s/verbs", dir), 0444, "18446744073709551615");
	mkdir(at("%s/ports", dir), 0755);
	mkdir(at("%s/ports/0", dir), 0755);
	put_file(at("%s/ports/0/type", dir), 0444, "virtual-ethernet");
	put_file(at("%s/ports/0/handle", dir), 0444, "1");
	mkdir(at("%s/ports/0/q1", dir), 0755);
	for (i = 0; i < 4; i++)
		put_file(at("%s/ports/0/q1/%s", dir, counters[i]), 0444, "100");
	return 0;
}

static int fake_detach(const char *client)
{
	DIR *d = opendir(at("sys/vbus/instances"));
	struct dirent *e;
	int ret = -ENOENT;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    !there(at("sys/vbus/instances/%s/clients/%s", e->d_name, client)))
			continue;
		wipe(at("sys/vbus/instances/%s/clients/%s", e->d_name, client));
		ret = 0;
	}
	if (d)
		closedir(d);
	return ret;
}

/* ---- the operations --------------------------------------------------------------------- */

/* Does a path look like "devices/<star>/type"? What the stars stand for goes to @w. */
static bool fits(const struct path *p, enum root root, const char *pattern, char w[2][128])
{
	const char *at = p->rel;
	int n = 0;

	w[0][0] = w[1][0] = 0;
	for (; *pattern; pattern++) {
		size_t len = *pattern == '*' ? strcspn(at, "/") : *at == *pattern;

		if (!len || len > 127)
			return false;
		if (*pattern == '*')
			snprintf(w[n++], 128, "%.*s", (int)len, at);
		at += len;
	}
	return p->root == root && !*at;
}

static int do_mkdir(const struct path *p)
{
	char w[2][128];
	int ret = fs_real_ops.mkdir(p);

	if (ret)
		return ret;
	if (fits(p, ROOT_CONFIG, "devices/*", w))
		put_file(at("config/vbus/devices/%s/type", w[0]), 0644, "");
	else if (fits(p, ROOT_CONFIG, "instances/*", w))
		fake_new_bus(w[0]);
	return 0;
}

static int do_rmdir(const struct path *p)
{
	char w[2][128];

	if (fits(p, ROOT_CONFIG, "devices/*", w)) {
		if (entries(at("sys/vbus/devices/%s/interfaces", w[0])))
			return -EBUSY;
		unlink(at("config/vbus/devices/%s/type", w[0]));
		wipe(at("sys/vbus/devices/%s", w[0]));
	} else if (fits(p, ROOT_CONFIG, "instances/*", w)) {
		if (entries(at("sys/vbus/instances/%s/clients", w[0])) ||
		    entries(at("config/vbus/instances/%s", w[0])))
			return -EBUSY;
		wipe(at("sys/vbus/instances/%s", w[0]));
	}
	return fs_real_ops.rmdir(p);
}

static int do_symlink(const struct path *p, const struct path *target)
{
	char w[2][128];

	if (!fits(p, ROOT_CONFIG, "instances/*/*", w))
		return -EPERM;
	return fake_link(w[0], w[1], strrchr(target->rel, '/') + 1);
}

static int do_unlink(const struct path *p)
{
	char w[2][128];

	return fits(p, ROOT_CONFIG, "instances/*/*", w) ? fake_drop_link(w[0], w[1]) :
	       -EPERM;
}

static int do_write(const struct path *p, const char *value)
{
	char w[2][128];

	if (fits(p, ROOT_CONFIG, "devices/*/type", w))
		return fake_type(w[0], value);
	if (fits(p, ROOT_SYS, "devices/*/*", w) && (fs_mode(p) & 0200) &&
	    S_ISREG(fs_mode(p)))
		return fake_attr(w[0], w[1], value);
	if (p->root == ROOT_PROC && !there(at("sys/vbus/instances/%s", value)))
		return -ENOENT;
	if (!strcmp(p->rel, "connectors/loopback/attach"))
		return fake_attach(value);
	if (!strcmp(p->rel, "connectors/loopback/detach"))
		return fake_detach(value);
	return fs_mode(p) && !(fs_mode(p) & 0200) ? -EACCES : fs_real_ops.write(p, value);
}

static int trouble(void)
{
	if (++fake_count != fake_at)
		return 0;
	if (fake_trouble == FAKE_KILL_BEFORE)
		raise(SIGKILL);
	if (fake_trouble == FAKE_TERM)
		raise(SIGTERM);
	return fake_trouble == FAKE_FAIL ? -ENOSPC : 0;
}

static int after(int ret)
{
	if (fake_count == fake_at && fake_trouble == FAKE_KILL_AFTER)
		raise(SIGKILL);
	return ret;
}

static int fake_mkdir(const struct path *p)
{
	int ret = trouble();

	return ret ? ret : after(do_mkdir(p));
}

static int fake_rmdir(const struct path *p)
{
	int ret = trouble();

	return ret ? ret : after(do_rmdir(p));
}

static int fake_symlink(const struct path *p, const struct path *target)
{
	int ret = trouble();

	return ret ? ret : after(do_symlink(p, target));
}

static int fake_unlink(const struct path *p)
{
	int ret = trouble();

	return ret ? ret : after(do_unlink(p));
}

static int fake_write(const struct path *p, const char *value)
{
	int ret = trouble();

	return ret ? ret : after(do_write(p, value));
}

static const struct fs_ops fake_ops = {
	.mkdir = fake_mkdir,
	.rmdir = fake_rmdir,
	.symlink = fake_symlink,
	.unlink = fake_unlink,
	.write = fake_write,
};

static void fake_begin(void)
{
	static const char *const dirs[] = {
		"config", "config/vbus", "config/vbus/devices", "config/vbus/instances", "run", "proc",
		"sys", "sys/vbus", "sys/vbus/devices", "sys/vbus/instances", "sys/vbus/deviceclass",
		"sys/vbus/deviceclass/venet-tap", "sys/vbus/deviceclass/venet-loop",
		"sys/vbus/connectors", "sys/vbus/connectors/loopback", "sys/vbus/connectors/kvm",
	};
	size_t i;

	strcpy(fake_dir, "/tmp/vbusctl-test.XXXXXX");
	if (!mkdtemp(fake_dir))
		abort();
	for (i = 0; i < ARRAY_SIZE(dirs); i++)
		mkdir(at("%s", dirs[i]), 0755);
	put_file(at("sys/vbus/version"), 0444, "1");
	put_file(at("sys/vbus/connectors/loopback/attach"), 0200, "");
	put_file(at("sys/vbus/connectors/loopback/detach"), 0200, "");
	setenv("VBUS_CONFIGFS", at("config"), 1);
	setenv("VBUS_SYSFS", at("sys"), 1);
	setenv("VBUS_RUN", at("run"), 1);
	setenv("VBUS_PROCFS", at("proc"), 1);
	fs = &fake_ops;
}

static void fake_end(void)
{
	wipe(fake_dir);
}

#endif
