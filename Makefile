# SPDX-License-Identifier: GPL-2.0
# The people's door to vbus: "make help" lists what can be done.
# Which files make which module is kbuild's business: Kbuild in each folder.

ifneq ($(KERNELRELEASE),)
include $(dir $(lastword $(MAKEFILE_LIST)))Kbuild
else

VERSION := 0.1
TOP     := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))

# The kernel to build for: its headers or its build tree.
KDIR    ?= /lib/modules/$(shell uname -r)/build
PREFIX  ?= /usr/local
DESTDIR ?=
# y adds the modules that only tests need
VBUS_TESTS ?= n
export VBUS_TESTS

# One folder per kernel release, so that builds for several kernels live side
# by side.  VARIANT keeps builds with different flags apart.
VARIANT ?=
REL     = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)
BUILD   = $(TOP)/build/$(REL)$(VARIANT)

# All processors, unless the caller already chose.
JOBS    := $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
KBUILD  = flock $(BUILD)/.lock $(MAKE) --no-print-directory $(JOBS) -C $(KDIR) M=$(BUILD) \
	KBUILD_EXTRA_SYMBOLS="$(if $(VBUS_NTB),$(VBUS_NTB)/Module.symvers) $(KBUILD_EXTRA_SYMBOLS)"
# A folder with NTB modules, for a kernel that has none: scripts/ntb
VBUS_NTB ?=
export VBUS_NTB
# Folders to build, all if empty: ONLY="drivers/vbus/ring devices/echo"
ONLY    ?=
export VBUS_ONLY := $(ONLY)

.PHONY: all modules modules_install tools install config farm need-kdir \
	check check-full demo demo-chassis bench lint clean distclean help vendor dkms-install

all: modules tools

need-kdir:
	@if [ -z "$(REL)" ]; then \
		echo "No kernel headers in $(KDIR)." >&2; \
		echo "Install them (Debian: apt-get install linux-headers-$$(uname -r)) or give KDIR=<headers or kernel build tree>." >&2; \
		exit 2; \
	fi

# A tree of symbolic links to the sources: kbuild puts its output beside the
# files it compiles, and beside the links is not in the source tree.
farm: need-kdir
	@mkdir -p $(BUILD) && flock $(BUILD)/.lock scripts/farm $(BUILD) && flock $(BUILD)/.lock scripts/kconfig-run $(KDIR) $(BUILD)/generated

ifeq ($(M),)
modules: farm
	+@$(KBUILD) $(if $(W),W=$(W)) $(if $(C),C=$(C)) modules
else
modules: vendor
endif

# A connector or device model that lives in a folder of its own, elsewhere.
vendor: need-kdir
	@[ -n "$(M)" ] || { echo "usage: make vendor KDIR=<headers> M=<folder>" >&2; exit 2; }
	@[ -e "$(M)/Kbuild" ] || [ -e "$(M)/Makefile" ] || \
		{ echo "There is no Kbuild and no Makefile in the folder $(M)." >&2; exit 2; }
	@[ -e $(BUILD)/Module.symvers ] || $(MAKE) --no-print-directory modules M=
	@VBUS_VENDOR=$(abspath $(M)) scripts/kconfig-run $(KDIR) $(BUILD)/vendor/generated
	+@$(MAKE) --no-print-directory $(JOBS) -C $(KDIR) M=$(abspath $(M)) \
		KBUILD_EXTRA_SYMBOLS="$(BUILD)/Module.symvers $(KBUILD_EXTRA_SYMBOLS)" \
		NOSTDINC_FLAGS="-nostdinc -I$(TOP)/include/compat" \
		KCFLAGS="-I$(TOP)/include -I$(TOP)/include/uapi -include $(BUILD)/vendor/generated/autoconf.h $(KCFLAGS)" \
		$$(cat $(BUILD)/vendor/generated/auto.conf) $(if $(W),W=$(W)) $(if $(C),C=$(C)) modules

modules_install: modules
	+@$(KBUILD) INSTALL_MOD_PATH=$(INSTALL_MOD_PATH) $(if $(INSTALL_MOD_STRIP),INSTALL_MOD_STRIP=$(INSTALL_MOD_STRIP)) modules_install
	@PATH=$$PATH:/sbin:/usr/sbin depmod -b "$(or $(INSTALL_MOD_PATH),/)" $(REL)

config: need-kdir
	@scripts/farm $(BUILD) && KCONFIG_MODE=--oldaskconfig scripts/kconfig-run $(KDIR) $(BUILD)/generated

tools:
	@if [ -e tools/Makefile ]; then $(MAKE) --no-print-directory -C tools all; fi

install: tools
	+@$(MAKE) --no-print-directory -C tools install DESTDIR=$(DESTDIR) PREFIX=$(PREFIX)

lint:
	@scripts/lint

demo:
	@scripts/demo

demo-chassis:
	@scripts/demo --chassis

check:
	@scripts/check

check-full:
	@scripts/check --full

bench:
	@scripts/deps
	@tests/bench/run

dkms-install:
	@scripts/dkms-install $(VERSION)

clean:
	@rm -rf build
	@for d in tools tests/unit tests/spin tests/bench; do \
		if [ -e $$d/Makefile ]; then $(MAKE) -s --no-print-directory -C $$d clean; fi; \
	done

distclean: clean
	@scripts/kernel forget

help:
	@echo 'Building (for the running kernel, or with KDIR=<headers or kernel build tree>):'
	@echo '  all              modules and tools (what plain "make" does)'
	@echo '  modules          every module; W=1 and C=2 as in the kernel'
	@echo '  modules_install  put them below $$INSTALL_MOD_PATH/lib/modules/<release>'
	@echo '  config           ask for each CONFIG_VBUS option; without it all are modules'
	@echo '  ONLY="a b"       modules of these folders only; VARIANT=-x: in build/<release>-x/'
	@echo '  VBUS_NTB=<folder> with the NTB modules of scripts/ntb: what uses NTB, on kernels without'
	@echo '  vendor           build the connector or device model in folder M=<folder>'
	@echo '  tools            vbusctl and the other programs'
	@echo '  install          install the programs below $$DESTDIR$$PREFIX'
	@echo '  dkms-install     hand the sources to DKMS'
	@echo '  clean            remove what was built'
	@echo '  distclean        also remove the cache of kernels'
	@echo 'Trying and testing (boots kernels in QEMU; no /dev/kvm needed):'
	@echo '  demo             the administrator guide'"'"'s example with two guests: traffic, a console, a disk'
	@echo '  demo-chassis     two emulated PowerPC boards and their master: consoles, traffic, counters'
	@echo '  check            all tests on stock 6.1, 6.12 and on a debug kernel'
	@echo '  check-full       the same with the long variants'
	@echo '  bench            the numbers of Documentation/performance.rst'
	@echo '  lint             W=1, sparse, checkpatch, shellcheck and the rules of scripts/lint'
	@echo 'The results of a build are in build/<kernel release>/, kernels in $${VBUS_CACHE:-~/.cache/vbus}.'

endif
