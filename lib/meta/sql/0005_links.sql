-- Which records name which id, for lineage: every text of 32, 40 or 64 hexadecimal digits in a record (runs, jobs, deployments;
-- commits; objects and records), with what the record is looked up by.
CREATE TABLE record_link (target TEXT NOT NULL, type TEXT NOT NULL, key TEXT NOT NULL, record BLOB NOT NULL, time INTEGER NOT NULL,
                          PRIMARY KEY (target, type, key, record)) WITHOUT ROWID;
INSERT OR IGNORE INTO record_link
  SELECT word.value, record.type, record.key, record.id, record.time FROM record, json_tree(record.body) AS word
  WHERE word.type = 'text' AND length(word.value) IN (32, 40, 64) AND word.value NOT GLOB '*[^0-9a-f]*';
CREATE TRIGGER record_links AFTER INSERT ON record
  BEGIN
    INSERT OR IGNORE INTO record_link
      SELECT word.value, NEW.type, NEW.key, NEW.id, NEW.time FROM json_tree(NEW.body) AS word
      WHERE word.type = 'text' AND length(word.value) IN (32, 40, 64) AND word.value NOT GLOB '*[^0-9a-f]*';
  END;
