#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libvbus installs as a library does: a program is built with what pkg-config says,
# shared and static, and the library shows nothing but its interface.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib/ktap.sh
. "$top/tests/lib/ktap.sh"
work=$(mktemp -d)
at_exit rm -rf "$work"

prefix=$work/prefix
check "it installs" make -s --no-print-directory -C "$top/tools" install O="$work/obj" PREFIX="$prefix" || exit 1
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
check "pkg-config knows it" pkg-config --exists libvbus
flags=$(pkg-config --cflags --libs libvbus)
for source in "$prefix"/share/doc/libvbus/examples/*.c; do
	name=$(basename "$source" .c)
	# shellcheck disable=SC2086 # a list
	check "example $name builds" cc -D_GNU_SOURCE -Wall -Werror -o "$work/$name" "$source" $flags
	# shellcheck disable=SC2086 # a list
	check "also without the shared library" cc -D_GNU_SOURCE -o "$work/$name.static" "$source" \
		${flags/-lvbus/$prefix/lib/libvbus.a}
	args=10.0.0.1
	[ "$name" != disk-copy ] || args='read 1'
	# shellcheck disable=SC2086 # a list
	check_errno "and needs a /dev/vbus" ENOENT env LD_LIBRARY_PATH="$prefix/lib" "$work/$name" $args
done
echo '#include <libvbus.h>' >"$work/x.cc"
# shellcheck disable=SC2086 # a list
check "the header is good for C++" c++ -fsyntax-only -Wall -Werror $flags "$work/x.cc"
declared=$(grep -oE '\bvbus_[a-z_]+\(' "$prefix/include/libvbus/libvbus.h" | tr -d '(' | sort -u)
check_equal "the shared library exports what the header declares" "$declared" \
	"$(nm -D --defined-only "$prefix/lib/libvbus.so.0" | awk '{ print $3 }' | sort)"
check_equal "so does the static one" "$declared" \
	"$(nm --defined-only "$prefix/lib/libvbus.a" 2>/dev/null | awk '$2 == "T" { print $3 }' | sort)"
page=$prefix/share/man/man3/libvbus.3
for name in $declared; do
	grep -q "$name" "$page" || fail "$name is in the manual page"
done
check "the manual page exists" test -s "$page"
check "the Python example compiles" python3 -m py_compile "$prefix/share/doc/libvbus/examples/echo.py"
if [ ! -e /dev/vbus ]; then
	check_errno "it finds the library" ENOENT env LIBVBUS="$prefix/lib/libvbus.so.0" \
		python3 "$prefix/share/doc/libvbus/examples/echo.py"
fi
