package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// What commands can do that the harness has to cope with.

func write(args []string) (any, error) {
	if len(args) != 1 {
		return nil, errors.New("write how much?")
	}
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i)
	}
	_, err = os.Stdout.Write(b)
	return nil, err
}

func fail([]string) (any, error) {
	fmt.Println("on stdout")
	fmt.Fprintln(os.Stderr, "on stderr")
	os.Exit(7)
	return nil, nil
}

func orphan([]string) (any, error) {
	c := exec.Command("/proc/self/exe", "sleep")
	c.Stdout = os.Stdout
	if err := c.Start(); err != nil {
		return nil, err
	}
	return c.Process.Pid, nil
}

func sleep([]string) (any, error) {
	return nil, unix.Pause()
}

func panicKernel([]string) (any, error) {
	return nil, os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
}

func off([]string) (any, error) {
	return nil, unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
}

// processes lists what user space runs, zombies included.
func processes([]string) (any, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		// Kernel threads are below thread 2. The name in parentheses may hold
		// anything but "(" and spaces here: these are our own programs.
		var name, state string
		var number, parent int
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // It has ended since.
		}
		if _, err := fmt.Sscan(string(stat), &number, &name, &state, &parent); err != nil {
			continue // A kernel thread with a space in its name.
		}
		if pid != 2 && parent != 2 {
			all = append(all, pid)
		}
	}
	return all, nil
}
