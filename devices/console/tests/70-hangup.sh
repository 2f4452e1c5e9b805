#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Hang-up is seen at both ends.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

# reader NAME TTY: says when it comes to its end
reader()
{
	rm -f "/tmp/console-$1"
	(cat "$2" >/dev/null 2>&1; : >"/tmp/console-$1") &
	at_exit kill $!
	at_exit rm -f "/tmp/console-$1"
	sleep 0.2
}
ended() { wait_for 3 test -e "/tmp/console-$1"; }

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
stty -F "${HOST[0]}" -clocal
reader host "${HOST[0]}"
echo "$CLIENT:0" >/sys/bus/vbus-proxy/drivers/vbus-console/unbind
check "unbinding the driver hangs up the device side" ended host
check_equal "no link" down "$(attr con link)"
reader host "${HOST[0]}"
check_not "a reader may wait for the next driver" test -e /tmp/console-host
echo "$CLIENT:0" >/sys/bus/vbus-proxy/drivers/vbus-console/bind
wait_for 5 has_ttys "$CLIENT" 1
check_equal "link" up "$(attr con link)"
GUEST=("/dev/$(tty_of "$CLIENT")")
detach "$CLIENT"
check "so does the end of the consumer" ended host
exec 5<>"${HOST[0]}"
stty -F "${HOST[0]}" clocal
reader host "${HOST[0]}"
attach con-bus
CLIENT=$REPLY
wait_for 5 has_ttys "$CLIENT" 1
GUEST=("/dev/$(tty_of "$CLIENT")")
stty -F "${GUEST[0]}" -clocal
reader guest "${GUEST[0]}"
disable con
check "disabling hangs up the driver side" ended guest
check "and the device side, even with CLOCAL" ended host
exec 5>&-
enable con
HOST=("/dev/$(attr con tty)")
reader guest "${GUEST[0]}"
: <>"${HOST[0]}"
check_not "closing does not hang up" test -e /tmp/console-guest
attr con hangup 1
: <>"${HOST[0]}"
check "unless told to" ended guest
attr con hangup 0
reader guest "${GUEST[0]}"
unlink_device con con-bus
check "unplugging hangs up the driver side" ended guest
