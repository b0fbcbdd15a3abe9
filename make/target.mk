# SPDX-License-Identifier: BSD-2-Clause
# What runs on the target: the hypervisor and the bare-metal guests.
#
# arch/ARCH/arch.mk says: ARCH_CROSS (prefix of gcc), ARCH_CLANG (clang's target), ARCH_CFLAGS,
# ARCH_GCC_CFLAGS, ARCH_GCC_FAST (for what is built for few instructions), ARCH_DEVICES and
# ARCH_DRIVERS (names of files in hyp/devices/ and drivers/), and of its own files ARCH_HOT,
# ARCH_PATH, ARCH_SHARED and ARCH_COMM (see below).

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
HYP_FAST += -fno-align-jumps -fno-align-loops $(ARCH_GCC_FAST)
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
ifneq ($(CC_KIND),clang)
HYP_PATH := hyp/core/shared.c hyp/sched/sched.c hyp/sched/edf.c hyp/sched/budget.c \
	hyp/sched/round_robin.c hyp/comm/decisions.c $(ARCH_PATH:%=arch/$(ARCH)/%.c)
endif

# Four of them: without a scheduler, for systems where each vCPU has a core for itself, and with it
# (-shared); without communication between VMs, and with it (-comm). Each is compiled with its own
# constants (hyp/core/extent.h) into a folder of its own, hyp*/; some sources only some have.
HYP_SOURCES := $(sort $(filter-out hyp/devices/%,$(wildcard hyp/*/*.c)) \
	$(ARCH_DEVICES:%=hyp/devices/%.c) $(ARCH_DRIVERS:%=drivers/%.c) \
	$(wildcard lib/*.c arch/$(ARCH)/*.[cS]))
HYP_SHARED_ONLY := hyp/sched/% hyp/core/shared% hyp/core/realtime.c hyp/core/console_queue.c \
	hyp/trace/trace_sched.c lib/tournament.c $(ARCH_SHARED:%=arch/$(ARCH)/%.c)
HYP_COMM_ONLY   := hyp/comm/% $(ARCH_COMM:%=arch/$(ARCH)/%.c)

# The hypervisor's identity, by which it knows the plans made for it: of its sources and flags, and
# of what it has of them.
HYP_INPUTS := $(HYP_SOURCES) $(sort $(wildcard abi/*.h hyp/*/*.h lib/*.h drivers/*.h \
	arch/include/*.h arch/$(ARCH)/*.h arch/$(ARCH)/*.mk arch/$(ARCH)/*.ld))
HYP_BUILD  := 0x$(shell (echo $(CC_KIND); cat $(HYP_INPUTS) make/target.mk) 2>/dev/null | \
	sha256sum | cut -c1-14)

HYP_COMPILE = $(HYP_CC) $(HYP_CFLAGS) $(if $(filter $<,$(HYP_HOT)),$(HYP_FAST),$(HYP_SMALL)) \
	$(ARCH_CFLAGS) -MMD -MP -c $< -o $@

$(OUT)/hyp.ld: arch/$(ARCH)/hyp.ld abi/image.h
	@mkdir -p $(@D)
	$(Q)$(HYP_CC) -E -P -undef -x assembler-with-cpp -D__ASSEMBLER__ -I. $< -o $@

# $(1): what ends its name; $(2), $(3): HYP_SHARED and HYP_COMM.
define HYPERVISOR
HYP_PATH_OF$(1) := $(if $(filter 1,$(2)),$(filter-out $(if $(filter 0,$(3)),$(HYP_COMM_ONLY)), \
	$(HYP_PATH)))
HYP_OBJECTS$(1) := $(patsubst %,$(OUT)/hyp$(1)/%.o,$(filter-out $(if $(filter 0,$(2)), \
	$(HYP_SHARED_ONLY),$(HYP_PATH)) $(if $(filter 0,$(3)),$(HYP_COMM_ONLY)),$(HYP_SOURCES)) \
	$(if $(filter 1,$(2)),$(if $(HYP_PATH),path)))

$(OUT)/hyp$(1)/%.o: ARCH_CFLAGS += -DHYP_SHARED=$(2) -DHYP_COMM=$(3)
$(OUT)/hyp$(1)/%.o: % make/target.mk $(wildcard arch/$(ARCH)/arch.mk) | $(SETUP)
	@mkdir -p $$(@D)
	@echo "  CC  $$@"
	$(Q)$$(HYP_COMPILE)

$(OUT)/hyp$(1)/hyp/core/hyp.c.o: ARCH_CFLAGS += -DHYP_BUILD=$(HYP_BUILD)$(2)$(3) -DABI_ID=$(ABI_ID)
$(OUT)/hyp$(1)/hyp/core/hyp.c.o: $(HYP_INPUTS) $(ABI_HEADERS)

# Without scheduling before the registers are allocated, which needs more of them.
$$(HYP_PATH_OF$(1):%=$(OUT)/hyp$(1)/%.o): ARCH_CFLAGS += -flto -fno-schedule-insns
$(OUT)/hyp$(1)/path.o: $$(HYP_PATH_OF$(1):%=$(OUT)/hyp$(1)/%.o)
	@echo "  CC  $$@"
	$(Q)$$(HYP_CC) $$(HYP_CFLAGS) $$(HYP_FAST) $$(ARCH_CFLAGS) -flto -flinker-output=nolto-rel \
		-r -nostdlib $$^ -o $$@

$(OUT)/hyp$(1).elf: $$(HYP_OBJECTS$(1)) $(OUT)/hyp.ld
	@echo "  LD  $$@"
	$(Q)$$(HYP_LINK) $$(HYP_LDFLAGS) -T $(OUT)/hyp.ld -Wl,-Map=$$(@:.elf=.map) \
		$$(filter %.o,$$^) -o $$@
endef
$(eval $(call HYPERVISOR,,0,0))
$(eval $(call HYPERVISOR,-comm,0,1))
$(eval $(call HYPERVISOR,-shared,1,0))
$(eval $(call HYPERVISOR,-shared-comm,1,1))

# For the bench: upcalls that copy the interrupted context (tests/bench/upcall_copy).
HYP_COPY         := $(OUT)/hyp-comm-copy.elf
HYP_COPY_OWN     := hyp/comm/upcall.c arch/$(ARCH)/irq.c
HYP_COPY_OBJECTS := $(filter-out $(HYP_COPY_OWN:%=$(OUT)/hyp-comm/%.o),$(HYP_OBJECTS-comm)) \
	$(patsubst %,$(OUT)/hyp-comm-copy/%.o,$(HYP_COPY_OWN) tests/bench/upcall_copy/copy.c \
	tests/bench/upcall_copy/$(ARCH).c)

$(OUT)/hyp-comm-copy/%.o: % make/target.mk $(wildcard arch/$(ARCH)/arch.mk) | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(HYP_COMPILE)

$(OUT)/hyp-comm-copy/%.o: ARCH_CFLAGS += -DHYP_SHARED=0 -DHYP_COMM=1 -DCOMM_UPCALL_AT_ONCE=0
$(OUT)/hyp-comm-copy/hyp/comm/upcall.c.o: ARCH_CFLAGS += -Darch_vcpu_upcall=copy_upcall \
	-Dupcall_set=copy_upcall_set

$(HYP_COPY): $(HYP_COPY_OBJECTS) $(OUT)/hyp.ld
	@echo "  LD  $@"
	$(Q)$(HYP_LINK) $(HYP_LDFLAGS) -T $(OUT)/hyp.ld $(filter %.o,$^) -o $@

# The guests: build/ARCH/guests/NAME.elf from guest/demos/NAME/ and the guest library, by the rules
# of guest/lib/guest.mk. A folder that makes several guests says so in a file variants.mk, in lines
# $(eval $(call GUEST,NAME,FOLDER,FLAGS)); any other makes one of its own name.

GUEST_BUILD := $(OUT)/guests
-include guest/lib/guest.mk

# Guests about what only one architecture has.
GUESTS_OF_aarch64 := gic psci psci-bad-addresses stoppable
GUESTS_OF_riscv64 := aplic sbi
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
