/* SPDX-License-Identifier: GPL-2.0 */
#include_next <linux/module.h>
#include "../standin.h"
