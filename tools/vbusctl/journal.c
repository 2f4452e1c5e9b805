// SPDX-License-Identifier: GPL-2.0
/*
 * What a restore did, so that it can be undone: at once when a step fails, or by the next vbusctl
 * when this one was killed.
 *
 * A line is written before its step, so the last one may tell of something that did not happen;
 * undoing is harmless then. The kernel's state does not outlive a boot, and a journal of another
 * boot is thrown away.
 *
 *	device NAME			it was made
 *	type DEVICE			it existed, without a type
 *	set DEVICE ATTRIBUTE OLD	its value was OLD
 *	bus NAME
 *	limit BUS LIMIT OLD
 *	link BUS NAME
 *	attach BUS CONNECTOR CLIENT...	about to attach; these are there already
 *	client BUS CONNECTOR CLIENT	the attach above made this one
 *	cancel				the line above did not happen
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vbusctl.h"

#define HEADER		"vbus-journal 1"
#define BOOT_ID		"/proc/sys/kernel/random/boot_id"
#define JOURNAL_MAX	(64u << 20)

static int lock_fd = -1, journal_fd = -1;
static char **lines;
static size_t nlines, room;

static const char *run_dir(void)
{
	const char *dir = getenv("VBUS_RUN");

	return dir && *dir ? dir : "/run/vbus";
}

const char *journal_path(void)
{
	static char path[4096];

	snprintf(path, sizeof(path), "%s/journal", run_dir());
	return path;
}

/* ---- lock ------------------------------------------------------------------------------- */

bool journal_lock(bool must)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/lock", run_dir());
	if (mkdir(run_dir(), 0755) && errno != EEXIST && must) {
		say("cannot make %s, which holds the journal: %s", run_dir(), errname(errno));
		return false;
	}
	lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (lock_fd < 0) {
		if (must)
			say("cannot open %s: %s", path, errname(errno));
		return false;
	}
	if (flock(lock_fd, LOCK_EX | LOCK_NB)) {
		say("waiting for another vbusctl that is changing the set-up");
		if (flock(lock_fd, LOCK_EX)) {
			say("cannot lock %s: %s", path, errname(errno));
			journal_unlock();
			return false;
		}
	}
	return true;
}

void journal_unlock(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}

/* ---- lines ------------------------------------------------------------------------------ */

static void keep(const char *line)
{
	char **v;

	if (nlines == room) {
		room = room ? 2 * room : 64;
		v = realloc(lines, room * sizeof(*v));
		if (!v) {
			say("out of memory");
			abort();	/* as good as a crash: the next start undoes it */
		}
		lines = v;
	}
	lines[nlines++] = xstrdup(line);
}

static void forget_last(void)
{
	if (nlines)
		free(lines[--nlines]);
}

static void forget_all(void)
{
	while (nlines)
		forget_last();
}

static bool begins(const char *line, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(line, word, len) && line[len] == ' ';
}

/* What a line means for those kept so far. */
static void take(const char *line)
{
	if (!strcmp(line, "cancel")) {
		forget_last();
		return;
	}
	if (begins(line, "client") && nlines && begins(lines[nlines - 1], "attach"))
		forget_last();
	keep(line);
}

static int append(const char *line)
{
	size_t len = strlen(line);
	char *text = xalloc(len + 2);
	ssize_t n;

	memcpy(text, line, len);
	text[len] = '\n';
	n = write(journal_fd, text, len + 1);
	free(text);
	if (n != (ssize_t)len + 1) {
		say("cannot write %s: %s", journal_path(), n < 0 ? errname(errno) : "short write");
		return -EIO;
	}
	take(line);
	return 0;
}

static void boot_id(char *out, size_t size)
{
	FILE *f = fopen(BOOT_ID, "r");

	snprintf(out, size, "unknown");
	if (f) {
		if (fgets(out, size, f))
			out[strcspn(out, "\n")] = 0;
		fclose(f);
	}
}

int journal_begin(void)
{
	char header[160], id[128];
	ssize_t n;

	forget_all();
	journal_fd = open(journal_path(),
			  O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (journal_fd < 0) {
		say("cannot make %s: %s", journal_path(), errname(errno));
		return -EIO;
	}
	boot_id(id, sizeof(id));
	n = snprintf(header, sizeof(header), HEADER " %s\n", id);
	if (write(journal_fd, header, n) != n) {
		say("cannot write %s: %s", journal_path(), errname(errno));
		journal_end();
		return -EIO;
	}
	return 0;
}

int journal_note(const char *fmt, ...)
{
	va_list ap;
	char *line;
	int ret;

	va_start(ap, fmt);
	ret = vasprintf(&line, fmt, ap);
	va_end(ap);
	if (ret < 0)
		return -ENOMEM;
	ret = append(line);
	free(line);
	return ret;
}

int journal_cancel(void)
{
	return append("cancel");
}

void journal_end(void)
{
	if (journal_fd >= 0)
		close(journal_fd);
	journal_fd = -1;
	if (unlink(journal_path()) && errno != ENOENT)
		say("cannot remove %s: %s", journal_path(), errname(errno));
	forget_all();
}

/* ---- undoing ---------------------------------------------------------------------------- */

static bool exists(struct path p)
{
	return fs_mode(&p);
}

static bool equals(struct path p, const char *value)
{
	char now[VALUE_SIZE];

	return sys_text(now, sizeof(now), p) && !strcmp(now, value);
}

/* What this journal made goes altogether; there is nothing to put back in it. */
static bool made_here(const char *kind, const char *name)
{
	size_t len = strlen(kind), i;

	for (i = 0; i < nlines; i++)
		if (begins(lines[i], kind) && !strcmp(lines[i] + len + 1, name))
			return true;
	return false;
}

static int undo_device(char **w)
{
	return exists(cfg("devices/%s", w[0])) ? act_remove_device(w[0]) : 0;
}

/* A type cannot be taken back; a device can. */
static int undo_type(char **w)
{
	int ret;

	if (made_here("device", w[0]))
		return 0;
	ret = undo_device(w);
	return ret ? ret : act_make_device(w[0]);
}

static int undo_set(char **w)
{
	if (made_here("device", w[0]) || !exists(sysp("devices/%s/%s", w[0], w[1])) ||
	    equals(sysp("devices/%s/%s", w[0], w[1]), w[2]))
		return 0;
	return act_set(w[0], w[1], w[2]);
}

static int undo_bus(char **w)
{
	return exists(cfg("instances/%s", w[0])) ? act_remove_bus(w[0]) : 0;
}

static int undo_limit(char **w)
{
	if (made_here("bus", w[0]) || !exists(sysp("instances/%s/limits/%s", w[0], w[1])) ||
	    equals(sysp("instances/%s/limits/%s", w[0], w[1]), w[2]))
		return 0;
	return act_limit(w[0], w[1], w[2]);
}

static int undo_link(char **w)
{
	return exists(cfg("instances/%s/%s", w[0], w[1])) ? act_unlink(w[0], w[1]) : 0;
}

static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	const char *p = list;

	while ((p = strstr(p, name))) {
		if ((p == list || p[-1] == ' ') && (!p[len] || p[len] == ' '))
			return true;
		p += len;
	}
	return false;
}

/* Killed between attaching and noting the client's name: it is the one that was not there. */
static int undo_attach(char **w)
{
	struct names now = { 0 };
	char conn[NAME_SIZE];
	int ret = 0, r;
	size_t i;

	sys_clients(w[0], &now);
	for (i = 0; i < now.n; i++) {
		if (listed(w[2], now.v[i]) || !sys_connector_of(w[0], now.v[i], conn) ||
		    strcmp(conn, w[1]))
			continue;
		r = act_detach(w[1], now.v[i]);
		ret = ret ? ret : r;
	}
	names_free(&now);
	return ret;
}

static int undo_client(char **w)
{
	return exists(sysp("instances/%s/clients/%s", w[0], w[2])) ? act_detach(w[1], w[2]) : 0;
}

static const struct {
	const char *word;
	int args;	/* the last one is the rest of the line and may be empty */
	int (*undo)(char **w);
} forms[] = {
	{ "device", 1, undo_device }, { "type", 1, undo_type }, { "set", 3, undo_set },
	{ "bus", 1, undo_bus }, { "limit", 3, undo_limit }, { "link", 2, undo_link },
	{ "attach", 3, undo_attach }, { "client", 3, undo_client },
};

static int undo_line(const char *line)
{
	char *copy = xstrdup(line), *at = copy, *word = strsep(&at, " "), *w[3];
	int ret = -EINVAL, n;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++)
		if (!strcmp(word, forms[i].word))
			break;
	if (i < ARRAY_SIZE(forms)) {
		for (n = 0; n < forms[i].args; n++) {
			w[n] = n == forms[i].args - 1 ? at : strsep(&at, " ");
			w[n] = w[n] ? w[n] : at ? at : copy + strlen(line);
		}
		ret = name_ok(w[0]) && (n < 2 || (!strchr(w[1], '/') && strcmp(w[1], ".."))) ?
		      forms[i].undo(w) : -EINVAL;
	}
	if (ret == -EINVAL)
		say("cannot undo '%s'", printable(line));
	free(copy);
	return ret;
}

/* Backwards. What fails stays, everything else goes. */
int journal_undo(void)
{
	int ret = 0;
	size_t i;

	act_patient = true;
	for (i = nlines; i-- > 0;)
		if (undo_line(lines[i]))
			ret = -EIO;
	act_patient = false;
	return ret;
}

/* ---- after a crash ---------------------------------------------------------------------- */

/* A line without its newline was being written: its step had not begun. */
static bool load(FILE *f)
{
	char id[128], header[160], *line = NULL;
	bool mine = false, first = true;
	size_t size = 0;
	ssize_t n;

	boot_id(id, sizeof(id));
	snprintf(header, sizeof(header), HEADER " %s", id);
	while ((n = getline(&line, &size, f)) > 0 && line[n - 1] == '\n') {
		line[n - 1] = 0;
		if (first)
			mine = !strcmp(line, header);
		else if (mine)
			take(line);
		first = false;
	}
	free(line);
	return mine;
}

int journal_recover(void)
{
	int fd = open(journal_path(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW), ret = 0;
	struct stat st;
	FILE *f;

	if (fd < 0)
		return 0;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > JOURNAL_MAX) {
		say("%s is no journal of vbusctl; remove it", journal_path());
		close(fd);
		return -EIO;
	}
	f = fdopen(fd, "r");
	forget_all();
	if (f && load(f)) {
		say("an earlier restore did not finish; undoing its %zu steps", nlines);
		ret = journal_undo();
	}
	if (f)
		fclose(f);
	if (ret)
		say("not all of it could be undone; put it right and try again, "
		    "or remove %s to leave it as it is", journal_path());
	else
		journal_end();
	forget_all();
	return ret;
}
