package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strconv"

	"github.com/spf13/cobra"
)

// versionReport is what `nrkern version -o json` prints. What the build did not
// record is null.
type versionReport struct {
	Version   string  `json:"version"`
	Module    string  `json:"module"`
	GoVersion string  `json:"go_version"`
	OS        string  `json:"os"`
	Arch      string  `json:"arch"`
	Revision  *string `json:"vcs_revision"`
	Time      *string `json:"vcs_time"`
	Modified  *bool   `json:"vcs_modified"`
}

func newVersion(s *session) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: noArguments,
		Long: "Print the version, what it was built from and with.",
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			v := versionOf(info)
			return s.print(result{data: v, table: v.table, csv: v.csv})
		},
	}
}

func versionOf(info *debug.BuildInfo) versionReport {
	v := versionReport{Version: version, GoVersion: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if info == nil {
		return v
	}
	v.Module = info.Main.Path
	for _, setting := range info.Settings {
		switch value := setting.Value; setting.Key {
		case "vcs.revision":
			v.Revision = &value
		case "vcs.time":
			v.Time = &value
		case "vcs.modified":
			if modified, err := strconv.ParseBool(value); err == nil {
				v.Modified = &modified
			}
		}
	}
	return v
}

func (v versionReport) table(w io.Writer) error {
	text := fmt.Sprintf("nrkern %s (%s, %s/%s)\n", v.Version, v.GoVersion, v.OS, v.Arch)
	if v.Revision != nil {
		text += "revision " + *v.Revision
		if v.Modified != nil && *v.Modified {
			text += ", modified"
		}
		text += "\n"
	}
	_, err := io.WriteString(w, text)
	return err
}

func (v versionReport) csv() [][]string {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	modified := ""
	if v.Modified != nil {
		modified = strconv.FormatBool(*v.Modified)
	}
	return [][]string{
		{"version", "module", "go_version", "os", "arch", "vcs_revision", "vcs_time", "vcs_modified"},
		{v.Version, v.Module, v.GoVersion, v.OS, v.Arch, text(v.Revision), text(v.Time), modified},
	}
}
