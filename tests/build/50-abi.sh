#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every attribute the sources make has an entry in Documentation/ABI.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"
cd "$top" || exit 1

# NAME of each __ATTR*(NAME), DEVICE_ATTR_*(NAME) and the macros that wrap them.
attributes()
{
	grep -rhoE --include='*.c' \
		'(__ATTR(_RO|_RW|_WO)?|DEVICE_ATTR_(RO|RW|WO)|LIMIT_ATTR|CLIENT_COUNTER|QUEUE_COUNTER)\([a-z][a-z0-9_]*|CONFIGFS_ATTR\([a-z_]+, [a-z_]+' \
		drivers connectors devices | sed 's/.*[( ]//' | sort -u
}

# The last parts of all paths: a What has one in each line, {a,b} stands for several.
known=" $(awk '/^[A-Z][A-Za-z]*:/ { what = /^What:/ } what && NF { sub(".*[/>]", "", $NF); gsub("[{},]", " ", $NF); print $NF }' \
	Documentation/ABI/testing/* | tr '\n' ' ') "

documented() { [[ $known == *" $1 "* ]]; }

n=0
for a in $(attributes); do
	n=$((n + 1))
	documented "$a" || fail "attribute $a is documented" "no What: .../$a in Documentation/ABI/testing"
done
check "there are attributes at all" test "$n" -gt 20
comment "$n attributes"

form() { awk '/^What:/ { w++ } /^Description:/ { d++ } /^Date:/ { t++ } /^KernelVersion:/ { k++ } /^Contact:/ { c++ }
	END { exit !(w >= d && d && d == t && d == k && d == c) }' "$1"; }
for f in Documentation/ABI/testing/*; do
	check "$f has the form of an ABI file" form "$f"
done
