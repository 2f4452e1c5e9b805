#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Attaching and detaching clients: what it keeps, what it counts, what is refused.

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

vbus_require vbus-hostile
bus_create b1 && device_create d1 echo && link d1 b1 || exit 1
attach=$SYSV/connectors/hostile/attach
detach=$SYSV/connectors/hostile/detach

check_equal "only root may write attach" 200 "$(stat -c %a "$attach")"
check_errno "attach to no bus" ENOENT put none "$attach"
check_errno "attach to what is no name" EINVAL put ../b1 "$attach"
check_errno "attach to nothing" EINVAL put "" "$attach"
check_errno "detach nobody" ENOENT put hostile.77777 "$detach"
check_errno "detach what is no name" EINVAL put 'a b' "$detach"

hostile_client b1 || fail "attach"
c1=$REPLY
dir=$SYSV/instances/b1/clients/$c1
check_equal "its connector" hostile "$(cat "$dir/connector")"
check_equal "connected, not attached" connected "$(cat "$dir/state")"
check "its rings can be dumped" cat "/sys/kernel/debug/vbus/b1.$c1/queues"
attack fresh "$c1"
check_equal "attached" attached "$(cat "$dir/state")"
check "verbs are counted" [ "$(cat "$dir/verbs")" -ge 4 ]
check_equal "none of them failed" 0 "$(cat "$dir/verb_errors")"
check_equal "closed ports leave nothing" "" "$(ls "$dir/ports")"

hostile_client b1 || fail "attach a second one"
c2=$REPLY
check "their names differ" [ "$c1" != "$c2" ]
rm "$CFG/instances/b1/d1"
check_errno "rmdir of a bus with clients" EBUSY rmdir "$CFG/instances/b1"
check "the bus and its clients are still there" [ -d "$dir" ]
check_pinned "rmmod of the connector" vbus_hostile
check "detach" put "$c1" "$detach"
check "its directory is gone" [ ! -e "$dir" ]
check "its dump is gone" [ ! -e "/sys/kernel/debug/vbus/b1.$c1" ]
check_errno "detach again" ENOENT put "$c1" "$detach"
check_errno "rmdir of a bus with one client" EBUSY rmdir "$CFG/instances/b1"
put "$c2" "$detach"
ln -s "$CFG/devices/d1" "$CFG/instances/b1"
check_errno "rmdir of a bus without clients, but a link" EBUSY rmdir "$CFG/instances/b1"

limits=$SYSV/instances/b1/limits
refused=$(cat "$limits/refused")
put 2 "$limits/clients"
hostile_client b1 && c1=$REPLY && hostile_client b1
check_errno "a client over the limit" ENOSPC put b1 "$attach"
check_equal "is counted" $((refused + 1)) "$(cat "$limits/refused")"
put "$c1" "$detach"
hostile_client b1
check "there is room again" [ -d "$SYSV/instances/b1/clients/${REPLY:-none}" ]
for bad in -1 x '' 99999999999 4097; do
	check_not "limits/clients: '$bad'" put "$bad" "$limits/clients"
done
check_equal "the limit is as it was" 2 "$(cat "$limits/clients")"
check_errno "limits/kicks has a lower end" EINVAL put 9 "$limits/kicks"
check "which is 10" put 10 "$limits/kicks"
