#include "textflag.h"

// The NOP of five bytes that a probe replaces: nopl 0(AX)(AX*1).
#define PROBE BYTE $0x0f; BYTE $0x1f; BYTE $0x44; BYTE $0x00; BYTE $0x00

// What a probe reads, in the registers where it reads it.
#define ARGUMENTS \
	MOVQ who+0(FP), AX    \
	MOVQ number+8(FP), BX \
	MOVQ size+16(FP), CX  \
	MOVQ more+24(FP), DI

// One in N by the number: the others pass by the NOP. guard_mask is in guard.go.
#define CHOOSE \
	MOVQ ·guards+guard_mask(SB), DX \
	TESTQ DX, BX                    \
	JNE  passed

#include "go_asm.h"

TEXT ·hitCallBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitCallEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitCombineBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitCombineEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitReplayBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitReplayEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitGateBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitGateEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitLockBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitLockEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitParkBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitParkEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitServiceBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitServiceEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitEmptyBegin(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitEmptyEnd(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitAppend(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitLogFull(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitHole(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

TEXT ·hitSend(SB), NOSPLIT, $0-32
	ARGUMENTS
	CHOOSE
	PROBE
passed:
	RET

TEXT ·hitReceive(SB), NOSPLIT, $0-32
	ARGUMENTS
	CHOOSE
	PROBE
passed:
	RET

TEXT ·hitAck(SB), NOSPLIT, $0-32
	ARGUMENTS
	CHOOSE
	PROBE
passed:
	RET

TEXT ·hitTurn(SB), NOSPLIT, $0-32
	ARGUMENTS
	CHOOSE
	PROBE
passed:
	RET

TEXT ·hitWake(SB), NOSPLIT, $0-32
	ARGUMENTS
	PROBE
	RET

// The entries of the stubs, by ID: the address of a Go function is that of its
// wrapper.
DATA ·entries+0(SB)/8, $·hitCallBegin(SB)
DATA ·entries+8(SB)/8, $·hitCallEnd(SB)
DATA ·entries+16(SB)/8, $·hitCombineBegin(SB)
DATA ·entries+24(SB)/8, $·hitCombineEnd(SB)
DATA ·entries+32(SB)/8, $·hitReplayBegin(SB)
DATA ·entries+40(SB)/8, $·hitReplayEnd(SB)
DATA ·entries+48(SB)/8, $·hitGateBegin(SB)
DATA ·entries+56(SB)/8, $·hitGateEnd(SB)
DATA ·entries+64(SB)/8, $·hitLockBegin(SB)
DATA ·entries+72(SB)/8, $·hitLockEnd(SB)
DATA ·entries+80(SB)/8, $·hitParkBegin(SB)
DATA ·entries+88(SB)/8, $·hitParkEnd(SB)
DATA ·entries+96(SB)/8, $·hitServiceBegin(SB)
DATA ·entries+104(SB)/8, $·hitServiceEnd(SB)
DATA ·entries+112(SB)/8, $·hitEmptyBegin(SB)
DATA ·entries+120(SB)/8, $·hitEmptyEnd(SB)
DATA ·entries+128(SB)/8, $·hitAppend(SB)
DATA ·entries+136(SB)/8, $·hitLogFull(SB)
DATA ·entries+144(SB)/8, $·hitHole(SB)
DATA ·entries+152(SB)/8, $·hitSend(SB)
DATA ·entries+160(SB)/8, $·hitReceive(SB)
DATA ·entries+168(SB)/8, $·hitAck(SB)
DATA ·entries+176(SB)/8, $·hitTurn(SB)
DATA ·entries+184(SB)/8, $·hitWake(SB)
GLOBL ·entries(SB), NOPTR|RODATA, $192
