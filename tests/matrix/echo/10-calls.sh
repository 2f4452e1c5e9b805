#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Calls of every size come back as they were sent.

# shellcheck source=tests/lib/matrix.sh
. "$(dirname "$0")/../../lib/matrix.sh"

matrix_begin echo side_echo
for size in 1 2 63 64 65 1000 4095 4096; do
	check "calls of $size bytes" side_echo call 50 $size
done
