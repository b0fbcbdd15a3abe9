# SPDX-License-Identifier: BSD-2-Clause
# What runs on the target: the hypervisor and the bare-metal guests.
#
# arch/ARCH/arch.mk says: ARCH_CROSS (prefix of gcc), ARCH_CLANG (clang's target), ARCH_CFLAGS,
# ARCH_GCC_CFLAGS, ARCH_DEVICES and ARCH_DRIVERS (names of files in hyp/devices/ and drivers/).

-include arch/$(ARCH)/arch.mk

ifeq ($(CC_KIND),clang)
HYP_CC      := clang $(ARCH_CLANG) -Qunused-arguments
HYP_LINK    := clang $(ARCH_CLANG) -fuse-ld=lld
else
HYP_CC      := $(ARCH_CROSS)gcc
HYP_LINK    := $(ARCH_CROSS)gcc -no-pie
ARCH_CFLAGS += $(ARCH_GCC_CFLAGS)
endif

HYP_CFLAGS := -std=c17 -ffreestanding -g $(WARNINGS) -I. -Iarch/include -Iarch/$(ARCH) \
	-fno-pic -fno-pie -fomit-frame-pointer -fno-stack-protector \
	-fno-asynchronous-unwind-tables \
	-fno-common \
	-ffunction-sections -fdata-sections -ffile-prefix-map=$(CURDIR)=.
HYP_LDFLAGS := -nostdlib -static -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,max-page-size=4096

# The hypervisor: small, but for what stands in the way of a frequent exit.

HYP_FAST  := -O2 -fno-align-functions
HYP_SMALL := -Os
ifneq ($(CC_KIND),clang)
HYP_FAST += -fno-align-jumps -fno-align-loops
# Each of these two saves 90 bytes.
HYP_SMALL += -fno-move-loop-invariants -fno-thread-jumps
endif
HYP_HOT  := hyp/core/mmio.c hyp/core/hypercall.c hyp/core/shared.c hyp/sched/sched.c \
	hyp/sched/edf.c hyp/sched/budget.c hyp/sched/round_robin.c lib/tournament.c \
	hyp/core/console_queue.c hyp/comm/tunnel.c hyp/comm/message.c \
	hyp/comm/virtqueue.c hyp/comm/virtio_net.c hyp/comm/guest_memory.c hyp/comm/upcall.c \
	hyp/comm/decisions.c $(ARCH_HOT:%=arch/$(ARCH)/%.c)

# What each decision of the scheduler goes through is compiled as one unit, so that it is one
# straight way (clang compiles it file by file).
HYP_PATH := hyp/core/shared.c hyp/sched/sched.c hyp/sched/edf.c hyp/sched/budget.c \
	hyp/sched/round_robin.c $(ARCH_PATH:%=arch/$(ARCH)/%.c)

# Four of them: without a scheduler, for systems where each vCPU has a core for itself, and with it
# (-shared); without communication between VMs, and with it (-comm). What only some of them have is
# in files of its own; hyp.c tells which it is.
HYP_SOURCES := $(sort $(filter-out hyp/devices/%,$(wildcard hyp/*/*.c)) \
	$(ARCH_DEVICES:%=hyp/devices/%.c) $(ARCH_DRIVERS:%=drivers/%.c) \
	$(wildcard lib/*.c arch/$(ARCH)/*.[cS]))
HYP_COMM_ONLY      := $(filter hyp/comm/% $(ARCH_COMM:%=arch/$(ARCH)/%.c),$(HYP_SOURCES))
HYP_NO_COMM_ONLY   := hyp/core/comm_absent.c $(ARCH_NO_COMM:%=arch/$(ARCH)/%.c)
HYP_DEDICATED_ONLY := hyp/core/shared_absent.c $(ARCH_DEDICATED:%=arch/$(ARCH)/%.c)
HYP_SHARED_ONLY    := $(filter-out $(HYP_DEDICATED_ONLY),$(filter hyp/sched/% \
	$(patsubst %,hyp/core/%,shared% realtime.c console_queue.c) hyp/trace/trace_sched.c \
	$(ARCH_SHARED:%=arch/$(ARCH)/%.c),$(HYP_SOURCES)))
HYP_COMMON         := $(filter-out $(HYP_DEDICATED_ONLY) $(HYP_SHARED_ONLY) $(HYP_COMM_ONLY) \
	$(HYP_NO_COMM_ONLY) hyp/core/hyp.c,$(HYP_SOURCES))

ifneq ($(CC_KIND),clang)
HYP_SHARED_ONLY := $(filter-out $(HYP_PATH),$(HYP_SHARED_ONLY)) path
endif

HYP_PARTS              := $(HYP_COMMON) $(HYP_DEDICATED_ONLY) $(HYP_NO_COMM_ONLY)
HYP_PARTS_-comm        := $(HYP_COMMON) $(HYP_DEDICATED_ONLY) $(HYP_COMM_ONLY)
HYP_PARTS_-shared      := $(HYP_COMMON) $(HYP_SHARED_ONLY) $(HYP_NO_COMM_ONLY)
HYP_PARTS_-shared-comm := $(HYP_COMMON) $(HYP_SHARED_ONLY) $(HYP_COMM_ONLY)

HYP_COMPILE = $(HYP_CC) $(HYP_CFLAGS) $(if $(filter $<,$(HYP_HOT)),$(HYP_FAST),$(HYP_SMALL)) \
	$(ARCH_CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/hyp/%.o: % make/target.mk $(wildcard arch/$(ARCH)/arch.mk) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(HYP_COMPILE)

$(OUT)/hyp/hyp/core/hyp-%.c.o: hyp/core/hyp.c make/target.mk | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(HYP_COMPILE)

$(OUT)/hyp/path.o: $(HYP_PATH:%=$(OUT)/hyp/%.o)
	@echo "  CC  $@"
	$(Q)$(HYP_CC) $(HYP_CFLAGS) $(HYP_FAST) $(ARCH_CFLAGS) -flto -flinker-output=nolto-rel -r \
		-nostdlib $^ -o $@

ifneq ($(CC_KIND),clang)
# Without scheduling before the registers are allocated, which needs more of them.
$(HYP_PATH:%=$(OUT)/hyp/%.o): ARCH_CFLAGS += -flto -fno-schedule-insns
endif

# The hypervisor's identity, by which it knows the plans made for it: of its sources and flags.
HYP_INPUTS := $(HYP_SOURCES) $(sort $(wildcard abi/*.h hyp/*/*.h lib/*.h drivers/*.h \
	arch/include/*.h arch/$(ARCH)/*.h arch/$(ARCH)/*.mk arch/$(ARCH)/*.ld))
HYP_BUILD  := 0x$(shell (echo $(CC_KIND); cat $(HYP_INPUTS) make/target.mk) 2>/dev/null | \
	sha256sum | cut -c1-16)

HYP_INFO   := $(HYPERVISORS:$(OUT)/%.elf=$(OUT)/hyp/hyp/core/%.c.o)

$(HYP_INFO): ARCH_CFLAGS += -DHYP_BUILD=$(HYP_BUILD)
$(filter %-shared.c.o %-shared-comm.c.o,$(HYP_INFO)): ARCH_CFLAGS += -DHYP_SHARED
$(filter %-comm.c.o,$(HYP_INFO)): ARCH_CFLAGS += -DHYP_COMM
$(HYP_INFO): $(HYP_INPUTS)

$(OUT)/hyp.ld: arch/$(ARCH)/hyp.ld abi/image.h
	@mkdir -p $(@D)
	$(Q)$(HYP_CC) -E -P -undef -x assembler-with-cpp -D__ASSEMBLER__ -I. $< -o $@

define HYPERVISOR
$(OUT)/hyp$(1).elf: $(patsubst %,$(OUT)/hyp/%.o,$(HYP_PARTS$(if $(1),_$(1),))) \
	$(OUT)/hyp/hyp/core/hyp$(1).c.o $(OUT)/hyp.ld
	@echo "  LD  $$@"
	$(Q)$(HYP_LINK) $(HYP_LDFLAGS) -T $(OUT)/hyp.ld -Wl,-Map=$$(@:.elf=.map) \
		$$(filter %.o,$$^) -o $$@
endef
$(foreach v,$(HYPERVISORS:$(OUT)/hyp%.elf=%),$(eval $(call HYPERVISOR,$(v))))
$(eval $(call HYPERVISOR,))

# For the bench: upcalls that copy the interrupted context (tests/bench/upcall_copy).
HYP_COPY       := $(OUT)/hyp-comm-copy.elf
HYP_COPY_OWN   := hyp/comm/upcall.c arch/$(ARCH)/irq.c
HYP_COPY_PARTS := $(patsubst %,$(OUT)/hyp/%.o,$(filter-out $(HYP_COPY_OWN),$(HYP_PARTS_-comm))) \
	$(patsubst %,$(OUT)/hyp/copy/%.o,$(HYP_COPY_OWN) tests/bench/upcall_copy/copy.c \
	tests/bench/upcall_copy/$(ARCH).c)

$(OUT)/hyp/copy/%.o: % make/target.mk $(wildcard arch/$(ARCH)/arch.mk) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(HYP_COMPILE)

$(OUT)/hyp/copy/%.o: ARCH_CFLAGS += -DCOMM_UPCALL_AT_ONCE=0
$(OUT)/hyp/copy/hyp/comm/upcall.c.o: ARCH_CFLAGS += -Darch_vcpu_upcall=copy_upcall \
	-Dupcall_set=copy_upcall_set
-include $(patsubst %.o,%.d,$(filter $(OUT)/hyp/copy/%,$(HYP_COPY_PARTS)))

$(HYP_COPY): $(HYP_COPY_PARTS) $(OUT)/hyp/hyp/core/hyp-comm.c.o $(OUT)/hyp.ld
	@echo "  LD  $@"
	$(Q)$(HYP_LINK) $(HYP_LDFLAGS) -T $(OUT)/hyp.ld $(filter %.o,$^) -o $@

# The guests: build/ARCH/guests/NAME.elf from guest/demos/NAME/ and the guest library, by the rules
# of guest/lib/guest.mk. A folder that makes several guests says so in a file variants.mk, in lines
# $(eval $(call GUEST,NAME,FOLDER,FLAGS)); any other makes one of its own name.

GUEST_BUILD := $(OUT)/guests
-include guest/lib/guest.mk

# Guests about what only one architecture has.
GUESTS_OF_aarch64 := gic psci psci-bad-addresses stoppable
GUESTS_OF_riscv64 := sbi
GUESTS_OF_OTHERS  := $(foreach a,$(filter-out $(ARCH),aarch64 riscv64),\
	$(GUESTS_OF_$(a):%=guest/demos/%))

GUEST_ALL      := $(filter-out $(GUESTS_OF_OTHERS),$(patsubst %/,%,$(sort $(dir \
	$(wildcard guest/demos/*/*.[cS])))))
GUEST_VARIANTS := $(wildcard $(GUEST_ALL:%=%/variants.mk))
GUEST_FOLDERS  := $(filter-out $(GUEST_VARIANTS:%/variants.mk=%),$(GUEST_ALL))
$(foreach f,$(GUEST_FOLDERS),$(eval $(call GUEST,$(notdir $(f)),$(f),)))
-include $(GUEST_VARIANTS)

GUEST_NAMES := $(GUEST_ELFS:$(GUEST_BUILD)/%.elf=%)
$(GUEST_LIB_OBJECTS) $(GUEST_REALTIME) $(foreach n,$(GUEST_NAMES),$(GUEST_OBJECTS_$(n))): \
	$(wildcard guest/lib/guest.mk guest/lib/$(ARCH)/guest.mk) | $(SETUP)
