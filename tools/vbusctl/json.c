// SPDX-License-Identifier: GPL-2.0
/* Objects as JSON. Values stay strings, as the files have them; counters are numbers. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vbusctl.h"

static void put(json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_object_new_string(value) : NULL);
}

/* A number where it is one, in full, and nothing but. */
static json_object *number_or_text(const char *text)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return json_object_new_uint64(n);
	return json_object_new_string(text);
}

static void put_file(json_object *o, const char *key, struct path p)
{
	char text[VALUE_SIZE];

	if (sys_text(text, sizeof(text), p))
		json_object_object_add(o, key, number_or_text(text));
}

/* Every readable file of a directory. */
static void add_files(json_object *o, struct path dir)
{
	struct names l = { 0 };
	size_t i;

	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		struct path p = path_of(dir.root, "%s/%s", dir.rel, l.v[i]);

		if (S_ISREG(fs_mode(&p)) && strcmp(l.v[i], "uevent"))
			put_file(o, l.v[i], p);
	}
	names_free(&l);
}

static json_object *files_of(struct path dir)
{
	json_object *o = json_object_new_object();

	add_files(o, dir);
	return o;
}

/* ---- devices ---------------------------------------------------------------------------- */

static bool add_attr(const struct attr *a, void *arg)
{
	put(arg, a->name, a->value);
	return true;
}

/* "../../../instances/BUS/devices/ID" */
static void add_place(json_object *places, const char *link)
{
	const char *bus = strstr(link, "/instances/"), *id = bus ? strstr(bus, "/devices/") : NULL;
	json_object *o;

	if (!id)
		return;
	bus += strlen("/instances/");
	o = json_object_new_object();
	json_object_object_add(o, "bus", json_object_new_string_len(bus, id - bus));
	json_object_object_add(o, "id", number_or_text(id + strlen("/devices/")));
	json_object_array_add(places, o);
}

json_object *json_device(const char *dev)
{
	struct path dir = sysp("devices/%s/interfaces", dev);
	json_object *o = json_object_new_object(), *attrs = json_object_new_object();
	json_object *places = json_object_new_array();
	char class[NAME_SIZE], link[512];
	struct names l = { 0 };
	size_t i;

	put(o, "name", dev);
	put(o, "class", sys_class_of(dev, class) ? class : NULL);
	sys_each_attr(dev, add_attr, attrs);
	json_object_object_add(o, "attributes", attrs);
	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		struct path p = sysp("devices/%s/interfaces/%s", dev, l.v[i]);

		if (!fs_readlink(&p, link, sizeof(link)))
			add_place(places, link);
	}
	json_object_object_add(o, "interfaces", places);
	names_free(&l);
	return o;
}

/* ---- buses ------------------------------------------------------------------------------ */

static json_object *port(const char *bus, const char *client, const char *id)
{
	struct path dir = sysp("instances/%s/clients/%s/ports/%s", bus, client, id);
	json_object *o = files_of(dir), *queues = json_object_new_object();
	struct names l = { 0 };
	size_t i;

	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		struct path p = path_of(dir.root, "%s/%s", dir.rel, l.v[i]);

		if (S_ISDIR(fs_mode(&p)))
			json_object_object_add(queues, l.v[i], files_of(p));
	}
	json_object_object_add(o, "queues", queues);
	names_free(&l);
	return o;
}

json_object *json_client(const char *bus, const char *client)
{
	struct path dir = sysp("instances/%s/clients/%s/ports", bus, client);
	json_object *o = json_object_new_object(), *ports = json_object_new_object();
	struct names l = { 0 };
	size_t i;

	put(o, "name", client);
	put(o, "bus", bus);
	add_files(o, sysp("instances/%s/clients/%s", bus, client));
	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++)
		json_object_object_add(ports, l.v[i], port(bus, client, l.v[i]));
	json_object_object_add(o, "ports", ports);
	names_free(&l);
	return o;
}

static json_object *place(const char *bus, const char *id)
{
	struct path p = sysp("instances/%s/devices/%s/device", bus, id);
	json_object *o = json_object_new_object();
	char link[512], *slash;

	json_object_object_add(o, "id", number_or_text(id));
	put_file(o, "type", sysp("instances/%s/devices/%s/type", bus, id));
	if (!fs_readlink(&p, link, sizeof(link))) {
		slash = strrchr(link, '/');
		put(o, "device", slash ? slash + 1 : link);
	}
	return o;
}

/* Process numbers, with the names that only root gets to see. */
static json_object *members(const char *bus)
{
	struct path dir = sysp("instances/%s/members", bus);
	json_object *o = json_object_new_object();
	char comm[VALUE_SIZE];
	struct names l = { 0 };
	size_t i;

	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		sys_text(comm, sizeof(comm), sysp("instances/%s/members/%s", bus, l.v[i]));
		put(o, l.v[i], comm);
	}
	names_free(&l);
	return o;
}

json_object *json_bus(const char *bus)
{
	struct path dir = sysp("instances/%s/devices", bus);
	json_object *o = json_object_new_object(), *a = json_object_new_array();
	struct names l = { 0 };
	size_t i;

	put(o, "name", bus);
	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++)
		json_object_array_add(a, place(bus, l.v[i]));
	json_object_object_add(o, "devices", a);
	names_free(&l);
	a = json_object_new_array();
	sys_clients(bus, &l);
	for (i = 0; i < l.n; i++)
		json_object_array_add(a, json_client(bus, l.v[i]));
	json_object_object_add(o, "clients", a);
	names_free(&l);
	json_object_object_add(o, "members", members(bus));
	json_object_object_add(o, "limits", files_of(sysp("instances/%s/limits", bus)));
	return o;
}

/* ---- classes, connectors ---------------------------------------------------------------- */

json_object *json_class(const char *class)
{
	json_object *o = json_object_new_object();

	put(o, "name", class);
	return o;
}

json_object *json_connector(const char *conn)
{
	json_object *o = json_object_new_object();

	put(o, "name", conn);
	json_object_object_add(o, "attaches_by_name",
			       json_object_new_boolean(sys_attaches_by_name(conn)));
	return o;
}

int json_print(json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	return RC_OK;
}
