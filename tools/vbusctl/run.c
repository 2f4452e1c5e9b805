// SPDX-License-Identifier: GPL-2.0
/* run: a command as a member of a bus. The one place that runs a program: it becomes it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vbusctl.h"

/* As env(1) and others do. */
enum { RC_CANNOT_RUN = 126, RC_NOT_FOUND = 127 };

static int become(char **argv)
{
	int err;

	fflush(NULL);
	execvp(argv[0], argv);
	err = errno;
	say("cannot run %s: %s", printable(argv[0]), errname(err));
	return err == ENOENT ? RC_NOT_FOUND : RC_CANNOT_RUN;
}

int cmd_run(int argc, char **argv)
{
	int cmd = 2;

	if (argc > cmd && !strcmp(argv[cmd], "--"))
		cmd++;
	if (argc <= cmd)
		return usage("run takes BUS, -- and a command");
	return act_join(argv[1]) ? RC_FAILED : become(argv + cmd);
}
