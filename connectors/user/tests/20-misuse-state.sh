#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a process may do with /dev/vbus when, and what it is told otherwise.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

user_require vbus-dev-echo
misuse_group state
