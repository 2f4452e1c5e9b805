// SPDX-License-Identifier: GPL-2.0
/*
 * Files below the roots.
 *
 * A path is a root and components. Each component is opened by itself, without following links, so
 * that nothing that is read from a file or from the system leads out of the root. The one
 * exception is ROOT_PROXY, whose entries are links the kernel made; it is only read.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vbusctl.h"

static char roots[ROOTS][PATH_MAX];

/* ---- roots ------------------------------------------------------------------------------ */

static bool configfs_mount(char *out, size_t size)
{
	FILE *f = setmntent("/proc/self/mounts", "r");
	struct mntent *m;
	bool found = false;

	while (f && !found && (m = getmntent(f))) {
		found = !strcmp(m->mnt_type, "configfs");
		if (found)
			snprintf(out, size, "%s", m->mnt_dir);
	}
	if (f)
		endmntent(f);
	return found;
}

static void set_root(enum root root, const char *dir, const char *below)
{
	char whole[PATH_MAX];

	if (!realpath(dir, whole))
		snprintf(whole, sizeof(whole), "%s", dir);
	if (snprintf(roots[root], PATH_MAX, "%s%s", whole, below) >= PATH_MAX)
		roots[root][0] = 0;
}

static int no_core(void)
{
	say("%s is not there: vbus is not loaded. 'modprobe vbus' loads it.", roots[ROOT_SYS]);
	return -ENODEV;
}

int fs_roots(void)
{
	const char *config = getenv("VBUS_CONFIGFS"), *sys = getenv("VBUS_SYSFS");
	const char *proc = getenv("VBUS_PROCFS");
	char mount[PATH_MAX];

	if (!sys || !*sys)
		sys = "/sys";
	set_root(ROOT_SYS, sys, "/vbus");
	set_root(ROOT_PROXY, sys, "/bus/vbus-proxy/devices");
	set_root(ROOT_PROC, proc && *proc ? proc : "/proc", "");
	roots[ROOT_CONFIG][0] = 0;
	if (config && *config)
		set_root(ROOT_CONFIG, config, "/vbus");
	else if (configfs_mount(mount, sizeof(mount)))
		set_root(ROOT_CONFIG, mount, "/vbus");
	return access(roots[ROOT_SYS], F_OK) ? no_core() : 0;
}

const char *fs_root(enum root root)
{
	return roots[root][0] ? roots[root] : "<no configfs>/vbus";
}

bool fs_have(enum root root)
{
	return roots[root][0] && !access(roots[root], F_OK);
}

bool fs_need_config(void)
{
	if (fs_have(ROOT_CONFIG))
		return true;
	say("%s is not there: is configfs mounted? (mount -t configfs configfs %s)",
	    fs_root(ROOT_CONFIG), "/sys/kernel/config");
	return false;
}

/* ---- paths ------------------------------------------------------------------------------ */

struct path path_of(enum root root, const char *fmt, ...)
{
	struct path p = { .root = root };
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(p.rel, sizeof(p.rel), fmt, ap) >= (int)sizeof(p.rel))
		strcpy(p.rel, "..");	/* refused by walk() */
	va_end(ap);
	return p;
}

const char *path_text(const struct path *p)
{
	static char ring[4][PATH_MAX + 512];
	static unsigned int next;
	char *out = ring[next++ % 4];

	snprintf(out, sizeof(ring[0]), "%s/%s", fs_root(p->root), p->rel);
	return out;
}

static int step_into(int dir, const char *name, bool follow)
{
	int fd;

	if (!strcmp(name, "..") || !strcmp(name, ".") || !*name) {
		close(dir);
		return -EINVAL;
	}
	fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0)
		fd = errno == ELOOP ? -ENOTDIR : -errno;
	close(dir);
	return fd;
}

/* Opens the directory that holds the last component, which is left in @last. */
static int walk(const struct path *p, char last[NAME_MAX + 1])
{
	char rel[sizeof(p->rel)], *at = rel, *slash;
	int dir;

	strcpy(rel, p->rel);
	if (!roots[p->root][0])
		return -ENODEV;
	dir = open(roots[p->root], O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -errno;
	while ((slash = strchr(at, '/'))) {
		*slash = 0;
		dir = step_into(dir, at, p->root == ROOT_PROXY);
		if (dir < 0)
			return dir;
		at = slash + 1;
	}
	if (!strcmp(at, "..") || !strcmp(at, ".") || strlen(at) > NAME_MAX) {
		close(dir);
		return -EINVAL;
	}
	strcpy(last, *at ? at : ".");
	return dir;
}

static int open_at(const struct path *p, int flags)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last), fd;

	if (dir < 0)
		return dir;
	if (p->root != ROOT_PROXY)
		flags |= O_NOFOLLOW;
	fd = openat(dir, last, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		fd = -errno;
	close(dir);
	return fd;
}

/* ---- reading ---------------------------------------------------------------------------- */

int fs_list(const struct path *p, struct names *out)
{
	int fd = open_at(p, O_RDONLY | O_DIRECTORY);
	struct dirent *d;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			names_add(out, d->d_name);
	closedir(dir);
	names_sort(out);
	return 0;
}

/* The text of a file without the newline at its end. */
ssize_t fs_read(const struct path *p, char *buf, size_t size)
{
	int fd = open_at(p, O_RDONLY);
	size_t len = 0;
	ssize_t n;

	buf[0] = 0;
	if (fd < 0)
		return fd;
	do {
		n = read(fd, buf + len, size - 1 - len);
		if (n > 0)
			len += n;
	} while (n > 0 && len < size - 1);
	n = n < 0 ? -errno : (ssize_t)len;
	close(fd);
	if (n < 0)
		len = 0;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = 0;
	return n < 0 ? n : (ssize_t)len;
}

int fs_readlink(const struct path *p, char *buf, size_t size)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last);
	ssize_t n;

	buf[0] = 0;
	if (dir < 0)
		return dir;
	n = readlinkat(dir, last, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(dir);
	buf[n < 0 ? 0 : n] = 0;
	return n < 0 ? n : 0;
}

mode_t fs_mode(const struct path *p)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last);
	struct stat st;

	if (dir < 0)
		return 0;
	if (fstatat(dir, last, &st, p->root == ROOT_PROXY ? 0 : AT_SYMLINK_NOFOLLOW))
		st.st_mode = 0;
	close(dir);
	return st.st_mode;
}

/* ---- changing --------------------------------------------------------------------------- */

static int real_mkdir(const struct path *p)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last), ret;

	if (dir < 0)
		return dir;
	ret = mkdirat(dir, last, 0755) ? -errno : 0;
	close(dir);
	return ret;
}

static int remove_at(const struct path *p, int flags)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last), ret;

	if (dir < 0)
		return dir;
	ret = unlinkat(dir, last, flags) ? -errno : 0;
	close(dir);
	return ret;
}

static int real_rmdir(const struct path *p)
{
	return remove_at(p, AT_REMOVEDIR);
}

static int real_unlink(const struct path *p)
{
	return remove_at(p, 0);
}

/* configfs resolves the target at once, so it must be absolute. */
static int real_symlink(const struct path *p, const struct path *target)
{
	char last[NAME_MAX + 1];
	int dir = walk(p, last), ret;

	if (dir < 0)
		return dir;
	ret = symlinkat(path_text(target), dir, last) ? -errno : 0;
	close(dir);
	return ret;
}

/* One write() is one store. */
static int real_write(const struct path *p, const char *value)
{
	char line[VALUE_SIZE + 1];
	int fd, len, ret = 0;
	ssize_t n;

	len = snprintf(line, sizeof(line), "%s\n", value);
	if (len >= (int)sizeof(line))
		return -EINVAL;
	fd = open_at(p, O_WRONLY);
	if (fd < 0)
		return fd;
	n = write(fd, line, len);
	if (n != len)
		ret = n < 0 ? -errno : -EIO;
	close(fd);
	return ret;
}

const struct fs_ops fs_real_ops = {
	.mkdir = real_mkdir,
	.rmdir = real_rmdir,
	.symlink = real_symlink,
	.unlink = real_unlink,
	.write = real_write,
};

const struct fs_ops *fs = &fs_real_ops;
