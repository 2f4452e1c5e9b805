// SPDX-License-Identifier: GPL-2.0
/* Everything that changes the system, one function each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "vbusctl.h"

/* Names disappear a moment after the rmdir or detach that ended them. */
#define SETTLE_MS	2000
#define SETTLE_STEP_MS	20

bool act_patient;

static int tell(enum act act, int ret, const char *what, const struct path *p)
{
	if (ret)
		say("cannot %s %s: %s\n         %s", what, path_text(p), errname(ret),
		    hint(act, ret));
	return ret;
}

static int refuse(int ret, const char *why, const char *name)
{
	say("'%s': %s", printable(name), why);
	return ret;
}

static int need_name(const char *name)
{
	return name_ok(name) ? 0 : refuse(-EINVAL, NAME_RULE, name);
}

static int need_word(const char *word)
{
	return word_ok(word) ? 0 : refuse(-EINVAL, WORD_RULE, word);
}

static int need_value(const char *value)
{
	return value_ok(value) ? 0 :
	       refuse(-EINVAL, "not a value: one line, at most 1024 bytes, no control characters",
		      value);
}

static int removed(const struct path *p)
{
	const struct timespec nap = { .tv_nsec = SETTLE_STEP_MS * 1000000L };
	int patience = act_patient ? SETTLE_MS : 0;
	int ret, ms;

	for (ms = 0; (ret = fs->rmdir(p)) == -EBUSY && ms < patience; ms += SETTLE_STEP_MS)
		nanosleep(&nap, NULL);
	return ret;
}

/* ---- devices ---------------------------------------------------------------------------- */

int act_make_device(const char *dev)
{
	struct path p = cfg("devices/%s", dev);

	if (need_name(dev))
		return -EINVAL;
	return tell(ACT_MAKE, fs->mkdir(&p), "make device", &p);
}

int act_remove_device(const char *dev)
{
	struct path p = cfg("devices/%s", dev);

	if (need_name(dev))
		return -EINVAL;
	return tell(ACT_REMOVE_DEVICE, removed(&p), "remove device", &p);
}

static int put(enum act act, const struct path *p, const char *value)
{
	char what[300];

	if (need_value(value))
		return -EINVAL;
	snprintf(what, sizeof(what), "write '%s' to", printable(value));
	return tell(act, fs->write(p, value), what, p);
}

int act_type(const char *dev, const char *class)
{
	struct path p = cfg("devices/%s/type", dev);

	if (need_name(dev) || need_word(class))
		return -EINVAL;
	return put(ACT_TYPE, &p, class);
}

int act_set(const char *dev, const char *attr, const char *value)
{
	struct path p = sysp("devices/%s/%s", dev, attr);

	if (need_name(dev) || need_word(attr))
		return -EINVAL;
	return put(ACT_SET, &p, value);
}

/* ---- buses ------------------------------------------------------------------------------ */

int act_make_bus(const char *bus)
{
	struct path p = cfg("instances/%s", bus);

	if (need_name(bus))
		return -EINVAL;
	return tell(ACT_MAKE, fs->mkdir(&p), "make bus", &p);
}

int act_remove_bus(const char *bus)
{
	struct path p = cfg("instances/%s", bus);

	if (need_name(bus))
		return -EINVAL;
	return tell(ACT_REMOVE_BUS, removed(&p), "remove bus", &p);
}

int act_limit(const char *bus, const char *limit, const char *value)
{
	struct path p = sysp("instances/%s/limits/%s", bus, limit);

	if (need_name(bus) || need_word(limit))
		return -EINVAL;
	return put(ACT_LIMIT, &p, value);
}

int act_link(const char *bus, const char *dev, const char *name)
{
	struct path p = cfg("instances/%s/%s", bus, name), target = cfg("devices/%s", dev);
	int ret;

	if (need_name(bus) || need_name(dev) || need_name(name))
		return -EINVAL;
	ret = fs_mode(&target) ? fs->symlink(&p, &target) : -ENOENT;
	return tell(ACT_LINK, ret, "make link", &p);
}

int act_unlink(const char *bus, const char *name)
{
	struct path p = cfg("instances/%s/%s", bus, name);

	if (need_name(bus) || need_name(name))
		return -EINVAL;
	return tell(ACT_UNLINK, fs->unlink(&p), "remove link", &p);
}

/* ---- members ---------------------------------------------------------------------------- */

/* The file is beside the process's others, or where the kernel could not put it there. */
int act_join(const char *bus)
{
	/* Not through "self": no link is followed, and that is one. */
	struct path p = path_of(ROOT_PROC, "%d/vbus", getpid());

	if (need_name(bus))
		return -EINVAL;
	if (!fs_mode(&p))
		p = path_of(ROOT_PROC, "vbus/self");
	if (!fs_mode(&p))
		return tell(ACT_JOIN, -ENODEV, "find", &p);
	return put(ACT_JOIN, &p, bus);
}

/* ---- clients ---------------------------------------------------------------------------- */

static int need_attach(const char *conn)
{
	struct path p = sysp("connectors/%s", conn);

	if (need_name(conn))
		return -EINVAL;
	if (!fs_mode(&p))
		return refuse(-ENOENT, "no such connector; is its module loaded? "
			      "('vbusctl list connectors' shows those that are)", conn);
	if (!sys_attaches_by_name(conn))
		return refuse(-EOPNOTSUPP,
			      "consumers of this connector attach by themselves, not by name",
			      conn);
	return 0;
}

/* Which client is new; a connector says so only through the bus's directory. */
static bool newcomer(const char *bus, const char *conn, const struct names *old,
		     char client[NAME_SIZE])
{
	struct names now = { 0 };
	char whose[NAME_SIZE];
	bool found = false;
	size_t i;

	sys_clients(bus, &now);
	for (i = 0; i < now.n && !found; i++) {
		found = !names_has(old, now.v[i]) && sys_connector_of(bus, now.v[i], whose) &&
			!strcmp(whose, conn);
		if (found)
			snprintf(client, NAME_SIZE, "%s", now.v[i]);
	}
	names_free(&now);
	return found;
}

int act_attach(const char *bus, const char *conn, char client[NAME_SIZE])
{
	struct path p = sysp("connectors/%s/attach", conn);
	struct names old = { 0 };
	int ret;

	client[0] = 0;
	if (need_name(bus))
		return -EINVAL;
	ret = need_attach(conn);
	if (ret)
		return ret;
	sys_clients(bus, &old);
	ret = put(ACT_ATTACH, &p, bus);
	if (!ret && !newcomer(bus, conn, &old, client)) {
		say("%s took '%s', but no new client shows up in %s/instances/%s/clients",
		    path_text(&p), bus, fs_root(ROOT_SYS), bus);
		ret = -EIO;
	}
	names_free(&old);
	return ret;
}

int act_detach(const char *conn, const char *client)
{
	struct path p = sysp("connectors/%s/detach", conn);
	int ret;

	if (need_name(client))
		return -EINVAL;
	ret = need_attach(conn);
	return ret ? ret : put(ACT_DETACH, &p, client);
}
