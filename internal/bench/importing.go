package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"airside/internal/ops/logbook"
)

// importing measures the import of the 3,491 flights of a real logbook, which is not part of the repository; without it
// a made-up one of as many flights stands in.
func importing(ctx context.Context, b *bench) error {
	what := "import of the 3,491-flight file as history"
	data, err := os.ReadFile(filepath.Join("..", "shared", "data", "pyflightlog_1982_2011_us_instructor.csv"))
	if err != nil {
		data, what = logbookOf(3491), "import of 3,491 made-up flights as history"
	}
	for _, engine := range b.engines() {
		h, err := open(ctx, b, engine)
		if err != nil {
			return err
		}
		began := time.Now()
		im, err := h.Logbook.Upload(ctx, h.who, "logbook.csv", data, logbook.UploadOptions{})
		if err == nil {
			_, err = h.Logbook.Commit(ctx, h.who, logbook.ID(im.ID), "history")
		}
		took := time.Since(began)
		h.clean()
		if err != nil {
			return err
		}
		goal := "< 2 s"
		if engine == "postgres" {
			goal = "none"
		}
		b.report(took < 2*time.Second || goal == "none", what+", "+engine, goal, "%.2f s, read, stored and posted", took.Seconds())
	}
	return nil
}
