package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/nrkern/nrkern/check"
	"github.com/nrkern/nrkern/node"
)

// replicasReport is whether the copies of a machine's state are equal. A
// structure without copies has nothing to compare, and is ok.
type replicasReport struct {
	Judgement check.Judgement `json:"judgement"`
	Copies    int             `json:"copies"`
	// Digest is that of each copy, at the index of the log; empty if they differ
	// or there is one copy.
	Digest string `json:"digest,omitempty"`
	Index  uint64 `json:"digest_index,omitempty"`
	Text   string `json:"text"`
}

// digestTries is how often to ask anew when somebody writes meanwhile: digests
// compare at one index of the log only.
const digestTries = 5

// compareReplicas asks the kernels for digests.
func compareReplicas(ctx context.Context, m node.API) (replicasReport, error) {
	for try := 0; ; try++ {
		status, err := m.Status(ctx, node.StatusRequest{Digest: true})
		if err != nil {
			return replicasReport{}, err
		}
		r := judgeReplicas(status)
		if r.Judgement != check.Unknown || try == digestTries {
			return r, nil
		}
	}
}

// judgeReplicas judges digests of one moment.
func judgeReplicas(s *node.Status) replicasReport {
	switch {
	case s.Config.Mode == node.ModeBigLock:
		return replicasReport{Judgement: check.OK, Copies: 1, Text: "none to compare: there is one copy"}
	case !s.Config.Copies():
		return replicasReport{Judgement: check.OK, Copies: 1, Text: "none to compare: each shard has one owner"}
	}
	kernels := slices.DeleteFunc(slices.Clone(s.Kernels), func(k node.KernelStatus) bool { return k.State == node.StateRemoved })
	r := replicasReport{Judgement: check.OK, Copies: len(kernels)}
	of := kernels[0]
	for _, k := range kernels {
		switch {
		case k.Digest == "":
			r.Judgement, r.Text = check.Unknown, fmt.Sprintf("%s gave no digest: it is %s", kernelName(k), k.State)
			return r
		case k.DigestAt != of.DigestAt || !slices.Equal(k.DigestAtLogs, of.DigestAtLogs):
			r.Judgement = check.Unknown
			r.Text = fmt.Sprintf("the state changed while digests were taken (%s at %d, %s at %d): try when nobody writes",
				kernelName(of), of.DigestAt, kernelName(k), k.DigestAt)
			return r
		case k.Digest != of.Digest:
			r.Judgement = check.Illegal
			r.Text = fmt.Sprintf("at index %d %s has digest %s, %s has %s", of.DigestAt, kernelName(of), of.Digest, kernelName(k), k.Digest)
			return r
		}
	}
	r.Digest, r.Index = of.Digest, of.DigestAt
	counted := "the log"
	if s.Config.Mode == node.ModeMultikernel {
		counted = "the operations agreed to"
	}
	r.Text = fmt.Sprintf("%s with digest %s at index %s of %s", plural(r.Copies, "copy"), r.Digest, grouped(r.Index), counted)
	if n := len(of.DigestAtLogs); n > 1 {
		r.Text = fmt.Sprintf("%s with digest %s, %s slots into %d logs", plural(r.Copies, "copy"), r.Digest, grouped(r.Index), n)
	}
	return r
}
