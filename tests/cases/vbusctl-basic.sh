#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 180
# vbusctl makes, shows and removes everything an administrator can by hand.
set -u
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"
vbus_require vbus-loopback
command -v vbusctl >/dev/null || skip_all "vbusctl is not installed"

clean()
{
	local c
	for c in $(vbusctl list -q clients); do vbusctl detach client "$c"; done
	vbusctl detach device vc-dev vc-bus
	vbusctl destroy bus vc-bus
	vbusctl destroy device vc-dev
}
at_exit clean

says() { case $("${@:2}" 2>&1) in *"$1"*) ;; *) "${@:2}"; return 1 ;; esac; }

check "version tells the kernel's" says "vbus ABI $(cat "$SYSV/version")" vbusctl version
check "create device" vbusctl create device vc-dev --type echo
check_equal "its class is what was asked for" echo "$(cat "$CFG/devices/vc-dev/type")"
check "create bus" vbusctl create bus vc-bus
check "attach device" vbusctl attach device vc-dev vc-bus
check "the link is there" test -L "$CFG/instances/vc-bus/vc-dev"
client=$(vbusctl attach client loopback vc-bus)
check "attach client prints the client's name" test -d "$SYSV/instances/vc-bus/clients/$client"
check "tree shows the device" says "0: echo, device vc-dev, echo" vbusctl tree
check "tree shows the client" says "client $client through loopback, attached" vbusctl tree
check "show finds the client" says "connector: loopback" vbusctl show "$client"
check "list --json is there" says '"name": "vc-dev"' vbusctl list --json
modprobe -q vbus-echo && {
	wait_for 5 test -d "$PROXY/$client:0/ping"
	check "stats has the driver's queue" says "vc-bus           $client" vbusctl stats
	check "stats -w ends after -n times" vbusctl stats -w 0.1 -n 2 vc-bus
}
check_errno "destroy of a bus in use" EBUSY vbusctl destroy bus vc-bus
check_errno "destroy of a linked device" EBUSY vbusctl destroy device vc-dev
check_errno "an unknown class" ENOENT vbusctl create device vc-x --type no-such-class
check_not "leaves no device behind" test -e "$CFG/devices/vc-x"
check_errno "a second one of the name" EEXIST vbusctl create bus vc-bus
check "detach client" vbusctl detach client "$client"
check_not "it is gone" test -e "$SYSV/instances/vc-bus/clients/$client"
check "detach device" vbusctl detach device vc-dev vc-bus
check "destroy bus" vbusctl destroy bus vc-bus
check "destroy device" vbusctl destroy device vc-dev
check_equal "nothing is left" "" "$(vbusctl list -q buses; vbusctl list -q devices)"
