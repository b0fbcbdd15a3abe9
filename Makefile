# SPDX-License-Identifier: BSD-2-Clause
# Builds the hypervisor, its guests and the host tool, and runs, tests and measures them.
# `make help` lists what there is; every target first sees to it that set-up has been done.

ARCH    ?= aarch64
CC_KIND ?= gcc#                 gcc or clang: which compiler builds hypervisor, guests and tool
BUILD   ?= build
Q       := $(if $(V),,@)#       make V=1 shows the commands

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

# What is built with clang lies beside what is built with gcc.
KIND_SUFFIX := $(if $(filter clang,$(CC_KIND)),-clang,)
OUT   := $(BUILD)/$(ARCH)$(KIND_SUFFIX)
HOST  := $(BUILD)/host$(KIND_SUFFIX)
CHECK := $(BUILD)/check
TOOL  := $(BUILD)/orlop$(KIND_SUFFIX)
HYP   := $(OUT)/hyp.elf
HYPERVISORS := $(HYP) $(patsubst %,$(OUT)/hyp%.elf,-comm -shared -shared-comm)

# The architectures that `make test` tests; make test TEST_ARCHS=riscv64 tests one.
TEST_ARCHS ?= aarch64 riscv64
comma := ,
space := $(subst ,, )

# What ends the names of the examples for this architecture.
EXAMPLE := $(if $(filter-out aarch64,$(ARCH)),-$(ARCH),)

SETUP  := $(BUILD)/setup.stamp
GUESTS := $(BUILD)/guests/$(ARCH)/initramfs.cpio.gz

# What the tool and the hypervisors share, and the sum over it by which they know that they do.
ABI_HEADERS := $(sort $(wildcard abi/*.h arch/*/layout.h))
ABI_ID      := 0x$(shell cat $(ABI_HEADERS) | sha256sum | cut -c1-8)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla

include make/target.mk
include make/host.mk

help: ## list the targets
	@echo 'Orlop: a lightweight type-1 hypervisor. Targets (ARCH=$(ARCH)):'
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

setup: $(SETUP) $(GUESTS) ## install the packages that are missing, fetch the guests' kernels

# The stamp is as old as the list of packages in the script.
$(SETUP): tools/setup.sh
	@sh tools/setup.sh $(BUILD)
	@mkdir -p $(@D) && touch $@

$(BUILD)/guests/%/stamp: tools/guests.sh tools/apt.sh | $(SETUP)
	@sh tools/guests.sh $(BUILD)/guests $*
	@touch $@

$(BUILD)/guests/%/initramfs.cpio.gz: $(BUILD)/guests/%/stamp tools/initramfs.py \
	$(wildcard tools/initramfs/*)
	@python3 tools/initramfs.py $(@D)/busybox $(@D)/modules tools/initramfs $@

all: tool hypervisor guests ## build the host tool, the hypervisor and the guests

tool: $(TOOL) ## build the host tool (build/orlop)

hypervisor: $(HYPERVISORS) ## build the hypervisor, in its four extents

guests: $(GUEST_ELFS) ## build the bare-metal guests (build/ARCH/guests/)

demo: all $(GUESTS) ## Linux beside a loop; Linux and real-time tasks on one core; a gateway
	@$(TOOL) run --icount --repeat jitter examples/linux-and-control$(EXAMPLE).yaml
	@echo "The loop's delays above 0 are the emulator's, which runs the CPUs in turns;" \
		"alone on the machine it has none (docs/measuring.md)."
	@echo
	@echo "Second act: one core for a Linux under load and three real-time tasks" \
		"(examples/shared-core$(EXAMPLE).yaml)."
	@$(MAKE) --no-print-directory demo-shared
	@echo
	@echo "Third act: two Linux guests, one of them without hardware, and a real-time VM talk" \
		"(examples/gateway$(EXAMPLE).yaml)."
	@$(MAKE) --no-print-directory demo-gateway

# What the second act leaves behind: a picture of the schedule, and the report.
DEMO_SHARED := $(BUILD)/demo/shared-core-$(ARCH)

demo-shared: all $(GUESTS) ## the second act alone, from examples/shared-core.yaml
	@mkdir -p $(BUILD)/demo
	@$(TOOL) report examples/shared-core$(EXAMPLE).yaml > $(DEMO_SHARED).txt
	@$(TOOL) run --icount --repeat 'rt-demo: result' --timeline $(DEMO_SHARED).svg \
		--timeline-when 'rt-demo: 3 s' examples/shared-core$(EXAMPLE).yaml
	@echo "Who ran when: $(DEMO_SHARED).svg; the report: $(DEMO_SHARED).txt"

demo-gateway: all $(GUESTS) ## the third act alone, from examples/gateway.yaml
	@$(TOOL) run --icount --repeat 'gateway: result' --repeat 'panel: the gateway' \
		examples/gateway$(EXAMPLE).yaml

shell: all $(GUESTS) ## the same, and you are in the Linux guest's shell
	@$(TOOL) run --raw examples/linux-shell$(EXAMPLE).yaml

test: tool unit $(TEST_ARCHS:%=test-files-%) ## every test; the last line is "N passed, N failed"
	@python3 tests/run.py --build $(BUILD) --arch $(subst $(space),$(comma),$(TEST_ARCHS))

# What the tests of an architecture run.
test-files-%: | $(SETUP)
	@$(MAKE) --no-print-directory ARCH=$* hypervisor guests $(BUILD)/guests/$*/initramfs.cpio.gz

bench: all $(GUESTS) ## deterministic figures, native and as a guest, in build/bench/ARCH.json
	@python3 tests/bench/bench.py --build $(BUILD) --arch $(ARCH)

bench: $(HYP_COPY)

experiments: tool $(TEST_ARCHS:%=test-files-%) ## the papers' experiments, an hour
	@python3 tests/experiments/experiments.py --build $(BUILD) \
		--arch $(subst $(space),$(comma),$(TEST_ARCHS))

unit: $(UNIT_PROGRAMS) $(CHECK)/orlop ## build the unit tests (ASan, UBSan, coverage)

unit-test: unit ## run the unit tests and the rules of the description
	@python3 tests/run.py --build $(BUILD) --arch $(ARCH) unit config

simulate-messages: $(BUILD)/simulate-messages ## ten million messages between VMs that restart
	@$(BUILD)/simulate-messages

simulate: $(BUILD)/simulate ## the scheduler on a million random real-time sets (minutes)
	@$(BUILD)/simulate

coverage: unit ## line coverage of hyp/ and tools/ by the unit tests and the rules
	@python3 tests/run.py --build $(BUILD) --arch $(ARCH) unit config coverage

lint: $(SETUP) ## format, static analysis, dependency rule, size
	@sh tests/lint.sh $(BUILD)

SOURCES_TO_FORMAT = $(wildcard $(foreach d,abi hyp/* arch/* drivers lib guest/lib \
	guest/realtime guest/demos/* tools tests/unit tests/simulate tests/fuzz,$(d)/*.[ch]))

format: $(SETUP) ## put every C file into the project's format
	clang-format -i $(SOURCES_TO_FORMAT)

clean: ## remove what was built (not what set-up downloaded)
	rm -rf $(BUILD)/$(ARCH) $(BUILD)/$(ARCH)-clang $(BUILD)/host $(BUILD)/host-clang $(CHECK) \
		$(BUILD)/orlop $(BUILD)/orlop-clang $(BUILD)/tests $(BUILD)/bench $(BUILD)/lint \
		$(BUILD)/run $(BUILD)/demo

.PHONY: help setup all tool hypervisor guests demo demo-shared demo-gateway shell test bench \
	experiments unit unit-test \
	simulate simulate-messages coverage lint format clean

-include $(shell find $(OUT) $(HOST) $(CHECK) -name '*.d' 2>/dev/null)
