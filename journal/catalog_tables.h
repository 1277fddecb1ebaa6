// The tables of a catalog, as SQL; shown and explained in docs/journal.md.
#pragma once
#include "storage/format_steps.h"

namespace cairn {

// From older formats to the one below; version 1 was in no release and is refused. Of all versions
// the table `journal` with its column `format` is read first: both stay.
inline constexpr format_steps catalog_steps{2, {}};

inline constexpr const char* catalog_tables = R"sql(
CREATE TABLE journal (        -- one row: whose journal this is
  format    INTEGER NOT NULL, -- version of all of this
  id        TEXT NOT NULL,
  group_name TEXT NOT NULL,
  member    TEXT NOT NULL,
  start     TEXT NOT NULL);   -- id of the newest start; a primary's is in incarnations, too
CREATE TABLE records (        -- a row per record, up to what was inserted; trusted up to durable
  sequence  INTEGER PRIMARY KEY, -- of a void-range the last one
  kind      INTEGER NOT NULL, -- see the table kinds
  made_in   INTEGER NOT NULL, -- incarnation of the primary that made it
  volume    INTEGER NOT NULL, -- volumes.number; 0: none
  offset    INTEGER NOT NULL, -- in the volume, bytes; of a void-range its first sequence
  length    INTEGER NOT NULL, -- in the volume, bytes; of a void-range how many sequences
  segment   INTEGER NOT NULL, -- segments.number; 0: a gap made by recovery, without bytes
  position  INTEGER NOT NULL, -- of the header in the segment's file, bytes
  data_length INTEGER NOT NULL,
  data_crc  INTEGER NOT NULL, -- CRC-32C
  arrived_ms INTEGER NOT NULL); -- wall clock, about, for people only
CREATE TABLE kinds (kind INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO kinds VALUES (1,'write'),(2,'zero'),(3,'trim'),(4,'copy'),(5,'gap'),(6,'marker'),
  (7,'seal'),(8,'void'),(9,'resync-begin'),(10,'resync-end'),(11,'void-range'),(12,'final'),
  (13,'members');
CREATE TABLE markers (
  sequence  INTEGER PRIMARY KEY, -- of the marker record
  marker    INTEGER NOT NULL,    -- N
  epoch     INTEGER NOT NULL,
  lineage   TEXT NOT NULL,       -- of the group, in which it was made
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
CREATE TABLE incarnations (
  number    INTEGER PRIMARY KEY,
  lineage   TEXT NOT NULL,
  kept_to   INTEGER NOT NULL,
  id        TEXT NOT NULL);      -- drawn at that start
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
  fenced_because TEXT NOT NULL,
  good      INTEGER NOT NULL,    -- marker that it could be promoted at
  good_epoch INTEGER NOT NULL,
  good_lineage TEXT NOT NULL,
  good_sequence INTEGER NOT NULL,
  in_place  TEXT NOT NULL,       -- resync that is being applied to the volumes
  boot      TEXT NOT NULL,       -- of the machine, when the member last served
  switchover TEXT NOT NULL);     -- that it is in
CREATE TABLE peer (              -- one row: the other side, as it was met last
  journal   TEXT NOT NULL,
  start     TEXT NOT NULL,
  features  INTEGER NOT NULL,
  applied   INTEGER NOT NULL,    -- marker
  applied_epoch INTEGER NOT NULL,
  applied_sequence INTEGER NOT NULL,
  named_from INTEGER NOT NULL,   -- every change behind it is in the map or in a record
  trimmed   TEXT NOT NULL,       -- digest of the last record that was trimmed, 32 hex digits
  promotable INTEGER NOT NULL);  -- 1: it may be promoted in this lineage
CREATE TABLE ended_switchovers (id TEXT PRIMARY KEY, why TEXT NOT NULL); -- never obeyed again
CREATE TABLE lineages (place INTEGER PRIMARY KEY, id TEXT NOT NULL, parent TEXT NOT NULL, fork INTEGER NOT NULL);
CREATE TABLE aside (             -- records beyond the marker of a takeover, as in `records`
  lineage   TEXT NOT NULL,       -- that the takeover opened
  sequence  INTEGER NOT NULL,
  kind INTEGER, made_in INTEGER, volume INTEGER, offset INTEGER, length INTEGER,
  segment INTEGER, position INTEGER, data_length INTEGER, data_crc INTEGER, arrived_ms INTEGER,
  PRIMARY KEY (lineage, sequence));
CREATE TABLE generations (       -- of the map, oldest first
  number    INTEGER PRIMARY KEY,
  closed_at INTEGER NOT NULL);   -- begin of the resync that closed it; 0: the open one
CREATE TABLE map (               -- regions (64 KiB) that the peer lacks and no record names
  generation INTEGER NOT NULL,
  volume    INTEGER NOT NULL,
  place     INTEGER NOT NULL,    -- of 4096 regions (256 MiB), counted from 0
  places    INTEGER NOT NULL,    -- how many of these; above 1 only without bits
  bits      BLOB,                -- 512 bytes, region i is bit i % 8 of byte i / 8; NULL: all marked
  PRIMARY KEY (generation, volume, place),
  CHECK (length(bits) = 512 AND places = 1 OR bits IS NULL AND places > 0)) WITHOUT ROWID;
CREATE TABLE resyncs (           -- that this primary began
  id        TEXT PRIMARY KEY,
  began     INTEGER NOT NULL,    -- sequence of resync-begin, or of the first void-range; 0: not yet
  ended     INTEGER NOT NULL,    -- sequence of resync-end; 0: open
  volume    INTEGER NOT NULL,    -- the cursor: what is before it is stored
  region    INTEGER NOT NULL,
  digests   INTEGER NOT NULL) WITHOUT ROWID;  -- 1: what is equal by digest is not copied
CREATE TABLE resync_regions (    -- that no trimming marked, as in `map`
  resync    TEXT NOT NULL,
  volume    INTEGER NOT NULL,
  place     INTEGER NOT NULL,
  places    INTEGER NOT NULL,
  bits      BLOB,
  PRIMARY KEY (resync, volume, place),
  CHECK (length(bits) = 512 AND places = 1 OR bits IS NULL AND places > 0)) WITHOUT ROWID;
CREATE TABLE aside_ranges (      -- old content of volumes that is kept for a time
  owner     TEXT NOT NULL,       -- the resync that it undoes, or the lineage that was given up
  volume    INTEGER NOT NULL,
  offset    INTEGER NOT NULL,    -- in the volume, bytes
  length    INTEGER NOT NULL,
  file      TEXT NOT NULL,       -- in aside/
  position  INTEGER NOT NULL,    -- in the file, bytes
  crc       INTEGER NOT NULL,    -- CRC-32C of the bytes
  kept_ms   INTEGER NOT NULL,    -- wall clock: retention counts from here
  PRIMARY KEY (owner, volume, offset)) WITHOUT ROWID;
CREATE TABLE watermarks (name TEXT PRIMARY KEY, sequence INTEGER NOT NULL);
INSERT INTO watermarks VALUES ('durable',0),('backed',0),('trimmed',0),('peer_stored',0);
CREATE VIEW log AS               -- what was written when
  SELECT sequence, name AS kind, volume, offset, length, segment, position,
         datetime(arrived_ms/1000, 'unixepoch') AS arrived
  FROM records JOIN kinds USING (kind);
)sql";

}  // namespace cairn
