# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Helpers for test scripts: KTAP output, kselftest exit codes (0 passed,
# 1 failed, 4 skipped) and cleanup that happens however a script ends.
#
#   pass NAME / fail NAME [WHY] / skip NAME WHY
#   check NAME COMMAND...            the command must succeed
#   did NAME COMMAND...              like check, but in this very shell: for what is to be
#                                    undone at the end (at_exit)
#   check_not NAME COMMAND...        the command must fail
#   check_errno NAME ERRNO COMMAND...  it must fail with that error
#   check_equal NAME WANTED GOT
#   skip_all WHY                     the whole script does not apply
#   comment TEXT
#   at_exit COMMAND...               cleanup, last in first out
#   wait_for SECONDS COMMAND...      until it succeeds; 1 if it never does
# The plan and the exit status come by themselves at the end.

ktap_count=0
ktap_failed=0
ktap_skipped=0
ktap_cleanup=()
REPLY=''

comment() { echo "# $*"; }

ktap_line()
{
	ktap_count=$((ktap_count + 1))
	echo "$1 $ktap_count $2"
}

pass() { ktap_line ok "$1"; }

fail()
{
	ktap_failed=$((ktap_failed + 1))
	[ -z "${2:-}" ] || comment "$2"
	ktap_line "not ok" "$1"
}

skip()
{
	ktap_skipped=$((ktap_skipped + 1))
	ktap_line ok "$1 # SKIP ${2:-}"
}

skip_all()
{
	echo "1..0 # SKIP $*"
	ktap_count=-1
	exit 4
}

check()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		pass "$name"
	else
		fail "$name" "failed: $*${out:+: $out}"
		return 1
	fi
}

did()
{
	local name=$1
	shift
	if "$@"; then
		pass "$name"
	else
		fail "$name" "failed: $*"
		return 1
	fi
}

check_not()
{
	local name=$1
	shift
	if "$@" >/dev/null 2>&1; then
		fail "$name" "succeeded, but must fail: $*"
		return 1
	fi
	pass "$name"
}

# What the C library says for an error, which is what shells print.
errno_text()
{
	case $1 in
	EPERM) echo "Operation not permitted" ;;
	ENOENT) echo "No such file or directory" ;;
	EIO) echo "Input/output error" ;;
	ENXIO) echo "No such device or address" ;;
	EAGAIN) echo "Resource temporarily unavailable" ;;
	ENOMEM) echo "Cannot allocate memory" ;;
	EACCES) echo "Permission denied" ;;
	EBUSY) echo "Device or resource busy" ;;
	EEXIST) echo "File exists" ;;
	ENODEV) echo "No such device" ;;
	EINVAL) echo "Invalid argument" ;;
	ENOSPC) echo "No space left on device" ;;
	ERANGE) echo "Numerical result out of range" ;;
	ENAMETOOLONG) echo "File name too long" ;;
	ENOTEMPTY) echo "Directory not empty" ;;
	EISDIR) echo "Is a directory" ;;
	EOPNOTSUPP) echo "Operation not supported" ;;
	*) echo "$1" ;;
	esac
}

check_errno()
{
	local name=$1 errno=$2 out
	shift 2
	if out=$("$@" 2>&1); then
		fail "$name" "succeeded, but must fail with $errno: $*"
		return 1
	fi
	case $out in
	*"$(errno_text "$errno")"*) pass "$name" ;;
	*) fail "$name" "wanted $errno from $*, got: $out"; return 1 ;;
	esac
}

check_equal()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "wanted '$2', got '$3'"
		return 1
	fi
}

at_exit() { ktap_cleanup+=("$(printf '%q ' "$@")"); }

wait_for()
{
	local tries=$(($1 * 20))
	shift
	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.05
	done
}

ktap_finish()
{
	local rc=$? i
	trap - EXIT
	for ((i = ${#ktap_cleanup[@]} - 1; i >= 0; i--)); do
		eval "${ktap_cleanup[i]}" >/dev/null 2>&1
	done
	[ "$ktap_count" -ge 0 ] || exit 4
	echo "1..$ktap_count"
	if [ "$ktap_failed" -gt 0 ]; then exit 1; fi
	# A script that ended early by itself has not shown anything.
	if [ "$rc" -ne 0 ]; then exit "$rc"; fi
	if [ "$ktap_count" = 0 ]; then exit 1; fi
	if [ "$ktap_skipped" = "$ktap_count" ]; then exit 4; fi
	exit 0
}

trap ktap_finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
echo "KTAP version 1"
