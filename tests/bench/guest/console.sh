#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Keystroke echo and throughput of a console over loopback, beside a pair of pseudoterminals.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../lib/console.sh"

ROUNDS=${ROUNDS:-5}
BYTES=${BYTES:-16000000}
RESULTS=/out/console.tsv

record()
{
	printf '%s\t%s\n' "$1" "$2" >>"$RESULTS"
	comment "$1 $2"
}

# measure KEY WHAT TTY TTY NUMBER
measure()
{
	local ns
	ns=$(ttybench "$2" "$3" "$4" "$5") || { fail "$1"; return; }
	if [ "$2" = pipe ]; then ns=$(($5 * 1000 / ns)); fi
	record "$1" "$ns"
}

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
for ((round = 0; round < ROUNDS; round++)); do
	measure "echo pty ns" echo pty - 3000
	measure "echo console ns" echo "${HOST[0]}" "${GUEST[0]}" 3000
	measure "pipe pty MB/s" pipe pty - "$BYTES"
	measure "pipe to-driver MB/s" pipe "${HOST[0]}" "${GUEST[0]}" "$BYTES"
	measure "pipe to-device MB/s" pipe "${GUEST[0]}" "${HOST[0]}" "$BYTES"
done
pass "$ROUNDS rounds"
