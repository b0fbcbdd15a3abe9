/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall: the guest's side of the protocol that tests/model/upcall.pml proves.
 */
#include "guest/lib/upcall.h"

#include "guest/lib/hypercall.h"
#include "guest/lib/region.h"

#define UPCALL_WORDS (REGION_UPCALL_LIMIT / 64)

static upcall_handler upcall_handlers[REGION_UPCALL_LIMIT];

static void upcall_set_mask(struct region_vcpu *record, uint32_t mask)
{
	__atomic_store_n(&record->upcall_masked, mask, __ATOMIC_SEQ_CST);
}

static bool upcall_any(const struct region_vcpu *record)
{
	return __atomic_load_n(&record->upcall_any, __ATOMIC_SEQ_CST) != 0;
}

void upcall_set_handler(unsigned irq, upcall_handler handler)
{
	upcall_handlers[irq] = handler;
}

int64_t upcall_init(void)
{
	if (!region_find())
		return HYPERCALL_NOT_SUPPORTED;
	upcall_mask();
	upcall_init_cpu(region_own_vcpu());
	return hypercall(HYPERCALL_UPCALL_SET, (uint64_t)(uintptr_t)upcall_entry, 0, 0, 0, 0);
}

/* Not every processor has an instruction for it. */
static unsigned upcall_lowest(uint64_t bits)
{
	unsigned lowest = 0;

	for (unsigned half = 32; half; half /= 2) {
		if (!(bits & ((1ull << half) - 1))) {
			bits >>= half;
			lowest += half;
		}
	}
	return lowest;
}

static void upcall_handle(unsigned first, uint64_t bits)
{
	for (; bits; bits &= bits - 1) {
		const unsigned irq = first + upcall_lowest(bits);

		if (upcall_handlers[irq])
			upcall_handlers[irq](irq);
	}
}

/* upcall_any before the words: a bit that is set later sets it again. */
static void upcall_take(struct region_vcpu *record)
{
	__atomic_exchange_n(&record->upcall_any, 0, __ATOMIC_SEQ_CST);
	for (unsigned word = 0; word < UPCALL_WORDS; word++) {
		if (__atomic_load_n(&record->upcall_pending[word], __ATOMIC_RELAXED))
			upcall_handle(64 * word, __atomic_exchange_n(&record->upcall_pending[word],
							 0, __ATOMIC_SEQ_CST));
	}
}

void upcall_run(struct region_vcpu *record)
{
	do {
		upcall_set_mask(record, REGION_UPCALL_MASKED);
		upcall_take(record);
		upcall_set_mask(record, 0);
	} while (upcall_any(record));
}

void upcall_nudged(void)
{
	if (!upcall_is_masked())
		upcall_run(region_own_vcpu());
}

void upcall_mask(void)
{
	upcall_set_mask(region_own_vcpu(), REGION_UPCALL_MASKED);
}

void upcall_unmask(void)
{
	struct region_vcpu *record = region_own_vcpu();

	upcall_set_mask(record, 0);
	if (upcall_any(record))
		upcall_run(record);
}

bool upcall_is_masked(void)
{
	return __atomic_load_n(&region_own_vcpu()->upcall_masked, __ATOMIC_RELAXED) != 0;
}

/* What came while the CPU was closed and the flag clear comes by itself as the CPU opens. */
void upcall_let_in(void)
{
	upcall_open();
	upcall_unmask();
}

void upcall_shut(void)
{
	upcall_close();
	upcall_mask();
}

/* The hypervisor does not let the CPU sleep with anything pending. */
void upcall_wait(void)
{
	const bool masked = upcall_is_masked();

	upcall_mask();
	upcall_sleep();
	if (!masked)
		upcall_unmask();
}

void upcall_end(unsigned irq)
{
	hypercall(HYPERCALL_UPCALL_END, irq, 0, 0, 0, 0);
}
