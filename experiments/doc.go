// Package experiments lists the experiments of this project: each has a folder,
// with its definition, a README and a script that runs it alone. What a figure
// is expected to show is written down, with its source, before it is measured.
//
//	d, err := experiments.Named("hashmap")
//	lab, err := experiment.NewLab(experiment.Smoke, version)
//	f, err := experiment.Run(ctx, d, lab, experiment.Options{Out: "results/hashmap"})
//
// Below this folder:
//
//	experiment   how an experiment is defined and run
//	shape        expected shapes, and their judgement
//	results      the results folder
//	report       figures and pages
//	machines     machines of kernels; inprocess: structures and baselines without
//
// Concurrency: All returns fresh definitions, which nobody shares.
package experiments
