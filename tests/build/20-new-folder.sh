#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# One new folder adds a device model: no other file is touched.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"

KDIR=${KDIR:-$("$top/scripts/kernel" kdir 6.1)}
copy=$(mktemp -d)
at_exit rm -rf "$copy"
cp -r "$top"/{Makefile,Kbuild,Kconfig,drivers,connectors,devices,include,scripts} "$copy/"

mkdir "$copy/devices/null"
cat >"$copy/devices/null/Kbuild" <<'END'
obj-$(CONFIG_VBUS_DEV_NULL) += vbus-dev-null.o
vbus-dev-null-y := null.o
END
cat >"$copy/devices/null/Kconfig" <<'END'
config VBUS_DEV_NULL
	tristate "a device that does nothing"
	depends on VBUS
	default m
END
cat >"$copy/devices/null/null.c" <<'END'
// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <vbus/device.h>

MODULE_DESCRIPTION("A device that does nothing");
MODULE_LICENSE("GPL");
END

build() { make --no-print-directory -C "$copy" KDIR="$KDIR" ONLY="devices/null drivers/vbus drivers/vbus/ring" "$@"; }
built() { compgen -G "$copy/build/*/devices/null/vbus-dev-null.ko"; }

check "the tree builds with the new folder" build modules
check "the new folder's module is there" built
check "modules_install takes it along" build INSTALL_MOD_PATH="$copy/root" modules_install
check "modprobe would find it" grep -rq 'vbus-dev-null' "$copy"/root/lib/modules/*/modules.dep
rm -rf "$copy/build"
check "it can be switched off" build CONFIG_VBUS_DEV_NULL=n modules
check_not "then it is not built" built
