package results

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/nrkern/nrkern/measure"
)

// The columns of data.csv around the factors and the metrics.
const (
	variantColumn    = "variant"
	repetitionColumn = "repetition"
	placementColumn  = "placement"
	beforeColumn     = "round_trip_before_ns"
	afterColumn      = "round_trip_after_ns"
)

// header returns the names of the columns of data.csv.
func (t *Table) header() []string {
	names := []string{variantColumn}
	for _, f := range t.Factors {
		names = append(names, f.Name)
	}
	names = append(names, repetitionColumn)
	for _, m := range t.Metrics {
		names = append(names, m.Name)
	}
	return append(names, placementColumn, beforeColumn, afterColumn)
}

// record returns a row as data.csv has it.
func (r *Row) record() []string {
	fields := append([]string{r.Variant}, r.Factors...)
	fields = append(fields, strconv.Itoa(r.Repetition))
	for _, v := range r.Values {
		fields = append(fields, formatValue(v))
	}
	return append(fields, string(r.Placement), formatTime(r.Before), formatTime(r.After))
}

func formatValue(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 9, 64)
}

func formatTime(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatInt(d.Nanoseconds(), 10)
}

// readTable reads what was written with the same columns.
func readTable(from io.Reader, factors, metrics []Column) (*Table, error) {
	t := &Table{Factors: factors, Metrics: metrics}
	r := csv.NewReader(from)
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("its header: %w", err)
	}
	if !slices.Equal(head, t.header()) {
		return nil, fmt.Errorf("its columns are %v, the manifest speaks of %v", head, t.header())
	}
	for line := 2; ; line++ {
		fields, err := r.Read()
		if err == io.EOF {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		row, err := t.parse(fields)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		t.Rows = append(t.Rows, row)
	}
}

func (t *Table) parse(fields []string) (Row, error) {
	row := Row{Variant: fields[0], Factors: slices.Clone(fields[1 : 1+len(t.Factors)])}
	rest := fields[1+len(t.Factors):]
	var err error
	if row.Repetition, err = strconv.Atoi(rest[0]); err != nil {
		return row, fmt.Errorf("repetition %q: want a number", rest[0])
	}
	for i, text := range rest[1 : 1+len(t.Metrics)] {
		v := math.NaN()
		if text != "" {
			if v, err = strconv.ParseFloat(text, 64); err != nil {
				return row, fmt.Errorf("%s %q: want a number, or nothing where none was measured", t.Metrics[i].Name, text)
			}
		}
		row.Values = append(row.Values, v)
	}
	rest = rest[1+len(t.Metrics):]
	row.Placement = measure.Placement(rest[0])
	for i, to := range []*time.Duration{&row.Before, &row.After} {
		if rest[1+i] == "" {
			continue
		}
		ns, err := strconv.ParseInt(rest[1+i], 10, 64)
		if err != nil {
			return row, fmt.Errorf("round trip %q: want nanoseconds", rest[1+i])
		}
		*to = time.Duration(ns)
	}
	return row, nil
}
