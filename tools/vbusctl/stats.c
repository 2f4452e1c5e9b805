// SPDX-License-Identifier: GPL-2.0
/* stats: counters of each queue, once or as rates. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "vbusctl.h"

/* In the order of the columns; the files of a queue's directory. */
static const char *const counters[] = {
	"packets", "bytes", "doorbells", "interrupts", "suppressed", "ring_full", "bad", "dropped",
	"missed", "copies",
};

#define COUNTERS (ARRAY_SIZE(counters))

struct row {
	char bus[NAME_SIZE], client[NAME_SIZE], port[NAME_SIZE], queue[NAME_SIZE];
	uint64_t v[COUNTERS];
};

struct table {
	struct row *rows;
	size_t n, room;
	double at;	/* seconds */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* ---- reading ---------------------------------------------------------------------------- */

static struct row *add_row(struct table *t)
{
	struct row *rows;

	if (t->n == t->room) {
		t->room = t->room ? 2 * t->room : 16;
		rows = xalloc(t->room * sizeof(*rows));
		if (t->n)
			memcpy(rows, t->rows, t->n * sizeof(*rows));
		free(t->rows);
		t->rows = rows;
	}
	return memset(&t->rows[t->n++], 0, sizeof(*t->rows));
}

static void read_queue(struct table *t, const struct path *dir, const struct row *where)
{
	struct row *r = add_row(t);
	char text[VALUE_SIZE];
	size_t i;

	*r = *where;
	for (i = 0; i < COUNTERS; i++)
		if (sys_text(text, sizeof(text),
			     path_of(dir->root, "%s/%s", dir->rel, counters[i])))
			r->v[i] = strtoull(text, NULL, 10);
}

static void read_port(struct table *t, struct row *where)
{
	struct path dir = sysp("instances/%s/clients/%s/ports/%s", where->bus, where->client,
			       where->port);
	struct names l = { 0 };
	size_t i;

	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		struct path q = path_of(dir.root, "%s/%s", dir.rel, l.v[i]);

		if (!S_ISDIR(fs_mode(&q)))
			continue;
		snprintf(where->queue, NAME_SIZE, "%s", l.v[i]);
		read_queue(t, &q, where);
	}
	names_free(&l);
}

static void read_client(struct table *t, struct row *where)
{
	struct path dir = sysp("instances/%s/clients/%s/ports", where->bus, where->client);
	struct names l = { 0 };
	size_t i;

	fs_list(&dir, &l);
	for (i = 0; i < l.n; i++) {
		snprintf(where->port, NAME_SIZE, "%s", l.v[i]);
		read_port(t, where);
	}
	names_free(&l);
}

/* @only: a bus, a client, or NULL. Returns whether there is one. */
static bool read_all(struct table *t, const char *only)
{
	struct names buses = { 0 }, l = { 0 };
	struct row where = { "", "", "", "", { 0 } };
	bool found = !only;
	size_t b, i;

	t->n = 0;
	t->at = now();
	sys_buses(&buses);
	for (b = 0; b < buses.n; b++) {
		bool whole = !only || !strcmp(only, buses.v[b]);

		found |= whole;
		snprintf(where.bus, NAME_SIZE, "%s", buses.v[b]);
		sys_clients(buses.v[b], &l);
		for (i = 0; i < l.n; i++) {
			if (!whole && strcmp(only, l.v[i]))
				continue;
			found = true;
			snprintf(where.client, NAME_SIZE, "%s", l.v[i]);
			read_client(t, &where);
		}
		names_free(&l);
	}
	names_free(&buses);
	return found;
}

/* ---- writing ---------------------------------------------------------------------------- */

static void print_heading(bool rates)
{
	size_t i;

	printf("%-16s %-14s %4s %-4s", "BUS", "CLIENT", "PORT", "Q");
	for (i = 0; i < COUNTERS; i++)
		printf(" %*s%s", i == 1 ? 14 : 11, counters[i], rates ? "/s" : "");
	putchar('\n');
}

static void print_where(const struct row *r)
{
	printf("%-16s %-14s %4s %-4s", r->bus, r->client, printable(r->port), printable(r->queue));
}

static void print_totals(const struct table *t)
{
	size_t i, c;

	print_heading(false);
	for (i = 0; i < t->n; i++) {
		print_where(&t->rows[i]);
		for (c = 0; c < COUNTERS; c++)
			printf(" %*llu", c == 1 ? 14 : 11, (unsigned long long)t->rows[i].v[c]);
		putchar('\n');
	}
}

static const struct row *same(const struct table *t, const struct row *r)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->rows[i].bus, r->bus) && !strcmp(t->rows[i].client, r->client) &&
		    !strcmp(t->rows[i].port, r->port) && !strcmp(t->rows[i].queue, r->queue))
			return &t->rows[i];
	return NULL;
}

static double rate(const struct row *new, const struct row *old, size_t c, double secs)
{
	/* a new session counts from zero */
	uint64_t from = old && old->v[c] <= new->v[c] ? old->v[c] : 0;

	return secs > 0 ? (new->v[c] - from) / secs : 0;
}

static void print_rates(const struct table *new, const struct table *old)
{
	double secs = new->at - old->at;
	size_t i, c;

	print_heading(true);
	for (i = 0; i < new->n; i++) {
		print_where(&new->rows[i]);
		for (c = 0; c < COUNTERS; c++)
			printf(" %*.0f", c == 1 ? 16 : 13,
			       rate(&new->rows[i], same(old, &new->rows[i]), c, secs));
		putchar('\n');
	}
	putchar('\n');
	fflush(stdout);
}

static int print_json(const struct table *t)
{
	json_object *a = json_object_new_array();
	size_t i, c;

	for (i = 0; i < t->n; i++) {
		const struct row *r = &t->rows[i];
		json_object *o = json_object_new_object();

		json_object_object_add(o, "bus", json_object_new_string(r->bus));
		json_object_object_add(o, "client", json_object_new_string(r->client));
		json_object_object_add(o, "port", json_object_new_string(r->port));
		json_object_object_add(o, "queue", json_object_new_string(r->queue));
		for (c = 0; c < COUNTERS; c++)
			json_object_object_add(o, counters[c], json_object_new_uint64(r->v[c]));
		json_object_array_add(a, o);
	}
	return json_print(a);
}

static void watch(struct table *t, const char *only, double secs, long times)
{
	const struct timespec nap = { .tv_sec = secs, .tv_nsec = (secs - (time_t)secs) * 1e9 };
	struct table old = { 0 }, swap;

	while (times < 0 || times-- > 0) {
		nanosleep(&nap, NULL);
		swap = old;
		old = *t;
		*t = swap;
		read_all(t, only);
		print_rates(t, &old);
		if (ferror(stdout))
			break;
	}
	free(old.rows);
}

/* ---- words of the command --------------------------------------------------------------- */

struct request {
	bool json, watch;
	double secs;
	long times;
	const char *only;
};

static bool positive(const char *word, double *out)
{
	char *end;

	if (!word)
		return false;
	*out = strtod(word, &end);
	return end != word && !*end && *out > 0 && *out <= 86400 * 365.0;
}

static int parse(int argc, char **argv, struct request *r)
{
	double n;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json")) {
			r->json = true;
		} else if (!strcmp(argv[i], "-w")) {
			r->watch = true;
			if (positive(i + 1 < argc ? argv[i + 1] : NULL, &r->secs))
				i++;
		} else if (!strcmp(argv[i], "-n")) {
			if (!positive(i + 1 < argc ? argv[++i] : NULL, &n))
				return usage("-n takes a number of times");
			r->times = n;
		} else if (argv[i][0] == '-' || r->only) {
			return usage("stats does not know '%s'", printable(argv[i]));
		} else {
			r->only = argv[i];
		}
	}
	if (r->json && r->watch)
		return usage("--json shows counters, not rates");
	return 0;
}

int cmd_stats(int argc, char **argv)
{
	struct request r = { .secs = 1, .times = -1 };
	struct table t = { 0 };
	int rc = parse(argc, argv, &r);

	if (rc)
		return rc;
	if (!read_all(&t, r.only)) {
		say("'%s' is neither a bus nor a client; 'vbusctl list' shows all",
		    printable(r.only));
		rc = RC_FAILED;
	} else if (r.json) {
		rc = print_json(&t);
	} else if (r.watch) {
		watch(&t, r.only, r.secs, r.times);
	} else {
		print_totals(&t);
	}
	free(t.rows);
	return rc;
}
