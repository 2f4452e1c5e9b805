#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# 20000 processes come and go as members, some of them killed: nobody is forgotten.
# timeout: 240

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1 pb2

# Meanwhile somebody else moves whoever is there.
mover()
{
	local file
	while [ -e "$1" ]; do
		for file in "$SYSV/instances/pb2/members"/*; do
			{ echo 0 >"/proc/${file##*/}/vbus"; } 2>/dev/null
		done
	done
}

check_equal "all find their bus, and only those that were killed are missing" \
	"killed=625 wrong=0" "$(as_member pb1 procpid bomb 20000 64 pb1 625 "$(own_file)")"
check "none is left" no_members pb1
check "the bus can go" wait_for 5 rmdir "$CFG/instances/pb1"
mkdir "$CFG/instances/pb1"

busy=$(mktemp)
at_exit rm -f "$busy"
mover "$busy" &
as_member pb2 procpid bomb 1000 64 pb2 50 "$(own_file)" >/dev/null
rm -f "$busy"
wait
check "none is left when others unbind them" no_members pb2
check "the bus can go" wait_for 5 rmdir "$CFG/instances/pb2"
mkdir "$CFG/instances/pb2"
check "the module, too" wait_for 5 rmmod vbus-procpid
modprobe vbus-procpid
