package main

// watch tells the plugin which bytes of this process to follow.
//
//go:noescape
func watch(first, last uintptr)

// start begins to count what travels, stop ends it and has the plugin write it.

//go:noescape
func start()

//go:noescape
func stop()
