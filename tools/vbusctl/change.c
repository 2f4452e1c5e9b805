// SPDX-License-Identifier: GPL-2.0
/* create, destroy, attach, detach. */
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

static int done(int ret)
{
	journal_unlock();
	return ret ? RC_FAILED : RC_OK;
}

/* Where there is no place for a lock, changing single things goes without. */
static void begin(void)
{
	if (journal_lock(false))
		journal_recover();
}

static bool is(const char *word, const char *what)
{
	return !strcmp(word, what);
}

/* ---- create ----------------------------------------------------------------------------- */

static int split_pair(char *word, char **value)
{
	*value = strchr(word, '=');
	if (!*value || *value == word)
		return usage("'%s' is not ATTRIBUTE=VALUE", printable(word));
	*(*value)++ = 0;
	return 0;
}

/* Enabling comes last: most attributes cannot be changed after it. */
static int set_pairs(const char *dev, int n, char **name, char **value)
{
	int pass, i, ret;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < n; i++) {
			if (is(name[i], "enabled") != (pass == 1))
				continue;
			ret = act_set(dev, name[i], value[i]);
			if (ret)
				return ret;
		}
	return 0;
}

static int make_device(const char *dev, const char *class, int n, char **name, char **value)
{
	int ret = act_make_device(dev);

	if (ret || !class)
		return ret;
	ret = act_type(dev, class);
	if (!ret)
		ret = set_pairs(dev, n, name, value);
	if (ret && act_remove_device(dev))
		say("device %s stays half made", dev);
	return ret;
}

static int create_device(int argc, char **argv)
{
	char **value = xalloc((argc + 1) * sizeof(*value));
	char **name = xalloc((argc + 1) * sizeof(*name));
	const char *dev = NULL, *class = NULL;
	int i, n = 0, rc = 0;

	for (i = 0; i < argc && !rc; i++) {
		if (is(argv[i], "--type")) {
			class = argv[++i];
			rc = class ? 0 : usage("--type takes a class");
		} else if (!strncmp(argv[i], "--type=", 7)) {
			class = argv[i] + 7;
		} else if (!dev) {
			dev = argv[i];
		} else {
			name[n] = argv[i];
			rc = split_pair(argv[i], &value[n++]);
		}
	}
	if (!rc && !dev)
		rc = usage("create device takes a name");
	if (!rc && n && !class)
		rc = usage("attributes need --type first: a device without a type has none");
	if (!rc) {
		begin();
		rc = done(make_device(dev, class, n, name, value));
	}
	free(name);
	free(value);
	return rc;
}

int cmd_create(int argc, char **argv)
{
	if (argc >= 2 && is(argv[1], "device"))
		return create_device(argc - 2, argv + 2);
	if (argc != 3 || !is(argv[1], "bus"))
		return usage("create takes 'device NAME ...' or 'bus NAME'");
	begin();
	return done(act_make_bus(argv[2]));
}

int cmd_destroy(int argc, char **argv)
{
	if (argc != 3 || (!is(argv[1], "device") && !is(argv[1], "bus")))
		return usage("destroy takes 'device NAME' or 'bus NAME'");
	begin();
	return done(is(argv[1], "bus") ? act_remove_bus(argv[2]) : act_remove_device(argv[2]));
}

/* ---- attach, detach --------------------------------------------------------------------- */

int cmd_attach(int argc, char **argv)
{
	char client[NAME_SIZE];
	int ret;

	if (argc != 4 || (!is(argv[1], "device") && !is(argv[1], "client")))
		return usage("attach takes 'device DEVICE BUS' or 'client CONNECTOR BUS'");
	begin();
	if (is(argv[1], "device"))
		return done(act_link(argv[3], argv[2], argv[2]));
	ret = act_attach(argv[3], argv[2], client);
	if (!ret)
		puts(client);
	return done(ret);
}

/* The link's name is usually, but not always, the device's. */
static int detach_device(const char *dev, const char *bus)
{
	const char *name = dev;
	struct sys_link *v = NULL;
	size_t n = 0, i;
	int ret;

	if (name_ok(bus))
		n = sys_links(bus, &v);
	for (i = 0; i < n; i++)
		if (is(v[i].dev, dev))
			name = v[i].name;
	ret = act_unlink(bus, name);
	free(v);
	return ret;
}

static bool find_client(const char *client, char conn[NAME_SIZE])
{
	struct names buses = { 0 }, l;
	bool found = false;
	size_t i;

	sys_buses(&buses);
	for (i = 0; i < buses.n && !found; i++) {
		memset(&l, 0, sizeof(l));
		sys_clients(buses.v[i], &l);
		found = names_has(&l, client) && sys_connector_of(buses.v[i], client, conn);
		names_free(&l);
	}
	names_free(&buses);
	return found;
}

int cmd_detach(int argc, char **argv)
{
	char conn[NAME_SIZE];

	if (argc == 4 && is(argv[1], "device")) {
		begin();
		return done(detach_device(argv[2], argv[3]));
	}
	if (argc != 3 || !is(argv[1], "client"))
		return usage("detach takes 'device DEVICE BUS' or 'client CLIENT'");
	if (!find_client(argv[2], conn)) {
		say("'%s': no bus has such a client; 'vbusctl list clients' shows all",
		    printable(argv[2]));
		return RC_FAILED;
	}
	begin();
	return done(act_detach(conn, argv[2]));
}
