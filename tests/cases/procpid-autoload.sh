#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# modprobe of a device model brings membership along, also where modprobe is a simple one.
# timeout: 180

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
vbus_require

unload() { for m in $(lsmod | awk '$1 ~ /^(vbus|venet)/ && $3 == 0 { print $1 }'); do rmmod "$m"; done; ! lsmod | grep -qE '^(vbus|venet)'; }
door() { [ -e /proc/self/vbus ] || [ -e /proc/vbus/self ]; }

for model in venet-tap vbus-dev-echo; do
	check "everything unloads" wait_for 10 unload
	modprobe -q $model || { skip "modprobe $model" "not built"; continue; }
	check "modprobe $model is enough" door
	check_equal "a process belongs to no bus" "<none>" "$(cat "$(own_file)")"
done
check "everything unloads again" wait_for 10 unload
# What a modprobe does that knows no soft dependencies.
modprobe -q configfs
rel=/lib/modules/$(uname -r)
for m in vbus-ring vbus; do insmod "$rel/updates/$m.ko" || skip_all "modules are elsewhere"; done
check_not "not there yet" door
mkdir "$CFG/instances/pb1"
check "the first bus brings it" wait_for 10 door
rmdir "$CFG/instances/pb1"
