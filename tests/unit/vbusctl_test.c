// SPDX-License-Identifier: GPL-2.0
/*
 * vbusctl against a fake tree: its commands, its messages, and restore being all or nothing
 * wherever it fails or dies.
 *
 * unit-sources: tools/vbusctl/setup.c tools/vbusctl/say.c tools/vbusctl/names.c tools/vbusctl/fs.c
 * unit-sources: tools/vbusctl/sys.c tools/vbusctl/act.c tools/vbusctl/hint.c tools/vbusctl/tree.c
 * unit-sources: tools/vbusctl/list.c tools/vbusctl/show.c tools/vbusctl/json.c
 * unit-sources: tools/vbusctl/change.c tools/vbusctl/run.c tools/vbusctl/stats.c tools/vbusctl/save.c
 * unit-sources: tools/vbusctl/restore.c tools/vbusctl/journal.c tools/vbusctl/main.c
 * unit-flags: -isystem /usr/include/json-c -Wl,--no-as-needed -ljson-c
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <fcntl.h>
#include <json.h>
#include <sys/wait.h>

#include "vbusctl_fake.h"

static char out[1 << 16], err[1 << 16];

/* ---- running the tool ------------------------------------------------------------------- */

static void load(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	buf[n] = 0;
	if (f)
		fclose(f);
}

static int split(char *line, char **argv)
{
	int n = 0;

	argv[n++] = "vbusctl";
	for (line = strtok(line, " "); line; line = strtok(NULL, " "))
		argv[n++] = line;
	argv[n] = NULL;
	return n;
}

/* In a process of its own; returns its exit code, or minus the signal that killed it. */
__attribute__((format(printf, 1, 2)))
static int run(const char *fmt, ...)
{
	char line[1024], *argv[32];
	va_list ap;
	int status, argc;
	pid_t pid;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	argc = split(line, argv);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (!freopen(at("out"), "w", stdout) || !freopen(at("err"), "w", stderr))
			_exit(99);
		status = vbusctl_main(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	load(at("out"), out, sizeof(out));
	load(at("err"), err, sizeof(err));
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

#define run_ok(...)	assert_int_equal(run(__VA_ARGS__), 0)

static void assert_says(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' is not in: %s", words, text);
}

/* Everything below config and sys, as one string. */
static void snap_into(FILE *f, const char *rel)
{
	struct dirent **list;
	char text[512];
	int n, i;

	n = scandir(at("%s", rel), &list, NULL, alphasort);
	for (i = 0; i < n; i++) {
		char path[700];
		struct stat st;
		ssize_t len;

		snprintf(path, sizeof(path), "%.400s/%s", rel, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && !lstat(at("%s", path), &st)) {
			text[0] = 0;
			len = S_ISLNK(st.st_mode) ? readlink(at("%s", path), text, 511) : -1;
			if (len >= 0)
				text[len] = 0;
			else if (S_ISREG(st.st_mode))
				get_file(at("%s", path), text, sizeof(text));
			fprintf(f, "%s = %s\n", path, text);
			if (S_ISDIR(st.st_mode))
				snap_into(f, path);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static char *snap(void)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	snap_into(f, "config");
	snap_into(f, "sys");
	fclose(f);
	return text;
}

static void assert_snap(const char *want)
{
	char *now = snap();

	assert_string_equal(now, want);
	free(now);
}

static void trouble_at(enum fake_trouble what, int nr)
{
	fake_trouble = what;
	fake_at = nr;
	fake_count = 0;
}

static int setup(void **state)
{
	(void)state;
	fake_begin();
	trouble_at(FAKE_NONE, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_end();
	return 0;
}

/* ---- names and files -------------------------------------------------------------------- */

static void test_names(void **state)
{
	static const char *const good[] = { "a", "A9", "client-dev", "00", "0a", "x.y_z-1" };
	static const char *const bad[] = { "", "0", ".", "..", "-a", ".a", "_a", "a/b", "a b",
					   "a\n", "a\x7f", "\xc3\xa9", "a:b" };
	char longest[66] = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(name_ok(good[i]));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(name_ok(bad[i]));
	memset(longest, 'x', 64);
	assert_true(name_ok(longest));
	longest[64] = 'x';
	assert_false(name_ok(longest));
	assert_false(word_ok("a.b"));
}

static void test_bad_files(void **state)
{
	static const struct { const char *text; unsigned int line; const char *why; } bad[] = {
		{ "", 0, "empty" },
		{ "# nothing\n\n", 2, "empty" },
		{ "bus a\n", 1, "first statement" },
		{ "vbus 2\n", 1, "unknown version" },
		{ "vbus 1 2\n", 1, "first statement" },
		{ "vbus 1\nfrobnicate a\n", 2, "not a statement" },
		{ "vbus 1\ndevice a\n", 2, "at least 2" },
		{ "vbus 1\nbus a b\n", 2, "at most 1" },
		{ "vbus 1\nbus ../a\n", 2, "not a valid name" },
		{ "vbus 1\nbus 0\n", 2, "not a valid name" },
		{ "vbus 1\nbus a\nbus a\n", 3, "line 2 says this already" },
		{ "vbus 1\ndevice d t\nset d ../../x 1\n", 3, "not a valid word" },
		{ "vbus 1\ndevice d t\nset d a 1\nset d a 2\n", 4, "line 3" },
		{ "vbus 1\ndevice d ../t\n", 2, "not a valid word" },
		{ "vbus 1\nset d a 1\n", 2, "no 'device' statement" },
		{ "vbus 1\nbus b\nlink b d\n", 3, "no 'device' statement" },
		{ "vbus 1\ndevice d t\nlink b d\n", 3, "no 'bus' statement" },
		{ "vbus 1\nattach b loopback\n", 2, "no 'bus' statement" },
		{ "vbus 1\nbus b\ndevice d t\nlink b d ../x\n", 4, "not a valid name" },
		{ "vbus 1\nbus b\nlimit b sessions\n", 3, "takes a value" },
		{ "vbus 1\nbus a\x1b[2J\n", 2, "control character 0x1b" },
		{ "vbus 1\nbus a\r\n", 2, "control character 0x0d" },
	};
	struct setup_error e;
	struct setup s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(setup_parse(&s, bad[i].text, strlen(bad[i].text), &e), -1);
		setup_free(&s);
		if (e.line != bad[i].line || !strstr(e.why, bad[i].why))
			fail_msg("%s: line %u: %s", bad[i].text, e.line, e.why);
	}
	assert_int_equal(setup_parse(&s, "vbus 1\n\0bus a", 13, &e), -1);
	setup_free(&s);
}

static void test_good_file(void **state)
{
	static const char text[] =
		"  # made by hand\n\nvbus 1\nlink b d\n\tdevice d venet-tap\n"
		"set d note   two  words \nset d empty\nbus b\nlimit b sessions 5\n"
		"link b d again\nattach b loopback\nattach b loopback\ndevice typeless -";
	static const char printed[] =
		"vbus 1\nlink b d\ndevice d venet-tap\nset d note two  words\nset d empty\nbus b\n"
		"limit b sessions 5\nlink b d again\nattach b loopback\nattach b loopback\n"
		"device typeless -\n";
	struct setup_error e;
	struct setup s;
	char *again;
	size_t size;
	FILE *f;

	(void)state;
	assert_int_equal(setup_parse(&s, text, strlen(text), &e), 0);
	f = open_memstream(&again, &size);
	setup_print(&s, f);
	fclose(f);
	assert_string_equal(again, printed);
	setup_free(&s);
	free(again);
}

/* ---- commands --------------------------------------------------------------------------- */

static void make_pair(void)
{
	run_ok("create device client-dev --type venet-tap mtu=9000 enabled=1 queues=2");
	run_ok("create bus client-bus");
	run_ok("attach device client-dev client-bus");
	run_ok("create device wire --type=venet-loop");
	run_ok("create bus a");
	run_ok("create bus z");
	run_ok("attach device wire z");
	run_ok("create device plain");
	run_ok("attach client loopback client-bus");
	assert_string_equal(out, "loopback.0\n");
}

static void test_commands(void **state)
{
	char *before = snap();

	(void)state;
	make_pair();
	run_ok("tree");
	assert_says(out, "bus client-bus\n|- 0: virtual-ethernet, device client-dev, venet-tap enabled=1 ifname=venet0");
	assert_says(out, "`- client loopback.0 through loopback, attached\n   `- 0: virtual-ethernet open");
	assert_says(out, "on no bus: device plain, no type yet");
	run_ok("list -q devices");
	assert_string_equal(out, "client-dev\nplain\nwire\n");
	run_ok("list");
	assert_says(out, "client-dev               venet-tap               1        1");
	assert_says(out, "kvm                      by itself");
	run_ok("show device client-dev");
	assert_says(out, "mtu: 9000");
	run_ok("show loopback.0");
	assert_says(out, "verbs: 18446744073709551615");
	run_ok("version");
	assert_says(out, "vbus ABI 1");
	run_ok("help");
	run_ok("detach client loopback.0");
	run_ok("detach device client-dev client-bus");
	run_ok("detach device wire z");
	run_ok("destroy device wire");
	run_ok("destroy device plain");
	run_ok("destroy bus a");
	run_ok("destroy bus z");
	run_ok("destroy bus client-bus");
	run_ok("destroy device client-dev");
	assert_snap(before);
	free(before);
}

static void test_json(void **state)
{
	struct json_object *o, *v;

	(void)state;
	make_pair();
	run_ok("list --json");
	o = json_tokener_parse(out);
	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "buses", &v));
	assert_int_equal(json_object_array_length(v), 3);
	assert_true(json_object_object_get_ex(o, "clients", &v));
	assert_int_equal(json_object_array_length(v), 1);
	json_object_put(o);
	run_ok("stats --json client-bus");
	o = json_tokener_parse(out);
	assert_int_equal(json_object_array_length(o), 1);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(o, 0), "packets", &v));
	assert_int_equal(json_object_get_int(v), 100);
	json_object_put(o);
	run_ok("show --json bus client-bus");
	o = json_tokener_parse(out);
	assert_non_null(o);
	json_object_put(o);
}

static void test_stats(void **state)
{
	(void)state;
	make_pair();
	run_ok("stats");
	assert_says(out, "client-bus       loopback.0        0 q1           100            100");
	run_ok("stats -w 0.01 -n 2 loopback.0");
	assert_says(out, "packets/s");
	assert_int_equal(run("stats nobody"), 1);
	assert_int_equal(run("stats -n none"), 2);
}

static void test_messages(void **state)
{
	(void)state;
	make_pair();
	assert_int_equal(run("create device x --type nonsense"), 1);
	assert_says(err, "config/vbus/devices/x/type: No such file or directory (ENOENT)");
	assert_says(err, "vbusctl list classes");
	assert_false(there(at("config/vbus/devices/x")));
	assert_int_equal(run("create device x --type venet-tap mtu=99999"), 1);
	assert_says(err, "cannot write '99999'");
	assert_says(err, "EINVAL");
	assert_false(there(at("config/vbus/devices/x")));
	assert_int_equal(run("create bus a"), 1);
	assert_says(err, "EEXIST");
	assert_int_equal(run("destroy bus client-bus"), 1);
	assert_says(err, "EBUSY");
	assert_says(err, "vbusctl show bus");
	assert_int_equal(run("create device client-dev/../x"), 1);
	assert_says(err, "not a valid name");
	assert_int_equal(run("attach client kvm a"), 1);
	assert_says(err, "attach by themselves");
	assert_int_equal(run("attach client nix a"), 1);
	assert_says(err, "no such connector");
	assert_int_equal(run("detach client nobody"), 1);
	assert_int_equal(run("attach device client-dev a"), 1);
	assert_says(err, "on a bus already");
	assert_int_equal(run("attach device plain a"), 1);
	assert_says(err, "no type");
	assert_int_equal(run("show nothing"), 1);
	setenv("VBUS_SYSFS", at("nowhere"), 1);
	assert_int_equal(run("tree"), 1);
	assert_says(err, "modprobe vbus");
}

static void test_usage(void **state)
{
	static const char *const wrong[] = {
		"", "frobnicate", "tree x", "list nothing", "show", "show a b c", "create",
		"create bus", "create device", "create device d mtu=1", "create device d --type",
		"create device d --type t mtu", "destroy", "attach a b", "detach", "stats -x",
		"save a b", "save -x", "restore", "restore -x", "restore a b", "help me",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		if (run("%s", wrong[i]) != 2)
			fail_msg("'%s' is not refused as wrong use: %s", wrong[i], err);
}

/* Nothing may be reached through a link, not even one that lies in the tree. */
static void test_links_are_not_followed(void **state)
{
	char text[64];

	(void)state;
	make_pair();
	put_file(at("victim"), 0644, "untouched");
	assert_int_equal(symlink(at("victim"), at("sys/vbus/devices/wire/mtu")), 0);
	assert_int_equal(mkdir(at("away"), 0755), 0);
	put_file(at("away/mtu"), 0644, "untouched");
	assert_int_equal(symlink(at("away"), at("sys/vbus/devices/linked")), 0);
	fs = &fs_real_ops;
	put_file(at("f"), 0644, "vbus 1\ndevice wire venet-loop\nset wire mtu 1");
	assert_int_equal(run("restore %s", at("f")), 1);
	put_file(at("f"), 0644, "vbus 1\ndevice linked -\nset linked mtu 1");
	assert_int_equal(run("restore %s", at("f")), 1);
	fs = &fake_ops;
	get_file(at("victim"), text, sizeof(text));
	assert_string_equal(text, "untouched");
	get_file(at("away/mtu"), text, sizeof(text));
	assert_string_equal(text, "untouched");
}

/* ---- save and restore ------------------------------------------------------------------- */

static void clear_all(void)
{
	fake_end();
	fake_begin();
}

/* The wire's first end is on z, though a comes first in every list. */
static void make_whole(void)
{
	make_pair();
	run_ok("attach device wire a");
	run_ok("attach client loopback client-bus");
}

/* The file outlives the tree. */
static char saved[] = "/tmp/vbusctl-saved.XXXXXX";

static void save_whole(void)
{
	int fd;

	strcpy(saved + sizeof(saved) - 7, "XXXXXX");
	fd = mkstemp(saved);
	assert_true(fd >= 0);
	close(fd);
	clear_all();
	make_whole();
	run_ok("save %s", saved);
	clear_all();
}

static void test_round_trip(void **state)
{
	char first[8192], *whole;

	(void)state;
	save_whole();
	run_ok("restore --check %s", saved);
	assert_says(out, "would make: bus a\n");
	assert_says(out, " 0 done already, 0 in conflict");
	run_ok("restore %s", saved);
	assert_true(there(at("sys/vbus/devices/wire/interfaces/1")));
	load(saved, first, sizeof(first));
	assert_says(first, "link z wire\n");
	assert_true(strstr(first, "link z wire") < strstr(first, "link a wire"));
	run_ok("save");
	assert_string_equal(out, first);
	whole = snap();
	trouble_at(FAKE_FAIL, 1);	/* any change would fail */
	run_ok("restore %s", saved);
	assert_says(out, "restored: 0 steps done");
	assert_snap(whole);
	assert_false(there(at("run/journal")));
	free(whole);
	unlink(saved);
}

/* Some of it is there, with other values: that has to come back too. */
static void make_some(void)
{
	run_ok("create device client-dev --type venet-tap mtu=1400");
	run_ok("create device wire");
	run_ok("create device other --type venet-tap enabled=1");
	run_ok("create bus client-bus");
	run_ok("attach client loopback client-bus");
}

static void trouble_everywhere(enum fake_trouble what, bool some)
{
	bool through = false;
	char *before;
	int nr, rc;

	save_whole();
	for (nr = 1; !through; nr++) {
		assert_in_range(nr, 1, 100);
		clear_all();
		if (some)
			make_some();
		before = snap();
		trouble_at(what, nr);
		rc = run("restore %s", saved);
		trouble_at(FAKE_NONE, 0);
		through = !rc;
		if (what == FAKE_FAIL || what == FAKE_TERM) {
			assert_true(rc == 0 || rc == 1);
		} else if (!through) {
			assert_int_equal(rc, -SIGKILL);
			run_ok("restore --recover");
			assert_says(err, "did not finish");
		}
		if (!through) {
			assert_snap(before);
			assert_false(there(at("run/journal")));
			run_ok("restore %s", saved);	/* and it works now */
		}
		free(before);
	}
	assert_true(nr > 10);
	unlink(saved);
}

static void test_fail_everywhere(void **state)
{
	(void)state;
	trouble_everywhere(FAKE_FAIL, false);
	trouble_everywhere(FAKE_FAIL, true);
}

static void test_kill_everywhere(void **state)
{
	(void)state;
	trouble_everywhere(FAKE_KILL_BEFORE, true);
	trouble_everywhere(FAKE_KILL_AFTER, false);
	trouble_everywhere(FAKE_KILL_AFTER, true);
}

static void test_terminated(void **state)
{
	char *before = snap();

	(void)state;
	put_file(at("f"), 0644, "vbus 1\nbus a\nbus b\nbus c");
	trouble_at(FAKE_TERM, 2);
	assert_int_equal(run("restore %s", at("f")), 1);
	trouble_at(FAKE_NONE, 0);
	assert_says(err, "interrupted");
	assert_snap(before);
	free(before);
}

static void test_recovered_by_any_change(void **state)
{
	(void)state;
	put_file(at("f"), 0644, "vbus 1\nbus a\nbus b\nbus c");
	trouble_at(FAKE_KILL_AFTER, 2);
	assert_int_equal(run("restore %s", at("f")), -SIGKILL);
	trouble_at(FAKE_NONE, 0);
	run_ok("tree");		/* looking changes nothing */
	assert_true(there(at("config/vbus/instances/b")));
	run_ok("create bus x");
	assert_says(err, "undoing");
	assert_false(there(at("config/vbus/instances/a")));
	assert_false(there(at("config/vbus/instances/b")));
	assert_true(there(at("config/vbus/instances/x")));
}

static void test_conflicts(void **state)
{
	char *before;

	(void)state;
	run_ok("create device d --type venet-loop");
	before = snap();
	put_file(at("f"), 0644, "vbus 1\nbus a\ndevice d venet-tap");
	assert_int_equal(run("restore --check %s", at("f")), 1);
	assert_says(err, "with type venet-loop instead of venet-tap");
	assert_int_equal(run("restore %s", at("f")), 1);
	assert_snap(before);
	put_file(at("f"), 0644, "vbus 1\nbus a\nattach a kvm");
	assert_int_equal(run("restore --check %s", at("f")), 1);
	assert_says(err, "line 3: connector kvm");
	assert_int_equal(run("restore %s", at("f")), 1);
	assert_snap(before);
	assert_int_equal(run("restore %s", at("nosuchfile")), 1);
	assert_says(err, "ENOENT");
	free(before);
}

/* A journal nobody of ours wrote: refused or harmless, never out of the roots. */
static void test_bad_journals(void **state)
{
	char id[128], text[512], *before;

	(void)state;
	make_pair();
	before = snap();
	put_file(at("victim"), 0644, "untouched");
	get_file("/proc/sys/kernel/random/boot_id", id, sizeof(id));
	put_file(at("run/journal"), 0600, "vbus-journal 1 another-boot\nbus a\nbus z");
	run_ok("restore --recover");
	assert_snap(before);
	snprintf(text, sizeof(text), "vbus-journal 1 %s\ndevice ../../victim\nset x\nfoo\n"
		 "link a ../../../victim\nset client-dev ../../../../victim 1\nattach\n", id);
	put_file(at("run/journal"), 0600, text);
	assert_int_equal(run("restore --recover"), 1);
	assert_says(err, "remove");
	assert_snap(before);
	get_file(at("victim"), text, sizeof(text));
	assert_string_equal(text, "untouched");
	free(before);
}

static void test_own_save_file(void **state)
{
	(void)state;
	make_pair();
	put_file(at("keep"), 0644, "old");
	assert_int_equal(mkdir(at("dir"), 0755), 0);
	assert_int_equal(run("save %s", at("dir/missing/f")), 1);
	run_ok("save %s", at("keep"));
	load(at("keep"), out, sizeof(out));
	assert_says(out, "vbus 1\ndevice client-dev venet-tap\n");
	assert_says(out, "set client-dev mtu 9000\nset client-dev queues 2\nset client-dev enabled 1\n");
	assert_says(out, "device plain -\n");
	assert_null(strstr(out, "ifname"));
	assert_says(out, "attach client-bus loopback\n");
}

/* Of the two doors the fake has the one that is there when the kernel cannot be hooked. */
static void test_run(void **state)
{
	char bus[80];

	(void)state;
	make_pair();
	assert_int_equal(run("run client-bus -- true"), 1);
	assert_says(err, "modprobe vbus-procpid");
	assert_int_equal(mkdir(at("proc/vbus"), 0755), 0);
	put_file(at("proc/vbus/self"), 0644, "<none>");
	assert_int_equal(run("run nobus -- true"), 1);
	assert_says(err, "vbusctl list buses");
	assert_int_equal(run("run ../x -- true"), 1);
	assert_int_equal(run("run client-bus --"), 2);
	assert_int_equal(run("run client-bus"), 2);
	get_file(at("proc/vbus/self"), bus, sizeof(bus));
	assert_string_equal(bus, "<none>");
	put_file(at("script"), 0644, "exit 7");
	assert_int_equal(run("run client-bus -- sh %s", at("script")), 7);
	assert_int_equal(run("run client-bus sh %s", at("script")), 7);
	get_file(at("proc/vbus/self"), bus, sizeof(bus));
	assert_string_equal(bus, "client-bus");
	assert_int_equal(run("run client-bus %s", at("script")), 126);
	assert_int_equal(run("run client-bus -- %s", at("missing")), 127);
}

static void test_members(void **state)
{
	(void)state;
	make_pair();
	assert_int_equal(mkdir(at("sys/vbus/instances/client-bus/members"), 0755), 0);
	put_file(at("sys/vbus/instances/client-bus/members/17"), 0400, "qemu");
	put_file(at("sys/vbus/instances/client-bus/members_count"), 0444, "1");
	run_ok("tree");
	assert_says(out, "bus client-bus, members: 1\n");
	run_ok("show bus client-bus");
	assert_says(out, "  17: qemu\n");
	run_ok("show --json bus client-bus");
	assert_says(out, "\"17\": \"qemu\"");
}

#define T(name)	cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(names), T(bad_files), T(good_file), T(commands), T(json), T(stats), T(messages),
		T(usage), T(links_are_not_followed), T(round_trip), T(fail_everywhere),
		T(kill_everywhere), T(terminated), T(recovered_by_any_change), T(conflicts),
		T(bad_journals), T(own_save_file), T(run), T(members),
	};

	return cmocka_run_group_tests_name("vbusctl", tests, NULL, NULL);
}
