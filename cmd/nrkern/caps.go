package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/kernel"
	"github.com/nrkern/nrkern/kernel/caps"
	"github.com/nrkern/nrkern/node"
)

func newCaps(s *session) *cobra.Command {
	cmd := group("caps", "Create, copy, retype and revoke capabilities", `Capabilities of the running machine: typed references to memory, as Barrelfish has
them. Each node has a space of slots; --node names the one that a slot is of. What is
made of an object is its descendant, and revoke deletes all other copies of a
capability and all descendants, wherever they are.

Sizes are in bytes, or with k, M or G. Slots are chosen if none is named.`)
	cmd.Example = `  nrkern caps create ram 0x100000 64k --node 0
  nrkern caps copy 1 --node 0 --to 1
  nrkern caps retype 1 frame 0 4k --count 2 --node 1
  nrkern caps list
  nrkern caps transfer 1 --node 0 --to 1
  nrkern caps revoke 1 --node 0`
	cmd.AddCommand(newCapsCreate(s), newCapsRetype(s), newCapsCopy(s), newCapsTransfer(s), newCapsList(s),
		newCapsOne(s, "revoke SLOT", "Delete all other copies, and all that was made of it"),
		newCapsOne(s, "delete SLOT", "Empty a slot"),
		newCapsOne(s, "identify SLOT", "Show what a slot holds"))
	return cmd
}

// capsFlags are the flags of commands about capabilities.
type capsFlags struct{ at, to, slot, count int }

func capsCommand(use, short string, f *capsFlags, want int, run func(cmd *cobra.Command, args []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ArbitraryArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != want {
				return &usageError{text: fmt.Sprintf("caps %s: want %d operands, got %d: write %s", cmd.Name(), want, len(args), use), command: cmd.CommandPath()}
			}
			return run(cmd, args)
		},
	}
	cmd.Flags().IntVar(&f.at, "node", 0, "the node whose slot it is")
	complete(cmd, "node")
	return cmd
}

func takesSlot(cmd *cobra.Command, f *capsFlags) {
	cmd.Flags().IntVar(&f.slot, "slot", 0, "the slot to put it into; 0 for the lowest that is free")
	complete(cmd, "slot")
}

func takesTo(cmd *cobra.Command, f *capsFlags) {
	cmd.Flags().IntVar(&f.to, "to", -1, "the other node")
	complete(cmd, "to")
}

// inBytes writes a size in bytes, of one that may end in k, M or G.
func inBytes(word string) string {
	for suffix, shift := range map[string]int{"k": 10, "K": 10, "M": 20, "G": 30} {
		digits, found := strings.CutSuffix(word, suffix)
		if n, err := strconv.ParseUint(digits, 0, 64-shift); found && err == nil {
			return strconv.FormatUint(n<<shift, 10)
		}
	}
	return word
}

// capsCall makes a call whose words are known but for the slot that it fills, which
// into puts in; it is the lowest that is free in a space, if none was named.
func capsCall(s *session, cmd *cobra.Command, f *capsFlags, space int, into func(slot int) []string) error {
	if _, err := caps.Parse(into(max(f.slot, 1))); err != nil {
		return &usageError{text: strings.TrimPrefix(err.Error(), caps.ErrUsage.Error()+": "), command: cmd.CommandPath()}
	}
	c, err := s.dial()
	if err != nil {
		return err
	}
	defer c.Close()
	for tries := 0; ; tries++ {
		slot := f.slot
		if slot == 0 {
			if slot, err = freeSlots(cmd.Context(), c, space, f.count); err != nil {
				return err
			}
		}
		a, err := c.Sys(cmd.Context(), node.SysRequest{Node: f.at, Service: "caps", Words: into(slot)})
		if err != nil {
			return err
		}
		if f.slot == 0 && a.Status == kernel.StatusExists && tries < 100 {
			continue // somebody was faster
		}
		return printAnswer(s, a)
	}
}

// freeSlots returns the first of some slots that are free.
func freeSlots(ctx context.Context, c *node.Client, space, count int) (int, error) {
	all, err := listSpace(ctx, c, space)
	if err != nil {
		return 0, err
	}
	free := 1
	for _, i := range all {
		if i.Slot >= free+max(count, 1) {
			break
		}
		free = i.Slot + 1
	}
	return free, nil
}

// listSpace returns all capabilities of a space, a page after the other.
func listSpace(ctx context.Context, c *node.Client, space int) (all []caps.Info, err error) {
	for from := 1; from <= caps.MaxSlot; {
		a, err := c.Sys(ctx, node.SysRequest{Node: space, Service: "caps", Words: []string{"list", strconv.Itoa(space), strconv.Itoa(from)}})
		if err != nil {
			return nil, err
		}
		page, ok := caps.DecodeList(a.Data)
		if !ok || a.Status != kernel.StatusOK {
			return nil, errors.New("caps list: " + a.Text)
		}
		if all = append(all, page...); len(page) < caps.MaxPage {
			break
		}
		from = page[len(page)-1].Slot + 1
	}
	return all, nil
}

func newCapsCreate(s *session) *cobra.Command {
	var f capsFlags
	cmd := capsCommand("create TYPE BASE BYTES", "Make an object of memory that nobody has", &f, 3, func(cmd *cobra.Command, args []string) error {
		return capsCall(s, cmd, &f, f.at, func(slot int) []string {
			return []string{"create", strconv.Itoa(f.at), strconv.Itoa(slot), args[0], inBytes(args[1]), inBytes(args[2])}
		})
	})
	takesSlot(cmd, &f)
	return cmd
}

func newCapsRetype(s *session) *cobra.Command {
	var f capsFlags
	cmd := capsCommand("retype SLOT TYPE OFFSET BYTES", "Make objects of a part of one", &f, 4, func(cmd *cobra.Command, args []string) error {
		return capsCall(s, cmd, &f, f.at, func(slot int) []string {
			return []string{"retype", strconv.Itoa(f.at), args[0], args[1], inBytes(args[2]), inBytes(args[3]), strconv.Itoa(f.count), strconv.Itoa(slot)}
		})
	})
	cmd.Flags().IntVar(&f.count, "count", 1, "how many, one after the other")
	complete(cmd, "count")
	takesSlot(cmd, &f)
	return cmd
}

func newCapsCopy(s *session) *cobra.Command {
	var f capsFlags
	cmd := capsCommand("copy SLOT", "Copy a capability to another node, or the same", &f, 1, func(cmd *cobra.Command, args []string) error {
		if f.to < 0 {
			f.to = f.at
		}
		return capsCall(s, cmd, &f, f.to, func(slot int) []string {
			return []string{"copy", strconv.Itoa(f.at), args[0], strconv.Itoa(f.to), strconv.Itoa(slot)}
		})
	})
	takesTo(cmd, &f)
	takesSlot(cmd, &f)
	return cmd
}

func newCapsTransfer(s *session) *cobra.Command {
	var f capsFlags
	cmd := capsCommand("transfer SLOT", "Make another node, which has a copy, the owner", &f, 1, func(cmd *cobra.Command, args []string) error {
		if f.to < 0 {
			return &usageError{text: "caps transfer: --to is missing: name the node that is to own it", command: cmd.CommandPath()}
		}
		f.slot = 1 // of nothing
		return capsCall(s, cmd, &f, f.at, func(int) []string {
			return []string{"transfer", strconv.Itoa(f.at), args[0], strconv.Itoa(f.to)}
		})
	})
	takesTo(cmd, &f)
	return cmd
}

func newCapsOne(s *session, use, short string) *cobra.Command {
	var f capsFlags
	return capsCommand(use, short, &f, 1, func(cmd *cobra.Command, args []string) error {
		f.slot = 1 // of nothing
		return capsCall(s, cmd, &f, f.at, func(int) []string {
			return []string{cmd.Name(), strconv.Itoa(f.at), args[0]}
		})
	})
}

// capRow is a line of `nrkern caps list`.
type capRow struct {
	Node  int    `json:"node"`
	Slot  int    `json:"slot"`
	Type  string `json:"type"`
	Base  uint64 `json:"base"`
	Bytes uint64 `json:"size_bytes"`
	Owner bool   `json:"owner"`
}

func newCapsList(s *session) *cobra.Command {
	var f capsFlags
	cmd := capsCommand("list", "Show the capabilities of all nodes, or of one", &f, 0, func(cmd *cobra.Command, _ []string) error {
		c, err := s.dial()
		if err != nil {
			return err
		}
		defer c.Close()
		spaces := []int{f.at}
		if !cmd.Flags().Changed("node") {
			status, err := c.Status(cmd.Context(), node.StatusRequest{})
			if err != nil {
				return err
			}
			spaces = nil
			for n := range status.Topology.Nodes {
				spaces = append(spaces, n)
			}
		}
		rows := []capRow{}
		for _, space := range spaces {
			all, err := listSpace(cmd.Context(), c, space)
			if err != nil {
				return err
			}
			for _, i := range all {
				rows = append(rows, capRow{space, i.Slot, i.Type.String(), i.Base, i.Bytes, i.Owner})
			}
		}
		return s.print(result{
			data:  map[string]any{"capabilities": rows},
			table: func(w io.Writer) error { return capsTable(rows).write(w) },
			csv: func() [][]string {
				all := [][]string{{"node", "slot", "type", "base", "size_bytes", "owner"}}
				for _, r := range rows {
					all = append(all, []string{
						strconv.Itoa(r.Node), strconv.Itoa(r.Slot), r.Type, strconv.FormatUint(r.Base, 10), strconv.FormatUint(r.Bytes, 10), strconv.FormatBool(r.Owner),
					})
				}
				return all
			},
		})
	})
	return cmd
}

func capsTable(rows []capRow) *grid {
	g := newGrid("rrlrrl", "node", "slot", "type", "base", "bytes", "")
	for _, r := range rows {
		owner := "copy"
		if r.Owner {
			owner = "owner"
		}
		g.add(strconv.Itoa(r.Node), strconv.Itoa(r.Slot), r.Type, fmt.Sprintf("%#x", r.Base), fmt.Sprintf("%#x", r.Bytes), owner)
	}
	return g
}
