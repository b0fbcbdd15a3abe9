# SPDX-License-Identifier: BSD-2-Clause
# upcall-device.elf has the shared console's UART, which is emulated; upcall-device-rtc.elf also the
# board's clock (`access: [ rtc ]`).
$(eval $(call GUEST,upcall-device,guest/demos/upcall-device,))
$(eval $(call GUEST,upcall-device-rtc,guest/demos/upcall-device,-DUPCALL_RTC))
