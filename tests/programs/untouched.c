// SPDX-License-Identifier: GPL-2.0
/*
 * untouched DEVICE BYTES: writes BYTES to a block device, from memory that nobody has written to.
 * No page of it is this program's own: the driver gets the kernel's page of zeroes for each.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long bytes = argc == 3 ? atol(argv[2]) : 0;
	void *memory;
	int fd;

	if (bytes <= 0) {
		fprintf(stderr, "usage: %s DEVICE BYTES\n", argv[0]);
		return 2;
	}
	memory = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = open(argv[1], O_WRONLY | O_DIRECT);
	if (memory == MAP_FAILED || fd < 0 || write(fd, memory, bytes) != bytes) {
		perror(argv[1]);
		return 1;
	}
	return 0;
}
