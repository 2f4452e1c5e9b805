#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Names the administrator may give to buses and devices, and those he may not.

# shellcheck source=tests/lib/vbus.sh
. "$(dirname "$0")/../lib/vbus.sh"

# Bytes that no shell argument loses on the way.
name_of() { printf '%*s' "$1" '' | tr ' ' "${2:-a}"; }

good()
{
	local dir=$1 name=$2
	mkdir "$CFG/$dir/$name" && [ -d "$CFG/$dir/$name" ] && rmdir "$CFG/$dir/$name"
}

vbus_require vbus
for dir in instances devices; do
	for name in a A 9 00 0a a.b a_b a-b a..b a. a- x0 "$(name_of 64)" -; do
		[ "$name" != - ] || continue
		check "$dir: ${name:0:8}$([ ${#name} -le 8 ] || echo "... (${#name})") is a name" \
			good "$dir" "$name"
	done
	for name in 0 -a .a _a ' ' 'a b' 'a ' $'a\n' $'a\tb' $'\001' $'a\177' $'a\x80' 'a:b' 'a@b' \
		'a*' 'a?' '[a]' 'a\b' a\$b $'\xc3\xa4' "$(name_of 65)"; do
		check_errno "$dir: '$(printf %q "${name:0:8}")' is none" EINVAL \
			mkdir -- "$CFG/$dir/$name"
	done
	check_errno "$dir: 256 characters are none" ENAMETOOLONG mkdir "$CFG/$dir/$(name_of 256)"
	check_not "$dir: the empty name is none" mkdir "$CFG/$dir/"
	check_errno "$dir: dot" EEXIST mkdir "$CFG/$dir/."
	check_errno "$dir: dot-dot" EEXIST mkdir "$CFG/$dir/.."
	check_errno "$dir: slash" ENOENT mkdir "$CFG/$dir/no/slash"
	good "$dir" twice
	mkdir "$CFG/$dir/twice"
	check_errno "$dir: a name is given once" EEXIST mkdir "$CFG/$dir/twice"
	rmdir "$CFG/$dir/twice"
	check_equal "$dir: nothing is left" "" "$(ls "$CFG/$dir")"
	check_errno "$dir: no links here" EPERM ln -s "$CFG/devices" "$CFG/$dir/link"
	check_not "$dir: no files here" touch "$CFG/$dir/file"
done
check_not "nothing can be made beside them" mkdir "$CFG/else"
check_not "the directories stay" rmdir "$CFG/instances"
check "a readable line says what a name is" \
	sh -c "dmesg | tail -n 200 | grep -q 'a name is a letter or digit'"
