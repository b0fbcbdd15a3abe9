/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts by upcall (docs/upcall.md): one vCPU's guest, the hypervisor on its CPU, and another
 * CPU that raises interrupts at any time. The guest is an interpreter: each step is one memory
 * access or one instruction that matters, and an exit may fall between any two of them. Memory is
 * sequentially consistent: what the vCPU's own CPU does it sees in order, and the other one's
 * stores are complete before its kick arrives (arch_irq_kick).
 *
 * Run by tests/model/run.sh. With -DMUTANT=n one step is left out or turned round, and the checker
 * must find what goes wrong then:
 * 1 the guest does not look again after it has unmasked
 * 2 it looks before it unmasks
 * 3 it takes the pending bits before it clears upcall_any
 * 4 the hypervisor sets upcall_any before the bit
 * 5 it injects although the CPU is closed to interrupts
 * 6 it does nothing then
 * 7 it does not keep the guest from waiting while something is pending
 * 8 it injects although the flag is set
 * 9 the guest's interrupt vector does not look at the flag
 * 10 an injection does not set the flag
 */
#ifndef MUTANT
#define MUTANT 0
#endif

#define RAISES 4 /* how often the other CPU raises one of the two interrupts */
#define FRAMES 5
#define NESTED 1 /* how often a handler lets others in */

/* Where the guest is. */
mtype = {
	USER, VECTOR, OPEN, OPEN_MASKED, KERNEL, SECTION, SECTION_END, LOOK, LEAVE, LEAVE_LOAD, LEAVE_RETURN,
	IDLE, IDLE_LOOK, IDLE_WAIT, IDLE_END,
	INLINE_ANY, INLINE_WORDS, INLINE_HANDLE,
	ENTRY, ENTRY_SAVE, TAKE_ANY, TAKE_WORDS, HANDLE, LET_IN, NESTED_WORK, SHUT, FLAG_ONLY,
	FLAG_ONLY_END, UNMASK, LOOK_AGAIN,
	RETURN_LOAD, RETURN,
	IRQ, IRQ_LOOK
};

/* The region. */
bool any, masked;
bool pending[2];
byte upcall_pc;
bool upcall_closed;

/* The CPU: where it is, PSTATE.I or not sstatus.SIE, and the registers of an exception. */
byte pc = USER;
bool closed;
byte elr_pc;
bool elr_closed;
bool nudge; /* a virtual interrupt is pending */
bool kick;  /* a physical interrupt of the hypervisor is */

/* The guest's stack, and what its handler has taken. */
byte frame_pc[FRAMES];
bool frame_closed[FRAMES];
byte depth;
bool taken[2];

/* What only the proof knows. */
byte true_pc[FRAMES]; /* where each interrupted piece of code really was */
bool true_closed[FRAMES];
byte true_depth;
bool elr_live; /* registers of an exception hold what is in no frame */
bool section;  /* the kernel relies on not being interrupted by a handler */
byte nested, handlers, raised[2], handled[2];

inline interrupted()
{
	assert(!elr_live && true_depth < FRAMES);
	true_pc[true_depth] = pc;
	true_closed[true_depth] = closed;
	true_depth++;
}

/* An exception of the hardware's: into registers, and closed. */
inline take_exception(vector)
{
	interrupted();
	elr_pc = pc;
	elr_closed = closed;
	elr_live = true;
	closed = true;
	pc = vector;
}

inline return_exception()
{
	true_depth--;
	assert(elr_pc == true_pc[true_depth] && elr_closed == true_closed[true_depth]);
	true_pc[true_depth] = 0;
	pc = elr_pc;
	closed = elr_closed;
	elr_pc = 0;
	elr_live = false;
}

inline push(from_pc, from_closed)
{
	assert(depth < FRAMES);
	frame_pc[depth] = from_pc;
	frame_closed[depth] = from_closed;
	depth++;
}

inline pop()
{
	depth--;
	elr_pc = frame_pc[depth];
	elr_closed = frame_closed[depth];
	frame_pc[depth] = 0;
	elr_live = true;
}

inline handle()
{
	assert(!section);
	handled[0] = handled[0] + taken[0];
	handled[1] = handled[1] + taken[1];
	assert(handled[0] <= raised[0] && handled[1] <= raised[1]);
	taken[0] = false;
	taken[1] = false;
}

inline take_words()
{
	taken[0] = pending[0];
	taken[1] = pending[1];
	pending[0] = false;
	pending[1] = false;
}

/* comm_upcall_record, in its two steps; then vcpu_kick. */
inline raise(n)
{
	bool again;

#if MUTANT == 4
	any = true;
	atomic {
		raised[n] = raised[n] + (pending[n] -> 0 : 1);
		again = pending[n];
		pending[n] = true
	}
#else
	atomic {
		raised[n] = raised[n] + (pending[n] -> 0 : 1);
		again = pending[n];
		pending[n] = true
	}
	any = true;
#endif
	atomic {
		if
		:: !again -> kick = true
		:: else
		fi;
		again = false
	}
}

/* comm_upcall: on the vCPU's CPU, between two instructions of its guest. */
inline deliver()
{
	if
#if MUTANT == 8
	:: !any -> skip
#else
	:: !any || masked -> skip
#endif
#if MUTANT != 5
	:: any && !masked && closed ->
#if MUTANT != 6
		nudge = true
#else
		skip
#endif
#endif
	:: else ->
		interrupted();
		upcall_pc = pc;
		upcall_closed = closed;
		closed = true;
#if MUTANT != 10
		masked = true;
#endif
		pc = ENTRY
	fi
}

active proctype hypervisor()
{
end:	do
	:: atomic { kick -> kick = false; deliver() }
#ifdef SAFETY
	:: atomic { true -> deliver() } /* any other exit */
#endif
	od
}

active proctype other_cpu()
{
	byte left = RAISES;

	do
	:: left > 0 ->
		left--;
		if
		:: raise(0)
		:: raise(1)
		fi
	:: left == 0 -> break
	od
}

#define STEP(where) atomic { pc == where && !(nudge && !closed) ->

active proctype guest()
{
end:	do
	/* The hardware: a virtual interrupt is taken as soon as the CPU is open. */
	:: atomic { nudge && !closed -> take_exception(IRQ) }

	/* A program, which calls its kernel now and then. */
	:: STEP(USER) if
		:: pc = USER
		:: take_exception(VECTOR)
		fi }
	:: STEP(VECTOR) push(elr_pc, elr_closed); elr_live = false; pc = OPEN }
	:: STEP(OPEN) if
		:: closed = false; pc = KERNEL
		:: masked = true; pc = OPEN_MASKED
		fi }
	:: STEP(OPEN_MASKED) closed = false; pc = SECTION }
	:: STEP(KERNEL) if
		:: masked = true; pc = SECTION
		:: masked = true; pc = IDLE
		:: pc = LEAVE
		fi }

	/* A critical section: one store, no exit. At its end what came meanwhile is handled. */
	:: STEP(SECTION) section = true; pc = SECTION_END }
	:: STEP(SECTION_END) section = false;
#if MUTANT == 2
		pc = LOOK }
	:: STEP(LOOK) if
		:: any -> pc = INLINE_ANY
		:: else -> masked = false; pc = KERNEL
		fi }
#else
		masked = false; pc = LOOK }
	:: STEP(LOOK) if
		:: any -> masked = true; pc = INLINE_ANY
		:: else -> pc = KERNEL
		fi }
#endif
	:: STEP(INLINE_ANY) any = false; pc = INLINE_WORDS }
	:: STEP(INLINE_WORDS) take_words(); pc = INLINE_HANDLE }
	:: STEP(INLINE_HANDLE) handle(); pc = SECTION_END }

	/* Idle: it must not sleep with something pending. */
	:: STEP(IDLE) pc = IDLE_LOOK }
	:: STEP(IDLE_LOOK) if
		:: any -> pc = IDLE_END
		:: else -> pc = IDLE_WAIT
		fi }
#if MUTANT == 7
	:: atomic { pc == IDLE_WAIT && kick -> pc = IDLE_END }
#else
	:: atomic { pc == IDLE_WAIT && (kick || any) -> pc = IDLE_END }
#endif
	:: STEP(IDLE_END) pc = SECTION_END }

	/* Back to the program. */
	:: STEP(LEAVE) closed = true; pc = LEAVE_LOAD }
	:: STEP(LEAVE_LOAD) pop(); pc = LEAVE_RETURN }
	:: STEP(LEAVE_RETURN) return_exception() }

	/* The upcall's entry. */
	:: STEP(ENTRY) handlers++; assert(handlers <= nested + 1); pc = ENTRY_SAVE }
	:: STEP(ENTRY_SAVE) push(upcall_pc, upcall_closed); upcall_pc = 0; pc = TAKE_ANY }
#if MUTANT == 3
	:: STEP(TAKE_ANY) take_words(); pc = TAKE_WORDS }
	:: STEP(TAKE_WORDS) any = false; pc = HANDLE }
#else
	:: STEP(TAKE_ANY) any = false; pc = TAKE_WORDS }
	:: STEP(TAKE_WORDS) take_words(); pc = HANDLE }
#endif
	:: STEP(HANDLE) handle(); if
		:: nested < NESTED -> pc = LET_IN
		:: pc = FLAG_ONLY
		:: pc = UNMASK
		fi }

	/* A handler that may be interrupted itself. */
	:: STEP(LET_IN) nested++; masked = false; pc = NESTED_WORK; closed = false }
	:: STEP(NESTED_WORK) closed = true; pc = SHUT }
	:: STEP(SHUT) masked = true; nested--; pc = UNMASK }

	/* One that opens the CPU, and relies on the flag alone. */
	:: STEP(FLAG_ONLY) section = true; closed = false; pc = FLAG_ONLY_END }
	:: STEP(FLAG_ONLY_END) section = false; closed = true; pc = UNMASK }

	/* The return. What comes from here on finds the CPU closed, and becomes a nudge. */
#if MUTANT == 1
	:: STEP(UNMASK) masked = false; pc = RETURN_LOAD }
#elif MUTANT == 2
	:: STEP(UNMASK) if
		:: any -> pc = TAKE_ANY
		:: else -> pc = LOOK_AGAIN
		fi }
	:: STEP(LOOK_AGAIN) masked = false; pc = RETURN_LOAD }
#else
	:: STEP(UNMASK) masked = false; pc = LOOK_AGAIN }
	:: STEP(LOOK_AGAIN) if
		:: any -> masked = true; pc = TAKE_ANY
		:: else -> pc = RETURN_LOAD
		fi }
#endif
	:: STEP(RETURN_LOAD) pop(); handlers--; pc = RETURN }
	:: STEP(RETURN) return_exception() }

	/* The interrupt vector: the nudge is acknowledged; what is masked waits for its owner. */
	:: STEP(IRQ) nudge = false; push(elr_pc, elr_closed); elr_live = false; pc = IRQ_LOOK }
	:: STEP(IRQ_LOOK) handlers++; if
#if MUTANT != 9
		:: masked -> pc = RETURN_LOAD
#endif
		:: else -> masked = true; pc = TAKE_ANY
		fi }
	od
}

ltl every_interrupt_is_handled {
	[] (pending[0] -> <> !pending[0]) && [] (pending[1] -> <> !pending[1])
}
