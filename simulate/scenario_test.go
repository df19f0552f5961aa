//go:build !nrkern_nohook

package simulate

import "testing"

// TestManyNodes: what is drawn keeps to the cores that can be searched.
func TestManyNodes(t *testing.T) {
	s, err := ParseScenario("nr,nodes=8")
	if err != nil {
		t.Fatal(err)
	}
	search(t, s, 10)
	for seed := range uint64(100) {
		if d := s.drawn(seed); d.cores() > maxOrdered || d.Nodes != 8 {
			t.Errorf("seed %d draws %s, with %d cores", seed, d, d.cores())
		}
		few := Scenario{Structure: "nr", Clients: maxClients}
		if d := few.drawn(seed); d.cores() > maxOrdered || d.Clients != maxClients {
			t.Errorf("seed %d draws %s, with %d cores", seed, d, d.cores())
		}
	}
}

// TestSmallest: exact leaves what was said as it is.
func TestSmallest(t *testing.T) {
	for text, want := range map[string]string{
		"nr,nodes=1,data-max=4,exact": "nr,nodes=1,clients=1,operations=1,window=1,data-max=4,keys=1,exact",
		"nr,exact":                    "nr,nodes=2,clients=1,operations=1,window=1,data-max=8,keys=1,exact",
		"channel,operations=3,exact":  "channel,nodes=2,clients=1,operations=3,window=1,data-max=8,keys=1,exact",
	} {
		s, err := ParseScenario(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.drawn(1).String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
