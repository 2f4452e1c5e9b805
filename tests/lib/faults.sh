# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Each allocation of an act (and each copy from user space) made to fail in turn, for test scripts.
#
#   faults_require [MODULE...]        fault injection, tests/programs/failnth and modules; or skips
#   check_faults NAME DO UNDO [ERRNO...]  whatever fails, the error is ENOMEM or EFAULT (or one of the numbers)
#                                     and afterwards everything is as it was; leaves DO done

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "${BASH_SOURCE[0]}")/vbus.sh"

faults_require()
{
	local d
	vbus_require "$@"
	command -v failnth >/dev/null || skip_all "tests/programs/failnth is not there"
	[ -e /proc/self/fail-nth ] || skip_all "the kernel cannot inject faults"
	for d in failslab fail_page_alloc fail_usercopy; do
		[ -d "/sys/kernel/debug/$d" ] || skip_all "the kernel cannot inject faults: no $d"
		# Also those that may wait for memory; without a dump of the stack for each.
		[ ! -e "/sys/kernel/debug/$d/ignore-gfp-wait" ] || echo N >"/sys/kernel/debug/$d/ignore-gfp-wait"
		echo 0 >"/sys/kernel/debug/$d/verbose"
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
	echo N >/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem
}

# What an administrator can see, without numbers that only ever grow.
faults_snapshot()
{
	{
		find "$SYSV" "$CFG" ! -path '*/clients/*/*'
		ls "$PROXY" 2>/dev/null
		lsmod | awk '/^(vbus|venet)/ { print $1, $3 }'
	} | sort
}

settled() { [ "$(faults_snapshot)" = "$1" ]; }

check_faults()
{
	# Copies from the caller's memory are made to fail, too: EFAULT.
	local name=$1 act=$2 undo=$3 before out e args=(-e 14)
	shift 3
	for e; do args+=(-e "$e"); done
	before=$(faults_snapshot)
	if ! out=$(failnth "${args[@]}" "$act" "$undo" 2>&1); then
		fail "$name" "$out"
		return 1
	fi
	comment "$name: $out"
	case $out in *"faults=0 "*) fail "$name" "nothing was made to fail"; return 1 ;; esac
	pass "$name"
	without_faults "$undo" || fail "$name: undone"
	check "$name: as before" wait_for 5 settled "$before"
	without_faults "$act"
}

# The words of failnth
without_faults()
{
	local one
	for one in $1; do without_faults_one "$one" || return; done
}

without_faults_one()
{
	local what=${1%%:*} path=${1#*:}
	case $what in
	mkdir) mkdir "$path" ;;
	rmdir) wait_for 5 rmdir "$path" ;;
	unlink) rm "$path" ;;
	write) put "${path#*:}" "${path%%:*}" ;;
	symlink) ln -s "${path%%:*}" "${path#*:}" ;;
	esac
}
