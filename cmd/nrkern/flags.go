package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// explainFlag turns what the flag parser says into a usage error, with the
// flag that was meant, if one is near.
func explainFlag(cmd *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	text := unmark(err.Error())
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() == "" {
		name := unknown.GetSpecifiedName()
		text = "unknown flag --" + name
		if near := nearestFlag(cmd, name); near != "" {
			text += ": did you mean --" + near + "?"
		}
	}
	name := cmd.Name()
	if cmd.HasParent() {
		text = name + ": " + text
	}
	return &usageError{text: text, command: cmd.CommandPath()}
}

// nearestFlag returns the flag that a word is a misspelling of, or nothing.
func nearestFlag(cmd *cobra.Command, name string) string {
	best, distance := "", 3
	consider := func(f *pflag.Flag) {
		if d := editDistance(name, f.Name); d < distance || d == distance && strings.HasPrefix(f.Name, name) {
			best, distance = f.Name, d
		}
	}
	cmd.Flags().VisitAll(consider)
	cmd.InheritedFlags().VisitAll(consider)
	return best
}

// editDistance is the number of letters to insert, delete or replace to make
// one word of another (Levenshtein 1965).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			above := row[j+1]
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, above+1, row[j]+1)
			diagonal = above
		}
	}
	return row[len(b)]
}

// choice is the value of a flag that takes one of a few words.
type choice[T ~string] struct {
	to     *T
	choose func(string) (T, error)
}

// String returns the word.
func (c choice[T]) String() string {
	if c.to == nil {
		return ""
	}
	return string(*c.to)
}

// Set accepts one of the words.
func (c choice[T]) Set(word string) error {
	v, err := c.choose(word)
	if err == nil {
		*c.to = v
	}
	return err
}

// Type is what the help shows for a value.
func (c choice[T]) Type() string { return "string" }

// oneOf returns a function that accepts some words.
func oneOf[T ~string](words ...T) func(string) (T, error) {
	return func(word string) (T, error) {
		var all []string
		for _, w := range words {
			if word == string(w) {
				return w, nil
			}
			all = append(all, string(w))
		}
		return "", fmt.Errorf("want %s or %s", strings.Join(all[:len(all)-1], ", "), all[len(all)-1])
	}
}

// complete tells the shell the values of a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	// It fails only for a flag that is not there.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// numberMark begins a word that looks like a flag and is a negative number. No
// argument of a process can hold it.
const numberMark = "\x00"

// markNumbers marks the negative numbers after the word sys, as in
// `nrkern sys kv add 7 -5 --node 1`, which the flag parser would take for
// flags.
func markNumbers(args []string) []string {
	marked := make([]string, len(args))
	sys, flag := false, false
	for i, a := range args {
		marked[i] = a
		if a == "--" {
			copy(marked[i:], args[i:])
			break
		}
		number := len(a) > 1 && a[0] == '-' && a[1] >= '0' && a[1] <= '9'
		if sys && number && !flag {
			marked[i] = numberMark + a
		}
		sys = sys || a == "sys"
		// The word after "--node" is its value; after "--node=1" it is not.
		flag = strings.HasPrefix(a, "-") && !number && !strings.Contains(a, "=")
	}
	return marked
}

func unmark(s string) string { return strings.ReplaceAll(s, numberMark, "") }
