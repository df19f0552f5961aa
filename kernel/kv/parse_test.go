package kv

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/nrkern/nrkern/kernel"
)

func TestParse(t *testing.T) {
	const max = 1<<64 - 1
	for text, want := range map[string]kernel.Op{
		"get 7":                            GetAny(7),
		"get 0xFF":                         GetAny(255),
		"get 010":                          GetAny(10),
		"put 7 42":                         Put(7, 42),
		"put 18446744073709551615 0x0":     Put(max, 0),
		"put 0xffffffffffffffff 0XABCDEF0": Put(max, 0xabcdef0),
		"putb 7 hello":                     PutBytes(7, []byte("hello")),
		"insert 1 2":                       Insert(1, 2),
		"del 7":                            Delete(7),
		"cas 7 1 2":                        CompareAndSwap(7, 1, 2),
		"add 7 5":                          Add(7, 5),
		"add 7 -5":                         Add(7, max-4),
		"add 7 -0x1":                       Add(7, max),
		"add 7 -9223372036854775808":       Add(7, 1<<63),
		"putm 1 2 0x3 4":                   PutMany(AppendPairs(nil, Pair{1, 2}, Pair{3, 4})),
		"size":                             Size(),
		"scan 5 9":                         Scan(5, 9, MaxPairs),
	} {
		got, err := Parse(strings.Fields(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
	if op, err := Parse([]string{"putb", "1", ""}); err != nil || len(op.Data) != 0 || op.Code != CodePutBytes {
		t.Errorf("empty text: %+v, %v", op, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string][]string{
		"":                               {"no operation", "get, put, putb, insert, del, cas, add, putm, size, scan"},
		"got 7":                          {`"got"`, "get, put, putb"},
		"get":                            {"takes 1", "0 given", "write get KEY"},
		"get 1 2":                        {"takes 1", "2 given"},
		"put 1":                          {"write put KEY VALUE"},
		"put x 1":                        {`put: KEY "x" is not a number`, "from 0 to 18446744073709551615"},
		"put 1 18446744073709551616":     {`VALUE "18446744073709551616" is out of range`, "from 0 to 18446744073709551615"},
		"put 1 0x10000000000000000":      {"VALUE", "out of range"},
		"put -1 1":                       {`KEY "-1" is negative`, "from 0"},
		"put 0x 1":                       {"KEY", "not a number"},
		"put 1_0 1":                      {"KEY", "not a number"},
		"put +1 1":                       {"KEY", "not a number"},
		"cas 1 2 1.5":                    {`NEW "1.5"`},
		"add 1 --2":                      {"N", "one sign"},
		"add 1 -9223372036854775809":     {"N", "-9223372036854775808"},
		"add 1 -":                        {"N", "not a number"},
		"get " + strings.Repeat("9", 99): {`99"... is`, "out of range"},
		"size 1":                         {"takes 0", "1 given", "write size"},
		"putm":                           {"takes 2", "0 given", "write putm KEY VALUE ..."},
		"putm 1":                         {"takes 2", "once to 64 times"},
		"putm 1 x":                       {`putm: VALUE "x"`},
		"putm" + strings.Repeat(" 1 2", MaxPairs+1):       {"takes 2", "130 given"},
		"putb 1 " + strings.Repeat("x", kernel.MaxData+1): {"TEXT", "1025 bytes", "1024"},
	} {
		_, err := Parse(strings.Fields(text))
		if !errors.Is(err, ErrUsage) {
			t.Errorf("%.40q: got %v", text, err)
			continue
		}
		for _, part := range says {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%.40q: %q does not say %q", text, err, part)
			}
		}
	}
}

// TestUsageNamesAll: what Usage lists is what Parse takes.
func TestUsageNamesAll(t *testing.T) {
	lines := strings.Split(Usage, "\n")
	for i, f := range forms() {
		if !strings.HasPrefix(lines[i], strings.TrimSpace(f.name+" "+f.operands)+" ") {
			t.Errorf("line %d of Usage is %q, the operation is %s %s", i, lines[i], f.name, f.operands)
		}
	}
	if len(lines) != len(forms())+1 {
		t.Errorf("%d lines for %d operations", len(lines), len(forms()))
	}
}

func TestFormat(t *testing.T) {
	kv := New(Options{MaxKeys: 2})
	for _, c := range []struct{ words, want string }{
		{"get 7", "key 7: not found"},
		{"put 7 42", "stored"},
		{"put 7 43", "replaced"},
		{"get 7", "43"},
		{"add 7 -3", "40"},
		{"cas 7 1 2", "key 7: holds 40, not 1"},
		{"cas 7 40 2", "swapped"},
		{"insert 7 1", "key 7: exists already"},
		{"putb 8 hello", "stored"},
		{"get 8", `"hello"`},
		{"scan 0 9", "7: 2"},
		{"scan 8 9", "no key with a number there"},
		{"size", "2"},
		{"putm 7 1 9 1", "nothing stored: the limit on keys would be exceeded: delete some first"},
		{"putm 7 3 7 2", "2 stored, of them 2 replaced"},
		{"add 8 1", "key 8: holds bytes, not a word"},
		{"put 9 1", "key 9: the limit on keys or bytes is reached: delete some first"},
		{"del 7", "deleted"},
		{"del 7", "key 7: not found"},
		{"insert 9 1", "stored"},
	} {
		op, err := Parse(strings.Fields(c.words))
		if err != nil {
			t.Fatal(err)
		}
		res := execute(kv, op)
		if got := Format(&op, &res); got != c.want {
			t.Errorf("%s: got %q, want %q", c.words, got, c.want)
		}
	}
	// What no service answers must not break the one who shows it.
	for code := range 256 {
		for status := range 10 {
			op := kernel.Op{Code: kernel.Code(code)}
			if Format(&op, &kernel.Result{Status: kernel.Status(status), Value: 9, Data: []byte("?")}) == "" {
				t.Errorf("code %#x, status %d: nothing", code, status)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("put\x007\x0042")
	f.Add("add\x007\x00-0x1")
	f.Add("putb\x00\xff\x00\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		op, err := Parse(strings.Split(text, "\x00"))
		if err != nil {
			if !errors.Is(err, ErrUsage) {
				t.Fatal(err)
			}
			return
		}
		if Check(&op) != kernel.StatusOK || op.Service != ID {
			t.Fatalf("%q gives %+v, which Check refuses", text, op)
		}
	})
}
