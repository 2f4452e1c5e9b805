/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vbusctl: the administrator's tool of vbus.
 *
 * It knows nothing but files: configfs to make and link things, sysfs to look at them and set
 * their attributes. It runs no other program, except that run becomes one. Everything that changes the system goes through
 * act.c, everything that reads it through sys.c, and both through fs.c, which never leaves the two
 * roots and follows no link. setup.c (the save file) is pure: text in, statements out.
 */
#ifndef VBUSCTL_H
#define VBUSCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "setup.h"

#define VBUSCTL_VERSION	"0.1"

/* Exit codes, part of the contract (vbusctl.8). */
enum { RC_OK = 0, RC_FAILED = 1, RC_USAGE = 2 };

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(f, a)	__attribute__((format(printf, f, a)))

/* main.c */
int vbusctl_main(int argc, char **argv);

/* say.c: words for people */
void say(const char *fmt, ...) __printf(1, 2);
int usage(const char *fmt, ...) __printf(1, 2);
const char *errname(int err);
const char *printable(const char *text);
void *xalloc(size_t bytes);
char *xstrdup(const char *s);

/* names.c: a sorted list of names */
struct names {
	char **v;
	size_t n;
};

void names_add(struct names *l, const char *name);
void names_sort(struct names *l);
bool names_has(const struct names *l, const char *name);
void names_free(struct names *l);

/* fs.c: files below the two roots */
enum root { ROOT_CONFIG, ROOT_SYS, ROOT_PROXY, ROOT_PROC, ROOTS };

struct path {
	enum root root;
	char rel[448];	/* components joined by '/', none of them "." or ".." */
};

#define VALUE_SIZE	4097	/* a page of text and its end */

/* What changes the system. A test puts its own table here to play the kernel. */
struct fs_ops {
	int (*mkdir)(const struct path *p);
	int (*rmdir)(const struct path *p);
	int (*symlink)(const struct path *p, const struct path *target);
	int (*unlink)(const struct path *p);
	int (*write)(const struct path *p, const char *value);
};

extern const struct fs_ops fs_real_ops;
extern const struct fs_ops *fs;

struct path path_of(enum root root, const char *fmt, ...) __printf(2, 3);
#define cfg(...)	path_of(ROOT_CONFIG, __VA_ARGS__)
#define sysp(...)	path_of(ROOT_SYS, __VA_ARGS__)
const char *path_text(const struct path *p);	/* for messages; a few at a time */
int fs_roots(void);				/* find them; 0 or -errno */
const char *fs_root(enum root root);
bool fs_have(enum root root);
bool fs_need_config(void);			/* says so if it is not there */
int fs_list(const struct path *p, struct names *out);
ssize_t fs_read(const struct path *p, char *buf, size_t size);
int fs_readlink(const struct path *p, char *buf, size_t size);
mode_t fs_mode(const struct path *p);		/* 0: not there */

/* sys.c: the system as it is */
#define NAME_SIZE	65

int sys_devices(struct names *out);
int sys_buses(struct names *out);
int sys_classes(struct names *out);
int sys_connectors(struct names *out);
int sys_clients(const char *bus, struct names *out);
bool sys_class_of(const char *dev, char class[NAME_SIZE]);
bool sys_connector_of(const char *bus, const char *client, char conn[NAME_SIZE]);
bool sys_attaches_by_name(const char *conn);
bool sys_text(char *buf, size_t size, struct path p);	/* "" and false if unreadable */

struct attr {
	char name[NAME_SIZE];
	char value[VALUE_SIZE];
	bool writable;
};

/* each attribute of a device in turn; stops when @fn returns false */
void sys_each_attr(const char *dev, bool (*fn)(const struct attr *a, void *arg), void *arg);

struct sys_link {
	char bus[NAME_SIZE], dev[NAME_SIZE], name[NAME_SIZE];
	long id;	/* on the bus; -1: not to be seen there */
	long iface;	/* of the device; -1: none */
};

/* links of a bus in the order of their ids */
size_t sys_links(const char *bus, struct sys_link **out);

/* act.c: one function for each change; 0, or -errno after telling why */
extern bool act_patient;	/* removing waits a little where it is EBUSY */
int act_make_device(const char *dev);
int act_remove_device(const char *dev);
int act_type(const char *dev, const char *class);
int act_set(const char *dev, const char *attr, const char *value);
int act_make_bus(const char *bus);
int act_remove_bus(const char *bus);
int act_limit(const char *bus, const char *limit, const char *value);
int act_link(const char *bus, const char *dev, const char *name);
int act_unlink(const char *bus, const char *name);
int act_attach(const char *bus, const char *conn, char client[NAME_SIZE]);
int act_detach(const char *conn, const char *client);
int act_join(const char *bus);	/* for this process and those it makes */

/* hint.c */
enum act {
	ACT_MAKE, ACT_REMOVE_DEVICE, ACT_REMOVE_BUS, ACT_TYPE, ACT_SET, ACT_LIMIT, ACT_LINK,
	ACT_UNLINK, ACT_ATTACH, ACT_DETACH, ACT_JOIN,
};

const char *hint(enum act act, int err);

/* journal.c: what a restore did, so that it can be undone */
bool journal_lock(bool must);	/* one changing vbusctl at a time */
int journal_recover(void);	/* under the lock: undo what a crash left; 0 or -EIO */
void journal_unlock(void);
int journal_begin(void);
int journal_note(const char *fmt, ...) __printf(1, 2);	/* before each step */
int journal_cancel(void);				/* the step did not happen */
int journal_undo(void);					/* 0, or -EIO if something stays */
void journal_end(void);
const char *journal_path(void);

/* json.c */
struct json_object;
struct json_object *json_bus(const char *bus);
struct json_object *json_device(const char *dev);
struct json_object *json_class(const char *class);
struct json_object *json_connector(const char *conn);
struct json_object *json_client(const char *bus, const char *client);
int json_print(struct json_object *o);	/* and drop it */

/* one per file of that name */
int cmd_tree(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_create(int argc, char **argv);
int cmd_destroy(int argc, char **argv);
int cmd_attach(int argc, char **argv);
int cmd_detach(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_stats(int argc, char **argv);
int cmd_save(int argc, char **argv);
int cmd_restore(int argc, char **argv);

#endif
