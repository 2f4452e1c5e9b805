#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1
# Consumers killed in full traffic, fifty times in the full run; and memory that comes and goes
# under traffic; and nonsense.
# timeout: 400

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../../../tests/lib/vbus.sh"

vbus_require vbus-procpid vbus-kvm vbus-dev-echo
command -v vfio-peer >/dev/null || skip_all "the program vfio-peer is not there"

bus_create b1
device_create e1 echo && link e1 b1
FN=$SYSV/instances/b1/kvm

# shellcheck disable=SC2016 # for the inner shell
member() { bash -c 'echo b1 >/proc/self/vbus && exec vfio-peer "$@"' - "$@"; }
# In the background and without a shell around it, so that it can be killed.
# shellcheck disable=SC2016 # for the inner shell
start() { bash -c 'echo b1 >/proc/self/vbus && exec vfio-peer "$@"' - "$@" >/tmp/peer.out & }
no_clients() { [ -z "$(clients b1)" ]; }
functions() { find /sys/bus/vbus-kvm/devices/ -name 'b1.*' | wc -l; }

# Not longer than a loaded machine takes to end a process; an operation that hangs takes for ever.
one_kill()
{
	: >/tmp/peer.out
	start "$FN" run
	wait_for 20 grep -q ready /tmp/peer.out || return
	sleep "0.0$((RANDOM % 10))"
	kill -9 $!
	wait $! 2>/dev/null
	wait_for 10 no_clients
}

storm=$((${VBUS_FULL:-0} ? 15 : 5))
killed=0
if [ "${VBUS_KERNEL:-6.1}" = 6.1 ] || [ -n "${VBUS_FULL:-}" ]; then kills=50; else kills=10; fi
kills=${VBUS_KILLS:-$kills}
for _ in $(seq "$kills"); do
	one_kill || break
	killed=$((killed + 1))
done
check_equal "consumers killed in traffic" "$kills" "$killed"
one_function() { [ "$(functions)" = 1 ]; }
check "one function is left" wait_for 5 one_function
check "memory comes and goes under traffic" member "$FN" storm $storm
check "the bus is free then" wait_for 5 no_clients
check "nonsense" member "$FN" garbage $storm
check "the bus is free then, too" wait_for 5 no_clients
put 1 "$(readlink -f "$FN")/max_pinned"
check "a peer lives with one pinned MiB" member "$FN" echo 500
check "and all works still" member "$FN" echo 50
