-- Events in the order in which they came here (their own times may lie elsewhere: clocks differ, and a pull brings old ones).
CREATE TABLE arrival (number INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL);
CREATE TRIGGER event_arrives AFTER INSERT ON record WHEN new.type = 'event'
  BEGIN INSERT INTO arrival (id) VALUES (new.id); END;
-- How far each schedule has looked, and the jobs that came of it. A cause makes one job of a schedule, never two.
CREATE TABLE schedule_cursor (schedule TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job (id TEXT PRIMARY KEY, schedule TEXT NOT NULL, cause TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL,
                  body TEXT NOT NULL, UNIQUE (schedule, cause)) WITHOUT ROWID;
CREATE INDEX job_by_state ON job (state, created);
CREATE INDEX job_by_time ON job (created);
