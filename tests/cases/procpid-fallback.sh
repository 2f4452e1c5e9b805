#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Where the file cannot be put beside the others, /proc/vbus/ serves the same; the log says why.

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1
own=/proc/vbus/self
log_lines() { dmesg | grep -c 'no /proc/<pid>/vbus'; }

had_hook=''
[ ! -e /proc/self/vbus ] || had_hook=1
at_exit modprobe vbus-procpid
check "load without the hook" reload hook=0
check_not "no file beside the others" [ -e /proc/self/vbus ]
check_equal "self" "<none>" "$(cat $own)"
check_errno "an unknown bus" ENOENT put nobus $own
check_errno "a bad name" EINVAL put a/b $own
check_errno "root of a user namespace" EPERM unshare -Ur bash -c "echo pb1 >$own"
check_equal "joins, and its children" pb1 "$(as_member pb1 cat $own)"

(put pb1 $own && exec sleep 1000) &
pid=$!
at_exit kill "$pid"
check "a member has a file" wait_for 5 test -e "/proc/vbus/$pid"
check_equal "which tells" pb1 "$(cat "/proc/vbus/$pid")"
check "and lets it leave" put 0 "/proc/vbus/$pid"
check "so the file goes" wait_for 5 test ! -e "/proc/vbus/$pid"
kill "$pid"
if command -v vbusctl >/dev/null; then
	check_equal "vbusctl run finds this door" pb1 "$(vbusctl run pb1 -- cat $own)"
fi
check "no members" no_members pb1

if [ -n "$had_hook" ]; then
	rmmod vbus-procpid
	before=$(log_lines)
	if put 0 /proc/sys/kernel/ftrace_enabled; then
		at_exit put 1 /proc/sys/kernel/ftrace_enabled
		check "load with ftrace off" modprobe vbus-procpid
		check_equal "falls back" "<none>" "$(cat $own)"
		check_equal "and says so once" $((before + 1)) "$(log_lines)"
		rmmod vbus-procpid
		put 1 /proc/sys/kernel/ftrace_enabled
	fi
	check "load with the hook" modprobe vbus-procpid
	check_not "there is only one door" [ -e /proc/vbus ]
	check_equal "the usual one" "<none>" "$(cat /proc/self/vbus)"
	check_errno "ftrace cannot be switched off now" EBUSY put 0 /proc/sys/kernel/ftrace_enabled
	if command -v vbusctl >/dev/null; then
		check_equal "vbusctl run finds that one" pb1 "$(vbusctl run pb1 -- cat /proc/self/vbus)"
	fi
fi
