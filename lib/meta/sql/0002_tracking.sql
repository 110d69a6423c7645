-- Tracking: the live state of experiments, runs and logged models. What has ended is sealed as records, from which all of
-- this can be filled again: `record_news` says which records are not yet in these tables. `changed` is when something last
-- changed that no record says yet (microseconds, 0 = nothing); `sealed` is the newest record. Times are milliseconds.
CREATE TABLE experiment (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, location TEXT NOT NULL,
                         deleted INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, updated INTEGER NOT NULL,
                         changed INTEGER NOT NULL DEFAULT 0, sealed TEXT NOT NULL DEFAULT '');
CREATE TABLE experiment_tag (experiment INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
                             PRIMARY KEY (experiment, key)) WITHOUT ROWID;
INSERT INTO experiment (id, name, location, created, updated)
  VALUES (0, 'Default', 'mlflow-artifacts:/0', 1000 * strftime('%s', 'now'), 1000 * strftime('%s', 'now'));

CREATE TABLE tracked_run (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, experiment INTEGER NOT NULL, name TEXT NOT NULL,
                          user TEXT NOT NULL, status TEXT NOT NULL, started INTEGER NOT NULL, ended INTEGER,
                          location TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
                          changed INTEGER NOT NULL DEFAULT 0, sealed TEXT NOT NULL DEFAULT '', series TEXT NOT NULL DEFAULT '');
CREATE INDEX tracked_run_newest ON tracked_run (experiment, deleted, started DESC, id);
CREATE INDEX tracked_run_changed ON tracked_run (changed) WHERE changed > 0;
CREATE TABLE run_param (run INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE run_tag (run INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;
-- The latest value of each metric, so that searches never read a series. NaN is value 0 with `nan` 1.
CREATE TABLE run_metric (run INTEGER NOT NULL, key TEXT NOT NULL, value REAL NOT NULL, nan INTEGER NOT NULL, time INTEGER NOT NULL,
                         step INTEGER NOT NULL, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE metric_name (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE);
CREATE TABLE metric_point (run INTEGER NOT NULL, metric INTEGER NOT NULL, time INTEGER NOT NULL, step INTEGER NOT NULL,
                           value REAL NOT NULL, nan INTEGER NOT NULL, PRIMARY KEY (run, metric, time, step, value, nan)) WITHOUT ROWID;
CREATE TABLE dataset (id INTEGER PRIMARY KEY, experiment INTEGER NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, source_type TEXT NOT NULL,
                      source TEXT NOT NULL, schema TEXT NOT NULL, profile TEXT NOT NULL, UNIQUE (experiment, name, digest));
CREATE TABLE run_input (run INTEGER NOT NULL, dataset INTEGER NOT NULL, context TEXT, tags TEXT NOT NULL,
                        PRIMARY KEY (run, dataset)) WITHOUT ROWID;
CREATE TABLE run_model (run INTEGER NOT NULL, output INTEGER NOT NULL, model TEXT NOT NULL, step INTEGER NOT NULL,
                        PRIMARY KEY (run, output, model)) WITHOUT ROWID;

CREATE TABLE logged_model (id TEXT PRIMARY KEY, experiment INTEGER NOT NULL, created INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
                           body TEXT NOT NULL, changed INTEGER NOT NULL DEFAULT 0, sealed TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE INDEX logged_model_newest ON logged_model (experiment, deleted, created DESC, id);
CREATE INDEX logged_model_changed ON logged_model (changed) WHERE changed > 0;
CREATE TABLE logged_model_metric (model TEXT NOT NULL, key TEXT NOT NULL, time INTEGER NOT NULL, step INTEGER NOT NULL, run TEXT NOT NULL,
                                  value REAL NOT NULL, nan INTEGER NOT NULL, dataset TEXT NOT NULL, digest TEXT NOT NULL,
                                  PRIMARY KEY (model, key, time, step, run, value, nan)) WITHOUT ROWID;

-- Artifacts by their path below the proxy's root. `tree` 1: a directory whose files are those of the tree `object`. `bytes`
-- holds what is small until its owner (a run's or a logged model's id) is sealed; else `object` names a file in the store.
CREATE TABLE artifact (path TEXT PRIMARY KEY, owner TEXT NOT NULL, tree INTEGER NOT NULL, object BLOB NOT NULL, size INTEGER NOT NULL,
                       files INTEGER NOT NULL, bytes BLOB) WITHOUT ROWID;
CREATE INDEX artifact_owner ON artifact (owner);

-- Records that other processes (train run, register add, pull, a rebuild) sealed.
CREATE TABLE record_news (id BLOB PRIMARY KEY) WITHOUT ROWID;
INSERT INTO record_news SELECT id FROM record WHERE type IN ('run', 'experiment', 'logged-model');
-- Records that are durable here and go into the store a moment later, many at once.
CREATE TABLE record_pending (id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE record_count (n INTEGER NOT NULL);
INSERT INTO record_count VALUES (0);
CREATE TRIGGER record_news_of_tracking AFTER INSERT ON record WHEN NEW.type IN ('run', 'experiment', 'logged-model')
  BEGIN INSERT OR IGNORE INTO record_news VALUES (NEW.id); END;
CREATE TRIGGER record_count_of_registry AFTER INSERT ON record WHEN NEW.type IN ('model', 'event')
  BEGIN UPDATE record_count SET n = n + 1; END;
