# SPDX-License-Identifier: BSD-2-Clause
# How a guest is built with the guest library. The project's Makefile includes this file; a Makefile
# of your own can do the same from outside: set GUEST_BUILD, include it, then
#   $(eval $(call GUEST,NAME,FOLDER WITH YOUR .c AND .S FILES,FURTHER COMPILER FLAGS,LINKER FLAGS))
# makes $(GUEST_BUILD)/NAME.elf. What is an architecture's own lies in a folder ARCH in that folder.
# A real-time VM says $(GUEST_REALTIME) as a fifth parameter: it is linked with the real-time
# manager. GUEST_ELFS lists what all such lines make.

ARCH        ?= aarch64
CC_KIND     ?= gcc
GUEST_BUILD ?= build/$(ARCH)/guests

# The project's root, with a slash at its end, or nothing for the current folder.
GUEST_ROOT := $(patsubst %guest/lib/guest.mk,%,$(lastword $(MAKEFILE_LIST)))
GUEST_LIB  := $(GUEST_ROOT)guest/lib
GUEST_RT   := $(GUEST_ROOT)guest/realtime

include $(GUEST_LIB)/$(ARCH)/guest.mk

GUEST_CFLAGS := -std=c17 -O2 -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wundef -ffreestanding -fno-common -fno-pic -fno-pie \
	-fno-stack-protector -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
	-ffile-prefix-map=$(CURDIR)=. -I$(or $(GUEST_ROOT),.) -I$(GUEST_LIB)/$(ARCH) \
	$(GUEST_ARCH_FLAGS)
GUEST_LDFLAGS := -nostdlib -static -Wl,--build-id=none -Wl,--gc-sections \
	-Wl,-z,max-page-size=4096 -Wl,--fatal-warnings -T $(GUEST_LIB)/$(ARCH)/guest.ld

ifeq ($(CC_KIND),clang)
GUEST_CC   := clang --target=$(GUEST_TRIPLE)
GUEST_LINK := $(GUEST_CC) -fuse-ld=lld
else
GUEST_CC   := $(GUEST_CROSS_COMPILE)gcc
GUEST_LINK := $(GUEST_CC) -no-pie
endif

GUEST_LIB_SOURCES := $(sort $(wildcard $(GUEST_LIB)/*.c $(GUEST_LIB)/$(ARCH)/*.[cS] \
	$(GUEST_ROOT)lib/*.c))
GUEST_LIB_OBJECTS := $(patsubst $(GUEST_ROOT)%,$(GUEST_BUILD)/obj/%.o,$(GUEST_LIB_SOURCES))
GUEST_REALTIME := $(patsubst $(GUEST_ROOT)%,$(GUEST_BUILD)/obj/%.o,$(sort \
	$(wildcard $(GUEST_RT)/*.c $(GUEST_RT)/$(ARCH)/*.[cS])))
GUEST_ELFS :=

$(GUEST_BUILD)/obj/%.o: $(GUEST_ROOT)%
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(GUEST_CC) $(GUEST_CFLAGS) -MMD -MP -c $< -o $@

-include $(GUEST_LIB_OBJECTS:.o=.d) $(GUEST_REALTIME:.o=.d)

# For arguments of what follows.
comma := ,

define GUEST
GUEST_ELFS += $(GUEST_BUILD)/$(1).elf
GUEST_OBJECTS_$(1) := $(patsubst $(2)/%,$(GUEST_BUILD)/obj/$(1)/%.o,$(sort \
	$(wildcard $(2)/*.[cS] $(2)/$(ARCH)/*.[cS])))
$(GUEST_BUILD)/obj/$(1)/%.o: $(2)/% $(wildcard $(2)/variants.mk)
	@mkdir -p $$(@D)
	@echo "  CC  $$@"
	$$(Q)$$(GUEST_CC) $$(GUEST_CFLAGS) -I$(2) -I$(2)/$(ARCH) $(3) -MMD -MP -c $$< -o $$@
$(GUEST_BUILD)/$(1).elf: $$(GUEST_OBJECTS_$(1)) $(5) $$(GUEST_LIB_OBJECTS) \
	$(GUEST_LIB)/$(ARCH)/guest.ld
	@echo "  LD  $$@"
	$$(Q)$$(GUEST_LINK) $$(GUEST_OBJECTS_$(1)) $(5) $$(GUEST_LIB_OBJECTS) $$(GUEST_LDFLAGS) \
		$(4) -o $$@
-include $$(GUEST_OBJECTS_$(1):.o=.d)
endef
