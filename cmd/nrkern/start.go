package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.uber.org/zap"

	"github.com/nrkern/nrkern/biglock"
	"github.com/nrkern/nrkern/multikernel"
	"github.com/nrkern/nrkern/node"
	"github.com/nrkern/nrkern/transport"
)

// starting is the flags of start.
type starting struct {
	config  node.Config
	detach  bool
	attach  bool
	logFile string
	readyFD int // set in the process that --detach starts; see detach.go
}

func newStart(s *session) *cobra.Command {
	f := starting{config: node.DefaultConfig()}
	cmd := &cobra.Command{
		Use: "start", Short: "Boot a machine: one kernel process for each node", Args: noArguments,
		Long: `Boot a machine and stay in front, logging, until ` + "`nrkern stop`" + ` (exit status 0),
Ctrl-C (130) or the death of a kernel (1) ends it. Nothing is left behind. Under nr
the other kernels go on when one dies, and another takes its place, with the state
of one that lives; when the last one dies, the state is gone and the machine ends.
With --detach return as soon as the machine is running, and print the process
of its supervisor.

When this process is killed, the kernels end within a second, and tidy up. With --keep
they go on: ` + "`nrkern start --attach`" + ` takes them over, whatever they are at, and is
their supervisor from then on; those that died meanwhile it replaces (nr).
` + "`nrkern stop`" + ` ends them.`,
		Example: `  nrkern start --mode=nr --topology 2x1
  nrkern start --mode=biglock --lock rwlock --detach
  nrkern start --mode=multikernel --placement replicated
  nrkern start --hugepages=require
  nrkern start --keep --detach; kill -9 PID; nrkern start --attach --detach`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.config.RunDir = s.runDir
			if text := f.conflict(cmd); text != "" {
				return &usageError{text: text, command: cmd.CommandPath()}
			}
			switch {
			case f.readyFD != 0:
				return f.behind(cmd.Context(), s)
			case f.detach:
				return f.detached(cmd.Context(), s)
			}
			return f.inFront(cmd.Context(), s)
		},
	}
	flags := cmd.Flags()
	flags.Var(choice[node.Mode]{&f.config.Mode, oneOf(node.Modes()...)}, "mode", "the structure: nr, multikernel or biglock")
	flags.StringVar(&f.config.Topology, "topology", "", "virtual nodes: NODESxCORES, as 2x1; without it, the machine's own")
	flags.IntVar(&f.config.CPUs, "cpus", 0, "lay a virtual topology over so many CPUs at most; 0 for all that may be used")
	flags.Var(choice[transport.Hugepages]{&f.config.Hugepages, oneOf(transport.HugepagesRequire, transport.HugepagesPrefer, transport.HugepagesOff)},
		"hugepages", "2 MiB pages for the segment: require, prefer or off")
	flags.IntVar(&f.config.LogSlots, "log-slots", f.config.LogSlots, "size of each log in slots of 64 bytes, a power of two (nr)")
	flags.IntVar(&f.config.Logs, "logs", f.config.Logs, "number of logs; operations on shards of different logs do not meet (nr)")
	flags.IntVar(&f.config.RingSlots, "ring-slots", f.config.RingSlots, "size of each channel in slots of 64 bytes, a power of two (multikernel)")
	flags.StringVar(&f.config.Placement, "placement", f.config.Placement, "where the state of services lives: partitioned, replicated, or for each, as in kv=replicated (multikernel)")
	flags.Var(choice[multikernel.Tree]{&f.config.Tree, oneOf(multikernel.Trees()...)},
		"tree", "how agreements on replicated state travel: "+treeNames()+"; without it, as suits the topology (multikernel)")
	flags.BoolVar(&f.config.Isolate, "isolate", false, "let no kernel reach what is of another: each maps its own channels only, and reads what others write (multikernel)")
	flags.Var(choice[string]{&f.config.Lock, oneOf(lockNames()...)}, "lock", "the lock: "+strings.Join(lockNames(), ", ")+" (biglock)")
	flags.IntVar(&f.config.Home, "home", f.config.Home, "the node that the memory is on; -1 interleaves (biglock)")
	flags.Var(choice[string]{&f.config.Wait, oneOf(transport.Dedicated.Name, transport.Oversubscribed.Name)},
		"wait", "how threads wait: dedicated or oversubscribed; without it, as suits the topology")
	flags.DurationVar(&f.config.StallBudget, "stall-budget", f.config.StallBudget,
		"how long a kernel that does not move may keep the others: then it is passed over, or killed if it holds what they wait for (nr)")
	flags.BoolVar(&f.config.Strikes, "strikes", false, "let kernels say what they are about, for check --kills to know what it hits; costs a few stores a batch (nr)")
	flags.BoolVar(&f.config.Keep, "keep", false, "let the kernels go on when this process is killed, for start --attach to take them over")
	flags.BoolVar(&f.attach, "attach", false, "take over the kernels of a machine that was started with --keep and whose supervisor was killed; it is as it was started")
	flags.BoolVar(&f.detach, "detach", false, "return when the machine is running, and print its process")
	flags.StringVar(&f.logFile, "log-file", "", "log to this file; with --detach, what is logged later is lost without it")
	flags.IntVar(&f.readyFD, "ready-fd", 0, "")
	_ = flags.MarkHidden("ready-fd") // fails for a flag that is not there only
	complete(cmd, "mode", "nr", "multikernel", "biglock")
	complete(cmd, "placement", string(multikernel.Partitioned), string(multikernel.Replicated))
	complete(cmd, "tree", strings.Split(treeNames(), ", ")...)
	complete(cmd, "hugepages", "require", "prefer", "off")
	complete(cmd, "lock", lockNames()...)
	complete(cmd, "wait", transport.Dedicated.Name, transport.Oversubscribed.Name)
	for _, name := range []string{"topology", "cpus", "log-slots", "logs", "ring-slots", "home"} {
		complete(cmd, name)
	}
	return cmd
}

// conflict says why the flags do not go together, or nothing. A machine that is
// taken over is what it was started as.
func (f *starting) conflict(cmd *cobra.Command) (text string) {
	if !f.attach {
		return ""
	}
	ours := map[string]bool{"attach": true, "detach": true, "log-file": true, "ready-fd": true}
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Changed && !ours[flag.Name] {
			text = fmt.Sprintf("--attach takes a machine over as it was started, and so does not go with --%s", flag.Name)
		}
	})
	return text
}

func treeNames() string {
	var names []string
	for _, t := range multikernel.Trees() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

func lockNames() []string {
	var names []string
	for _, k := range biglock.Kinds() {
		names = append(names, string(k))
	}
	return names
}

// inFront boots a machine and stays until it has stopped.
func (f *starting) inFront(ctx context.Context, s *session) error {
	log := s.log
	if f.logFile != "" {
		file, err := openLog(f.logFile)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		log = consoleLog(file)
	}
	m, err := f.boot(ctx, log)
	if err != nil {
		return err
	}
	return m.Wait()
}

func (f *starting) boot(ctx context.Context, log *zap.Logger) (*node.Machine, error) {
	running := false
	hooks := node.Hooks{
		// The death of a kernel is the error that Wait returns: said once. So is
		// what keeps a machine from running.
		Log: log.WithOptions(zap.WrapCore(belowError)),
		Event: func(e node.Event) {
			if running = running || e.Kind == node.EventRunning; running || e.Kind == node.EventKernelReady {
				logEvent(log, e)
			}
		},
		Version: version,
	}
	var m *node.Machine
	var err error
	if f.attach {
		m, err = node.Attach(ctx, f.config.RunDir, hooks)
	} else {
		m, err = node.Boot(ctx, f.config, hooks)
	}
	if errors.Is(err, context.Canceled) && context.Cause(ctx) != nil {
		return nil, context.Cause(ctx)
	}
	return m, err
}

// logEvent logs what the machine does not log itself.
func logEvent(log *zap.Logger, e node.Event) {
	switch e.Kind {
	case node.EventWarning, node.EventKernelDied:
		return
	}
	var fields []zap.Field
	if e.Node >= 0 {
		fields = append(fields, zap.Int("node", e.Node))
	}
	if e.PID != 0 {
		fields = append(fields, zap.Int("pid", e.PID))
	}
	log.Info(fmt.Sprintf("%s: %s", strings.ReplaceAll(string(e.Kind), "_", " "), e.Text), fields...)
}

func openLog(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--log-file: %w", err)
	}
	return file, nil
}
