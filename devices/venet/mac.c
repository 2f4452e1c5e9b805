// SPDX-License-Identifier: GPL-2.0
/*
 * Default MAC addresses: the same at each boot, different on each machine.
 */
#include <linux/dmi.h>
#include <linux/siphash.h>
#include <linux/utsname.h>

#include "venet.h"

static const siphash_key_t mac_key = { { 0x7662757376656e65, 0x74206d6163206b65 } };

/* What tells this machine from others and survives a reboot; the host name is the last resort. */
static u64 machine_hash(void)
{
	const char *uuid = dmi_get_system_info(DMI_PRODUCT_UUID);
	const char *serial = dmi_get_system_info(DMI_PRODUCT_SERIAL);
	u64 h[2] = { 0, 0 };

	if (uuid)
		h[0] = siphash(uuid, strlen(uuid), &mac_key);
	if (serial)
		h[1] = siphash(serial, strlen(serial), &mac_key);
	if (!uuid && !serial) {
		const char *node = init_utsname()->nodename;

		h[0] = siphash(node, strnlen(node, __NEW_UTS_LEN), &mac_key);
	}
	return siphash_2u64(h[0], h[1], &mac_key);
}

/**
 * venet_default_mac() - make an address
 * @name: of the device
 * @role: which end of it
 * @mac: six bytes; unicast, locally administered
 */
void venet_default_mac(const char *name, const char *role, u8 *mac)
{
	u64 h = siphash_3u64(machine_hash(), siphash(name, strlen(name), &mac_key),
			     siphash(role, strlen(role), &mac_key), &mac_key);
	unsigned int i;

	for (i = 0; i < ETH_ALEN; i++)
		mac[i] = h >> (8 * i);
	mac[0] = (mac[0] & 0xfc) | 0x02;
}
