#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A console's attributes: what they say, what they take and what they refuse.

# shellcheck source=tests/lib/console.sh
. "$(dirname "$0")/../../../tests/lib/console.sh"

refused() { check_errno "$1 refuses '$3'" "$2" attr con "$1" "$3"; }

vbus_require vbus-dev-console
bus_create con-bus
device_create con console
check_equal "a new device is disabled" 0 "$(attr con enabled)"
check_equal "and has no tty" "<disabled>" "$(attr con tty)"
check_equal "nor a link" down "$(attr con link)"
check_equal "one port" 1 "$(attr con ports)"
check_equal "closing does not hang up" 0 "$(attr con hangup)"
check_equal "nothing was lost" 0 "$(attr con dropped)"
for value in 0 17 -1 x '' 4294967297; do refused ports EINVAL "$value"; done
for value in 2 -1 x; do refused enabled EINVAL "$value"; done
refused hangup EINVAL 2
check "sixteen ports" attr con ports 16
check "three ports" attr con ports 3
check "enable" enable con
check "again is no error" enable con
check_equal "a tty for each port" 3 "$(attr con tty | wc -w)"
read -ra ttys <<<"$(attr con tty)"
check "which exist" [ -c "/dev/${ttys[0]}" -a -c "/dev/${ttys[2]}" ]
check_equal "the first says whose it is" con "$(cat "/sys/class/tty/${ttys[0]}/vbus_name")"
check_equal "and so do others" con:2 "$(cat "/sys/class/tty/${ttys[2]}/vbus_name")"
refused ports EBUSY 2
check "disable" disable con
check_equal "the ttys go" "<disabled>" "$(attr con tty)"
check "from /dev, too" wait_for 2 test ! -e "/dev/${ttys[0]}"

modprobe -q vbus-console || exit 1
link con con-bus && attach con-bus || exit 1
check "a driver makes the ttys of the other side" wait_for 5 has_ttys "$REPLY" 3
refused ports EBUSY 2
check_equal "no link while disabled" down "$(attr con link)"
check "enable with a driver" enable con
check_equal "link" up "$(attr con link)"
check_not "the class's module is in use" rmmod vbus-dev-console
read -ra ttys <<<"$(attr con tty)"
exec 5<>"/dev/${ttys[0]}"
check "disable while a tty is open" disable con
check "it is hung up" wait_for 2 sh -c '! stty -a <&5'
check "enable while the old tty is open" enable con
check "and disable" disable con
exec 5>&-
detach "$REPLY"
