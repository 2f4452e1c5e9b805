#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# What the driver side writes is behind the disk, and what is there it reads.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

IMAGE=/tmp/matrix.img
# Not a multiple of a block.
BYTES=3000100

model()
{
	at_exit rm -f $IMAGE
	pattern 4000000 >$IMAGE
	truncate -s 8M $IMAGE
	attr mdev src_path $IMAGE
}

matrix_begin disk side_disk_write side_disk_sum
check_equal "it reads what was there" "$(pattern_sum 4000000)" "$(side_disk_sum 4000000)"
dd if=/dev/zero of=$IMAGE bs=1M count=8 conv=notrunc status=none
check "it writes" side_disk_write $BYTES
check_equal "which is behind the disk" "$(pattern_sum $BYTES)" "$(head -c $BYTES $IMAGE | md5sum | cut -c1-32)"
check_equal "and is read back" "$(pattern_sum $BYTES)" "$(side_disk_sum $BYTES)"
check_equal "no descriptor was bad" 0 "$(client_count mbus bad)"
