#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Buffers of every size are reached and returned through a queue.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

matrix_begin echo side_echo
for size in 1 2 63 64 65 2047 2048 4096 4097 65535 65536; do
	check "round trips of $size bytes" side_echo queue 30 $size
done
check_equal "no descriptor was bad" 0 "$(client_count mbus bad)"
