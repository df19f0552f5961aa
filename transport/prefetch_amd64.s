#include "textflag.h"

// The assembler does not know PREFETCHW (AX).
#define PREFETCHW_AX BYTE $0x0f; BYTE $0x0d; BYTE $0x08

// func prefetch(p unsafe.Pointer)
TEXT ·prefetch(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	PREFETCHT0 (AX)
	RET

// func claim(p unsafe.Pointer)
TEXT ·claim(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), AX
	PREFETCHW_AX
	RET

// func prefetchSlots(p unsafe.Pointer, n int)
TEXT ·prefetchSlots(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
read:
	PREFETCHT0 (AX)
	ADDQ $64, AX
	DECQ CX
	JNE  read
	RET

// func claimSlots(p unsafe.Pointer, n int)
TEXT ·claimSlots(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), CX
claim:
	PREFETCHW_AX
	ADDQ $64, AX
	DECQ CX
	JNE  claim
	RET
