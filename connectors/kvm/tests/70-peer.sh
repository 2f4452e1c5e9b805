#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A function, used by a small program in the place of QEMU and its guest: verbs,
# doorbells, interrupts, resets, and what a program that is no member is told.
# timeout: 120

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

vbus_require vbus-procpid vbus-kvm vbus-dev-echo
command -v vfio-peer >/dev/null || skip_all "the program vfio-peer is not there"

bus_create b1 && bus_create b2
device_create e1 echo && link e1 b1
FN=$SYSV/instances/b1/kvm

# shellcheck disable=SC2016 # for the inner shell
member() { bash -c 'echo "$1" >/proc/self/vbus && shift && exec vfio-peer "$@"' - "$@"; }
# In the background and without a shell around it, so that it can be killed.
# shellcheck disable=SC2016 # for the inner shell
start() { bash -c 'echo b1 >/proc/self/vbus && exec vfio-peer "$@"' - "$@" >/tmp/peer.out & }
said() { dmesg | tail -n 20 | grep -q "$1"; }
function_moved() { [ "$(readlink -f "$FN")" != "$before" ]; }
count() { cat "$SYSV"/instances/b1/clients/kvm.*/"$1"; }
no_clients() { [ -z "$(clients b1)" ]; }

check "the bus has a function" test -e "$FN/iommu_group"
check_errno "who is no member cannot open it" EPERM vfio-peer "$FN" echo 1
check "and is told of /proc/self/vbus" said "echo b1 > /proc/self/vbus"
check_errno "nor can a member of another bus" EPERM member b2 "$FN" echo 1
check "a member does 200 round trips" member b1 "$FN" echo 200
check "it works by the function's own name" member b1 "$(readlink -f "$FN")" echo 5
check "no client is left" wait_for 5 no_clients
check "resets of both kinds" member b1 "$FN" reset 20

before=$(readlink -f "$FN")
start "$FN" run
peer=$!
at_exit kill -9 "$peer"
check "a peer runs" wait_for 10 grep -q ready /tmp/peer.out
check "the link moves to the next function" wait_for 2 function_moved
check_errno "a function is taken once" EBUSY member b1 "$before" echo 1
check_errno "a bus in use stays" EBUSY rmdir "$CFG/instances/b1"
check_not "the module stays" rmmod vbus-kvm
check_equal "it says who it is" "$peer" "$(count pid)"
check "and that memory is pinned" test "$(count pinned)" -gt 0
check_equal "without KVM doorbells are trapped" trapped "$(count doorbell)"
check "no doorbell was missed" test "$(client_count b1 missed)" = 0
check "a second member gets another function" member b1 "$FN" echo 20
put "$(basename "$SYSV"/instances/b1/clients/kvm.*)" $SYSV/connectors/kvm/detach
check "detach ends the client" wait_for 2 no_clients
kill -9 "$peer"
wait "$peer" 2>/dev/null

FN2=$(readlink -f "$SYSV/instances/b2/kvm")
check_errno "owner_uid takes numbers" EINVAL put nobody "$FN2/owner_uid"
put 1000 "$FN2/owner_uid"
not_offered() { [ "$(readlink -f "$SYSV/instances/b2/kvm")" != "$FN2" ]; }
check "a released function is not offered any more" \
	wait_for 2 not_offered
link e1 b2 2>/dev/null || { unlink_device e1 b1; link e1 b2; }
put 0 "$FN2/owner_uid"
check "its owner needs no membership" vfio-peer "$FN2" echo 5
check "it stays" test -e "$FN2"
put none "$FN2/owner_uid"
gone() { [ ! -e "$FN2" ]; }
check "taken back it goes, since there is another one" wait_for 2 gone
