package kernelview

//go:generate go tool bpf2go -cc clang -target amd64 -go-package kernelview kernel ../bpf/kernel.c -- -O2 -g -Wall -Werror -I../bpf
