// SPDX-License-Identifier: GPL-2.0
/* list: what there is, by kind. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

struct kind {
	const char *name;
	int (*names)(struct names *out);
	json_object *(*json)(const char *name);
	void (*line)(const char *name);
	const char *heading;
};

static size_t entries(struct path p)
{
	struct names l = { 0 };
	size_t n;

	fs_list(&p, &l);
	n = l.n;
	names_free(&l);
	return n;
}

static void bus_line(const char *bus)
{
	printf("%-24s %8zu %8zu\n", bus, entries(sysp("instances/%s/devices", bus)),
	       entries(sysp("instances/%s/clients", bus)));
}

static void device_line(const char *dev)
{
	char class[NAME_SIZE], enabled[VALUE_SIZE];

	sys_text(enabled, sizeof(enabled), sysp("devices/%s/enabled", dev));
	printf("%-24s %-16s %8s %8zu\n", dev, sys_class_of(dev, class) ? class : "-",
	       *enabled ? printable(enabled) : "-", entries(sysp("devices/%s/interfaces", dev)));
}

static void class_line(const char *class)
{
	puts(class);
}

static void connector_line(const char *conn)
{
	printf("%-24s %s\n", conn, sys_attaches_by_name(conn) ? "by name" : "by itself");
}

/* Clients are found through their buses. */
static json_object *every_client(bool print)
{
	json_object *all = print ? NULL : json_object_new_array();
	struct names buses = { 0 }, l = { 0 };
	char conn[NAME_SIZE], state[VALUE_SIZE];
	size_t b, i;

	sys_buses(&buses);
	for (b = 0; b < buses.n; b++) {
		sys_clients(buses.v[b], &l);
		for (i = 0; i < l.n; i++) {
			if (all) {
				json_object_array_add(all, json_client(buses.v[b], l.v[i]));
				continue;
			}
			sys_connector_of(buses.v[b], l.v[i], conn);
			sys_text(state, sizeof(state), sysp("instances/%s/clients/%s/state",
							    buses.v[b], l.v[i]));
			printf("%-24s %-24s %-12s %s\n", l.v[i], buses.v[b], conn,
			       printable(state));
		}
		names_free(&l);
	}
	names_free(&buses);
	return all;
}

static int client_names(struct names *out)
{
	struct names buses = { 0 };
	size_t b;

	sys_buses(&buses);
	for (b = 0; b < buses.n; b++)
		sys_clients(buses.v[b], out);
	names_free(&buses);
	return 0;
}

static const struct kind kinds[] = {
	{ "buses", sys_buses, json_bus, bus_line,
	  "BUS                       DEVICES  CLIENTS" },
	{ "devices", sys_devices, json_device, device_line,
	  "DEVICE                   CLASS             ENABLED    LINKS" },
	{ "classes", sys_classes, json_class, class_line, "CLASS" },
	{ "connectors", sys_connectors, json_connector, connector_line,
	  "CONNECTOR                ATTACHES" },
	{ "clients", client_names, NULL, NULL,
	  "CLIENT                   BUS                      CONNECTOR    STATE" },
};

#define KINDS (ARRAY_SIZE(kinds))

static json_object *kind_json(const struct kind *k)
{
	json_object *a;
	struct names l = { 0 };
	size_t i;

	if (!k->json)
		return every_client(false);
	a = json_object_new_array();
	k->names(&l);
	for (i = 0; i < l.n; i++)
		json_object_array_add(a, k->json(l.v[i]));
	names_free(&l);
	return a;
}

static void kind_text(const struct kind *k, bool quiet)
{
	struct names l = { 0 };
	size_t i;

	if (!quiet)
		puts(k->heading);
	if (!quiet && !k->line) {
		every_client(true);
		return;
	}
	k->names(&l);
	for (i = 0; i < l.n; i++) {
		if (quiet)
			puts(l.v[i]);
		else
			k->line(l.v[i]);
	}
	names_free(&l);
}

static int list_json(const struct kind *only)
{
	json_object *o = json_object_new_object();
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!only || only == &kinds[i])
			json_object_object_add(o, kinds[i].name, kind_json(&kinds[i]));
	return json_print(o);
}

static const struct kind *find_kind(const char *word)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i].name, word))
			return &kinds[i];
	return NULL;
}

int cmd_list(int argc, char **argv)
{
	bool json = false, quiet = false;
	const struct kind *only = NULL;
	size_t k;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (!strcmp(argv[i], "-q"))
			quiet = true;
		else if (!only && find_kind(argv[i]))
			only = find_kind(argv[i]);
		else
			return usage("list takes one of buses, devices, classes, connectors, "
				     "clients; not '%s'", printable(argv[i]));
	}
	if (json)
		return list_json(only);
	for (k = 0; k < KINDS; k++) {
		if (only && only != &kinds[k])
			continue;
		kind_text(&kinds[k], quiet);
		if (!only && !quiet && k + 1 < KINDS)
			putchar('\n');
	}
	return RC_OK;
}
