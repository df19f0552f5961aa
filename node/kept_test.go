package node

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// callsOf is what callsVersion stands for.
var callsOf = map[int]string{
	1: `machineWords: Magic 0, Nodes 128, Stop 256, Histories 384
nodeWords: PID 0, Born 128, Removed 256, Phases 384
takeOverAsk: Supervisor int, Says string
takeOverAnswer: reply node.reply, Quiesced bool
calls: Boot Job Peek Quiesce Rejoin Sites Snapshot Status Sys TakeOver
descriptors: segment 3, socket kernel.N
`,
}

// TestCallsVersion: a supervisor takes over the kernels of another program by its
// version alone, so the version must change with what they say to each other.
func TestCallsVersion(t *testing.T) {
	var b strings.Builder
	for _, words := range []reflect.Type{reflect.TypeFor[machineWords](), reflect.TypeFor[nodeWords]()} {
		var fields []string
		for i := range words.NumField() {
			fields = append(fields, fmt.Sprint(words.Field(i).Name, " ", words.Field(i).Offset))
		}
		fmt.Fprintf(&b, "%s: %s\n", words.Name(), strings.Join(fields, ", "))
	}
	for _, said := range []reflect.Type{reflect.TypeFor[takeOverAsk](), reflect.TypeFor[takeOverAnswer]()} {
		var fields []string
		for i := range said.NumField() {
			fields = append(fields, fmt.Sprint(said.Field(i).Name, " ", said.Field(i).Type))
		}
		fmt.Fprintf(&b, "%s: %s\n", said.Name(), strings.Join(fields, ", "))
	}
	var calls []string
	for methods, i := reflect.TypeFor[*kernelCalls](), 0; i < methods.NumMethod(); i++ {
		calls = append(calls, methods.Method(i).Name) // Peek is of the tests
	}
	fmt.Fprintf(&b, "calls: %s\ndescriptors: segment %d, socket %s\n", strings.Join(calls, " "), segmentFD, strings.TrimPrefix(kernelSocket("", 0), "/")[:len("kernel.")]+"N")
	if got, want := b.String(), callsOf[callsVersion]; got != want {
		t.Errorf("what a supervisor and its kernels share is not what callsVersion %d says.\nRaise it in kept.go by one (unless version %[1]d was never released), and put this under it in callsOf:\n%s\nIt was:\n%s", callsVersion, got, want)
	}
}
