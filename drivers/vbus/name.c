// SPDX-License-Identifier: GPL-2.0
/*
 * Names an administrator may give.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/string.h>
#include "core.h"

static bool name_chars_ok(const char *name, const char *others)
{
	if (!isascii(*name) || !isalnum(*name))
		return false;
	while (*++name)
		if (!isascii(*name) || (!isalnum(*name) && !strchr(others, *name)))
			return false;
	return true;
}

/* Names of buses, devices and clients. "0" would read as "leave" in /proc/<pid>/vbus. */
bool vbus_name_ok(const char *name)
{
	return strnlen(name, VBUS_NAME_SIZE) < VBUS_NAME_SIZE && strcmp(name, "0") &&
	       name_chars_ok(name, "._-");
}
EXPORT_SYMBOL_GPL(vbus_name_ok);

/* Names of classes end up in a module alias, so no globbing characters and no dots. */
bool vbus_class_name_ok(const char *name)
{
	return strnlen(name, VBUS_TYPE_SIZE) < VBUS_TYPE_SIZE && name_chars_ok(name, "_-");
}
