// SPDX-License-Identifier: GPL-2.0
/* The save file's grammar and rules; see setup.h. */
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "setup.h"

#define NAME_MAX_LEN	64

static const struct {
	const char *word;
	int min, max;		/* arguments */
	bool rest;		/* the last one is the rest of the line */
} forms[ST_KINDS] = {
	[ST_DEVICE] = { "device", 2, 2, false },
	[ST_SET]    = { "set", 2, 3, true },
	[ST_BUS]    = { "bus", 1, 1, false },
	[ST_LIMIT]  = { "limit", 3, 3, true },
	[ST_LINK]   = { "link", 2, 3, false },
	[ST_ATTACH] = { "attach", 2, 2, false },
};

static bool plain(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool letters_ok(const char *s, const char *extra)
{
	size_t len = strlen(s), i;

	if (!len || len > NAME_MAX_LEN || !plain(s[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!plain(s[i]) && !strchr(extra, s[i]))
			return false;
	return true;
}

bool name_ok(const char *name)
{
	return letters_ok(name, "._-") && strcmp(name, "0");
}

bool word_ok(const char *word)
{
	return letters_ok(word, "_-");
}

bool value_ok(const char *value)
{
	const unsigned char *p = (const unsigned char *)value;

	for (; *p; p++)
		if (*p < 0x20 || *p == 0x7f)
			return false;
	return p - (const unsigned char *)value <= SETUP_MAX_VALUE;
}

/* A word of the file, made fit for a message. */
static void quoted(char *out, size_t size, const char *word)
{
	size_t i;

	for (i = 0; i + 1 < size && word[i]; i++)
		out[i] = (unsigned char)word[i] >= 0x20 && (unsigned char)word[i] < 0x7f ?
			 word[i] : '?';
	out[i] = 0;
}

__attribute__((format(printf, 4, 5)))
static int wrong(struct setup_error *e, unsigned int line, const char *word, const char *fmt, ...)
{
	char q[72];
	va_list ap;
	int n = 0;

	e->line = line;
	if (word) {
		quoted(q, sizeof(q), word);
		n = snprintf(e->why, sizeof(e->why), "'%s': ", q);
	}
	va_start(ap, fmt);
	vsnprintf(e->why + n, sizeof(e->why) - n, fmt, ap);
	va_end(ap);
	return -1;
}

/* Cuts the next word off; NULL at the end of the line. */
static char *cut_word(char **at)
{
	char *s = *at + strspn(*at, " \t"), *end;

	if (!*s)
		return NULL;
	end = s + strcspn(s, " \t");
	*at = *end ? end + 1 : end;
	*end = 0;
	return s;
}

static char *cut_rest(char **at)
{
	char *s = *at + strspn(*at, " \t"), *end = s + strlen(s);

	while (end > s && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	*at = end;
	return s;
}

static int check_words(const struct stmt *st, struct setup_error *e)
{
	bool link = st->kind == ST_LINK;
	bool named = link || st->kind == ST_ATTACH;

	if (!name_ok(st->a))
		return wrong(e, st->line, st->a, NAME_RULE);
	if (named && !name_ok(st->b))
		return wrong(e, st->line, st->b, NAME_RULE);
	if (link && !name_ok(st->c))
		return wrong(e, st->line, st->c, NAME_RULE);
	if (!named && st->kind != ST_BUS && !word_ok(st->b) &&
	    !(st->kind == ST_DEVICE && !strcmp(st->b, "-")))
		return wrong(e, st->line, st->b, WORD_RULE);
	if (!value_ok(st->c))
		return wrong(e, st->line, NULL, "the value is longer than %d bytes",
			     SETUP_MAX_VALUE);
	return 0;
}

static int parse_stmt(struct stmt *st, char *line, struct setup_error *e)
{
	char *word = cut_word(&line), *arg[3] = { "", "", "" };
	int n = 0;

	for (st->kind = 0; st->kind < ST_KINDS; st->kind++)
		if (!strcmp(word, forms[st->kind].word))
			break;
	if (st->kind == ST_KINDS)
		return wrong(e, st->line, word,
			     "not a statement (device, set, bus, limit, link or attach)");
	while (n < forms[st->kind].max) {
		bool rest = forms[st->kind].rest && n == forms[st->kind].max - 1;
		char *s = rest ? cut_rest(&line) : cut_word(&line);

		if (!s)
			break;
		arg[n++] = s;
	}
	if (n < forms[st->kind].min)
		return wrong(e, st->line, word, "takes at least %d words after it",
			     forms[st->kind].min);
	if (cut_word(&line))
		return wrong(e, st->line, word, "takes at most %d words after it",
			     forms[st->kind].max);
	st->a = arg[0];
	st->b = arg[1];
	st->c = st->kind == ST_LINK && n < 3 ? arg[1] : arg[2];
	if (st->kind == ST_LIMIT && !*st->c)
		return wrong(e, st->line, word, "takes a value");
	return check_words(st, e);
}

static int parse_header(char *line, unsigned int nr, struct setup_error *e)
{
	char *word = cut_word(&line), *version = cut_word(&line);

	if (strcmp(word, "vbus") || !version || cut_word(&line))
		return wrong(e, nr, NULL, "the first statement must be 'vbus %d'", SETUP_VERSION);
	if (strcmp(version, "1"))
		return wrong(e, nr, version, "unknown version of the format; this vbusctl knows %d",
			     SETUP_VERSION);
	return 0;
}

static struct stmt *add_stmt(struct setup *s)
{
	struct stmt *v;

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 64;
		v = realloc(s->v, s->room * sizeof(*v));
		if (!v)
			return NULL;
		s->v = v;
	}
	return memset(&s->v[s->n++], 0, sizeof(*s->v));
}

static int parse_line(struct setup *s, char *line, unsigned int nr, bool *header,
		      struct setup_error *e)
{
	struct stmt *st;
	char *p;

	for (p = line; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return wrong(e, nr, NULL, "control character 0x%02x", (unsigned char)*p);
	p = line + strspn(line, " \t");
	if (!*p || *p == '#')
		return 0;
	if (!*header) {
		*header = true;
		return parse_header(p, nr, e);
	}
	if (s->n == SETUP_MAX_STMTS)
		return wrong(e, nr, NULL, "more than %d statements", SETUP_MAX_STMTS);
	st = add_stmt(s);
	if (!st)
		return wrong(e, nr, NULL, "out of memory");
	st->line = nr;
	return parse_stmt(st, p, e);
}

/* ---- sense: nothing twice, nothing missing --------------------------------------------- */

/* What makes two statements of a kind the same one. */
static int compare(const struct stmt *x, const struct stmt *y)
{
	int d = (int)x->kind - (int)y->kind;

	if (!d)
		d = strcmp(x->a, y->a);
	if (!d && (x->kind == ST_SET || x->kind == ST_LIMIT || x->kind == ST_ATTACH))
		d = strcmp(x->b, y->b);
	if (!d && x->kind == ST_LINK)
		d = strcmp(x->c, y->c);
	return d;
}

static int compare_sorted(const void *x, const void *y)
{
	const struct stmt *const *a = x, *const *b = y;
	int d = compare(*a, *b);

	return d ? d : (*a > *b) - (*a < *b);
}

static int compare_found(const void *x, const void *y)
{
	const struct stmt *const *a = x, *const *b = y;

	return compare(*a, *b);
}

static bool there(const struct stmt **sorted, size_t n, enum stmt_kind kind, const char *name)
{
	const struct stmt key = { .kind = kind, .a = name, .b = "", .c = "" }, *k = &key;

	return bsearch(&k, sorted, n, sizeof(*sorted), compare_found);
}

static int check_stmt(const struct stmt *st, const struct stmt **sorted, size_t n,
		      struct setup_error *e)
{
	if (st->kind == ST_SET && !there(sorted, n, ST_DEVICE, st->a))
		return wrong(e, st->line, st->a, "no 'device' statement makes it");
	if (st->kind == ST_LINK && !there(sorted, n, ST_DEVICE, st->b))
		return wrong(e, st->line, st->b, "no 'device' statement makes it");
	if ((st->kind == ST_LIMIT || st->kind == ST_LINK || st->kind == ST_ATTACH) &&
	    !there(sorted, n, ST_BUS, st->a))
		return wrong(e, st->line, st->a, "no 'bus' statement makes it");
	return 0;
}

static int check_sense(const struct setup *s, struct setup_error *e)
{
	const struct stmt **sorted;
	int ret = 0;
	size_t i;

	if (!s->n)
		return 0;
	sorted = calloc(s->n, sizeof(*sorted));
	if (!sorted)
		return wrong(e, 0, NULL, "out of memory");
	for (i = 0; i < s->n; i++)
		sorted[i] = &s->v[i];
	qsort(sorted, s->n, sizeof(*sorted), compare_sorted);
	for (i = 1; i < s->n && !ret; i++)
		if (sorted[i]->kind != ST_ATTACH && !compare(sorted[i - 1], sorted[i]))
			ret = wrong(e, sorted[i]->line, sorted[i]->a,
				    "line %u says this already", sorted[i - 1]->line);
	for (i = 0; i < s->n && !ret; i++)
		ret = check_stmt(&s->v[i], sorted, s->n, e);
	free(sorted);
	return ret;
}

int setup_parse(struct setup *s, const char *text, size_t len, struct setup_error *e)
{
	unsigned int nr = 0;
	bool header = false;
	char *p, *end;

	memset(s, 0, sizeof(*s));
	memset(e, 0, sizeof(*e));
	if (len > SETUP_MAX_BYTES)
		return wrong(e, 0, NULL, "the file is longer than %u bytes", SETUP_MAX_BYTES);
	if (memchr(text, 0, len))
		return wrong(e, 0, NULL, "the file has a zero byte; it is not text");
	s->text = malloc(len + 1);
	if (!s->text)
		return wrong(e, 0, NULL, "out of memory");
	memcpy(s->text, text, len);
	s->text[len] = 0;
	for (p = s->text; p < s->text + len; p = end + 1) {
		end = p + strcspn(p, "\n");
		*end = 0;
		if (parse_line(s, p, ++nr, &header, e))
			return -1;
	}
	if (!header)
		return wrong(e, nr, NULL,
			     "the file is empty; its first statement must be 'vbus %d'",
			     SETUP_VERSION);
	return check_sense(s, e);
}

void stmt_print(const struct stmt *st, FILE *out)
{
	fprintf(out, "%s %s", forms[st->kind].word, st->a);
	if (*st->b)
		fprintf(out, " %s", st->b);
	if (*st->c && !(st->kind == ST_LINK && !strcmp(st->b, st->c)))
		fprintf(out, " %s", st->c);
	fputc('\n', out);
}

void setup_print(const struct setup *s, FILE *out)
{
	size_t i;

	fprintf(out, "vbus %d\n", SETUP_VERSION);
	for (i = 0; i < s->n; i++)
		stmt_print(&s->v[i], out);
}

void setup_free(struct setup *s)
{
	free(s->v);
	free(s->text);
	memset(s, 0, sizeof(*s));
}
