package counter

import (
	"bufio"
	"bytes"
	"os"
	"strconv"
	"strings"
)

// CPU names a processor's design.
type CPU struct {
	Vendor string `json:"vendor"` // as CPUID has it
	Family int    `json:"family"`
	Model  int    `json:"model"`
}

const (
	intel = "GenuineIntel"
	amd   = "AuthenticAMD"
)

// ThisCPU reads what /proc/cpuinfo says of the first CPU; what it does not say
// is zero, and has no table.
func ThisCPU() CPU {
	info, _ := os.ReadFile("/proc/cpuinfo")
	return cpuOf(info)
}

func cpuOf(info []byte) CPU {
	var c CPU
	lines := bufio.NewScanner(bytes.NewReader(info))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), ":")
		if !ok {
			break // the next CPU
		}
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(name) {
		case "vendor_id":
			c.Vendor = value
		case "cpu family":
			c.Family, _ = strconv.Atoi(value)
		case "model":
			c.Model, _ = strconv.Atoi(value)
		}
	}
	return c
}
