#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# The module comes and goes while processes are read, listed and forked all the time.
# QEMU's emulator runs stale code when the kernel patches what another of its threads executes.
# one-thread
# timeout: 300

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1
need_hook
loops=${VBUS_LOOPS:-$([ -n "${VBUS_FULL:-}" ] && echo 50 || echo 8)}
busy=$(mktemp)
at_exit rm -f "$busy"

hammer() { while [ -e "$busy" ]; do "$@"; done >/dev/null 2>&1; }
read_all() { cat /proc/[0-9]*/vbus /proc/[0-9]*/task/*/vbus; }
list_all() { ls /proc/[0-9]* /proc/1/task/1; }
leave_and_return() { (echo pb1 >/proc/self/vbus; cat /proc/self/vbus); }
for job in read_all list_all leave_and_return; do hammer $job & done

unload() { rmmod vbus-procpid 2>/dev/null; }
for ((i = 0; i < loops; i++)); do
	wait_for 20 unload || break
	[ ! -e /proc/1/vbus ] || break
	modprobe vbus-procpid || break
	[ "$(cat /proc/1/vbus)" = "<none>" ] || break
done
rm -f "$busy"
wait
check_equal "$loops times" "$loops" "$i"
check "no members are left" no_members pb1
check_equal "and it works" pb1 "$(as_member pb1 cat /proc/self/vbus)"
