package logbook

// A logbook arrives from outside, so everything in it is bounded. The largest real logbook seen has 3,491
// rows and 200 KB; a working life of short flights stays below 50,000.
const (
	maxFileBytes   = 64 << 20
	maxRows        = 2_000_000
	maxColumns     = 10_000
	maxCellBytes   = 64 << 10
	maxFindings    = 20_000    // beyond it findings are counted, not kept
	maxExtras      = 1_000_000 // values of unknown columns kept in one file
	maxHeaderDepth = 20_000    // records read in search of a header; a long aircraft table may stand before it
)
