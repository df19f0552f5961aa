// Package structures holds no code: its tests judge every structure by the
// means of package check, inside one process and all in the same way.
//
//	TestHistoriesAreLinearizable   random histories, tiny logs and rings
//	TestProbe...                   stale reads, millions
//	TestProbeFinds...              the same probes fail on builds that are wrong
//	TestSameAnswers                one stream through each pair of structures
//
// NRKERN_LONG=1 makes histories longer and more, and probes 100 million reads.
//
// Concurrency: none of its own; each test starts its threads as goroutines.
package structures
