package transport

import (
	"reflect"
	"testing"
)

// TestTrafficCoversAllFields: a counter that Add or Sub forgets would be lost.
func TestTrafficCoversAllFields(t *testing.T) {
	var a, b Traffic
	va, vb := reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()
	for i := range va.NumField() {
		va.Field(i).SetUint(uint64(100 + i))
		vb.Field(i).SetUint(uint64(1 + 2*i))
	}
	sum, difference := reflect.ValueOf(a.Add(b)), reflect.ValueOf(a.Sub(b))
	for i := range va.NumField() {
		name := va.Type().Field(i).Name
		if got, want := sum.Field(i).Uint(), uint64(101+3*i); got != want {
			t.Errorf("Add: %s is %d, want %d", name, got, want)
		}
		if got, want := difference.Field(i).Uint(), uint64(99-i); got != want {
			t.Errorf("Sub: %s is %d, want %d", name, got, want)
		}
	}
	if got := (Traffic{EntryLines: 1, ControlLines: 2, MessageLines: 4, LockLines: 8, Messages: 16}).HandOvers(); got != 15 {
		t.Errorf("%d hand-overs", got)
	}
}
