#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# timeout: 120
# A disk's attributes: what they say, what they take and what they refuse.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

refused() { check_errno "$1 refuses '$3'" "$2" attr d "$1" "$3"; }
logged() { dmesg | tail -n 5 | grep -q "$1"; }
as_user() { setpriv --reuid 1000 --regid 1000 --clear-groups "$@"; }

# The store is what opens the path, so it is the writer's rights that count, not the opener's.
store_as_user() { exec 7>"$SYSV/devices/d/src_path" && as_user sh -c "echo $1 >&7"; }

disk_require
dir=/tmp/disk-attrs
mkdir -p $dir/folder
at_exit rm -rf $dir
truncate -s 1M $dir/good
truncate -s 1M $dir/other
truncate -s 1M $dir/secret
truncate -s 1536 $dir/odd
truncate -s 1000 $dir/crooked
: >$dir/empty
mkfifo $dir/pipe
chmod 0600 $dir/secret
chmod 0755 $dir
device_create d disk
device_create e disk

check_equal "a new device is disabled" 0 "$(attr d enabled)"
check_equal "and has no medium" "" "$(attr d src_path)"
check_equal "nor a size" 0 "$(attr d size)"
check_equal "nor a way of I/O" "<disabled>" "$(attr d io_mode)"
check_equal "it can be written to" 0 "$(attr d ro)"
check_equal "has blocks of 512 bytes" 512 "$(attr d block_size)"
check_equal "one queue" 1 "$(attr d queues)"
check_equal "and its name as serial number" d "$(attr d serial)"
refused enabled EINVAL 1
check "the log says what is missing" logged "write a path to src_path first"

refused src_path ENOENT $dir/missing
check "the log says so" logged "$dir/missing cannot be found"
refused src_path EINVAL $dir/crooked
check "the log says why" logged "1000 bytes are not a multiple of the block size 512"
refused src_path EINVAL $dir/empty
check "the log says that it is empty" logged "is empty"
refused src_path EISDIR $dir/folder
refused src_path EINVAL $dir/pipe
refused src_path EINVAL /dev/null
refused src_path EINVAL relative
check_errno "a file the writer may not open is refused" EACCES store_as_user $dir/secret
check_equal "nothing of it had an effect" "" "$(attr d src_path)"

check "a file can be named" attr d src_path $dir/odd
refused block_size EINVAL 1024
check "another file instead" attr d src_path $dir/good
check_equal "it reads back" $dir/good "$(attr d src_path)"
check "it can be named again" attr d src_path $dir/good
check_errno "another disk cannot have it" EBUSY attr e src_path $dir/good
check "the log says why" logged "is exported by another disk"
attr e ro 1
check_errno "not even to read" EBUSY attr e src_path $dir/good
check "if both only read" attr d ro 1
check "they can share it" attr e src_path $dir/good
refused ro EBUSY 0
check "it can be given up" attr e src_path ""
check "then it can be written to" attr d ro 0

for bad in '' x 0 256 768 8192; do refused block_size EINVAL "$bad"; done
for bad in '' x 0 17; do refused queues EINVAL "$bad"; done
for bad in '' 2 x; do refused ro EINVAL "$bad"; refused direct EINVAL "$bad"; refused enabled EINVAL "$bad"; done
for bad in '' 'a b' 123456789012345678901234567890123; do refused serial EINVAL "$bad"; done
for bad in '' x 1001; do refused busy_us EINVAL "$bad"; done
for bad in '' 0 x; do refused rescan EINVAL "$bad"; done
check "settings can be changed" attr d serial SN-1
attr d block_size 4096
attr d queues 4

check "the device can be enabled" enable d
check "twice" enable d
check_equal "it has a size then" 1048576 "$(attr d size)"
for name in "src_path $dir/other" "ro 1" "block_size 512" "serial x" "queues 2" "direct 0"; do
	refused "${name% *}" EBUSY "${name#* }"
done
check_equal "the path is the same" $dir/good "$(attr d src_path)"
check "it can be disabled" disable d
check "and have another medium" attr d src_path $dir/other
check "the first is free then" attr e src_path ""
attr e ro 0
check "for another disk" attr e src_path $dir/good
check "a device can be removed while it is enabled" eval 'enable d && device_remove d'
wait_for 5 test ! -e "$SYSV/devices/d"
check "its medium is free then" wait_for 5 attr e src_path $dir/other
