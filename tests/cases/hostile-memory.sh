#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side gives sizes and addresses at, over and beyond every edge.
# timeout: 120

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup echo
hostile_each hbus sizes addresses fields regions "overlap n=50" fresh
hostile_end
