// Package report shows results folders: figures for papers (SVG, PNG), one
// self-contained page for people (HTML), and every sample in Go's benchmark
// format.
//
//	Files(aside, folder)           all of that, into a folder that is being written
//	Page(w, title, folders)        one page for one folder, or for many
//
// A page needs no network: script, style and data are in it, and where scripts
// are off it shows the SVGs. Its charts are uPlot (MIT; see assets/LICENSE.uPlot,
// which is in every page too), which zooms by dragging and, by a small plugin,
// by two fingers.
//
// A figure shows samples of one placement, medians with their intervals; a
// point that has no samples of it shows another's, and says so.
//
// Concurrency: all functions may be called from anywhere.
package report
