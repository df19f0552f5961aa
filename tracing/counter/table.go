package counter

import "fmt"

// tableOf returns the events by which a processor tells remote lines from local
// ones. Sources: intel/perfmon, and tools/perf/pmu-events and
// arch/x86/events/amd of Linux.
//
// AMD's near and far are by the home of the address: a line that is dirty in
// the other socket but at home here counts as near. The links' own counts
// (Links) do not have that flaw.
func tableOf(cpu CPU) []Event {
	switch {
	case cpu.Vendor == intel && cpu.Family == 6:
		return intelTable(cpu.Model)
	case cpu.Vendor == amd && cpu.Family == 0x17 && cpu.Model >= 0x30:
		return []Event{ // Zen 2
			raw("remote-cache", 0x1043, 0, "fills from a cache of another node"),
			raw("remote-dram", 0x4043, 0, "fills from memory of another node"),
			raw("local-cache", 0x0243, 0, "fills from another cache of the node"),
		}
	case cpu.Vendor == amd && (cpu.Family == 0x19 || cpu.Family == 0x1a):
		return []Event{ // Zen 3, 4, 5
			raw("remote-cache", 0x1044, 0, "fills from a cache of another node"),
			raw("remote-dram", 0x4044, 0, "fills from memory of another node"),
			raw("near-cache", 0x0444, 0, "fills from another cache complex of the node"),
			raw("local-dram", 0x0844, 0, "fills from memory of the node"),
		}
	}
	return nil
}

func intelTable(model int) []Event {
	const (
		skylake, iceLake, sapphire, emerald, granite = 0x55, 0x6a, 0x8f, 0xcf, 0xad
	)
	switch model {
	case skylake, iceLake, sapphire, emerald, granite:
	default:
		return nil
	}
	events := []Event{
		raw("remote-hitm", 0x04d3, 0, "loads that a dirty line of another socket served"),
		raw("remote-fwd", 0x08d3, 0, "loads that a clean line of another socket served"),
		raw("remote-dram", 0x02d3, 0, "loads that memory of another socket served"),
		raw("local-dram", 0x01d3, 0, "loads that memory of this socket served"),
		raw("local-hitm", 0x04d2, 0, "loads that a dirty line of another core of the socket served"),
	}
	switch model {
	case skylake: // and Cascade Lake
		events = append(events,
			raw("remote-hitm-reads", 0x01b7, 0x103FC00001, "reads that a dirty line of another socket served"),
			raw("remote-hitm-writes", 0x01b7, 0x103FC00002, "writes that took a dirty line of another socket"))
	case iceLake:
		events = append(events, offcore(0x01b7, 0x0000000477)...)
	default:
		events = append(events, offcore(0x012a, 0x0000004477)...)
	}
	return events
}

// offcore are the counts of lines brought to a core, for writing and by the
// prefetcher too.
func offcore(config, requests uint64) []Event {
	return []Event{
		raw("to-core-remote-hitm", config, 0x1030000000|requests, "lines brought to the core that were dirty in another socket"),
		raw("to-core-remote-fwd", config, 0x0830000000|requests, "lines brought to the core from a cache of another socket"),
		raw("to-core-remote-dram", config, 0x0730000000|requests, "lines brought to the core from memory of another socket"),
	}
}

// String names the processor.
func (c CPU) String() string {
	return fmt.Sprintf("%s family %#x model %#x", c.Vendor, c.Family, c.Model)
}
