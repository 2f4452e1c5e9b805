// SPDX-License-Identifier: GPL-2.0
/* The system as it is. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vbusctl.h"

/* Names the kernel shows; whatever else may lie there is none of ours. */
static int list_names(struct path p, struct names *out, bool (*ok)(const char *name))
{
	struct names all = { 0 };
	int ret = fs_list(&p, &all);
	size_t i;

	for (i = 0; !ret && i < all.n; i++)
		if (ok(all.v[i]))
			names_add(out, all.v[i]);
	names_free(&all);
	return ret;
}

/* configfs knows devices without a type too; without it, sysfs has to do. */
int sys_devices(struct names *out)
{
	return list_names(fs_have(ROOT_CONFIG) ? cfg("devices") : sysp("devices"), out, name_ok);
}

int sys_buses(struct names *out)
{
	return list_names(fs_have(ROOT_CONFIG) ? cfg("instances") : sysp("instances"), out,
			  name_ok);
}

int sys_classes(struct names *out)
{
	return list_names(sysp("deviceclass"), out, word_ok);
}

int sys_connectors(struct names *out)
{
	return list_names(sysp("connectors"), out, name_ok);
}

int sys_clients(const char *bus, struct names *out)
{
	return list_names(sysp("instances/%s/clients", bus), out, name_ok);
}

bool sys_text(char *buf, size_t size, struct path p)
{
	return fs_read(&p, buf, size) >= 0;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool link_part(struct path p, char out[NAME_SIZE])
{
	char link[512];

	out[0] = 0;
	if (fs_readlink(&p, link, sizeof(link)) || strlen(last_part(link)) >= NAME_SIZE)
		return false;
	strcpy(out, last_part(link));
	return true;
}

bool sys_class_of(const char *dev, char class[NAME_SIZE])
{
	char text[VALUE_SIZE];

	if (link_part(sysp("devices/%s/class", dev), class) && word_ok(class))
		return true;
	class[0] = 0;
	if (!sys_text(text, sizeof(text), cfg("devices/%s/type", dev)) || !word_ok(text))
		return false;
	strcpy(class, text);
	return true;
}

bool sys_connector_of(const char *bus, const char *client, char conn[NAME_SIZE])
{
	char text[VALUE_SIZE];

	conn[0] = 0;
	if (!sys_text(text, sizeof(text), sysp("instances/%s/clients/%s/connector", bus, client)) ||
	    !name_ok(text))
		return false;
	strcpy(conn, text);
	return true;
}

bool sys_attaches_by_name(const char *conn)
{
	struct path p = sysp("connectors/%s/attach", conn);

	return S_ISREG(fs_mode(&p));
}

/* ---- attributes ------------------------------------------------------------------------- */

static bool read_attr(const char *dev, const char *name, struct attr *a)
{
	struct path p = sysp("devices/%s/%s", dev, name);
	mode_t mode = fs_mode(&p);

	if (!word_ok(name) || !S_ISREG(mode) || !strcmp(name, "uevent"))
		return false;
	if (fs_read(&p, a->value, sizeof(a->value)) < 0)
		return false;
	strcpy(a->name, name);
	a->writable = mode & 0200;
	return true;
}

void sys_each_attr(const char *dev, bool (*fn)(const struct attr *a, void *arg), void *arg)
{
	struct path p = sysp("devices/%s", dev);
	struct names files = { 0 };
	struct attr a;
	size_t i;

	fs_list(&p, &files);
	for (i = 0; i < files.n; i++)
		if (read_attr(dev, files.v[i], &a) && !fn(&a, arg))
			break;
	names_free(&files);
}

/* ---- links ------------------------------------------------------------------------------ */

/* Which of its interfaces a device has at @id of @bus. */
static long iface_at(const char *dev, const char *bus, long id)
{
	struct path dir = sysp("devices/%s/interfaces", dev);
	char tail[NAME_SIZE + 64], link[512];
	struct names l = { 0 };
	long found = -1;
	size_t i;

	snprintf(tail, sizeof(tail), "/instances/%s/devices/%ld", bus, id);
	fs_list(&dir, &l);
	for (i = 0; i < l.n && found < 0; i++) {
		struct path p = sysp("devices/%s/interfaces/%s", dev, l.v[i]);
		size_t len;

		if (fs_readlink(&p, link, sizeof(link)))
			continue;
		len = strlen(link);
		if (len >= strlen(tail) && !strcmp(link + len - strlen(tail), tail))
			found = strtol(l.v[i], NULL, 10);
	}
	names_free(&l);
	return found;
}

static struct sys_link *unplaced(struct sys_link *v, size_t n, const char *dev)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].id < 0 && !strcmp(v[i].dev, dev))
			return &v[i];
	return NULL;
}

static int by_id(const void *x, const void *y)
{
	const struct sys_link *a = x, *b = y;
	unsigned long i = a->id, j = b->id;	/* -1 is last */

	return (i > j) - (i < j);
}

static size_t configured_links(const char *bus, struct sys_link *v, const struct names *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++) {
		if (!name_ok(l->v[i]) ||
		    !link_part(cfg("instances/%s/%s", bus, l->v[i]), v[n].dev) ||
		    !name_ok(v[n].dev))
			continue;
		snprintf(v[n].bus, NAME_SIZE, "%s", bus);
		snprintf(v[n].name, NAME_SIZE, "%s", l->v[i]);
		v[n].id = v[n].iface = -1;
		n++;
	}
	return n;
}

/*
 * configfs has the links, sysfs their order. A device may show several ports through one link, so
 * the first id of a device belongs to its first link.
 */
size_t sys_links(const char *bus, struct sys_link **out)
{
	struct path links = cfg("instances/%s", bus), ids = sysp("instances/%s/devices", bus);
	struct names l = { 0 }, places = { 0 };
	char dev[NAME_SIZE];
	size_t i, n;

	fs_list(&links, &l);
	fs_list(&ids, &places);
	*out = xalloc((l.n + 1) * sizeof(**out));
	n = configured_links(bus, *out, &l);
	for (i = 0; i < places.n; i++) {
		struct sys_link *link;

		if (!link_part(sysp("instances/%s/devices/%s/device", bus, places.v[i]), dev))
			continue;
		link = unplaced(*out, n, dev);
		if (!link)
			continue;
		link->id = strtol(places.v[i], NULL, 10);
		link->iface = iface_at(dev, bus, link->id);
	}
	qsort(*out, n, sizeof(**out), by_id);
	names_free(&l);
	names_free(&places);
	return n;
}
