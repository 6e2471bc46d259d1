//! Snapshots of the metadata: written now and then, so that a start need not replay everything, and removed again.
//!
//! A snapshot is written beside its final name, synced, and renamed. The log may begin only where a snapshot ends; what is
//! before goes by `metadata.max.retention.bytes` and `.ms`.
//!
//! Source: Kafka `SnapshotGenerator`, `KafkaRaftLog.maybeClean`; KIP-630.

use metadata::Image;
use protocol::types::{Now, Offset};
use raft::{Input, Snapshot, SnapshotId, snapshot::SnapshotFile};
use storage::disk::{DiskError, read_file, write_file};

use super::{AppendFailed, MetadataLog};

impl MetadataLog {
    /// Writes a snapshot if one is due, and removes what is covered and old. Called by the timer's thread.
    pub fn snapshot_if_wanted(&self, now: Now) {
        let due = {
            let state = self.state.lock();
            let is_whole = state.controller.transaction_began_at().is_none() && state.staged.is_empty();
            state.snapshot_wanted && is_whole && state.high_watermark == state.raft.log_end()
        };
        if due && let Err(error) = self.snapshot(now) {
            tracing::error!(%error, "a snapshot of the metadata could not be written");
        }
    }

    fn snapshot(&self, now: Now) -> Result<(), DiskError> {
        let (writer, image): (_, Image) = {
            let mut state = self.state.lock();
            let end = state.raft.log_end();
            let Ok(writer) = state.raft.snapshot(end, state.last_append, now) else { return Ok(()) };
            state.snapshot_wanted = false;
            (writer, state.controller.image().clone())
        };
        let id = writer.id();
        let mut writer = writer;
        let level = image.metadata_version();
        for record in image.to_records() {
            match record.encode(level) {
                Ok(value) => writer.append(value),
                Err(error) => {
                    tracing::error!(%error, "a snapshot of the metadata could not be made");
                    return Ok(());
                }
            }
        }
        let bytes = writer.finish();
        let (path, part) = (self.dir.join(id.file_name()), self.dir.join(format!("{}.part", id.file_name())));
        if let Err(error) = write_file(&*self.disk, &part, &bytes).and_then(|file| file.sync()) {
            // A part of one is of no use, and takes room.
            self.disk.unlink(&part).ok();
            return Err(error);
        }
        self.disk.rename(&part, &path)?;
        self.disk.sync_dir(&self.dir)?;
        tracing::info!(file = %path.display(), bytes = bytes.len(), "wrote a snapshot of the metadata");
        let mut effects = Vec::new();
        let mut state = self.state.lock();
        state.raft.step(now, Input::Snapshotted { id }, &mut effects);
        if let Err(error) = state.carry_out(&*self.disk, &self.dir, now, effects) {
            drop(state);
            self.failed(error);
            return Ok(());
        }
        drop(state);
        self.clean(now)
    }

    /// Removes snapshots, and the log before them, as far as retention says.
    fn clean(&self, now: Now) -> Result<(), DiskError> {
        loop {
            let mut snapshots = Vec::new();
            for entry in self.disk.list(&self.dir)? {
                let Some(id) = SnapshotId::from_file_name(&entry.name) else { continue };
                let bytes = read_file(&*self.disk, &self.dir.join(&entry.name), u64::MAX)?;
                let Ok(snapshot) = Snapshot::read(&bytes) else { continue };
                let last_contained_log_timestamp = snapshot.last_contained_log_timestamp;
                snapshots.push(SnapshotFile { id, bytes: bytes.len() as u64, last_contained_log_timestamp });
            }
            snapshots.sort_by_key(|snapshot| snapshot.id);
            let log_bytes = self.state.lock().log.size();
            let Some(start) = self.retention.next_start(&snapshots, log_bytes, now.wall) else { return Ok(()) };
            for old in snapshots.iter().filter(|snapshot| snapshot.id < start) {
                self.disk.unlink(&self.dir.join(old.id.file_name()))?;
            }
            if let Err(error) = self.advance_start(start.end_offset, now) {
                self.failed(error);
                return Ok(());
            }
        }
    }

    fn advance_start(&self, start: Offset, now: Now) -> Result<(), AppendFailed> {
        let failed = |error: &dyn std::fmt::Display| AppendFailed::Broken(error.to_string());
        let retired = {
            let mut state = self.state.lock();
            state.log.advance_start(start).map_err(|error| failed(&error))?;
            let high_watermark = state.high_watermark;
            match state.log.retire_segments(now.wall, high_watermark) {
                Err(storage::AppendError::DiskFull) => None,
                retired => retired.map_err(|error| failed(&error))?,
            }
        };
        if let Some(retired) = retired {
            // Nobody reads the metadata log by file ranges, so there is nobody to wait for.
            retired.rename().and_then(|()| retired.remove()).map_err(|error| failed(&error))?;
        }
        Ok(())
    }
}
