#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12
# Which memory can be registered, and what may happen to it afterwards.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

user_require vbus-dev-echo
misuse_group memory
misuse_group memlock nobody
