#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 180
# Ends of all kinds under traffic: none hangs, nothing is left, all comes back.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

quick()
{
	local began took
	began=${EPOCHREALTIME/./}
	"$@" || return
	took=$(((${EPOCHREALTIME/./} - began) / 1000))
	comment "$* took $took ms"
	[ $took -lt "${limit:-1000}" ]
}

# traffic both ways until the ttys end
traffic()
{
	local tty
	stty -F "${GUEST[0]}" raw -echo
	for tty in "${HOST[0]}" "${GUEST[0]}"; do
		cat /dev/zero >"$tty" 2>/dev/null &
		at_exit kill $!
		cat "$tty" >/dev/null 2>&1 &
		at_exit kill $!
	done
	sleep 0.5
}

plug_in()
{
	wait_for 5 has_ttys "$CLIENT" 1
	HOST=("/dev/$(attr con tty)")
	GUEST=("/dev/$(tty_of "$CLIENT")")
}

alive()
{
	hold 5 "${HOST[0]}" && hold 6 "${GUEST[0]}" || return
	echo ping >&5
	read -r -t $((${limit:-1000} * 5 / 1000)) word <&6 && [ "$word" = ping ] || return
	exec 5>&- 6>&-
}

vbus_require vbus-dev-console vbus-console
[ "${VBUS_KERNEL:-}" != debug ] || limit=5000
console_pair 1 || exit 1
check "bytes pass" alive
traffic
check_not "the driver's module is in use" rmmod vbus-console
check "unplug under traffic" quick unlink_device con con-bus
check "the driver's tty goes" wait_for 10 test ! -e "${GUEST[0]}"
link con con-bus
plug_in
check "bytes pass again" alive
traffic
check "detach under traffic" detach "$CLIENT"
attach con-bus
CLIENT=$REPLY
plug_in
check "bytes pass again" alive
traffic
check "disable under traffic" quick disable con
check "enable" enable con
plug_in
check "bytes pass again" alive
traffic
check "unplug" quick unlink_device con con-bus
check "remove the device, although enabled" quick device_remove con
check "its tty goes" wait_for 5 test ! -e "${HOST[0]}"
check "the driver's module is free" wait_for 5 rmmod vbus-console
modprobe vbus-console
