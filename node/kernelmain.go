package node

import (
	"encoding/json"
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Exit statuses of a kernel process.
const (
	exitStopped    = 0
	exitFailed     = 1
	exitUsage      = 2
	exitTerminated = 128 + int(unix.SIGTERM)
)

// KernelMain is the kernel process. A program that boots machines calls it
// first of all in main (and in TestMain): a machine's kernels are the program
// itself, executed again with a mark in the environment. In them it never
// returns; in any other process it returns at once.
func KernelMain() {
	if text, marked := os.LookupEnv(envKernel); marked {
		os.Exit(kernelMain(text))
	}
}

// init keeps the main thread of a kernel process for main, which pins nothing.
// /proc/PID speaks of the main thread: it is to show where the process may run,
// and not where some worker that the runtime put on it was pinned for good.
func init() {
	if _, marked := os.LookupEnv(envKernel); marked {
		runtime.LockOSThread()
	}
}

func kernelMain(text string) int {
	// What people and terminals send to stop a machine is for the supervisor.
	// A hang-up also comes with the continuation of a kernel that was stopped
	// when its supervisor died. Standard error is a pipe to it, which must not
	// kill us when it has gone.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)

	_ = os.Unsetenv(envKernel)
	settleCollector()
	var who identity
	if err := json.Unmarshal([]byte(text), &who); err != nil {
		return refuse("%s=%q: %v", envKernel, text, err)
	}
	unix.CloseOnExec(segmentFD)
	unix.CloseOnExec(socketFD)
	socket := os.NewFile(socketFD, "supervisor")
	if socket == nil {
		return refuse("descriptor %d is not open", socketFD)
	}
	conn, err := net.FileConn(socket)
	if err != nil {
		return refuse("descriptor %d: %v", socketFD, err)
	}
	_ = socket.Close()

	provideProcessors(1)
	k := newKernelProcess(who, segmentFD)
	server := rpc.NewServer()
	if err := server.RegisterName(kernelService, &kernelCalls{k}); err != nil {
		return refuse("%v", err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.serveSupervisors(server, conn)
	}()
	select {
	case err := <-k.failed:
		fmt.Fprintf(os.Stderr, "%v\n", err)
		return exitFailed
	case <-ended:
		if k.stopping() && !k.lost() {
			return exitStopped
		}
		if !becomesOrphan(k, nil) {
			return exitFailed // it gave us up
		}
	case <-terminate:
		if who.Keep {
			return exitTerminated
		}
		// Either somebody's kill, or our parent-death signal: that comes when the
		// forking thread dies, a moment before the rest of the supervisor does.
		if !becomesOrphan(k, ended) {
			return exitTerminated
		}
	}
	// Whatever happens below, this process is not to outlive its supervisor.
	time.AfterFunc(tidyLimit, func() { _ = unix.Kill(os.Getpid(), unix.SIGKILL) })
	who.Supervisor = int(k.supervisor.Load())
	tidy(who, k.currentBoard())
	return exitFailed
}

func refuse(format string, args ...any) int {
	fmt.Fprintf(os.Stderr, "nrkern: this is a kernel process of a machine, which only its supervisor can start: "+format+": use `nrkern start`\n", args...)
	return exitUsage
}
