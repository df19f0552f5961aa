// Package wire is what the two sides of a guest say to each other: the plan
// that the host puts into the guest's file system, and the frames that the
// guest's /init writes to its second serial port.
//
//	host (package guest)                       guest (package guest/init)
//	Plan as JSON, in the initrd  ────────────▶  mounts, hugepages, commands
//	Decoder                      ◀────────────  Encoder
//	   @nrkern 5b1f0c3e {"seq":0,"kind":"hello",...}
//	   @nrkern 90aa1e27 {"seq":1,"kind":"start","command":0}
//	   @nrkern 1c44d9b0 {"seq":2,"kind":"stdout","command":0,"data":"aGVsbG8K"}
//	   @nrkern e0d3c5f1 {"seq":3,"kind":"exit","command":0,"exit":{...}}
//	   @nrkern 7f21aa08 {"seq":4,"kind":"end","command":0}
//
// A frame is one line of printable ASCII, whatever bytes a command wrote: the
// bytes travel in base64. A sequence number and a checksum make a lost or
// damaged byte of the serial line an error, never a wrong result. The port
// carries frames only; what the kernel prints goes to the first port.
//
// Concurrency: an Encoder may be used by several goroutines; a Decoder
// belongs to one.
package wire
