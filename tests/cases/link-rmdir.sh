#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ln of a device against its rmdir: configfs takes a reference to what it finds at a path, so that has
# to be there for as long as the path is. A try hits by chance; without that, one of thousands does.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

seconds=${VBUS_FULL:+60}
end=$((SECONDS + ${seconds:-15}))

vbus_require vbus
bus_create rl
racing() { [ $SECONDS -lt $end ]; }
make_and_remove()
{
	local n=0
	while racing; do
		mkdir "$CFG/devices/$1" && rmdir "$CFG/devices/$1" && n=$((n + 1))
	done
	comment "$1 came and went $n times"
	[ $n -ge 5 ]
}
# It has no type, so that none is ever made.
links() { while racing; do ln -s "$CFG/devices/$1" "$CFG/instances/rl/" 2>/dev/null; done; }

for d in d0 d1; do
	links $d &
	make_and_remove $d &
	makers="${makers:-} $!"
done
for pid in $makers; do
	did "a device comes and goes while links to it are tried" wait "$pid"
done
wait
check_equal "no link was made" "" "$(ls "$CFG/instances/rl")"
