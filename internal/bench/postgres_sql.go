package main

const (
	databaseSize = `SELECT pg_database_size(current_database())`
	ownBackend   = `SELECT pg_backend_pid()`
)
