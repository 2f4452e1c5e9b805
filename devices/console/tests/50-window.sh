#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# The window size of the device side's tty is that of the driver's.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

size_is() { [ "$(stty size -F "${GUEST[0]}")" = "$1" ]; }

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
hold 5 "${HOST[0]}" && hold 6 "${GUEST[0]}" || exit 1
stty rows 50 cols 132 <&5
check "a new size is carried" wait_for 2 size_is "50 132"

# A program whose terminal it is gets the signal.
cat >/tmp/console-winch <<'END'
trap 'stty size >/tmp/console-size' WINCH
: >/tmp/console-ready
while :; do sleep 0.1; done
END
at_exit rm -f /tmp/console-winch /tmp/console-size /tmp/console-ready
setsid -c bash /tmp/console-winch <"${GUEST[0]}" >/dev/null 2>&1 &
program=$!
at_exit kill $program
wait_for 5 test -e /tmp/console-ready
for i in 1 2 3 4 5 6 7 8 9; do stty rows 4$i cols 10$i <&5; done
check "and again, however fast it changes" wait_for 2 size_is "49 109"
check "its program is told" wait_for 2 test -s /tmp/console-size
exec 6>&-
# Its terminal hangs up when it ends, and so does the other end.
kill $program
wait_for 5 rmmod vbus-console
stty -F "${HOST[0]}" rows 33 cols 99
modprobe vbus-console
wait_for 5 has_ttys "$CLIENT" 1
check "a new driver begins with the size" wait_for 2 size_is "33 99"
