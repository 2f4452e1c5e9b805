#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A driver side lies to a disk: calls, requests, chains, and leaving in the middle of it.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

vbus_require vbus-dev-disk
truncate -s 4M /tmp/hostile-disk
at_exit rm -f /tmp/hostile-disk
hostile_setup disk
put /tmp/hostile-disk "$SYSV/devices/hdev/src_path"
put 1 "$SYSV/devices/hdev/enabled"
hostile_each hbus disk-fresh disk-verbs disk-requests disk-chains "disk-random n=200" \
	"disk-leave n=50" "random n=500" disk-fresh
hostile_end
