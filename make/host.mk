# SPDX-License-Identifier: BSD-2-Clause
# What runs on the host: the tool `orlop`, and the unit tests under ASan, UBSan and gcov.

HOST_CC := $(if $(filter clang,$(CC_KIND)),clang,gcc)
HOST_CFLAGS := -std=c17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -I. -ffile-prefix-map=$(CURDIR)=.
HOST_LIBS := -lyaml -lfdt -ljansson

# The tool makes the same admission test as the hypervisor.
TOOL_SOURCES := $(sort $(wildcard tools/*.c)) hyp/sched/admission.c
TOOL_OBJECTS := $(TOOL_SOURCES:%=$(HOST)/%.o)

$(HOST)/%.o: % make/host.mk | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -MMD -MP -c $< -o $@

$(HOST)/tools/abi_id.c.o: HOST_CFLAGS += -DABI_ID=$(ABI_ID)
$(CHECK)/tools/abi_id.c.o: CHECK_CFLAGS += -DABI_ID=$(ABI_ID)
$(HOST)/tools/abi_id.c.o $(CHECK)/tools/abi_id.c.o: $(ABI_HEADERS)

$(TOOL): $(TOOL_OBJECTS)
	@echo "  LD  $@"
	$(Q)$(HOST_CC) $(TOOL_OBJECTS) $(HOST_LIBS) -o $@

# Unit tests: every file of tests/unit/ with a main is a program; the others help them all. The code
# under test is the tool without its main, and the portable hypervisor on arch/fake; each program
# takes from the archives what it uses. The tool itself is built this way too, as build/check/orlop,
# for the rules in tests/config/.

CHECK_CC := gcc
CHECK_CFLAGS := $(HOST_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer --coverage -fprofile-abs-path -fprofile-update=atomic
CHECK_LIBS := $(HOST_LIBS) -lcmocka -lpthread -lm

UNIT_SOURCES := $(sort $(wildcard tests/unit/*.c))
UNIT_MAINS   := $(if $(UNIT_SOURCES),$(shell grep -lE '^int main\b' $(UNIT_SOURCES)))
UNIT_HELPERS := $(filter-out $(UNIT_MAINS),$(UNIT_SOURCES)) \
	$(filter-out %/simulate.c %/messages_main.c,$(wildcard tests/simulate/*.c))
UNIT_PROGRAMS := $(UNIT_MAINS:tests/unit/%.c=$(CHECK)/unit/%)

# arch/fake has a UART of its own, and the C library's memory functions serve (the sanitizers watch
# them); lib/string.c is tested under other names. The emulated UART of its machine is the PL011.
CHECK_HYP_SOURCES  := $(filter-out lib/string.c hyp/devices/ns16550.c, \
	$(sort $(wildcard hyp/*/*.c lib/*.c arch/fake/*.c)))
CHECK_TOOL_SOURCES := $(filter-out tools/main.c,$(TOOL_SOURCES))
CHECK_ARCHIVES := $(CHECK)/libunit.a $(CHECK)/libtools.a $(CHECK)/libhyp.a

# The hypervisor, with its scheduler, is freestanding also here; its architecture is arch/fake.
$(CHECK)/hyp/% $(CHECK)/drivers/% $(CHECK)/lib/% $(CHECK)/arch/% $(CHECK)/tests/%: \
	CHECK_INCLUDES := -Iarch/include -Iarch/fake

$(CHECK)/%.o: % make/host.mk | $(SETUP)
	@mkdir -p $(@D)
	@echo "  CC  $@"
	$(Q)$(CHECK_CC) $(CHECK_CFLAGS) $(CHECK_INCLUDES) -MMD -MP -c $< -o $@

$(CHECK)/libunit.a: $(UNIT_HELPERS:%=$(CHECK)/%.o)
$(CHECK)/libtools.a: $(CHECK_TOOL_SOURCES:%=$(CHECK)/%.o)
$(CHECK)/libhyp.a: $(CHECK_HYP_SOURCES:%=$(CHECK)/%.o)
$(CHECK_ARCHIVES):
	@mkdir -p $(@D)
	@rm -f $@
	@echo "  AR  $@"
	$(Q)ar rcs $@ $^

$(CHECK)/unit/%: $(CHECK)/tests/unit/%.c.o $(CHECK_ARCHIVES)
	@mkdir -p $(@D)
	@echo "  LD  $@"
	$(Q)$(CHECK_CC) $(CHECK_CFLAGS) $< -Wl,--start-group $(CHECK_ARCHIVES) -Wl,--end-group \
		$(CHECK_LIBS) -o $@

$(CHECK)/orlop: $(CHECK)/tools/main.c.o $(CHECK)/libtools.a
	@echo "  LD  $@"
	$(Q)$(CHECK_CC) $(CHECK_CFLAGS) $^ $(HOST_LIBS) -o $@

# The scheduler among random real-time sets: fast, without sanitizers.

SIMULATE_SOURCES := $(sort $(filter-out %/messages.c %/messages_main.c,$(wildcard \
	tests/simulate/*.c)) $(wildcard hyp/sched/*.c)) \
	lib/lock.c lib/tournament.c \
	tools/response.c

$(BUILD)/simulate: $(SIMULATE_SOURCES) $(wildcard tests/simulate/*.h hyp/sched/*.h lib/*.h) \
	make/host.mk | $(SETUP)
	@echo "  LD  $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -Iarch/include -Iarch/fake $(SIMULATE_SOURCES) -lm -o $@

# Messages among random VMs: the core on arch/fake, fast, without sanitizers.

MESSAGES_SOURCES := $(CHECK_HYP_SOURCES) tests/unit/harness.c tests/unit/comm_fixture.c \
	$(wildcard tests/simulate/messages*.c)

$(BUILD)/simulate-messages: $(MESSAGES_SOURCES) $(wildcard abi/*.h hyp/*/*.h lib/*.h arch/fake/*.h \
	tests/unit/*.h tests/simulate/*.h) make/host.mk | $(SETUP)
	@echo "  LD  $@"
	$(Q)$(HOST_CC) $(HOST_CFLAGS) -Iarch/include -Iarch/fake $(MESSAGES_SOURCES) -lcmocka \
		-lpthread -lm -o $@

# Unit programs' objects are kept, or each run would compile them again.
.SECONDARY:
