package job

import (
	"airside/internal/base/clock"
	"airside/internal/base/db"
)

const insertNode = `INSERT INTO nodes (id, beat, started_at) VALUES ($1, 0, $2) ON CONFLICT (id) DO NOTHING`

const moveBeat = `UPDATE nodes SET beat = beat + 1 WHERE id = $1`

const selectOthers = `SELECT id, beat FROM nodes WHERE id <> $1 ORDER BY id`

const deleteNode = `DELETE FROM nodes WHERE id = $1`

const deleteStill = `DELETE FROM nodes WHERE id = $1 AND beat = $2`

// A job that a dead node had begun is due at once, whatever it was asked to do next.
const freeJobs = `UPDATE jobs SET node_id = NULL, run_at = $2 WHERE node_id = $1`

// beat is a node as another one sees it.
type beat struct {
	id   string
	beat int64
}

func scanBeat(s db.Scanner) (b beat, err error) {
	err = s.Scan(&b.id, &b.beat)
	return b, err
}

// A job asked for again keeps the earlier time. If it is running at the moment, it runs again when it was asked for:
// what it is doing may have begun before what it is asked for now.
const upsertJob = `INSERT INTO jobs (id, kind, key, payload, run_at, attempts, node_id, again, error, created_at)
	VALUES ($1, $2, $3, $4, $5, 0, NULL, FALSE, NULL, $6)
	ON CONFLICT (kind, key) DO UPDATE SET payload = excluded.payload,
	run_at = CASE WHEN jobs.node_id IS NOT NULL AND NOT jobs.again THEN excluded.run_at
		WHEN jobs.run_at < excluded.run_at THEN jobs.run_at ELSE excluded.run_at END,
	again = CASE WHEN jobs.node_id IS NULL THEN FALSE ELSE TRUE END`

// seedJob enters a recurring job the first time only.
const seedJob = `INSERT INTO jobs (id, kind, key, payload, run_at, attempts, node_id, again, error, created_at)
	VALUES ($1, $2, '', '{}', $3, 0, NULL, FALSE, NULL, $3) ON CONFLICT (kind, key) DO NOTHING`

const selectJobs = `SELECT id, kind, key, payload, run_at, attempts, COALESCE(node_id, ''), COALESCE(error, '') FROM jobs`

const selectJob = selectJobs + ` WHERE kind = $1 AND key = $2`

// countJobs looks at so many jobs only that the answer comes soon.
const countJobs = `SELECT count(CASE WHEN attempts = 0 THEN 1 END), count(CASE WHEN attempts > 0 THEN 1 END)
	FROM (SELECT run_at, attempts FROM jobs ORDER BY run_at, id LIMIT 10000) soonest WHERE run_at <= $1 OR attempts > 0`

// free is a condition: nobody has the job, or somebody who is not among the nodes any more.
const free = `(node_id IS NULL OR NOT EXISTS (SELECT 1 FROM nodes WHERE nodes.id = jobs.node_id))`

const isNode = `SELECT count(*) FROM nodes WHERE id = $1`

// claimJob takes a job from nobody, or from the dead node that it was seen with.
const claimJob = `UPDATE jobs SET node_id = $2, again = FALSE WHERE id = $1 AND COALESCE(node_id, '') = $3`

const deleteDone = `DELETE FROM jobs WHERE id = $1 AND node_id = $2 AND NOT again`

// releaseJob ends a run. A job that was asked for again meanwhile keeps the time it was asked for, if that is earlier.
const releaseJob = `UPDATE jobs SET node_id = NULL, again = FALSE, attempts = $3, error = $4,
	run_at = CASE WHEN again AND run_at < $5 THEN run_at ELSE $5 END
	WHERE id = $1 AND node_id = $2`

// releaseAgain ends a run of a job that was asked for again meanwhile.
const releaseAgain = `UPDATE jobs SET node_id = NULL, again = FALSE, attempts = 0, error = NULL WHERE id = $1 AND node_id = $2`

// job is a row of the queue.
type job struct {
	id, kind, key string
	payload       string
	runAt         clock.Time
	attempts      int64
	node          string // who has it
	err           string // of the last attempt
}

func scanJob(s db.Scanner) (j job, err error) {
	err = s.Scan(&j.id, &j.kind, &j.key, &j.payload, &j.runAt, &j.attempts, &j.node, &j.err)
	return j, err
}
