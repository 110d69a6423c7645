-- What `monitor watch` has decided and not yet sealed, and what it has to tell: both only until it is done.
CREATE TABLE planned_window (model TEXT NOT NULL, from_time INTEGER NOT NULL, to_time INTEGER NOT NULL, made INTEGER NOT NULL,
                             body TEXT NOT NULL, PRIMARY KEY (model, from_time)) WITHOUT ROWID;
CREATE TABLE delivery (key TEXT PRIMARY KEY, target TEXT NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, attempts INTEGER NOT NULL,
                       next_time INTEGER NOT NULL, state TEXT NOT NULL, problem TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (state, next_time);
