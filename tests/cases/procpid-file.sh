#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# /proc/<pid>/vbus: what it reads and takes, what that shows, and what it keeps from going.

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1 pb2
need_hook

bus_of() { cat "/proc/$1/vbus"; }
listed() { [ -e "$SYSV/instances/$1/members/$2" ]; }

sleep 1000 &
pid=$!
at_exit kill "$pid"
file=/proc/$pid/vbus
long=$(printf 'x%.0s' $(seq 64))

check_equal "a process belongs to no bus" "<none>" "$(bus_of $pid)"
check_equal "nor does a kernel thread" "<none>" "$(bus_of 2)"
check_errno "which cannot be bound" EINVAL put pb1 /proc/2/vbus
check_errno "an unknown bus" ENOENT put nobus "$file"
check_errno "a name of 64 bytes" ENOENT put "$long" "$file"
check_errno "of 65" EINVAL put "${long}x" "$file"
check_errno "of 4000" EINVAL put "$(printf "$long%.0s" $(seq 62))" "$file"
check_errno "a name with a slash" EINVAL put pb1/x "$file"
check_errno "no name" EINVAL put "" "$file"
check_errno "what it reads when there is none" EINVAL put "<none>" "$file"
check_errno "two names" EINVAL put "pb1 pb2" "$file"
check "leaving when there is nothing to leave" put 0 "$file"
check_equal "none of it has bound it" "<none>" "$(bus_of $pid)"

check "bind" put pb1 "$file"
check_equal "the file tells" pb1 "$(bus_of $pid)"
check_equal "counted" 1 "$(members pb1)"
check "listed" listed pb1 "$pid"
check_equal "with its name" sleep "$(cat "$SYSV/instances/pb1/members/$pid")"
check_equal "it was not the writer that joined" "<none>" "$(cat /proc/self/vbus)"
check "bind again" put pb1 "$file"
check_equal "counted once" 1 "$(members pb1)"
check_errno "rmdir of a bus with members" EBUSY rmdir "$CFG/instances/pb1"
check_not "rmmod with members" rmmod vbus-procpid
check "move to another bus" put pb2 "$file"
check_equal "counts" "0 1" "$(members pb1) $(members pb2)"
check_not "not listed any more" listed pb1 "$pid"
check "but there" listed pb2 "$pid"
check "the first bus can go" rmdir "$CFG/instances/pb1"
check_errno "and cannot be joined" ENOENT put pb1 "$file"
check_equal "which changes nothing" pb2 "$(bus_of $pid)"
check "leave" put 0 "$file"
check_equal "no bus" "<none>" "$(bus_of $pid)"
check "the bus can go at once" rmdir "$CFG/instances/pb2"
mkdir "$CFG/instances/pb1" "$CFG/instances/pb2"
check_equal "a new bus of the name has no members" 0 "$(members pb1)"

put pb1 "$file"
kill $pid
wait $pid 2>/dev/null
check_equal "a dead process is not counted" 0 "$(members pb1)"
check "nor listed" no_members pb1
check_not "its file is gone" [ -e "$file" ]

for size in 64 120 4096; do
	check_equal "listed once, read $size bytes at a time" 1 "$(procpid names /proc/self $size)"
	check_equal "and for a thread" 1 "$(procpid names /proc/1/task/1 $size)"
done
check_errno "it cannot be made" EEXIST mkdir /proc/1/vbus
check_not "nor removed" rm -f /proc/1/vbus
check_errno "nor change its mode" EPERM chmod 666 /proc/1/vbus
check_errno "nor its owner" EPERM chown 1 /proc/1/vbus
check_equal "mode and owner" "644 0" "$(stat -c '%a %u' /proc/1/vbus)"
