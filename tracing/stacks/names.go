package stacks

import (
	"debug/elf"
	"debug/gosym"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// names finds the functions of a program by address.
type names struct {
	table *gosym.Table
	// mapped are the stretches that Linux itself maps into a process, such as
	// the one through which its probes go.
	mapped []mapped
}

type mapped struct {
	from, to uint64
	name     string // as [uprobes-trampoline]
}

// look finds out what Linux has mapped by now.
func (n *names) look(pid int) {
	maps, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return // it has ended: what is known stays
	}
	n.mapped = nil
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if len(fields) != 6 || !strings.HasPrefix(fields[5], "[") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err1 := strconv.ParseUint(from, 16, 64)
		end, err2 := strconv.ParseUint(to, 16, 64)
		if err1 == nil && err2 == nil {
			n.mapped = append(n.mapped, mapped{start, end, fields[5]})
		}
	}
}

// namesOf reads the table of functions that every Go program carries.
func namesOf(pid int) (*names, error) {
	f, err := elf.Open("/proc/" + strconv.Itoa(pid) + "/exe")
	if err != nil {
		return nil, fmt.Errorf("the program of process %d: %w", pid, err)
	}
	defer func() { _ = f.Close() }()
	lines, text := f.Section(".gopclntab"), f.Section(".text")
	if lines == nil || text == nil {
		return &names{}, nil // no Go program, or one that was made otherwise
	}
	data, err := lines.Data()
	if err != nil {
		return nil, fmt.Errorf("the functions of process %d: %w", pid, err)
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, fmt.Errorf("the functions of process %d: %w", pid, err)
	}
	return &names{table: table}, nil
}

// of names the function at an address. A return address may be the next
// function's first.
func (n *names) of(address uint64, returning bool) string {
	at := address
	if returning {
		at--
	}
	if n != nil && n.table != nil {
		if f := n.table.PCToFunc(at); f != nil {
			return f.Name
		}
	}
	if n != nil {
		for _, m := range n.mapped {
			if m.from <= address && address < m.to {
				return m.name
			}
		}
	}
	return "0x" + strconv.FormatUint(address, 16)
}
