#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side lies to a console: calls, queues, slots, buffers, slots that change
# while they are read, bytes without end.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

# Somebody always has something to say to the driver, and listens.
talker()
{
	while :; do
		timeout 5 sh -c "stty -F $1 clocal; cat $1 >/dev/null & exec cat /dev/zero >$1"
		sleep 0.01
	done
}

ms=${VBUS_FULL:+20000}
n=${VBUS_FULL:+100000}
vbus_require vbus-dev-console
hostile_setup console
enable hdev || exit 1
tty=/dev/$(attr hdev tty)
hostile_each hbus console-fresh console-verbs console-slots "console-refill ms=2000" \
	"random n=2000"
talker "$tty" >/dev/null 2>&1 &
at_exit kill $!
hostile_each hbus console-buffers "console-random n=${n:-3000} seed=1" \
	"console-random n=${n:-3000} seed=2" "console-flips ms=${ms:-3000}" console-fresh
kill $!
check_pinned "the device's module is in use" vbus-dev-console
hostile_end
