#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 180
# A saved set-up comes back as it was; one that cannot come back whole leaves
# nothing behind, and what was there before keeps its values.
set -u
# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"
vbus_require vbus-loopback venet-tap
command -v vbusctl >/dev/null || skip_all "vbusctl is not installed"

file=$(mktemp)
again=$(mktemp)
at_exit rm -f "$file" "$again"

clean()
{
	local c d b
	for c in $(vbusctl list -q clients); do vbusctl detach client "$c"; done
	for b in $(vbusctl list -q buses); do
		find "$CFG/instances/$b" -type l -delete
		vbusctl destroy bus "$b"
	done
	for d in $(vbusctl list -q devices); do vbusctl destroy device "$d"; done
}
at_exit clean

# What a restore may change, as text; clients get new names every time.
state()
{
	find "$CFG" \( -type d -o -type l -o -name type \) -printf '%P %l\n' | sort
	find "$SYSV/devices" -type f ! -name ifname -exec grep -H . {} + | sort
	vbusctl list -q clients | wc -l
}

vbusctl create device vr-a --type venet-tap mtu=9000 queues=2 \
	client_mac=02:00:00:00:0a:01 host_mac=02:00:00:00:0a:02 enabled=1
vbusctl create device vr-b --type echo
vbusctl create bus vr-x
vbusctl create bus vr-y
vbusctl attach device vr-b vr-x
vbusctl attach device vr-a vr-x
vbusctl attach client loopback vr-x >/dev/null
vbusctl attach client loopback vr-y >/dev/null
echo 7 >"$SYSV/instances/vr-y/limits/sessions"

check "save" vbusctl save "$file"
before=$(state)
check "restoring what is there succeeds" vbusctl restore "$file"
check_equal "and changes nothing" "$before" "$(state)"
clean
wait_for 5 test ! -e "$SYSV/devices/vr-a"
empty=$(state)
check "--check of it says what would be done" vbusctl restore --check "$file"
check_equal "and changes nothing" "$empty" "$(state)"
check "restore" vbusctl restore "$file"
check_equal "everything is as it was" "$before" "$(state)"
check_equal "also the limit" 7 "$(cat "$SYSV/instances/vr-y/limits/sessions")"
vbusctl save "$again"
check "saving again gives the same file" cmp "$file" "$again"
clean
wait_for 5 test ! -e "$SYSV/devices/vr-a"

{ cat "$file"; echo "attach vr-y no-such-connector"; } >"$again"
check_not "a connector that is not there makes it fail" vbusctl restore "$again"
check_equal "and nothing is left" "$empty" "$(state)"
{ cat "$file"; echo "device vr-c no-such-class"; } >"$again"
check_errno "so does a class that is not there" ENOENT vbusctl restore "$again"
check_equal "and nothing is left" "$empty" "$(state)"

vbusctl create device vr-a --type venet-tap mtu=1400
vbusctl create bus vr-x
vbusctl attach client loopback vr-x >/dev/null
some=$(state)
sed 's/^set vr-a queues .*/set vr-a queues 1000000/' "$file" >"$again"
check_errno "a value the kernel refuses makes it fail" EINVAL vbusctl restore "$again"
check_equal "what was there has its old values" "$some" "$(state)"
check "without the mistake it works" vbusctl restore "$file"
check_equal "on top of what was there" "$before" "$(state)"
check_not "a file with a path in it is refused" \
	vbusctl restore - <<<$'vbus 1\ndevice ../../x echo'
