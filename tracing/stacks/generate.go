package stacks

//go:generate go tool bpf2go -cc clang -target amd64 -go-package stacks -type stack_key stacks ../bpf/stacks.c -- -O2 -g -Wall -Werror -I../bpf
