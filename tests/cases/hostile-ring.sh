#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side writes bad slots, bad sequence numbers and too many of them, and
# never looks at a completion.  A session that broke the rules is closed, counts
# what was bad, and the next one works.
# timeout: 120

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

hostile_setup echo
hostile_each hbus slots "seq n=300" "overrun n=30" "deaf n=300" fresh
hostile_end
check "each closed session left a line in the log" \
	sh -c "dmesg | grep -q 'hbus: hostile.*closed: bad echo request'"
