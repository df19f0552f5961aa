package main

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openPort opens a serial port in raw mode: no echo, and no newline turned
// into two bytes.
func openPort(path string) (*os.File, error) {
	// Blocking, without O_NONBLOCK: a write returns when the driver has it all.
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	t := &unix.Termios{Cflag: unix.CS8 | unix.CLOCAL | unix.B115200}
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, fmt.Errorf("raw mode of %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

// drain waits until the last byte has left the port: power-off does not.
func drain(port *os.File) error {
	// TCSBRK with an argument other than 0 is tcdrain.
	if err := unix.IoctlSetInt(int(port.Fd()), unix.TCSBRK, 1); err != nil {
		return fmt.Errorf("drain %s: %w", port.Name(), err)
	}
	return nil
}
