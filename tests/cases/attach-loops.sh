#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 1000 times (200 where everything is checked) attach and detach while the same device
# carries traffic for another.
# timeout: 240

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

if [ "${VBUS_KERNEL:-}" != debug ] || [ -n "${VBUS_FULL:-}" ]; then loops=1000; else loops=200; fi
loops=${VBUS_LOOPS:-$loops}

loop()
{
	local i client
	for ((i = 0; i < loops; i++)); do
		put hbus "$SYSV/connectors/hostile/attach" || return
		# No process is made for this: there are many rounds.
		for client in "$SYSV"/instances/hbus/clients/*; do
			client=${client##*/}
			[ "$client" = "$stays" ] || break
		done
		[ $((i % 16)) != 0 ] || put "fresh $client" "$HOSTILE/run" || return
		put "$client" "$SYSV/connectors/hostile/detach" || return
	done
}

hostile_setup echo
hostile_client
stays=$REPLY
attack_start traffic "$stays" ms=600000
put clear "$HOSTILE/run"
check "$loops times" loop
check_not "no fresh client found fault" grep '^failed' "$HOSTILE/result"
check_equal "only the one that stays is left" "$stays" "$(clients hbus)"
hostile_end
