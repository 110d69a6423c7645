-- Sealed records and events (an index of what is in the store), and the runs in progress.
CREATE TABLE IF NOT EXISTS record (id BLOB PRIMARY KEY, type TEXT NOT NULL, key TEXT NOT NULL, time INTEGER NOT NULL,
                                   body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS record_by_type ON record (type, key, time, id);
CREATE INDEX IF NOT EXISTS record_by_time ON record (type, time, id);
CREATE TABLE IF NOT EXISTS active_run (id TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
