package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrFolder is the error of what is no results folder, or a damaged one.
var ErrFolder = errors.New("no results folder")

// Folder is a results folder, read.
type Folder struct {
	Path     string
	Manifest Manifest
	Summary  Summary
	Table    *Table
}

// Open reads a folder.
func Open(path string) (*Folder, error) {
	f := &Folder{Path: path}
	if err := readJSON(filepath.Join(path, ManifestFile), &f.Manifest); err != nil {
		return nil, fmt.Errorf("%s: %w: %w: want one that `nrkern run` wrote", path, ErrFolder, err)
	}
	if f.Manifest.Format != Format {
		return nil, fmt.Errorf("%s: %w: its format is %d, this nrkern reads %d: use the one that wrote it", path, ErrFolder, f.Manifest.Format, Format)
	}
	if err := readJSON(filepath.Join(path, SummaryFile), &f.Summary); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrFolder, err)
	}
	data, err := os.Open(filepath.Join(path, DataFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", path, ErrFolder, err)
	}
	defer func() { _ = data.Close() }()
	if f.Table, err = readTable(data, f.Manifest.Factors, f.Manifest.Metrics); err != nil {
		return nil, fmt.Errorf("%s: %w: %s: %w", path, ErrFolder, DataFile, err)
	}
	return f, nil
}

// Below returns the folders that lie in one, or that one itself if it is a
// results folder, in the order of their names.
func Below(path string) ([]*Folder, error) {
	if _, err := os.Stat(filepath.Join(path, ManifestFile)); err == nil {
		f, err := Open(path)
		if err != nil {
			return nil, err
		}
		return []*Folder{f}, nil
	}
	manifests, err := filepath.Glob(filepath.Join(path, "*", ManifestFile))
	if err != nil {
		return nil, err
	}
	if len(manifests) == 0 {
		return nil, fmt.Errorf("%s: %w: neither it nor a folder in it has a %s", path, ErrFolder, ManifestFile)
	}
	var all []*Folder
	for _, m := range manifests {
		f, err := Open(filepath.Dir(m))
		if err != nil {
			return nil, err
		}
		all = append(all, f)
	}
	return all, nil
}

func readJSON(path string, to any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return nil
}
