// The tables of a catalog, as SQL; shown and explained in docs/journal.md.
#pragma once
#include "storage/format_steps.h"

namespace cairn {

// From older formats to the one below; there is none older than version 1. Of all versions the
// table `journal` with its column `format` is read first: both stay.
inline constexpr format_steps catalog_steps{};

inline constexpr const char* catalog_tables = R"sql(
CREATE TABLE journal (        -- one row: whose journal this is
  format    INTEGER NOT NULL, -- version of all of this
  id        TEXT NOT NULL,
  group_name TEXT NOT NULL,
  member    TEXT NOT NULL);
CREATE TABLE records (        -- a row per record, up to what was inserted; trusted up to durable
  sequence  INTEGER PRIMARY KEY,
  kind      INTEGER NOT NULL, -- see the table kinds
  made_in   INTEGER NOT NULL, -- incarnation of the primary that made it
  volume    INTEGER NOT NULL, -- volumes.number; 0: none
  offset    INTEGER NOT NULL, -- in the volume, bytes
  length    INTEGER NOT NULL, -- in the volume, bytes
  segment   INTEGER NOT NULL, -- segments.number; 0: a gap made by recovery, without bytes
  position  INTEGER NOT NULL, -- of the header in the segment's file, bytes
  data_length INTEGER NOT NULL,
  data_crc  INTEGER NOT NULL, -- CRC-32C
  arrived_ms INTEGER NOT NULL); -- wall clock, about, for people only
CREATE TABLE kinds (kind INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO kinds VALUES (1,'write'),(2,'zero'),(3,'trim'),(4,'copy'),(5,'gap'),(6,'marker'),
  (7,'seal'),(8,'void'),(9,'resync-begin'),(10,'resync-end');
CREATE TABLE markers (
  sequence  INTEGER PRIMARY KEY, -- of the marker record
  marker    INTEGER NOT NULL,    -- N
  epoch     INTEGER NOT NULL,
  group_hash TEXT NOT NULL,      -- 16 hex digits
  members_hash TEXT NOT NULL,
  seal      INTEGER NOT NULL,    -- sequence of the seal record; 0: not sealed
  void      INTEGER NOT NULL);   -- sequence of the void record; 0: not voided
CREATE TABLE segments (          -- in use or ready; a file without a row here is free
  number    INTEGER PRIMARY KEY,
  file      TEXT NOT NULL UNIQUE, -- in segments/
  salt      TEXT NOT NULL,       -- 16 hex digits
  bytes     INTEGER NOT NULL,
  made_in   INTEGER NOT NULL,
  end       INTEGER,             -- bytes behind it are no records; NULL: not closed by a cut
  aside     INTEGER NOT NULL);   -- 1: holds records that a takeover set aside
CREATE TABLE incarnations (number INTEGER PRIMARY KEY, lineage TEXT NOT NULL, kept_to INTEGER NOT NULL);
CREATE TABLE volumes (
  name      TEXT PRIMARY KEY,
  number    INTEGER NOT NULL,    -- 0: a secondary that has not met its primary
  id        TEXT NOT NULL,
  size      INTEGER NOT NULL,    -- bytes
  naa       TEXT NOT NULL,       -- 16 hex digits
  serial    TEXT NOT NULL,
  born_empty INTEGER NOT NULL);  -- 1: read as zeroes when the journal was made
CREATE TABLE state (             -- one row; 0 and '' mean none
  role      TEXT NOT NULL,
  marker_epoch INTEGER NOT NULL,
  marker_last INTEGER NOT NULL,
  selection_epoch INTEGER NOT NULL,
  target    INTEGER NOT NULL,
  target_epoch INTEGER NOT NULL,
  target_sequence INTEGER NOT NULL,
  promoted  INTEGER NOT NULL,    -- marker at which a takeover put this member
  promoted_epoch INTEGER NOT NULL,
  promoted_sequence INTEGER NOT NULL,
  opened    TEXT NOT NULL,       -- lineage that it opened
  fenced_because TEXT NOT NULL);
CREATE TABLE lineages (place INTEGER PRIMARY KEY, id TEXT NOT NULL, parent TEXT NOT NULL, fork INTEGER NOT NULL);
CREATE TABLE aside (             -- records beyond the marker of a takeover, as in `records`
  lineage   TEXT NOT NULL,       -- that the takeover opened
  sequence  INTEGER NOT NULL,
  kind INTEGER, made_in INTEGER, volume INTEGER, offset INTEGER, length INTEGER,
  segment INTEGER, position INTEGER, data_length INTEGER, data_crc INTEGER, arrived_ms INTEGER,
  PRIMARY KEY (lineage, sequence));
CREATE TABLE watermarks (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
INSERT INTO watermarks VALUES ('durable',0),('backed',0),('trimmed',0),('peer_stored',0);
CREATE VIEW log AS               -- what was written when
  SELECT sequence, name AS kind, volume, offset, length, segment, position,
         datetime(arrived_ms/1000, 'unixepoch') AS arrived
  FROM records JOIN kinds USING (kind);
)sql";

}  // namespace cairn
