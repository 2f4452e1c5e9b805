#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# timeout: 240
# kernels: debug
# full
# Memory runs out in every step of bringing interfaces up and changing them:
# a clean error, and all works afterwards.
# shellcheck source=tests/lib/enet.sh
. "$(dirname "$0")/../lib/enet.sh"

FAIL=/sys/kernel/debug/failslab

# failing_at N COMMAND...: the command's N-th allocation fails
failing_at()
{
	local n=$1
	shift
	bash -c 'echo "$0" >/proc/self/fail-nth && shift 0 && exec "$@"' "$n" "$@" 2>&1
}

# sweep WHAT COMMAND...: until it succeeds although one more allocation could have failed
sweep()
{
	local what=$1 n failed=0 streak=0 out
	shift
	for ((n = 1; n < 400 && streak < 25; n++)); do
		prepare
		if out=$(failing_at $n "$@"); then
			streak=$((streak + 1))
			continue
		fi
		streak=0
		failed=$((failed + 1))
		case $out in
		*"annot allocate memory"*|*"nvalid argument"*|*"No buffer space"*|'') ;;
		*) comment "$n: $out" ;;
		esac
	done
	comment "$what: $failed of $n attempts failed"
	check "$what can fail" test $failed -gt 0
	prepare
	check "$what works afterwards" "$@"
	check "packets cross" wait_for 10 in_ns b ping -c 1 -W 1 10.91.0.1
}

[ -e $FAIL ] && [ -e /proc/self/fail-nth ] || skip_all "no fault injection"
enet_require
enet_wire 2
put N $FAIL/ignore-gfp-wait
put Y /sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem 2>/dev/null

prepare() { in_ns a ip link set "$NIC_A" down; }
sweep "up" ip netns exec a ip link set "$NIC_A" up
prepare() { in_ns a ip link set "$NIC_A" up; in_ns a ethtool -L "$NIC_A" combined 1 2>/dev/null; }
sweep "another pair" ip netns exec a ethtool -L "$NIC_A" combined 2
prepare() { in_ns a ip link set "$NIC_A" up; in_ns a ethtool -G "$NIC_A" rx 256 tx 256 2>/dev/null; }
sweep "other rings" ip netns exec a ethtool -G "$NIC_A" rx 128 tx 512
