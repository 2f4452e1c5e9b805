#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Doorbells and interrupts as eventfds.

# shellcheck source=tests/lib/user.sh
. "$(dirname "$0")/../../../tests/lib/user.sh"

user_require vbus-dev-echo
misuse_group eventfd
