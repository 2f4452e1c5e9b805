# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Processes as the driver side, for test scripts; connectors/user.
#
#   user_require             the connector, membership and the programs, or skip
#   member BUS COMMAND...    run it as a member of the bus
#   member_start BUS COMMAND...   in the background; its pid is $REPLY
#   nobody BUS COMMAND...    as a member without any privilege
#   working CLIENT [BUS]     has it moved something through a queue?
#   on_bus CLIENT [BUS]      is the client there? BUS defaults to ubus
#   under_ms LIMIT COMMAND...

# shellcheck source=tests/lib/vbus.sh
declare -F vbus_require >/dev/null || . "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

MEMBERSHIP=${VBUS_MEMBERSHIP:-/proc/self/vbus}

user_require()
{
	local program
	vbus_require vbus-user "$@"
	[ -w "$MEMBERSHIP" ] || modprobe -q vbus-procpid
	[ -w "$MEMBERSHIP" ] || skip_all "there is no $MEMBERSHIP"
	for program in echo-ping user-misuse; do
		command -v "$program" >/dev/null || skip_all "program $program is not installed"
	done
}

member()
{
	local bus=$1
	shift
	(put "$bus" "$MEMBERSHIP" && exec "$@")
}

member_start()
{
	local bus=$1
	shift
	(put "$bus" "$MEMBERSHIP" && exec "$@") &
	REPLY=$!
}

nobody()
{
	local bus=$1
	shift
	member "$bus" setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

working()
{
	find "$SYSV/instances/${2:-ubus}/clients/$1" -name packets -exec grep -qvx 0 {} \; -print 2>/dev/null | grep -q .
}

on_bus() { [ -d "$SYSV/instances/${2:-ubus}/clients/$1" ]; }
off_bus() { ! on_bus "$@"; }

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

under_ms()
{
	local limit=$1 start
	shift
	start=$(now_ms)
	"$@" || return
	[ $(($(now_ms) - start)) -lt "$limit" ]
}

# One test line for each sentence of the group; run by an unprivileged member.
misuse_group()
{
	local group=$1 as=${2:-member} n=0 sentence
	[ -d "$CFG/instances/ubus" ] || { bus_create ubus && device_create udev echo && link udev ubus; } || exit 1
	while read -r sentence; do
		check "$sentence" "$as" ubus user-misuse "$group" "$n"
		n=$((n + 1))
	done < <(user-misuse -l "$group")
}
