# SPDX-License-Identifier: GPL-2.0
# libvbus: shared, static, pkg-config file, manual page, headers, examples.
# Part of ../Makefile.
LIBDIR     ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include/libvbus
PCDIR      ?= $(LIBDIR)/pkgconfig
EXAMPLEDIR ?= $(PREFIX)/share/doc/libvbus/examples

# The number changes when programs built before would not run any more.
LIB_SO      := libvbus.so.0
LIB_VERSION := 0.1

# The rings are the kernel's own; so are the unit tests' stand-ins for its headers.
LIB_RING := ../drivers/vbus/ring
LIB_SRCS := $(wildcard libvbus/*.c) $(LIB_RING)/ring.c $(LIB_RING)/split.c
LIB_OBJS := $(addprefix $(O)/libvbus/,$(notdir $(LIB_SRCS:.c=.o)))
LIB_HDRS := $(wildcard libvbus/*.h ../include/vbus/ring.h ../include/uapi/linux/vbus*.h $(LIB_RING)/*.h)
LIB_CPP  := -Ilibvbus -I../tests/unit/include -I../include -I../include/uapi -D_GNU_SOURCE
LIB_API  := libvbus/libvbus.h
LIB_UAPI := $(wildcard ../include/uapi/linux/vbus*.h)

EXAMPLE_SRCS := $(wildcard libvbus/examples/*.c)
EXAMPLES     := $(EXAMPLE_SRCS:libvbus/examples/%.c=$(O)/libvbus/%)

all: libvbus
.PHONY: libvbus install-libvbus
libvbus: $(O)/libvbus/$(LIB_SO) $(O)/libvbus/libvbus.a $(O)/libvbus/libvbus.pc $(EXAMPLES)

vpath %.c libvbus $(LIB_RING)
$(O)/libvbus/%.o: %.c $(LIB_HDRS) libvbus/libvbus.mk
	@mkdir -p $(O)/libvbus
	$(CC) $(CPPFLAGS) $(LIB_CPP) $(CFLAGS) $(WARN) -Wno-sign-compare -Wno-unused-parameter $(WERROR) \
		-fPIC -fvisibility=hidden -c -o $@ $<

$(O)/libvbus/$(LIB_SO): $(LIB_OBJS)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(LIB_SO) -Wl,-z,defs -o $@ $^

# One object, so that what is hidden in the shared library is not in the way here either.
$(O)/libvbus/libvbus.a: $(LIB_OBJS)
	$(LD) -r -o $(O)/libvbus/all.o $^
	$(OBJCOPY) --localize-hidden $(O)/libvbus/all.o
	rm -f $@
	$(AR) rcs $@ $(O)/libvbus/all.o

$(O)/libvbus/%: libvbus/examples/%.c $(O)/libvbus/libvbus.a
	$(CC) $(CPPFLAGS) -Ilibvbus -I../include/uapi -D_GNU_SOURCE $(CFLAGS) $(WARN) $(WERROR) \
		$(LDFLAGS) -o $@ $< $(O)/libvbus/libvbus.a

$(O)/libvbus/libvbus.pc: libvbus/libvbus.pc.in libvbus/libvbus.mk
	@mkdir -p $(O)/libvbus
	sed -e 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@INCLUDEDIR@|$(INCLUDEDIR)|' \
		-e 's|@VERSION@|$(LIB_VERSION)|' $< >$@

OBJCOPY ?= objcopy

install: install-libvbus
install-libvbus: libvbus
	install -d $(DESTDIR)$(LIBDIR) $(DESTDIR)$(PCDIR) $(DESTDIR)$(INCLUDEDIR)/linux \
		$(DESTDIR)$(MANDIR)/man3 $(DESTDIR)$(EXAMPLEDIR)
	install -m 755 $(O)/libvbus/$(LIB_SO) $(DESTDIR)$(LIBDIR)/$(LIB_SO)
	ln -sf $(LIB_SO) $(DESTDIR)$(LIBDIR)/libvbus.so
	install -m 644 $(O)/libvbus/libvbus.a $(DESTDIR)$(LIBDIR)/libvbus.a
	install -m 644 $(O)/libvbus/libvbus.pc $(DESTDIR)$(PCDIR)/libvbus.pc
	install -m 644 $(LIB_API) $(DESTDIR)$(INCLUDEDIR)
	install -m 644 $(LIB_UAPI) $(DESTDIR)$(INCLUDEDIR)/linux
	install -m 644 libvbus/libvbus.3 $(DESTDIR)$(MANDIR)/man3/libvbus.3
	install -m 644 $(EXAMPLE_SRCS) libvbus/examples/*.py $(DESTDIR)$(EXAMPLEDIR)
