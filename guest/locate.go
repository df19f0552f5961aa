package guest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Environment variables that this package reads.
const (
	// EnvQEMU names the QEMU binary, instead of qemu-system-x86_64 in PATH.
	EnvQEMU = "NRKERN_GUEST_QEMU"
	// EnvKernel names the kernel image, instead of vmlinuz in the cache folder.
	EnvKernel = "NRKERN_GUEST_KERNEL"
	// EnvCache names the cache folder, instead of nrkern-guest in the user's.
	EnvCache = "NRKERN_GUEST_CACHE"
)

// ErrMissing is wrapped by the errors for a part that is not installed here.
var ErrMissing = errors.New("not installed")

const remedy = "run .ci/install-guest.sh"

// Tools are the parts that a boot needs from outside of this module.
type Tools struct {
	// QEMU and Kernel are the paths of the emulator and of the kernel image.
	QEMU, Kernel string
}

// Find returns the tools of this machine, or an error that wraps ErrMissing.
func Find() (Tools, error) {
	qemu := os.Getenv(EnvQEMU)
	if qemu == "" {
		qemu = "qemu-system-x86_64"
	}
	qemuPath, err := exec.LookPath(qemu)
	if err != nil {
		return Tools{}, fmt.Errorf("QEMU (%s or $%s) is %w: %w; %s", qemu, EnvQEMU, ErrMissing, err, remedy)
	}
	kernel := os.Getenv(EnvKernel)
	if kernel == "" {
		cache := os.Getenv(EnvCache)
		if cache == "" {
			dir, err := os.UserCacheDir()
			if err != nil {
				return Tools{}, fmt.Errorf("a guest kernel is %w: no cache folder: %w; set $%s to a kernel image", ErrMissing, err, EnvKernel)
			}
			cache = filepath.Join(dir, "nrkern-guest")
		}
		kernel = filepath.Join(cache, "vmlinuz")
	}
	if _, err := os.Stat(kernel); err != nil {
		return Tools{}, fmt.Errorf("a guest kernel (%s or $%s) is %w: %w; %s", kernel, EnvKernel, ErrMissing, err, remedy)
	}
	return Tools{QEMU: qemuPath, Kernel: kernel}, nil
}
