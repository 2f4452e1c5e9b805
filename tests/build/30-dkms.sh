#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The DKMS configuration names every module that the build makes.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"

KDIR=${KDIR:-$("$top/scripts/kernel" kdir 6.1)}
export KDIR
tree=$(mktemp -d)
at_exit rm -rf "$tree"
conf=$tree/vbus-0/dkms.conf

check "the DKMS tree can be made" env DKMS_TREE="$tree" "$top/scripts/dkms-install" 0
check "it names vbus.ko" grep -q '^BUILT_MODULE_NAME.*"vbus"' "$conf"
check "its shell syntax is right" bash -n "$conf"
check "the copy builds by itself" make --no-print-directory -C "$tree/vbus-0" KDIR="$KDIR" modules

kernelver=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$KDIR/include/generated/utsrelease.h")
everything_is_there()
{
	local kernel_source_dir=$KDIR i
	: "$kernel_source_dir"	# the file uses it
	# shellcheck source=/dev/null
	. "$conf"
	for i in "${!BUILT_MODULE_NAME[@]}"; do
		[ -e "$tree/vbus-0/${BUILT_MODULE_LOCATION[i]}/${BUILT_MODULE_NAME[i]}.ko" ] || return 1
	done
	[ "${#BUILT_MODULE_NAME[@]}" -gt 3 ]
}
export kernelver
check "every module it names is built where it says" everything_is_there
