// SPDX-License-Identifier: GPL-2.0
/* tree: who is on which bus. */
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

struct branch {
	char lead[64];	/* what stands before each line at this level */
};

static struct branch fork_of(const struct branch *b, bool last)
{
	struct branch below;

	snprintf(below.lead, sizeof(below.lead), "%.56s%s", b->lead, last ? "   " : "|  ");
	return below;
}

static const char *twig(bool last)
{
	return last ? "`- " : "|- ";
}

static bool print_attr(const struct attr *a, void *arg)
{
	static const char *const shown[] = { "enabled", "ifname", "link", "mtu", "queues" };
	size_t i;

	(void)arg;
	for (i = 0; i < ARRAY_SIZE(shown); i++)
		if (!strcmp(a->name, shown[i]))
			printf(" %s=%s", a->name, printable(a->value));
	return true;
}

static void device_words(const char *dev)
{
	char class[NAME_SIZE];

	if (sys_class_of(dev, class))
		printf("device %s, %s", dev, class);
	else
		printf("device %s, no type yet", dev);
	sys_each_attr(dev, print_attr, NULL);
	putchar('\n');
}

static bool device_at(const char *bus, const char *id, char dev[NAME_SIZE])
{
	struct path p = sysp("instances/%s/devices/%s/device", bus, id);
	char link[512], *slash;

	if (fs_readlink(&p, link, sizeof(link)))
		return false;
	slash = strrchr(link, '/');
	snprintf(dev, NAME_SIZE, "%.64s", slash ? slash + 1 : link);
	return name_ok(dev);
}

static void place(const struct branch *b, const char *bus, const char *id, bool last)
{
	char type[VALUE_SIZE], dev[NAME_SIZE];

	sys_text(type, sizeof(type), sysp("instances/%s/devices/%s/type", bus, id));
	printf("%s%s%s: %s, ", b->lead, twig(last), printable(id), printable(type));
	if (device_at(bus, id, dev))
		device_words(dev);
	else
		puts("device gone");
}

/* ---- consumers -------------------------------------------------------------------------- */

/* A port that takes several sessions shows each: "<id>.<handle>". */
static void driver_words(const char *client, const char *port)
{
	int id = strcspn(port, ".");
	struct path net = path_of(ROOT_PROXY, "%s:%.*s/net", client, id, port);
	struct path drv = path_of(ROOT_PROXY, "%s:%.*s/driver", client, id, port);
	char link[512], *slash;
	struct names l = { 0 };
	size_t i;

	if (!fs_readlink(&drv, link, sizeof(link))) {
		slash = strrchr(link, '/');
		printf(", driver %s", printable(slash ? slash + 1 : link));
	}
	fs_list(&net, &l);
	for (i = 0; i < l.n; i++)
		printf(", %s", printable(l.v[i]));
	names_free(&l);
}

static void client(const struct branch *b, const char *bus, const char *name, bool last)
{
	struct path dir = sysp("instances/%s/clients/%s/ports", bus, name);
	struct branch below = fork_of(b, last);
	char conn[NAME_SIZE], state[VALUE_SIZE];
	struct names ports = { 0 };
	size_t i;

	sys_connector_of(bus, name, conn);
	sys_text(state, sizeof(state), sysp("instances/%s/clients/%s/state", bus, name));
	printf("%s%sclient %s through %s, %s\n", b->lead, twig(last), name, *conn ? conn : "?",
	       printable(state));
	fs_list(&dir, &ports);
	for (i = 0; i < ports.n; i++) {
		sys_text(state, sizeof(state), sysp("instances/%s/clients/%s/ports/%s/type", bus,
						    name, ports.v[i]));
		printf("%s%s%s: %s open", below.lead, twig(i + 1 == ports.n),
		       printable(ports.v[i]), printable(state));
		driver_words(name, ports.v[i]);
		putchar('\n');
	}
	names_free(&ports);
}

static void bus(const char *name)
{
	struct path dir = sysp("instances/%s/devices", name);
	struct names ids = { 0 }, clients = { 0 };
	char members[VALUE_SIZE];
	const struct branch root = { "" };
	size_t i;

	printf("bus %s", name);
	if (sys_text(members, sizeof(members), sysp("instances/%s/members_count", name)) &&
	    strcmp(members, "0"))
		printf(", members: %s", printable(members));
	putchar('\n');
	fs_list(&dir, &ids);
	sys_clients(name, &clients);
	for (i = 0; i < ids.n; i++)
		place(&root, name, ids.v[i], i + 1 == ids.n && !clients.n);
	for (i = 0; i < clients.n; i++)
		client(&root, name, clients.v[i], i + 1 == clients.n);
	names_free(&ids);
	names_free(&clients);
}

static bool on_a_bus(const char *dev)
{
	struct path p = sysp("devices/%s/interfaces", dev);
	struct names l = { 0 };
	bool yes;

	fs_list(&p, &l);
	yes = l.n;
	names_free(&l);
	return yes;
}

int cmd_tree(int argc, char **argv)
{
	struct names l = { 0 };
	size_t i;

	(void)argv;
	if (argc > 1)
		return usage("tree takes no words");
	sys_buses(&l);
	for (i = 0; i < l.n; i++)
		bus(l.v[i]);
	names_free(&l);
	sys_devices(&l);
	for (i = 0; i < l.n; i++) {
		if (on_a_bus(l.v[i]))
			continue;
		printf("on no bus: ");
		device_words(l.v[i]);
	}
	names_free(&l);
	return RC_OK;
}
