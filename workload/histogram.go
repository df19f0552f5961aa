package workload

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of latencies that a Histogram tells apart, in nanoseconds. Longer
// ones count as the longest.
const (
	minLatencyNS  = 1
	maxLatencyNS  = 60_000_000_000
	latencyDigits = 3
)

// Histogram counts latencies in nanoseconds, to three digits. In JSON it is
// the text that all HdrHistogram implementations read (V2, compressed, base64).
type Histogram struct{ hdr *hdrhistogram.Histogram }

// NewHistogram returns an empty histogram, of 220 KiB.
func NewHistogram() *Histogram {
	return &Histogram{hdrhistogram.New(minLatencyNS, maxLatencyNS, latencyDigits)}
}

// Record counts one latency. It does not allocate.
func (h *Histogram) Record(ns int64) {
	// Cannot fail within the range.
	_ = h.hdr.RecordValue(min(max(ns, minLatencyNS), maxLatencyNS))
}

// Reset forgets everything.
func (h *Histogram) Reset() { h.hdr.Reset() }

// Merge adds another histogram's counts.
func (h *Histogram) Merge(other *Histogram) { h.hdr.Merge(other.hdr) }

// Count returns the number of latencies recorded.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() }

// Max returns the largest latency recorded, in nanoseconds, to three digits.
func (h *Histogram) Max() int64 { return h.hdr.Max() }

// Quantile returns the latency, in nanoseconds, that a share q of those
// recorded does not exceed; q is from 0 to 1. It is 0 of an empty histogram.
func (h *Histogram) Quantile(q float64) int64 { return h.hdr.ValueAtPercentile(q * 100) }

// MarshalText encodes the histogram.
func (h *Histogram) MarshalText() ([]byte, error) {
	text, err := h.hdr.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		return nil, fmt.Errorf("encode latency histogram: %w", err)
	}
	return text, nil
}

// UnmarshalText decodes what MarshalText wrote. A histogram of another range
// or precision is converted to this one.
func (h *Histogram) UnmarshalText(text []byte) error {
	decoded, err := hdrhistogram.Decode(text)
	if err != nil {
		return fmt.Errorf("decode latency histogram: %w: was it written by Histogram.MarshalText?", err)
	}
	h.hdr = hdrhistogram.New(minLatencyNS, maxLatencyNS, latencyDigits)
	if dropped := h.hdr.Merge(decoded); dropped > 0 {
		return fmt.Errorf("decode latency histogram: %d latencies are above %d ns", dropped, int64(maxLatencyNS))
	}
	return nil
}
