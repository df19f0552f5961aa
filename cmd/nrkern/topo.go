package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"github.com/nrkern/nrkern/numa"
)

func newTopo(s *session) *cobra.Command {
	var spec string
	cmd := &cobra.Command{
		Use: "topo", Short: "Show the topology, as found or as given", Args: noArguments,
		Long: `Show the nodes that a machine would have, with the CPUs to pin threads to and
the Linux node that memory comes from. CPUs that affinity or a cpuset keeps from
this process are left out, and what sysfs got wrong is corrected and noted.`,
		Example: "  nrkern topo\n  nrkern topo --topology 4x2 -o json",
		RunE: func(*cobra.Command, []string) error {
			t, err := topology(spec)
			if err != nil {
				return err
			}
			return s.print(result{data: t, table: t.Describe, csv: func() [][]string { return topologyRecords(t) }})
		},
	}
	cmd.Flags().StringVar(&spec, "topology", "", "lay so many virtual nodes of so many cores over the CPUs: NODESxCORES, as 2x1")
	complete(cmd, "topology")
	return cmd
}

// topology reads the machine's topology and lays a virtual one over it, unless
// spec is empty.
func topology(spec string) (*numa.Topology, error) {
	t, err := numa.Discover()
	if err != nil || spec == "" {
		return t, err
	}
	virtual, err := numa.ParseSpec(spec)
	if err != nil {
		return nil, err
	}
	return t.Overlay(virtual)
}

func topologyRecords(t *numa.Topology) [][]string {
	records := [][]string{{
		"id", "physical", "memory", "package", "cores", "mem_total_bytes", "mem_free_bytes", "virtual", "shared",
	}}
	for _, n := range t.Nodes {
		records = append(records, []string{
			strconv.Itoa(n.ID), strconv.Itoa(n.Physical), strconv.Itoa(n.Memory), strconv.Itoa(n.Package),
			numa.FormatList(n.Cores), strconv.FormatUint(n.MemTotal, 10), strconv.FormatUint(n.MemFree, 10),
			strconv.FormatBool(t.Virtual), strconv.FormatBool(t.Shared),
		})
	}
	return records
}
