internal import FidelityReports
internal import GRDB

/// The tables of a history, one migration for each change since the first version.
///
/// A migration that was released never changes: what comes later is a new one.
enum HistorySchema {
  /// `MMDH`: says in the file's header whose database it is.
  static let applicationIdentifier: Int32 = 0x4D4D_4448

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: runs, candidates, goldens, steps") { database in
      try database.execute(sql: "PRAGMA application_id = \(applicationIdentifier)")
      try database.execute(sql: first)
    }
    migrator.registerMigration("2: arithmetic of candidates") { database in
      try database.execute(sql: second)
    }
    return migrator
  }

  // The columns of metrics are the raw values of `ReportMetric` at the time of the migration. An
  // infinite number is infinite in SQLite too; one that is undefined is null.
  private static let first = """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY,
      label TEXT NOT NULL UNIQUE,
      added_at INTEGER NOT NULL,
      suite_version TEXT NOT NULL,
      system TEXT NOT NULL,
      processor TEXT NOT NULL,
      threads INTEGER NOT NULL,
      golden_file TEXT NOT NULL,
      golden_producer TEXT NOT NULL,
      golden_sha256 TEXT NOT NULL,
      passes INTEGER NOT NULL,
      document TEXT NOT NULL,
      document_crc32 INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE candidate (
      id INTEGER PRIMARY KEY,
      run_id INTEGER NOT NULL REFERENCES run (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      path TEXT NOT NULL,
      recipe TEXT,
      bits_per_weight REAL NOT NULL,
      stored_byte_count INTEGER NOT NULL,
      weight_relative_error REAL,
      passes INTEGER NOT NULL,
      UNIQUE (run_id, name)
    ) STRICT;

    CREATE TABLE golden (
      id INTEGER PRIMARY KEY,
      candidate_id INTEGER NOT NULL REFERENCES candidate (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      name TEXT NOT NULL,
      prompt TEXT NOT NULL,
      velocity_relative_error REAL,
      guided_velocity_relative_error REAL,
      latents_relative_error REAL,
      latents_psnr_db REAL,
      picture_psnr_db REAL,
      picture_ssim REAL,
      picture_multi_scale_ssim REAL,
      picture_flip REAL,
      UNIQUE (candidate_id, name)
    ) STRICT;

    CREATE TABLE step (
      golden_id INTEGER NOT NULL REFERENCES golden (id) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      sigma REAL NOT NULL,
      velocity_relative_error REAL,
      negative_velocity_relative_error REAL,
      guided_velocity_relative_error REAL,
      drift_relative_error REAL,
      drift_cosine REAL,
      PRIMARY KEY (golden_id, position)
    ) STRICT, WITHOUT ROWID;
    """

  // There was no other arithmetic before.
  private static let second = """
    ALTER TABLE candidate ADD COLUMN arithmetic TEXT NOT NULL DEFAULT 'float32';
    """
}
