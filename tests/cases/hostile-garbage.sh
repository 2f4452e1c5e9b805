#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# default: 6.12 debug
# A second thread of the driver side changes rings while the device reads them:
# requests between check and use, completions, lines, all of it.
# timeout: 180

# shellcheck source=tests/lib/hostile.sh
. "$(dirname "$0")/../lib/hostile.sh"

ms=${VBUS_FULL:+20000}
hostile_setup echo
hostile_each hbus "double-fetch ms=${ms:-3000}" "request-garbage ms=${ms:-1500}" \
	"completion-garbage ms=${ms:-1000}" "wake-garbage ms=${ms:-1000}" \
	"all-garbage ms=${ms:-1500}" fresh
hostile_end
