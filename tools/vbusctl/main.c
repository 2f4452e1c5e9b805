// SPDX-License-Identifier: GPL-2.0
/* The table of commands. */
#include <string.h>

#include "vbusctl.h"

static int cmd_help(int argc, char **argv);
static int cmd_version(int argc, char **argv);

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
	bool needs_vbus;
	const char *args, *what;
} commands[] = {
	{ "tree", cmd_tree, true, "", "buses with their devices and consumers" },
	{ "list", cmd_list, true, "[-q] [--json] [buses|devices|classes|connectors|clients]",
	  "what there is, by kind" },
	{ "show", cmd_show, true, "[--json] [KIND] NAME", "one object with all it has" },
	{ "create", cmd_create, true, "device NAME [--type CLASS [ATTRIBUTE=VALUE...]] | bus NAME",
	  "make a device or a bus" },
	{ "destroy", cmd_destroy, true, "device NAME | bus NAME", "remove it" },
	{ "attach", cmd_attach, true, "device DEVICE BUS | client CONNECTOR BUS",
	  "put a device or a consumer on a bus" },
	{ "detach", cmd_detach, true, "device DEVICE BUS | client CLIENT", "take it off" },
	{ "run", cmd_run, true, "BUS [--] COMMAND [ARGUMENT...]",
	  "run a command as a member of a bus" },
	{ "stats", cmd_stats, true, "[--json] [-w [SECONDS]] [-n TIMES] [BUS|CLIENT]",
	  "counters of each queue, or their rates" },
	{ "save", cmd_save, true, "[FILE]", "write the set-up as text" },
	{ "restore", cmd_restore, true, "[--check] FILE | --recover",
	  "make a saved set-up, all of it or nothing" },
	{ "version", cmd_version, false, "", "of vbusctl and of the kernel side" },
	{ "help", cmd_help, false, "", "this text" },
};

#define COMMANDS (ARRAY_SIZE(commands))

static int cmd_help(int argc, char **argv)
{
	size_t i;

	(void)argv;
	if (argc > 1)
		return usage("help takes no words");
	puts("usage: vbusctl COMMAND [ARGUMENTS]");
	for (i = 0; i < COMMANDS; i++)
		printf("  %-8s%s%s\n           %s\n", commands[i].name,
		       *commands[i].args ? " " : "", commands[i].args, commands[i].what);
	puts("Exit code: 0 done, 1 failed, 2 wrongly called. See vbusctl(8).");
	return RC_OK;
}

static int cmd_version(int argc, char **argv)
{
	char kernel[VALUE_SIZE] = "";

	(void)argv;
	if (argc > 1)
		return usage("version takes no words");
	printf("vbusctl %s\n", VBUSCTL_VERSION);
	fs_roots();
	if (fs_have(ROOT_SYS) && sys_text(kernel, sizeof(kernel), sysp("version")))
		printf("vbus ABI %s\n", kernel);
	return RC_OK;
}

int vbusctl_main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	size_t i;
	int rc;

	if (!name)
		return usage("what shall be done");
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	if (!strcmp(name, "--version") || !strcmp(name, "-V"))
		name = "version";
	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			break;
	if (i == COMMANDS)
		return usage("'%s' is not a command", printable(name));
	if (commands[i].needs_vbus && fs_roots())
		return RC_FAILED;
	rc = commands[i].fn(argc - 1, argv + 1);
	if (fflush(stdout) || ferror(stdout)) {
		say("cannot write the output");
		rc = rc ? rc : RC_FAILED;
	}
	return rc;
}
