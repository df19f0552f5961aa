package wire

import "time"

// PlanPath is where the guest's /init finds its Plan.
const PlanPath = "/nrkern-guest.json"

// Port is the serial port of the frames, in the guest.
const Port = "/dev/ttyS1"

// Plan is what /init does before it powers off.
type Plan struct {
	// Hugepages is the number of 2 MiB pages to reserve, by node.
	Hugepages []int `json:"hugepages"`
	// Commands run one after another, whether or not the last one failed.
	Commands []Command `json:"commands"`
}

// Command is one program that the guest runs. There is no shell in the guest:
// Args go to the program as they are.
type Command struct {
	// Args are the program, as a path in the guest, and its arguments.
	Args []string `json:"args"`
	// Env is added to the guest's environment, which holds PATH=/bin, HOME,
	// TMPDIR and XDG_RUNTIME_DIR.
	Env []string `json:"env,omitempty"`
	// Dir is the working directory; empty is the root.
	Dir string `json:"dir,omitempty"`
	// Timeout kills the command, with its process group, when it is not over by
	// then. Zero leaves it to the time limit of the whole boot.
	Timeout time.Duration `json:"timeout_ns,omitempty"`
}
