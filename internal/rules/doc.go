// Package rules holds the repository to its rules: its tests read the tree as
// source text and report whatever breaks one. Nothing imports this package.
//
// A rule is a function from a parsed tree to findings. Each finding says where
// it is, what was found, which rule that breaks, and what to do:
//
//	nrkernel/log.go:7: imports: nrkernel imports numa: its row of the import
//	table allows combining, kernel, transport; move the code, or ...
//
// The rules:
//
//	imports      who may import whom: one table, in table.go
//	simulatable  protocol code has no clock, lock, goroutine or global, so that
//	             the code that ships is the code that is simulated
//	package-doc  every package says what it is
//	exported-doc every exported identifier says what it is
//	size         no file above 700 lines
//	names        no package, folder or file named for nothing
//	marks        no marks of unfinished work
//	places       nothing names a package registry or a developer's machine
//
// A rule that was never seen to fail is not a rule: testdata/ has small trees
// that break each of them, with the findings expected.
//
// The checks are syntactic, with go/types only inside one package, because
// that needs neither a build nor the network. What they cannot see: a global
// that is written through an alias, and an interface that hides a clock.
//
// Concurrency: a tree is read-only once loaded; rules share nothing.
package rules
