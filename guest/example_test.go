package guest_test

import (
	"context"
	"fmt"
	"log"

	"github.com/nrkern/nrkern/guest"
)

// The command on a machine with four nodes. What it says of itself is one
// thing; "probe placed nrkern" says where its processes' threads and pages are
// by the kernel's word, and "probe processes" what is left when it has stopped:
// init and the probe itself.
func ExampleBoot() {
	ctx := context.Background()
	nrkern, err := guest.Build(ctx, "github.com/nrkern/nrkern/cmd/nrkern")
	if err != nil {
		log.Fatal(err)
	}
	probe, err := guest.Build(ctx, "github.com/nrkern/nrkern/guest/probe")
	if err != nil {
		log.Fatal(err)
	}
	r, err := guest.Boot(ctx, guest.Uniform(4, 2, 512, 64),
		[]guest.File{guest.Program("/bin/nrkern", nrkern), guest.Program("/bin/probe", probe)},
		[]guest.Command{
			guest.Run("/bin/nrkern", "start", "--detach"),
			guest.Run("/bin/nrkern", "status", "-o", "json"),
			guest.Run("/bin/probe", "placed", "nrkern"),
			guest.Run("/bin/nrkern", "stop"),
			guest.Run("/bin/probe", "processes"),
		})
	if err != nil {
		log.Fatal(err) // with the last lines of the guest's console
	}
	if err := r.Err(); err != nil {
		log.Fatal(err) // the first command that failed, with its output
	}
	fmt.Printf("%s", r.Commands[1].Stdout)
}
