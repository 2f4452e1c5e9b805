// SPDX-License-Identifier: GPL-2.0
/* show: one object with all it has. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "vbusctl.h"

static int buses_of_client(const char *client, char bus[NAME_SIZE])
{
	struct names buses = { 0 }, l = { 0 };
	int n = 0;
	size_t i;

	sys_buses(&buses);
	for (i = 0; i < buses.n; i++) {
		sys_clients(buses.v[i], &l);
		if (names_has(&l, client)) {
			snprintf(bus, NAME_SIZE, "%s", buses.v[i]);
			n++;
		}
		names_free(&l);
	}
	names_free(&buses);
	return n;
}

static json_object *client_json(const char *client)
{
	char bus[NAME_SIZE];

	return buses_of_client(client, bus) ? json_client(bus, client) : NULL;
}

static bool has_client(const char *name)
{
	char bus[NAME_SIZE];

	return buses_of_client(name, bus);
}

static bool among(int (*list)(struct names *out), const char *name)
{
	struct names l = { 0 };
	bool yes;

	list(&l);
	yes = names_has(&l, name);
	names_free(&l);
	return yes;
}

static bool has_bus(const char *name) { return among(sys_buses, name); }
static bool has_device(const char *name) { return among(sys_devices, name); }
static bool has_class(const char *name) { return among(sys_classes, name); }
static bool has_connector(const char *name) { return among(sys_connectors, name); }

static const struct kind {
	const char *name;
	bool (*has)(const char *name);
	json_object *(*json)(const char *name);
} kinds[] = {
	{ "bus", has_bus, json_bus },
	{ "device", has_device, json_device },
	{ "client", has_client, client_json },
	{ "class", has_class, json_class },
	{ "connector", has_connector, json_connector },
};

#define KINDS (ARRAY_SIZE(kinds))

/* The same tree of keys and values, for eyes. */
static void print(json_object *o, int depth)
{
	json_object_object_foreach(o, key, v) {
		size_t i, n = json_object_is_type(v, json_type_array) ?
			      json_object_array_length(v) : 0;

		printf("%*s%s:", 2 * depth, "", printable(key));
		if (json_object_is_type(v, json_type_object)) {
			putchar('\n');
			print(v, depth + 1);
		} else if (json_object_is_type(v, json_type_array)) {
			putchar('\n');
			for (i = 0; i < n; i++) {
				printf("%*s-\n", 2 * depth + 2, "");
				print(json_object_array_get_idx(v, i), depth + 2);
			}
		} else {
			printf(" %s\n", v ? printable(json_object_get_string(v)) : "-");
		}
	}
}

static int show(const struct kind *k, const char *name, bool json)
{
	json_object *o = k->json(name);

	if (!o) {
		say("%s '%s' went away", k->name, name);
		return RC_FAILED;
	}
	if (json)
		return json_print(o);
	print(o, 0);
	json_object_put(o);
	return RC_OK;
}

static const struct kind *which(const char *word, const char *name)
{
	const struct kind *found = NULL;
	size_t i;

	for (i = 0; i < KINDS; i++) {
		if ((word && strcmp(word, kinds[i].name)) || !kinds[i].has(name))
			continue;
		if (found) {
			say("'%s' is a %s and a %s; say which, as in 'vbusctl show %s %s'", name,
			    found->name, kinds[i].name, found->name, name);
			return NULL;
		}
		found = &kinds[i];
	}
	if (!found)
		say("there is no %s '%s'; 'vbusctl list' shows everything", word ? word : "object",
		    printable(name));
	return found;
}

static bool is_kind(const char *word)
{
	size_t i;

	for (i = 0; i < KINDS; i++)
		if (!strcmp(word, kinds[i].name))
			return true;
	return false;
}

int cmd_show(int argc, char **argv)
{
	const char *word[2] = { NULL, NULL };
	bool json = false;
	const struct kind *k;
	int i, n = 0;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json"))
			json = true;
		else if (n < 2)
			word[n++] = argv[i];
		else
			n = 3;
	}
	if (!n || n > 2 || (n == 2 && !is_kind(word[0])))
		return usage("show takes NAME, or one of bus, device, client, class, connector "
			     "and NAME");
	k = which(n == 2 ? word[0] : NULL, word[n - 1]);
	return k ? show(k, word[n - 1], json) : RC_FAILED;
}
