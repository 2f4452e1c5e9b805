# SPDX-License-Identifier: GPL-2.0
# A big-endian 32-bit PowerPC board: QEMU's ppce500 with an e500mc, over
# allnoconfig. The board's kernel of tests/qemu/board-run and scripts/kernel.
# --- CPU / platform -------------------------------------------------------
CONFIG_PPC_85xx=y
CONFIG_PPC_E500MC=y
CONFIG_E500MC_CPU=y
CONFIG_FSL_SOC_BOOKE=y
CONFIG_PPC_QEMU_E500=y
CONFIG_PHYS_64BIT=y
CONFIG_HZ_250=y
CONFIG_HIGH_RES_TIMERS=y
CONFIG_NO_HZ_IDLE=y
CONFIG_PREEMPT_VOLUNTARY=y
CONFIG_EPAPR_PARAVIRT=n
CONFIG_LOCALVERSION="-vbusboard"
CONFIG_LOCALVERSION_AUTO=n
# --- basics ---------------------------------------------------------------
CONFIG_EXPERT=y
CONFIG_MULTIUSER=y
CONFIG_PRINTK=y
CONFIG_PRINTK_TIME=y
CONFIG_BUG=y
CONFIG_KALLSYMS=y
CONFIG_MODULES=y
CONFIG_MODULE_UNLOAD=y
CONFIG_BLK_DEV_INITRD=y
CONFIG_RD_GZIP=y
CONFIG_BINFMT_ELF=y
CONFIG_BINFMT_SCRIPT=y
CONFIG_FUTEX=y
CONFIG_EPOLL=y
CONFIG_EVENTFD=y
CONFIG_SIGNALFD=y
CONFIG_TIMERFD=y
CONFIG_SHMEM=y
CONFIG_ADVISE_SYSCALLS=y
CONFIG_MEMBARRIER=y
CONFIG_FILE_LOCKING=y
CONFIG_POSIX_TIMERS=y
CONFIG_SYSVIPC=y
CONFIG_PROC_FS=y
CONFIG_PROC_SYSCTL=y
CONFIG_SYSFS=y
CONFIG_TMPFS=y
CONFIG_DEVTMPFS=y
CONFIG_DEVTMPFS_MOUNT=y
CONFIG_CONFIGFS_FS=y
CONFIG_DEBUG_FS=y
CONFIG_DEVMEM=y
CONFIG_MAGIC_SYSRQ=y
CONFIG_PANIC_TIMEOUT=1
CONFIG_DEBUG_KERNEL=y
CONFIG_DETECT_HUNG_TASK=y
# --- console --------------------------------------------------------------
CONFIG_TTY=y
CONFIG_SERIAL_8250=y
CONFIG_SERIAL_8250_CONSOLE=y
CONFIG_SERIAL_OF_PLATFORM=y
CONFIG_UNIX98_PTYS=y
# --- PCI / MSI ------------------------------------------------------------
CONFIG_PCI=y
CONFIG_PCI_MSI=y
CONFIG_VIRT_DRIVERS=y
# --- power off / reset ----------------------------------------------------
CONFIG_GPIOLIB=y
CONFIG_GPIO_MPC8XXX=y
CONFIG_POWER_RESET=y
CONFIG_POWER_RESET_GPIO=y
# --- net core -------------------------------------------------------------
CONFIG_NET=y
CONFIG_UNIX=y
CONFIG_PACKET=y
CONFIG_INET=y
CONFIG_NETDEVICES=y
CONFIG_NET_CORE=y
CONFIG_ETHERNET=n
# --- dmaengine core (for ops-table comparison) ----------------------------
CONFIG_DMADEVICES=y
CONFIG_FSL_DMA=y
# --- KUnit ----------------------------------------------------------------
CONFIG_KUNIT=m
CONFIG_IKCONFIG=y
CONFIG_IKCONFIG_PROC=y
# --- what vbus and its drivers need ----------------------------------------
CONFIG_BLOCK=y
# selects PAGE_POOL, which has no prompt of its own
CONFIG_BPF_SYSCALL=y
CONFIG_KEYS=y
CONFIG_DYNAMIC_DEBUG=n
CONFIG_FTRACE=n
