#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Scripts refuse what they cannot do, with a line that says why, before anything is built or booted;
# and scripts/check notices stages that die.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"
cd "$top" || exit 1

KDIR=${KDIR:-$(scripts/kernel kdir 6.1)}
dir=$(mktemp -d)
at_exit rm -rf "$dir"
unset CHASSIS

# refused WHAT STATUS COMMAND...: it ends so, and says WHAT
refused()
{
	local what=$1 status=$2 rc=0 out
	shift 2
	out=$(timeout 60 "$@" 2>&1) || rc=$?
	if [ "$rc" = "$status" ] && [[ $out == *"$what"* && $out != *Traceback* ]]; then
		pass "refused: $*"
	else
		fail "refused: $*" "wanted $status and '$what', got $rc: $out"
	fi
}

refused "no kernel '6.2'" 2 scripts/check --kernels 6.2 echo
refused "no stage 'lnit'" 2 scripts/check --stages lnit
refused "has 'nosuch' in its path" 2 scripts/check nosuch
refused "stages \"host\" has 'echo'" 2 scripts/check --stages host echo
refused "stages \"host\" has 'echo'" 2 scripts/check echo --stages host
refused "usage" 2 scripts/lint 6.2
refused "no kernel '6.2'" 2 tests/qemu/chassis run 6.2 connectors/agent/tests/echo.sh
refused "a number, not 'x'" 2 tests/qemu/chassis run --boards x 6.1 connectors/agent/tests/echo.sh
refused "one board only" 2 tests/qemu/chassis run --ntb --boards 2 6.1 connectors/agent/tests/echo.sh
refused "no script 'nosuch.sh'" 2 tests/qemu/chassis run 6.1 nosuch.sh
refused "for scripts that" 2 tests/qemu/chassis "do" master true
refused "no part 'cuont'" 2 env PARTS=cuont tests/bench/agent/run
refused "no folder 'connectors/agnt'" 2 make --no-print-directory KDIR="$KDIR" ONLY="connectors/agnt" modules
refused "no Kbuild and no Makefile" 2 make --no-print-directory KDIR="$KDIR" M="$dir/nosuch"
refused "usage" 2 tests/qemu/board-initrd --help
refused "usage" 2 scripts/kconfig-glob.sh --help
refused "usage" 2 scripts/initramfs-base --help
refused "unknown option" 2 scripts/nuttcp -x
refused "takes nothing" 2 scripts/board-base x
# What begins with mounting is not for this machine.
for init in scripts/guest-init tests/qemu/guest/{init,nested-init,board-init}; do
	if grep -vm1 -e '^#' -e '^$' $init | grep -q '^\[ \$\$ = 1 \] || {.* exit 2; }$'; then
		refused "first process of" 2 busybox sh $init
	else
		fail "refused: $init" "it does not begin by asking whether it is the first process"
	fi
done

# stage LINE...: what scripts/check makes of a stage that does that
mkdir "$dir/scripts"
cp scripts/check scripts/matrix "$dir/scripts/"
stage()
{
	{ echo '#!/bin/sh'; printf '%s\n' "$@"; } >"$dir/scripts/lint"
	chmod 755 "$dir/scripts/lint"
	"$dir/scripts/check" --stages lint --kernels 6.1 2>/dev/null | tail -n 1
}

check_equal "a stage that passes" "1 passed, 0 failed" "$(stage 'echo ok 1 rule; echo 1..1')"
check_equal "one that dies without a line" "0 passed, 1 failed" "$(stage 'exit 3')"
check_equal "one that ends without a line" "0 passed, 1 failed" "$(stage 'exit 0')"
check_equal "one that dies after a test" "1 passed, 1 failed" "$(stage 'echo ok 1 rule; exit 3')"
check_equal "one that dies within its plan" "1 passed, 2 failed" "$(stage 'echo 1..3; echo ok 1 rule; exit 3')"
check_equal "one whose log is gone" "0 passed, 1 failed" "$(stage 'echo ok 1 rule; rm build/check/lint.log')"
check_equal "a failure is counted once" "0 passed, 1 failed" "$(stage 'echo 1..1; echo not ok 1 rule; exit 1')"
check_equal "nothing to do is no failure" "0 passed, 0 failed" "$(stage 'echo 1..0 # SKIP')"
