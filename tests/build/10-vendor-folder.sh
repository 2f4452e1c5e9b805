#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A vendor's folder outside the tree builds against it, in both ways: through
# this tree's Makefile, and with the kernel's own M= and KBUILD_EXTRA_SYMBOLS.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"

KDIR=${KDIR:-$("$top/scripts/kernel" kdir 6.1)}
dir=$(mktemp -d)
at_exit rm -rf "$dir"

cat >"$dir/Kbuild" <<'END'
obj-$(CONFIG_VBUS_ACME) += vbus-acme.o
vbus-acme-y := acme.o
END
cat >"$dir/Kconfig" <<'END'
config VBUS_ACME
	tristate "ACME chassis"
	depends on PCI && VBUS
	default m
END
cat >"$dir/acme.c" <<'END'
// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <vbus/connector.h>
#include <vbus/ring.h>

/* An exported function, so that symbol versions have to be found. */
static typeof(&vbus_prod_space) acme_space __used = vbus_prod_space;

static int __init acme_init(void)
{
	return 0;
}
module_init(acme_init);

static void __exit acme_exit(void)
{
}
module_exit(acme_exit);

MODULE_DESCRIPTION("A vendor's connector");
MODULE_LICENSE("GPL");
END

undone() { find "$dir" -type f ! -name Kbuild ! -name Kconfig ! -name acme.c -delete; }

through_makefile() { make --no-print-directory -C "$top" KDIR="$KDIR" M="$dir"; }

through_kbuild()
{
	local rel
	rel=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$KDIR/include/generated/utsrelease.h")
	make --no-print-directory -C "$KDIR" M="$dir" CONFIG_VBUS_ACME=m \
		KBUILD_EXTRA_SYMBOLS="$top/build/$rel/Module.symvers" \
		KCFLAGS="-I$top/include -I$top/include/uapi" modules
}

check "make M=<folder> in the vbus tree builds it" through_makefile
check "the module is in the vendor's folder" test -e "$dir/vbus-acme.ko"
undone
check "make -C <headers> M=<folder> KBUILD_EXTRA_SYMBOLS=... builds it" through_kbuild
check "the module is there again" test -e "$dir/vbus-acme.ko"
