#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.1 6.12
# Who may bind: whoever opened the file with CAP_SYS_ADMIN in the initial user namespace.

# shellcheck source=tests/lib/procpid.sh
. "$(dirname "$0")/../lib/procpid.sh"
procpid_require pb1
need_hook
own=/proc/self/vbus

check_equal "opened by nobody, written by root" EPERM "$(procpid as-nobody $own pb1)"
check_equal "opened by root, written by nobody" ok "$(procpid to-nobody $own pb1)"
if command -v setpriv >/dev/null; then
	check_errno "nobody, for itself" EPERM as_nobody bash -c "echo pb1 >$own"
	check_errno "nobody, leaving" EPERM as_member pb1 as_nobody bash -c "echo 0 >$own"
	check_equal "nobody may read" pb1 "$(as_member pb1 as_nobody cat $own)"
	check_not "nobody cannot open root's" as_nobody bash -c "echo pb1 >/proc/1/vbus"
	check_errno "root without the capability" EPERM \
		setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin bash -c "echo pb1 >$own"
else
	skip "other users" "no setpriv"
fi
check_errno "root of a user namespace" EPERM unshare -Ur bash -c "echo pb1 >$own"
check_errno "even as a member leaving" EPERM as_member pb1 unshare -Ur bash -c "echo 0 >$own"
check "nobody is left" no_members pb1
