package numa

import (
	"errors"
	"fmt"
	"slices"
)

const cpuDir = "devices/system/cpu"

func cpuFile(id int, name string) string { return fmt.Sprintf("%s/cpu%d/%s", cpuDir, id, name) }

// readCPUs finds the CPUs and which of them are online.
func (s *survey) readCPUs() error {
	dirs := s.sys.numbered(cpuDir, "cpu")
	online, errOnline := s.sys.list(cpuDir + "/online")
	if errOnline != nil || len(online) == 0 {
		online = nil
		for _, id := range dirs {
			// cpu0 often has no such file, for it cannot be put offline.
			if state, err := s.sys.text(cpuFile(id, "online")); err != nil || state != "0" {
				online = append(online, id)
			}
		}
		if len(online) == 0 {
			if errOnline == nil {
				errOnline = errors.New("it is empty")
			}
			return fmt.Errorf("numa: %w: /sys/%s/online: %w, and there is no directory cpuN beside it; is sysfs mounted? (mount -t sysfs sysfs /sys)",
				ErrNoTopology, cpuDir, errOnline)
		}
		s.note("/sys/%s/online is missing or damaged: %s taken from the directories", cpuDir, describeCPUs(online))
	}
	present, err := s.sys.list(cpuDir + "/present")
	if err != nil {
		present = nil
	}
	known := distinct(slices.Concat(dirs, present, online))
	var offline []int
	for _, id := range known {
		on := slices.Contains(online, id)
		if !on {
			offline = append(offline, id)
		}
		s.cpus = append(s.cpus, CPU{ID: id, Node: -1, Package: -1, Core: -1, L3: -1, Siblings: []int{id}, Online: on})
	}
	for i := range s.cpus {
		s.at[s.cpus[i].ID] = &s.cpus[i]
	}
	if len(offline) > 0 {
		s.note("%s offline: not used", describeCPUs(offline))
	}
	return nil
}

// online iterates over the CPUs that are.
func (s *survey) online(yield func(*CPU) bool) {
	for i := range s.cpus {
		if s.cpus[i].Online && !yield(&s.cpus[i]) {
			return
		}
	}
}

// readPackages gives every online CPU its socket. A CPU that sysfs says none
// for takes that of another CPU of its node; a node with none at all counts as
// a socket of its own.
func (s *survey) readPackages() {
	var missing []int
	next := 0
	ofNode := map[int]int{}
	for c := range s.online {
		n, err := s.sys.number(cpuFile(c.ID, "topology/physical_package_id"))
		if err != nil || n < 0 {
			missing = append(missing, c.ID)
			continue
		}
		c.Package = n
		next = max(next, n+1)
		if c.Node < 0 {
			continue
		}
		if first, seen := ofNode[c.Node]; !seen {
			ofNode[c.Node] = n
		} else if first != n {
			s.noteOnce("Linux node %d has CPUs of several sockets: its first is taken for all", c.Node)
		}
	}
	for _, id := range missing {
		c := s.at[id]
		n, seen := ofNode[c.Node]
		if !seen {
			n = next
			next++
			ofNode[c.Node] = n
		}
		c.Package = n
	}
	if len(missing) > 0 {
		s.note("no socket known for %s: that of the node assumed", describeCPUs(missing))
	}
}

// noteOnce adds a note that is not there yet.
func (s *survey) noteOnce(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// readCores numbers the cores and makes sibling lists agree: two CPUs share a
// core when each names the other and both are on one node and socket.
func (s *survey) readCores() {
	says := map[int][]int{}
	var missing []int
	for c := range s.online {
		list, err := s.sys.list(cpuFile(c.ID, "topology/thread_siblings_list"))
		if err != nil {
			list, err = s.sys.list(cpuFile(c.ID, "topology/core_cpus_list"))
		}
		if err != nil {
			missing = append(missing, c.ID)
			list = []int{c.ID}
		}
		says[c.ID] = list
	}
	share := func(a, b *CPU) bool {
		return b != nil && b.Online && a.Node == b.Node && a.Package == b.Package &&
			slices.Contains(says[a.ID], b.ID) && slices.Contains(says[b.ID], a.ID)
	}
	var mended []int
	cores := 0
	for c := range s.online {
		if c.Core >= 0 {
			continue
		}
		members := []int{c.ID}
		for _, id := range says[c.ID] {
			if other := s.at[id]; id != c.ID && share(c, other) && other.Core < 0 {
				members = append(members, id)
			}
		}
		slices.Sort(members)
		for _, id := range members {
			s.at[id].Core, s.at[id].Siblings = cores, slices.Clone(members)
			if !slices.Equal(s.onlineOf(says[id]), members) {
				mended = append(mended, id)
			}
		}
		cores++
	}
	if len(missing) > 0 {
		s.note("no SMT siblings known for %s: taken for cores of their own", describeCPUs(missing))
	}
	if len(mended) > 0 {
		s.note("SMT siblings of %s contradict each other or cross nodes: only mutual ones on one node kept", describeCPUs(mended))
	}
}

// onlineOf keeps the numbers of CPUs that are online.
func (s *survey) onlineOf(list []int) []int {
	var on []int
	for _, id := range list {
		if c := s.at[id]; c != nil && c.Online {
			on = append(on, id)
		}
	}
	return on
}

// readL3s numbers the last-level caches, told apart by who shares them, or
// where sysfs does not say by socket and id.
func (s *survey) readL3s() {
	number := map[string]int{}
	var missing []int
	for c := range s.online {
		key := s.l3Key(c)
		if key == "" {
			missing = append(missing, c.ID)
			continue
		}
		if _, seen := number[key]; !seen {
			number[key] = len(number)
		}
		c.L3 = number[key]
	}
	if len(missing) > 0 {
		s.note("no L3 cache known for %s: cores are grouped by node alone", describeCPUs(missing))
	}
}

// l3Key identifies a CPU's L3 cache; "" when sysfs does not.
func (s *survey) l3Key(c *CPU) string {
	dir := cpuFile(c.ID, "cache")
	for _, index := range s.sys.numbered(dir, "index") {
		cache := fmt.Sprintf("%s/index%d/", dir, index)
		if level, err := s.sys.number(cache + "level"); err != nil || level != 3 {
			continue
		}
		if sharers, err := s.sys.list(cache + "shared_cpu_list"); err == nil && slices.Contains(sharers, c.ID) {
			return FormatList(s.onlineOf(sharers))
		}
		if id, err := s.sys.number(cache + "id"); err == nil && id >= 0 {
			return fmt.Sprintf("package %d id %d", c.Package, id)
		}
	}
	return ""
}
