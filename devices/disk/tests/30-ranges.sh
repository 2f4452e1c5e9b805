#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# timeout: 150
# Discard, write zeroes, and a disk that becomes larger and smaller.
# shellcheck source=tests/lib/disk.sh
. "$(dirname "$0")/../../../tests/lib/disk.sh"

# Not $name, which check has, too.
limit() { cat "/sys/block/$vbd/queue/$1"; }
sectors() { cat "/sys/block/$vbd/size"; }
has_size() { [ "$(sectors)" = "$1" ]; }
zeroes() { dd if="$1" bs=64k skip="$2" count="$3" 2>/dev/null | tr -d '\0' | head -c 1 | wc -c; }

disk_require
back=/tmp/disk-ranges
disk_file $back 4
disk_device d $back direct=0
disk_wait "$CLIENT"
disk=$REPLY vbd=${REPLY#/dev/}

pattern $((4 << 20)) data | dd of="$disk" bs=64k oflag=direct conv=fsync 2>/dev/null iflag=fullblock
used=$(stat -c %b $back)
check_not "a file can be discarded from" test "$(limit discard_max_bytes)" = 0
check_equal "in pieces of its blocks" 4096 "$(limit discard_granularity)"
check "discard" blkdiscard -o 1M -l 1M "$disk"
check "it frees space" test $((used - $(stat -c %b $back))) -ge 2000
check_equal "the sectors read as zero" 0 "$(zeroes "$disk" 16 16)"
check_equal "those before do not" 1 "$(zeroes "$disk" 15 1)"
check_equal "nor those behind" 1 "$(zeroes "$disk" 32 1)"
check "zeroes can be written" blkdiscard -z -o 3M -l 512K "$disk"
check_equal "they are there" 0 "$(zeroes $back 48 8)"
check_equal "and nothing else" 1 "$(zeroes $back 56 1)"

truncate -s 6M $back
check "a larger file is noticed" attr d rescan 1
check "by the driver" wait_for 5 has_size 12288
pattern $((1 << 20)) more | dd of="$disk" bs=64k seek=80 oflag=direct iflag=fullblock conv=fsync 2>/dev/null
check_equal "the new part can be used" "$(pattern $((1 << 20)) more | sha256sum)" \
	"$(dd if=$back bs=1M skip=5 count=1 2>/dev/null | sha256sum)"
truncate -s 2M $back
check "as is a smaller one" attr d rescan 1
check "by the driver" wait_for 5 has_size 4096
check_equal "what is beyond the end cannot be read" 0 \
	"$(dd if="$disk" bs=64k skip=32 count=1 iflag=direct 2>/dev/null | wc -c)"
truncate -s 2097000 $back
check_errno "a size that is no multiple of the block size is refused" EINVAL attr d rescan 1
check_equal "and changes nothing" 2097152 "$(attr d size)"
truncate -s 2M $back
detach "$CLIENT"
check "another driver comes" attach d-bus
disk_wait "$REPLY" && vbd=${REPLY#/dev/}
check_equal "and knows the size" 4096 "$(sectors)"
