#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# Work without end, doorbells without end, from every context and with every
# number; the processor that serves them gets to its other work.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup echo
hostile_each hbus contexts "doorbells n=20000" "storm ms=1000" "refill ms=2000" \
	"refill ms=2000 seed=2" "refill ms=2000 seed=2 n=0" "verb-storm ms=1000" "churn ms=3000"
hostile_end
