// SPDX-License-Identifier: GPL-2.0
/* The program; a test has a main() of its own. */
#include "vbusctl.h"

int main(int argc, char **argv)
{
	return vbusctl_main(argc, argv);
}
