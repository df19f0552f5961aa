package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
)

// format is how data is printed.
type format string

const (
	asTable format = "table"
	asJSON  format = "json"
	asCSV   format = "csv"
)

// String returns the word.
func (f *format) String() string { return string(*f) }

// Set accepts table, json or csv.
func (f *format) Set(word string) (err error) {
	chosen, err := oneOf(asTable, asJSON, asCSV)(word)
	if err == nil {
		*f = chosen
	}
	return err
}

// Type is what the help shows for a value.
func (f *format) Type() string { return "format" }

// result is what a subcommand found, in each format.
type result struct {
	// data is what JSON shows.
	data any
	// table writes text for people.
	table func(io.Writer) error
	// csv returns the records, the header first. Its columns are named as the
	// keys of the JSON.
	csv func() [][]string
}

// print writes a result to standard output.
func (s *session) print(r result) error {
	switch s.output {
	case asJSON:
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(r.data)
	case asCSV:
		return csv.NewWriter(s.out).WriteAll(r.csv())
	}
	return r.table(s.out)
}
