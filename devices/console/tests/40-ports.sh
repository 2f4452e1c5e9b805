#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Sixteen ports of one device do not mix.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

vbus_require vbus-dev-console vbus-console
console_pair 16 || exit 1
check_equal "sixteen ttys at each end" "16 16" "${#HOST[@]} ${#GUEST[@]}"
for ((i = 0; i < 16; i++)); do
	hold $((20 + i)) "${HOST[i]}" || fail "open ${HOST[i]}"
	hold $((40 + i)) "${GUEST[i]}" || fail "open ${GUEST[i]}"
done
for ((i = 0; i < 16; i++)); do
	echo "down $i" >&$((20 + i))
	echo "up $i" >&$((40 + i))
done
wrong=''
for ((i = 0; i < 16; i++)); do
	read -r -t 2 down <&$((40 + i))
	read -r -t 2 up <&$((20 + i))
	[ "$down/$up" = "down $i/up $i" ] || wrong+="$i: $down/$up; "
done
check_equal "each gets its own bytes" "" "$wrong"

# One that is not read does not hold up another.
pour_prepare
pour 2 >&40 &
stuck=$!
pour 2 >&41 &
check_equal "a port is not held up by another" "$(pour_sum 2)" \
	"$(head -c "$(pour_bytes 2)" <&21 | md5sum)"
check "which still waits" kill -0 $stuck
check_equal "and loses nothing" "$(pour_sum 2)" "$(head -c "$(pour_bytes 2)" <&20 | md5sum)"
wait
