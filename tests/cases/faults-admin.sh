#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Memory runs out in the middle of what an administrator does: the error says so
# and nothing has changed.
# timeout: 300
# kernels: debug

# shellcheck source=tests/lib/faults.sh
. "$(dirname "$0")/../lib/faults.sh"

faults_require vbus-dev-echo venet-tap venet-loop

I=$CFG/instances D=$CFG/devices
check_faults "mkdir of a bus" "mkdir:$I/fb" "rmdir:$I/fb"
at_exit rmdir "$I/fb"
check_faults "mkdir of a bus with a long name" "mkdir:$I/$(printf '%064d' 1)" "rmdir:$I/$(printf '%064d' 1)"
rmdir "$I/$(printf '%064d' 1)"

for class in echo venet-tap venet-loop; do
	d=$D/fd-$class
	check_faults "mkdir of a device" "mkdir:$d" "rmdir:$d"
	at_exit wait_for 5 rmdir "$d"
	check_faults "type $class" "write:$d/type:$class" "rmdir:$d mkdir:$d"
	check_faults "ln of a $class" "symlink:$d:$I/fb/fd-$class" "unlink:$I/fb/fd-$class"
	at_exit rm "$I/fb/fd-$class"
	[ -e "$SYSV/devices/fd-$class/enabled" ] || continue
	# ENOBUFS is what the kernel's own listeners to new interfaces say for a lack of memory, and
	# EINVAL what it says if there is none for the interface's name; see faults-verbs.sh.
	check_faults "enabling a $class" "write:$SYSV/devices/fd-$class/enabled:1" \
		"write:$SYSV/devices/fd-$class/enabled:0" 105 22
	at_exit put 0 "$SYSV/devices/fd-$class/enabled"
done
