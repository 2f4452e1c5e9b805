#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# A line can be the system's console: it shows the log from its beginning, and does not
# hold up the kernel if nobody reads.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

say() { echo "<1>vbus-console-test: $1" >/dev/kmsg; }
shows() { grep -aq "vbus-console-test: $1" /tmp/console-log; }

vbus_require vbus-dev-console vbus-console
# Let us say more than a few words.
limit=$(cat /proc/sys/kernel/printk_devkmsg)
put on /proc/sys/kernel/printk_devkmsg
at_exit put "$limit" /proc/sys/kernel/printk_devkmsg
say early
console_pair 1 || exit 1
sysfs=/sys/class/tty/${GUEST[0]#/dev/}
check_equal "it is none by itself" N "$(cat "$sysfs/console")"
hold 5 "${HOST[0]}" || exit 1
cat <&5 >/tmp/console-log &
at_exit kill $!
at_exit rm -f /tmp/console-log
check "it can be made one" put Y "$sysfs/console"
at_exit put N "$sysfs/console"
check_equal "and says so" Y "$(cat "$sysfs/console")"
check "what was printed before comes first" wait_for 10 shows early
say late
check "then what is printed now" wait_for 5 shows late
check "lines end as on a terminal" grep -aq "vbus-console-test: late"$'\r' /tmp/console-log
check "it is listed" grep -q "^${GUEST[0]#/dev/} .*E" /proc/consoles
kill $!
wait $! 2>/dev/null
check_equal "nothing was dropped so far" 0 "$(cat "$sysfs/console_dropped")"

# Nobody reads: the tty, then the ring fills up, then messages are dropped.
text=$(head -c 700 /dev/zero | tr '\0' x)
began=$SECONDS
for ((i = 0; i < 600; i++)); do say "$text"; done
check "the kernel does not wait for a reader" [ $((SECONDS - began)) -lt 60 ]
check "but counts what is dropped" [ "$(cat "$sysfs/console_dropped")" -gt 0 ]
cat <&5 >/tmp/console-log &
at_exit kill $!
sleep 1
say again
check "and goes on with the next reader" wait_for 5 shows again
check "it can be ended" put N "$sysfs/console"
say never
sleep 0.5
check_not "then it shows no more" shows never

# While nobody has the tty open, the last lines are kept.
kill $!
wait $! 2>/dev/null
exec 5>&-
put Y "$sysfs/console"
say kept
timeout 3 cat "${HOST[0]}" >/tmp/console-log
check "who opens it later sees the last lines" shows kept
put N "$sysfs/console"
