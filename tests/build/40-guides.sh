#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the authors' guides in Documentation/ say, done to the letter.
exec "$(dirname "$0")/../guides/run" --try
