#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# A child is born into its parent's bus, however it is made, and stays over exec.

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1 pb2
need_hook
own=/proc/self/vbus

check_equal "fork" pb1 "$(as_member pb1 bash -c "(read -r x <$own; echo \$x)")"
check_equal "fork and exec" pb1 "$(as_member pb1 cat $own)"
check_equal "two generations" pb1 "$(as_member pb1 bash -c "bash -c 'cat $own; true'; true")"
check_equal "vfork" pb1 "$(as_member pb1 procpid vfork cat $own)"
check_equal "a thread, by all its names" "pb1 pb1 pb1" "$(as_member pb1 procpid thread-read)"
check_equal "when the leader has ended" "pb1 pb1 pb1" "$(as_member pb1 procpid leader-gone)"
check_equal "exec by a thread" pb1 "$(as_member pb1 procpid thread-exec cat $own)"
check_equal "a daemon" pb1 "$(as_member pb1 setsid cat $own)"
check_equal "a new pid namespace" pb1 \
	"$(as_member pb1 unshare --fork --pid --mount-proc cat $own /proc/1/vbus | sort -u)"
check_equal "who is not bound bears nobody bound" "<none>" "$(cat $own)"
check_equal "a child that moves takes nobody along" "pb2 pb1" \
	"$(as_member pb1 bash -c "(echo pb2 >$own; read -r x <$own; echo \$x); cat $own" | xargs)"
check_equal "a child that leaves, neither" "<none> pb1" \
	"$(as_member pb1 bash -c "(echo 0 >$own; read -r x <$own; echo \$x); cat $own" | xargs)"
# The shell itself joins, so what it forks for the command does.
check_equal "the guide's line" pb1 "$( (echo pb1 >$own; sh -c "cat $own") )"
check "nobody is left" no_members pb1
check "nor on the other" no_members pb2
