# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The driver side that lies, for test scripts; tests/modules/hostile.
#
#   hostile_setup CLASS [DEV...]  a bus "hbus" with devices (default "hdev") of the
#                                 class, a witness working on a bus of its own
#   hostile_client [BUS]          -> a client of the bus
#   attack NAME CLIENT [KEY=VALUE]...      run it; one test line
#   attack_start NAME CLIENT [KEY=VALUE]...   in the background
#   check_pinned NAME MODULE      it cannot be removed
#   hostile_end                   stop all; one test line for what ran there
#   hostile_each BUS ATTACK...    each by a client of its own

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

HOSTILE=/sys/kernel/debug/vbus-hostile

hostile_client()
{
	local bus=${1:-hbus} before
	before=$(clients "$bus")
	put "$bus" "$SYSV/connectors/hostile/attach" || return
	REPLY=$({ clients "$bus"; echo "$before"; } | grep . | sort | uniq -u | head -n 1)
	[ -n "$REPLY" ] || return
	at_exit hostile_detach "$REPLY"
}

hostile_detach() { put "$1" "$SYSV/connectors/hostile/detach"; }

# What was found since the last time: failures and notes.
hostile_found()
{
	local rc=0
	grep -q '^failed' "$HOSTILE/result" && rc=1
	sed 's/^/# /' "$HOSTILE/result"
	put clear "$HOSTILE/run"
	return $rc
}

attack()
{
	local name="attack $1 (${*:3})"
	put clear "$HOSTILE/run"
	if ! put "$*" "$HOSTILE/run"; then
		fail "$name" "it could not be run"
		return 1
	fi
	if hostile_found; then pass "${name% ()}"; else fail "${name% ()}"; fi
}

attack_start()
{
	put "start $*" "$HOSTILE/run" || fail "start of $1"
}

# rmmod of a module in use: refused, and it works on.
check_pinned()
{
	local out
	if out=$(rmmod "$2" 2>&1); then
		fail "$1" "it could be removed"
	else
		case $out in
		*"in use"*|*"temporarily unavailable"*|*busy*) check "$1" [ -d "/sys/module/${2//-/_}" ] ;;
		*) fail "$1" "$out" ;;
		esac
	fi
}

hostile_stop() { put stop "$HOSTILE/run"; }

hostile_end()
{
	put clear "$HOSTILE/run"
	hostile_stop
	if hostile_found; then pass "the others noticed nothing"; else fail "the others noticed nothing"; fi
}

hostile_setup()
{
	local class=$1 dev
	shift
	vbus_require vbus-hostile
	[ -d "$HOSTILE" ] || skip_all "no debugfs"
	at_exit hostile_stop
	bus_create hbus || exit 1
	for dev in "${@:-hdev}"; do
		device_create "$dev" "$class" && link "$dev" hbus || exit 1
	done
	bus_create witness-bus && device_create witness-dev echo && link witness-dev witness-bus || exit 1
	hostile_client witness-bus || exit 1
	at_exit hostile_stop
	attack_start witness "$REPLY" ms=600000
}

# hostile_each BUS ATTACK...: each by a client of its own
hostile_each()
{
	local bus=$1 job client words
	shift
	for job; do
		hostile_client "$bus" || { fail "attach for $job"; continue; }
		client=$REPLY
		read -ra words <<<"$job"
		attack "${words[0]}" "$client" "${words[@]:1}"
		hostile_detach "$client" || fail "detach after $job"
	done
}

# Both ports of a venet-loop on the bus.
hostile_setup_enet()
{
	vbus_require venet-loop
	hostile_setup venet-loop
	ln -s "$CFG/devices/hdev" "$CFG/instances/hbus/hdev-too" || exit 1
	at_exit rm "$CFG/instances/hbus/hdev-too"
	enable hdev || exit 1
}
