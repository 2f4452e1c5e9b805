# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Processes as members of buses, for test scripts.
#
#   procpid_require [BUS...]   vbus-procpid, tests/programs/procpid and buses; skips without
#   need_hook                  skips where there is no /proc/<pid>/vbus
#   reload [ARG...]            vbus-procpid anew, with module parameters
#   as_member BUS COMMAND...   run a command as a member
#   as_nobody COMMAND...       run it as user 65534 (setpriv)
#   members BUS                how many
#   no_members BUS             wait until none is counted or listed

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

# Where a process finds its own bus.
own_file() { if [ -e /proc/self/vbus ]; then echo /proc/self/vbus; else echo /proc/vbus/self; fi; }

as_member()
{
	(
		put "$1" "$(own_file)" || exit
		shift
		"$@"
	)
}

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

members() { cat "$SYSV/instances/$1/members_count"; }
none_listed() { [ "$(members "$1")" = 0 ] && [ -z "$(ls "$SYSV/instances/$1/members")" ]; }
no_members() { wait_for 30 none_listed "$1"; }

reload()
{
	wait_for 5 rmmod vbus-procpid || return
	modprobe vbus-procpid "$@"
}

procpid_require()
{
	local bus
	vbus_require vbus-procpid
	command -v procpid >/dev/null || skip_all "the program procpid is not there"
	for bus; do bus_create "$bus" || exit; done
}

need_hook() { [ -e /proc/self/vbus ] || skip_all "this kernel has no /proc/<pid>/vbus"; }
