package guest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nrkern/nrkern/guest/wire"
)

// File is a file of the guest. Its parent folders are made.
type File struct {
	// Path is absolute and clean, in the guest.
	Path string
	// Mode holds the permission bits.
	Mode fs.FileMode
	// Data is the content.
	Data []byte
}

// Program returns an executable file. The guest has no libraries: data is a
// static binary, such as Build returns.
func Program(path string, data []byte) File { return File{Path: path, Mode: 0o755, Data: data} }

// Tree returns the regular files of a folder of this machine, to be found below
// path in the guest. Anything else in it is an ErrFile.
func Tree(path, folder string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s is no regular file", ErrFile, name)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		below, err := filepath.Rel(folder, name)
		if err != nil {
			return err
		}
		files = append(files, File{Path: filepath.Join(path, below), Mode: info.Mode().Perm(), Data: data})
		return nil
	})
	return files, err
}

// Command is one program that the guest runs.
type Command = wire.Command

// Run returns a Command without variables or a time limit of its own.
func Run(args ...string) Command { return Command{Args: args} }
