#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Numbers that are used again, namespaces, hidepid, private mounts, and handles without a file.

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1
need_hook

if [ -e /proc/sys/kernel/ns_last_pid ]; then
	check_equal "a number used again" "zombie: <none>,bind a zombie: ESRCH,dead: ESRCH,read: ESRCH,bind: ESRCH,open in the old directory: ESRCH,the new one: <none>" \
		"$(procpid reuse pb1 | paste -sd,)"
else
	skip "a number used again" "this kernel cannot choose numbers"
fi

sleep 1000 &
pid=$!
at_exit kill $pid
check_equal "another pid namespace has its own 1" "pb1 <none>" \
	"$(as_member pb1 unshare --fork --pid --mount-proc cat /proc/1/vbus) $(cat /proc/1/vbus)"
check_errno "and does not see our processes" ENOENT \
	unshare --fork --pid --mount-proc cat "/proc/$pid/vbus"

mnt=$(mktemp -d)
at_exit rmdir "$mnt"
mount -t proc -o hidepid=2 proc "$mnt"
at_exit umount "$mnt"
check_equal "a private mount" "<none>" "$(cat "$mnt/$pid/vbus")"
if command -v setpriv >/dev/null; then
	check_errno "hidepid hides it" ENOENT as_nobody cat "$mnt/1/vbus"
	check_equal "but not one's own" "<none>" "$(as_nobody cat "$mnt/self/vbus")"
fi
exec 3<"$mnt/$pid/vbus"
umount -l "$mnt"
check_equal "a file outlives its mount" "<none>" "$(cat <&3)"
check_not "an open file keeps the module" rmmod vbus-procpid
exec 3<&-

coproc procpid hold "/proc/$pid/vbus"
read -r -u "${COPROC[0]}" said
check_equal "O_PATH" ok "$said"
check_not "keeps the module, too" rmmod vbus-procpid
echo >&"${COPROC[1]}"
wait "$COPROC_PID"
touch "$mnt.file"
at_exit rm -f "$mnt.file"
mount --bind /proc/1/vbus "$mnt.file"
check_not "and so does a bind mount" rmmod vbus-procpid
umount "$mnt.file"
(cd /proc/$pid && wait_for 5 rmmod vbus-procpid && [ ! -e vbus ] && modprobe vbus-procpid && cat vbus)
check_equal "a working directory does not" 0 $?
