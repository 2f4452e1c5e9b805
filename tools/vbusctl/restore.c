// SPDX-License-Identifier: GPL-2.0
/*
 * restore: makes a saved set-up, all of it or nothing.
 *
 * It adds: what the file names is as the file says afterwards, what it does not name is left
 * alone. A step whose result is there already is skipped, so a second restore changes nothing.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "vbusctl.h"

enum state { HERE, TODO, CLASH };

struct step {
	const struct stmt *st;
	const struct phase *phase;
	size_t nth;	/* attach: how many of its kind there are to be */
};

struct phase {
	enum stmt_kind kind;
	bool (*wanted)(const struct stmt *st);
	enum state (*look)(const struct step *s);
	int (*make)(const struct step *s);
	const char *what;
};

static volatile sig_atomic_t stop;

static bool is_there(struct path p)
{
	return fs_mode(&p);
}

/* Notes the step, takes it, and takes the note back if it failed. */
static int noted(int note, int (*make)(const char *a, const char *b, const char *c),
		 const char *a, const char *b, const char *c)
{
	int ret = note;

	if (ret)
		return ret;
	ret = make(a, b, c);
	if (ret)
		journal_cancel();
	return ret;
}

/* ---- devices ---------------------------------------------------------------------------- */

static enum state look_device(const struct step *s)
{
	return is_there(cfg("devices/%s", s->st->a)) ? HERE : TODO;
}

static int do_device(const char *dev, const char *b, const char *c)
{
	(void)b;
	(void)c;
	return act_make_device(dev);
}

static int make_device(const struct step *s)
{
	return noted(journal_note("device %s", s->st->a), do_device, s->st->a, NULL, NULL);
}

static bool typed(const struct stmt *st)
{
	return strcmp(st->b, "-");
}

static enum state look_type(const struct step *s)
{
	char class[NAME_SIZE];

	if (!sys_class_of(s->st->a, class))
		return TODO;
	if (!strcmp(class, s->st->b))
		return HERE;
	say("line %u: device %s is there already, with type %s instead of %s", s->st->line,
	    s->st->a, class, s->st->b);
	return CLASH;
}

static int do_type(const char *dev, const char *class, const char *c)
{
	(void)c;
	return act_type(dev, class);
}

static int make_type(const struct step *s)
{
	return noted(journal_note("type %s", s->st->a), do_type, s->st->a, s->st->b, NULL);
}

static bool not_enabled(const struct stmt *st)
{
	return strcmp(st->b, "enabled");
}

static bool enabled(const struct stmt *st)
{
	return !not_enabled(st);
}

static enum state look_set(const struct step *s)
{
	char now[VALUE_SIZE];

	return sys_text(now, sizeof(now), sysp("devices/%s/%s", s->st->a, s->st->b)) &&
	       !strcasecmp(now, s->st->c) ? HERE : TODO;
}

static int make_set(const struct step *s)
{
	const struct stmt *st = s->st;
	char old[VALUE_SIZE];

	if (!sys_text(old, sizeof(old), sysp("devices/%s/%s", st->a, st->b)))
		return act_set(st->a, st->b, st->c);
	return noted(journal_note("set %s %s %s", st->a, st->b, old), act_set, st->a, st->b, st->c);
}

/* ---- buses ------------------------------------------------------------------------------ */

static enum state look_bus(const struct step *s)
{
	return is_there(cfg("instances/%s", s->st->a)) ? HERE : TODO;
}

static int do_bus(const char *bus, const char *b, const char *c)
{
	(void)b;
	(void)c;
	return act_make_bus(bus);
}

static int make_bus(const struct step *s)
{
	return noted(journal_note("bus %s", s->st->a), do_bus, s->st->a, NULL, NULL);
}

static enum state look_limit(const struct step *s)
{
	char now[VALUE_SIZE];

	return sys_text(now, sizeof(now), sysp("instances/%s/limits/%s", s->st->a, s->st->b)) &&
	       !strcmp(now, s->st->c) ? HERE : TODO;
}

static int make_limit(const struct step *s)
{
	const struct stmt *st = s->st;
	char old[VALUE_SIZE];

	if (!sys_text(old, sizeof(old), sysp("instances/%s/limits/%s", st->a, st->b)))
		return act_limit(st->a, st->b, st->c);
	return noted(journal_note("limit %s %s %s", st->a, st->b, old), act_limit, st->a, st->b,
		     st->c);
}

static enum state look_link(const struct step *s)
{
	struct path p = cfg("instances/%s/%s", s->st->a, s->st->c);
	char target[512], *slash;

	if (fs_readlink(&p, target, sizeof(target)))
		return TODO;
	slash = strrchr(target, '/');
	if (!strcmp(slash ? slash + 1 : target, s->st->b))
		return HERE;
	say("line %u: %s is there already and leads to another device (%s)", s->st->line,
	    path_text(&p), printable(target));
	return CLASH;
}

static int make_link(const struct step *s)
{
	return noted(journal_note("link %s %s", s->st->a, s->st->c), act_link, s->st->a, s->st->b,
		     s->st->c);
}

/* ---- clients ---------------------------------------------------------------------------- */

static size_t count_clients(const char *bus, const char *conn, char **list)
{
	struct names l = { 0 };
	char whose[NAME_SIZE];
	size_t n = 0, i, len = 1;

	sys_clients(bus, &l);
	for (i = 0; i < l.n; i++)
		len += strlen(l.v[i]) + 1;
	if (list)
		*list = xalloc(len);
	for (i = 0; i < l.n; i++) {
		if (sys_connector_of(bus, l.v[i], whose) && !strcmp(whose, conn))
			n++;
		if (list)
			strcat(strcat(*list, *list[0] ? " " : ""), l.v[i]);
	}
	names_free(&l);
	return n;
}

static enum state look_attach(const struct step *s)
{
	if (count_clients(s->st->a, s->st->b, NULL) >= s->nth)
		return HERE;
	if (sys_attaches_by_name(s->st->b))
		return TODO;
	say("line %u: connector %s is not there, or its consumers cannot be attached by name",
	    s->st->line, s->st->b);
	return CLASH;
}

static int make_attach(const struct step *s)
{
	char client[NAME_SIZE], *known;
	int ret;

	count_clients(s->st->a, s->st->b, &known);
	ret = journal_note("attach %s %s %s", s->st->a, s->st->b, known);
	free(known);
	if (ret)
		return ret;
	ret = act_attach(s->st->a, s->st->b, client);
	if (!ret)
		return journal_note("client %s %s %s", s->st->a, s->st->b, client);
	if (ret != -EIO)	/* the kernel said no; else who knows */
		journal_cancel();
	return ret;
}

/* ---- the plan --------------------------------------------------------------------------- */

static const struct phase phases[] = {
	{ ST_DEVICE, NULL, look_device, make_device, "make" },
	{ ST_DEVICE, typed, look_type, make_type, "give a type to" },
	{ ST_SET, not_enabled, look_set, make_set, "do" },
	{ ST_BUS, NULL, look_bus, make_bus, "make" },
	{ ST_LIMIT, NULL, look_limit, make_limit, "do" },
	{ ST_LINK, NULL, look_link, make_link, "do" },
	{ ST_SET, enabled, look_set, make_set, "do" },
	{ ST_ATTACH, NULL, look_attach, make_attach, "do" },
};

#define PHASES (ARRAY_SIZE(phases))

static size_t nth_attach(const struct setup *s, size_t i)
{
	size_t k, nth = 1;

	for (k = 0; k < i; k++)
		nth += s->v[k].kind == ST_ATTACH && !strcmp(s->v[k].a, s->v[i].a) &&
		       !strcmp(s->v[k].b, s->v[i].b);
	return nth;
}

static size_t plan(const struct setup *s, struct step **out)
{
	size_t p, i, n = 0;

	*out = xalloc((2 * s->n + 1) * sizeof(**out));	/* a device takes two steps */
	for (p = 0; p < PHASES; p++)
		for (i = 0; i < s->n; i++) {
			if (s->v[i].kind != phases[p].kind ||
			    (phases[p].wanted && !phases[p].wanted(&s->v[i])))
				continue;
			(*out)[n].st = &s->v[i];
			(*out)[n].phase = &phases[p];
			(*out)[n++].nth = s->v[i].kind == ST_ATTACH ? nth_attach(s, i) : 0;
		}
	return n;
}

/* What would be done, and whether something stands in the way that can be seen. */
static int check(const struct step *v, size_t n)
{
	size_t i, todo = 0, clash = 0;

	for (i = 0; i < n; i++) {
		enum state state = v[i].phase->look(&v[i]);

		clash += state == CLASH;
		if (state != TODO)
			continue;
		todo++;
		printf("would %s: ", v[i].phase->what);
		stmt_print(v[i].st, stdout);
	}
	printf("%zu steps to do, %zu done already, %zu in conflict\n", todo, n - todo - clash,
	       clash);
	return clash ? RC_FAILED : RC_OK;
}

/* ---- doing it --------------------------------------------------------------------------- */

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void catch_signals(void)
{
	const struct sigaction act = { .sa_handler = on_signal };
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sigs); i++)
		sigaction(sigs[i], &act, NULL);
}

static int take_step(const struct step *s, size_t *done)
{
	enum state state;
	int ret;

	if (stop) {
		say("interrupted");
		return -EINTR;
	}
	state = s->phase->look(s);
	if (state == HERE)
		return 0;
	ret = state == CLASH ? -EEXIST : s->phase->make(s);
	if (ret && state != CLASH)
		say("line %u of the file could not be carried out", s->st->line);
	*done += !ret;
	return ret;
}

static int carry_out(const struct step *v, size_t n)
{
	size_t i, done = 0;
	int ret = 0;

	if (journal_begin())
		return RC_FAILED;
	for (i = 0; i < n && !ret; i++)
		ret = take_step(&v[i], &done);
	if (!ret) {
		journal_end();
		printf("restored: %zu steps done, %zu were done already\n", done, n - done);
		return RC_OK;
	}
	say("undoing the %zu steps done so far", done);
	if (journal_undo()) {
		say("not all of it could be undone; 'vbusctl restore --recover' tries again");
		return RC_FAILED;
	}
	journal_end();
	say("everything is as it was");
	return RC_FAILED;
}

static char *slurp(const char *file, size_t *len)
{
	FILE *f = strcmp(file, "-") ? fopen(file, "re") : stdin;
	char *text = f ? xalloc(SETUP_MAX_BYTES + 2) : NULL;

	if (f) {
		*len = fread(text, 1, SETUP_MAX_BYTES + 1, f);
		if (ferror(f)) {
			free(text);
			text = NULL;
		}
	}
	if (!text)
		say("cannot read %s: %s", printable(file), errname(errno));
	if (f && f != stdin)
		fclose(f);
	return text;
}

static int parse(const char *file, struct setup *s)
{
	struct setup_error e;
	size_t len;
	char *text = slurp(file, &len);
	int ret;

	if (!text)
		return -1;
	ret = setup_parse(s, text, len, &e);
	if (ret)
		say("%s, line %u: %s", printable(file), e.line, e.why);
	free(text);
	return ret;
}

static int restore(const char *file, bool check_only)
{
	struct setup s = { 0 };
	struct step *v = NULL;
	int rc = RC_FAILED;
	size_t n;

	if (parse(file, &s) || !fs_need_config())
		goto out;
	n = plan(&s, &v);
	if (check_only) {
		rc = check(v, n);
		goto out;
	}
	catch_signals();
	if (journal_lock(true) && !journal_recover())
		rc = carry_out(v, n);
	journal_unlock();
out:
	free(v);
	setup_free(&s);
	return rc;
}

static int recover(void)
{
	int ret = !fs_need_config() || !journal_lock(true) || journal_recover();

	journal_unlock();
	return ret ? RC_FAILED : RC_OK;
}

int cmd_restore(int argc, char **argv)
{
	bool check_only = argc == 3 && !strcmp(argv[1], "--check");

	if (argc == 2 && !strcmp(argv[1], "--recover"))
		return recover();
	if (argc != 2 + check_only || (argv[argc - 1][0] == '-' && argv[argc - 1][1]))
		return usage("restore takes [--check] FILE, or --recover");
	return restore(argv[argc - 1], check_only);
}
