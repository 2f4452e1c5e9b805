#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Bytes pass between the ttys of the two sides of a console, both ways.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

vbus_require vbus-dev-console vbus-console
console_pair 1 || exit 1
check_equal "a tty at each end" "1 1" "${#HOST[@]} ${#GUEST[@]}"
hold 5 "${HOST[0]}" && hold 6 "${GUEST[0]}" || exit 1
printf 'to the driver' >&5
get_text 6
check_equal "bytes reach the driver side" "to the driver" "$REPLY"
printf 'to the device' >&6
get_text 5
check_equal "bytes reach the device side" "to the device" "$REPLY"
printf '\000\377\r\n' >&6
check_equal "no byte is special" "00 ff 0d 0a" "$(head -c 4 <&5 | od -An -tx1 | xargs)"
