package site

import "unsafe"

// The stubs, in assembly. Each passes its own NOP.

//go:noescape
func hitCallBegin(who, number, size, more uint64)

//go:noescape
func hitCallEnd(who, number, size, more uint64)

//go:noescape
func hitCombineBegin(who, number, size, more uint64)

//go:noescape
func hitCombineEnd(who, number, size, more uint64)

//go:noescape
func hitReplayBegin(who, number, size, more uint64)

//go:noescape
func hitReplayEnd(who, number, size, more uint64)

//go:noescape
func hitGateBegin(who, number, size, more uint64)

//go:noescape
func hitGateEnd(who, number, size, more uint64)

//go:noescape
func hitLockBegin(who, number, size, more uint64)

//go:noescape
func hitLockEnd(who, number, size, more uint64)

//go:noescape
func hitParkBegin(who, number, size, more uint64)

//go:noescape
func hitParkEnd(who, number, size, more uint64)

//go:noescape
func hitServiceBegin(who, number, size, more uint64)

//go:noescape
func hitServiceEnd(who, number, size, more uint64)

//go:noescape
func hitEmptyBegin(who, number, size, more uint64)

//go:noescape
func hitEmptyEnd(who, number, size, more uint64)

//go:noescape
func hitAppend(who, number, size, more uint64)

//go:noescape
func hitLogFull(who, number, size, more uint64)

//go:noescape
func hitHole(who, number, size, more uint64)

//go:noescape
func hitSend(who int, number uint64, size, more int)

//go:noescape
func hitReceive(who int, number uint64, size, more int)

//go:noescape
func hitAck(who, number, size, more uint64)

//go:noescape
func hitTurn(who, number, size, more uint64)

//go:noescape
func hitWake(who, number, size, more uint64)

// entries has the address of each stub, by ID; it is in assembly too.
var entries [Count]unsafe.Pointer
