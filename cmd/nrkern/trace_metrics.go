package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/nrkern/nrkern/tracing"
	"github.com/nrkern/nrkern/tracing/export"
)

// serveMetrics serves what is traced to Prometheus, read at each scrape, for as
// long as said; 0 for until interrupted.
func (s *session) serveMetrics(ctx context.Context, command string, f traceFlags, address string, limit time.Duration) (err error) {
	w, err := s.watch(ctx, command, f)
	if err != nil {
		return err
	}
	defer func() { err = join(err, w.Close()) }()
	var scrape sync.Mutex // a session is for one at a time
	read := func() (*tracing.Report, error) {
		scrape.Lock()
		defer scrape.Unlock()
		return w.report(ctx)
	}
	registry := prometheus.NewRegistry()
	if err := registry.Register(export.NewCollector(read, operationText)); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("--prometheus %s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	s.log.Info("metrics at http://" + listener.Addr().String() + "/metrics")
	var over <-chan time.Time
	if limit > 0 {
		over = time.After(limit)
	}
	select {
	case err := <-served:
		return fmt.Errorf("--prometheus %s: %w", address, err)
	case <-over:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	stopping, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if e := server.Shutdown(stopping); e != nil {
		e = server.Close()
		err = join(err, e)
	}
	if e := <-served; !errors.Is(e, http.ErrServerClosed) {
		err = join(err, e)
	}
	return err
}
