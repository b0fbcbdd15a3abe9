# SPDX-License-Identifier: BSD-2-Clause
# random.elf stays inside what every VM has; random-uart.elf also touches the UART's page, emulated
# or passed through; random-stray.elf goes anywhere; random-smp.elf does it on two CPUs at a time;
# random-short.elf is for quick tests; random-comm.elf also writes its region and its tunnels.
$(eval $(call GUEST,random,guest/demos/random,))
$(eval $(call GUEST,random-short,guest/demos/random,-DRANDOM_OPERATIONS=100000))
$(eval $(call GUEST,random-uart,guest/demos/random,-DRANDOM_UART))
$(eval $(call GUEST,random-stray,guest/demos/random,-DRANDOM_STRAY))
$(eval $(call GUEST,random-smp,guest/demos/random,-DRANDOM_SMP -DRANDOM_OPERATIONS=300000))
$(eval $(call GUEST,random-comm,guest/demos/random,-DRANDOM_COMM -DRANDOM_OPERATIONS=30000))
