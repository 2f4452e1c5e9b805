#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A break passes both ways; before a byte, on the console, it is a command to the kernel.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

# send_break TTY [BYTES]: microcom makes a break of a zero byte
send_break()
{
	printf '\000%s' "${2:-}" | busybox microcom -t 300 "$1" >/dev/null
}

# How often the kernel has explained its commands since the script began.
said_before=$(dmesg | grep -c "sysrq: HELP")
helped() { [ $(($(dmesg | grep -c "sysrq: HELP") - said_before)) = "$1" ]; }

vbus_require vbus-dev-console vbus-console
mkdir -p /var/lock
console_pair 1 || exit 1
hold 5 "${HOST[0]}" && hold 6 "${GUEST[0]}" || exit 1
# parmrk: a break reads as ff 00 00
stty -F "${HOST[0]}" parmrk -ignbrk -brkint
stty -F "${GUEST[0]}" parmrk -ignbrk -brkint
send_break "${HOST[0]}" x
check_equal "a break reaches the driver side, in order" "ff 00 00 78" \
	"$(head -c 4 <&6 | od -An -tx1 | xargs)"
stty -F "${GUEST[0]}" parmrk -ignbrk -brkint
send_break "${GUEST[0]}" y
stty -F "${HOST[0]}" parmrk -ignbrk -brkint
check_equal "and the device side" "ff 00 00 79" "$(head -c 4 <&5 | od -An -tx1 | xargs)"

sysfs=/sys/class/tty/${GUEST[0]#/dev/}
sysrq=$(cat /proc/sys/kernel/sysrq)
echo 1 >/proc/sys/kernel/sysrq
at_exit put "$sysrq" /proc/sys/kernel/sysrq
put Y "$sysfs/console"
at_exit put N "$sysfs/console"
send_break "${HOST[0]}" h
check "break h is a command" wait_for 3 helped 1
printf h >&5
sleep 0.3
check "h alone is none" helped 1
put N "$sysfs/console"
send_break "${HOST[0]}" h
sleep 0.3
check "nor is it one if the line is no console" helped 1
