package probe

//go:generate go tool bpf2go -cc clang -target amd64 -go-package probe -type tally -type operation_key -type operation sites ../bpf/sites.c -- -O2 -g -Wall -Werror -I../bpf
