//! Transcripts: what is said to a replica, line by line with what it says must be done. And properties that hold
//! whatever is lost in between.

use std::fmt::Write;

use proptest::prelude::*;
use protocol::{
    records::next_batch,
    types::{BrokerId, Uuid},
};

use super::*;

const DIRECTORY: &str = "Zak8kkDaS7uuiUYA6v66pw";

fn local() -> Voter {
    Voter {
        key: ReplicaKey { id: BrokerId(1), directory_id: Some(DIRECTORY.parse().unwrap()) },
        endpoints: vec![Endpoint { name: "CONTROLLER".to_owned(), host: "127.0.0.1".to_owned(), port: 9193 }],
        kraft_versions: KRAFT_VERSIONS,
    }
}

fn config() -> Config {
    let Voter { key, endpoints, .. } = local();
    Config { local: key, endpoints, election_timeout_ms: 1000, snapshot_bytes: 10_000, snapshot_interval_ms: 3_600_000 }
}

fn at(ms: u64) -> Now {
    Now { mono: Monotonic(0).plus_ms(ms), wall: Timestamp(1_700_000_000_000 + ms as i64) }
}

/// A disk with one metadata log and its `quorum-state`; syncs only when told.
#[derive(Clone, Default)]
struct Disk {
    quorum_state: Option<String>,
    checkpoint: Option<(SnapshotId, Vec<u8>)>,
    static_voters: VoterSet,
    batches: Vec<Vec<u8>>,
    synced: usize,
}

impl Disk {
    fn standalone() -> Self {
        let checkpoint = crate::format::standalone_checkpoint(local(), Timestamp(0));
        Self { checkpoint: Some((SnapshotId::BOOTSTRAP, checkpoint)), ..Self::default() }
    }

    fn load(&self) -> ControlState {
        let mut state = ControlState::new(self.static_voters.clone());
        if let Some((id, bytes)) = &self.checkpoint {
            state.on_snapshot(*id, &crate::Snapshot::read(bytes).unwrap()).unwrap();
        }
        for batch in &self.batches {
            state.on_loaded(&RecordBatch::new(batch).unwrap()).unwrap();
        }
        state
    }

    fn start(&self, now: Now, effects: &mut Vec<Effect>) -> Result<Raft, StartError> {
        let election = self.quorum_state.as_deref().map(|text| ElectionState::parse(text).unwrap());
        Raft::start(config(), self.load(), election, now, effects)
    }

    /// Does what the effects say, except syncing.
    fn act(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::PersistQuorumState(text) => self.quorum_state = Some(text.clone()),
                Effect::Append { bytes, .. } => self.batches.push(bytes.clone()),
                _ => {}
            }
        }
    }

    fn sync(&mut self) -> Offset {
        self.synced = self.batches.len();
        self.end()
    }

    fn end(&self) -> Offset {
        self.batches.last().map_or(Offset::ZERO, |batch| RecordBatch::new(batch).unwrap().next_offset())
    }
}

/// The effects as lines, and the records of appended batches by their names.
fn told(effects: &mut Vec<Effect>) -> String {
    let mut text = String::new();
    for effect in effects.drain(..) {
        match effect {
            Effect::PersistQuorumState(state) => {
                let state = ElectionState::parse(&state).unwrap();
                let id = |id: Option<BrokerId>| id.map_or("-".to_owned(), |id| id.to_string());
                let (leader, voted) = (id(state.leader), id(state.voted.map(|key| key.id)));
                writeln!(text, "persist epoch {} leader {leader} voted {voted}", state.epoch).unwrap();
            }
            Effect::Append { offsets, bytes } => {
                let batch = RecordBatch::new(&bytes).unwrap();
                assert_eq!(offsets, batch.base_offset..batch.next_offset());
                let records = batches::control_records(&batch).unwrap();
                let names: Vec<_> = records.iter().map(|(_, record)| format!("{record:?}")).collect();
                let names: Vec<_> = names.iter().map(|name| name.split([' ', '(']).next().unwrap()).collect();
                let what = if names.is_empty() { "data".to_owned() } else { names.join(", ") };
                let (Offset(base), Offset(next)) = (offsets.start, offsets.end);
                writeln!(text, "append {base}..{next} epoch {}: {what}", batch.partition_leader_epoch).unwrap();
            }
            Effect::Sync { next } => writeln!(text, "sync to {next}").unwrap(),
            Effect::Committed { high_watermark } => writeln!(text, "committed {high_watermark}").unwrap(),
            Effect::BecameLeader { epoch } => writeln!(text, "leads epoch {epoch}").unwrap(),
            Effect::Resigned { epoch } => writeln!(text, "resigned epoch {epoch}").unwrap(),
            Effect::SnapshotNeeded => text.push_str("snapshot needed\n"),
        }
    }
    text
}

/// A started replica on its disk.
struct Replica {
    disk: Disk,
    raft: Raft,
    /// Of the start and of proposals, done but not looked at yet.
    effects: Vec<Effect>,
}

impl Replica {
    fn start(disk: Disk) -> Self {
        let mut effects = Vec::new();
        let raft = disk.start(at(0), &mut effects).unwrap();
        let mut replica = Self { disk, raft, effects };
        replica.disk.act(&replica.effects);
        replica
    }

    fn step(&mut self, ms: u64, input: Input) -> String {
        let acted = self.effects.len();
        self.raft.step(at(ms), input, &mut self.effects);
        self.disk.act(&self.effects[acted..]);
        told(&mut self.effects.split_off(acted))
    }

    fn propose(&mut self, records: &[Vec<u8>]) -> Range<Offset> {
        let acted = self.effects.len();
        let epoch = self.raft.epoch();
        let offsets = self.raft.propose(at(0), epoch, records, &mut self.effects).unwrap();
        self.disk.act(&self.effects[acted..]);
        offsets
    }

    fn sync(&mut self) -> String {
        let next = self.disk.sync();
        self.step(0, Input::Synced { next })
    }
}

#[test]
fn a_fresh_standalone_node_elects_itself_and_writes_what_kafka_writes() {
    let mut replica = Replica::start(Disk::standalone());
    assert_eq!(
        told(&mut replica.effects),
        "persist epoch 1 leader - voted 1\n\
         persist epoch 1 leader 1 voted -\n\
         append 0..3 epoch 1: LeaderChange, KRaftVersion, KRaftVoters\n\
         sync to 3\n"
    );
    assert_eq!(replica.raft.high_watermark(), None);
    assert_eq!(replica.sync(), "committed 3\nleads epoch 1\n");
    assert_eq!(replica.propose(&[vec![1], vec![2]]), Offset(3)..Offset(5));
    assert_eq!(told(&mut replica.effects), "append 3..5 epoch 1: data\nsync to 5\n");
    assert_eq!(replica.raft.high_watermark(), Some(Offset(3)), "what is written is not yet committed");
    assert_eq!(replica.sync(), "committed 5\n");
    assert_eq!(replica.sync(), "", "nothing new was synced");
}

#[test]
fn the_files_and_first_batches_are_those_of_apache_kafka_byte_for_byte() {
    let kafka = include_bytes!("../testdata/first-start.log");
    let (control, rest) = next_batch(kafka).unwrap().unwrap();
    let (bootstrap, _) = next_batch(rest).unwrap().unwrap();
    let checkpoint = (SnapshotId::BOOTSTRAP, include_bytes!("../testdata/standalone.checkpoint").to_vec());
    let disk = Disk { checkpoint: Some(checkpoint), ..Disk::default() };

    let mut effects = Vec::new();
    let now = |batch: &RecordBatch<'_>| Now { mono: Monotonic(0), wall: batch.base_timestamp };
    let mut raft = disk.start(now(&control), &mut effects).unwrap();
    let records: Vec<_> = bootstrap.records(bootstrap.body()).map(|r| r.unwrap().value.unwrap().to_vec()).collect();
    raft.propose(now(&bootstrap), LeaderEpoch(1), &records, &mut effects).unwrap();

    let appended: Vec<_> = effects
        .iter()
        .filter_map(|effect| if let Effect::Append { bytes, .. } = effect { Some(&bytes[..]) } else { None })
        .collect();
    assert_eq!(control.bytes().len(), 174);
    assert_eq!(appended, [control.bytes(), bootstrap.bytes()]);
}

#[test]
fn a_leader_that_restarts_never_leads_or_votes_in_its_epoch_again() {
    let mut disk = Disk::standalone();
    disk.quorum_state = Some(
        r#"{"leaderId":1,"leaderEpoch":7,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#
            .to_owned(),
    );
    let mut replica = Replica::start(disk);
    assert_eq!(
        told(&mut replica.effects),
        "persist epoch 8 leader - voted 1\n\
         persist epoch 8 leader 1 voted -\n\
         append 0..3 epoch 8: LeaderChange, KRaftVersion, KRaftVoters\n\
         sync to 3\n"
    );
}

#[test]
fn the_voters_are_written_again_only_when_this_node_has_moved() {
    let mut replica = Replica::start(Disk::standalone());
    replica.sync();
    let mut again = Replica::start(replica.disk.clone());
    assert!(told(&mut again.effects).contains("append 3..4 epoch 2: LeaderChange\n"));

    let mut moved = config();
    moved.endpoints[0].port = 9999;
    let election = ElectionState::parse(replica.disk.quorum_state.as_deref().unwrap()).unwrap();
    let raft = Raft::start(moved, replica.disk.load(), Some(election), at(0), &mut again.effects).unwrap();
    assert!(told(&mut again.effects).contains("append 3..6 epoch 2: LeaderChange, KRaftVersion, KRaftVoters\n"));
    assert_eq!(raft.voters().iter().next().unwrap().endpoints[0].port, 9999);
}

#[test]
fn a_candidate_that_stopped_goes_on_in_its_epoch() {
    let mut disk = Disk::standalone();
    disk.quorum_state = Some(format!(
        r#"{{"leaderId":-1,"leaderEpoch":4,"votedId":1,"votedDirectoryId":"{DIRECTORY}","data_version":1}}"#
    ));
    let mut replica = Replica::start(disk.clone());
    assert!(told(&mut replica.effects).starts_with("persist epoch 4 leader 1 voted -\nappend 0..3 epoch 4"));

    // A vote of this node with another disk was another voter's.
    let other = Uuid([9; 16]).to_string();
    disk.quorum_state = disk.quorum_state.map(|text| text.replace(DIRECTORY, &other));
    let mut replica = Replica::start(disk);
    assert!(told(&mut replica.effects).starts_with("persist epoch 5 leader - voted 1\n"));
}

#[test]
fn the_log_counts_where_quorum_state_was_lost_or_is_old() {
    let mut replica = Replica::start(Disk::standalone());
    replica.sync();
    let mut disk = replica.disk;
    disk.quorum_state = None;
    let mut replica = Replica::start(disk);
    assert!(told(&mut replica.effects).starts_with("persist epoch 2 leader - voted 1\n"));
}

#[test]
fn static_voters_write_a_leader_change_only_and_the_older_file() {
    let disk =
        Disk { static_voters: VoterSet::from_static("1@127.0.0.1:9193", "CONTROLLER").unwrap(), ..Disk::default() };
    let mut replica = Replica::start(disk);
    assert_eq!(
        told(&mut replica.effects),
        "persist epoch 1 leader - voted 1\n\
         persist epoch 1 leader 1 voted -\n\
         append 0..1 epoch 1: LeaderChange\n\
         sync to 1\n"
    );
    assert_eq!(
        replica.disk.quorum_state.as_deref(),
        Some(
            r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#
        )
    );
    assert_eq!(replica.raft.kraft_version(), 0);
}

#[test]
fn whoever_is_not_the_only_voter_is_refused_at_the_start() {
    let start = |disk: Disk| disk.start(at(0), &mut Vec::new()).unwrap_err().to_string();
    assert!(start(Disk::default()).starts_with("nobody may vote: format"));
    let voters = |text| Disk { static_voters: VoterSet::from_static(text, "C").unwrap(), ..Disk::default() };
    assert_eq!(
        start(voters("2@h:1")),
        format!("node 1 with directory {DIRECTORY} is not a voter; the voter is node 2")
    );
    assert_eq!(start(voters("1@a:1,2@b:1,3@c:1")), "the quorum has 3 voters; more than one is not supported yet");
}

#[test]
fn a_leader_that_resigns_waits_and_is_elected_in_a_later_epoch() {
    let mut replica = Replica::start(Disk::standalone());
    replica.sync();
    assert_eq!(replica.step(10, Input::Resign { epoch: LeaderEpoch(0) }), "", "that epoch is over");
    assert_eq!(replica.step(10, Input::Resign { epoch: LeaderEpoch(1) }), "resigned epoch 1\n");
    let epoch = LeaderEpoch(1);
    assert_eq!(
        replica.raft.propose(at(11), epoch, &[vec![1]], &mut replica.effects),
        Err(ProposeError::NotLeader { epoch })
    );
    assert_eq!(replica.raft.describe(Timestamp(0)).error_code, protocol::ErrorCode::NOT_LEADER_OR_FOLLOWER);
    assert_eq!(replica.raft.poll_timeout(), Some(at(1010).mono));
    assert_eq!(replica.step(1009, Input::Timeout), "");
    assert_eq!(
        replica.step(1010, Input::Timeout),
        "persist epoch 2 leader - voted -\n\
         persist epoch 3 leader - voted 1\n\
         persist epoch 3 leader 1 voted -\n\
         append 3..4 epoch 3: LeaderChange\n\
         sync to 4\n"
    );
    // A sync that was asked for in the old epoch says nothing about the new one.
    assert_eq!(replica.step(1011, Input::Synced { next: Offset(3) }), "");
    assert_eq!(replica.sync(), "committed 4\nleads epoch 3\n");
}

#[test]
fn a_node_that_stops_does_not_stand_again() {
    let mut replica = Replica::start(Disk::standalone());
    replica.sync();
    assert_eq!(replica.step(1, Input::Shutdown), "resigned epoch 1\n");
    assert_eq!(replica.raft.poll_timeout(), None);
    assert_eq!(replica.step(100_000, Input::Timeout), "");
}

#[test]
fn no_batch_is_larger_than_kafka_reads() {
    let mut replica = Replica::start(Disk::standalone());
    let epoch = replica.raft.epoch();
    let records = vec![vec![0; BATCH_BYTES_MAX / 8]; 8];
    let refused = replica.raft.propose(at(0), epoch, &records, &mut Vec::new());
    assert!(matches!(refused, Err(ProposeError::TooLarge { bytes }) if bytes > BATCH_BYTES_MAX));
    assert_eq!(replica.raft.log_end(), Offset(3), "nothing was appended");
    replica.propose(&records[1..]);
}

#[test]
fn a_snapshot_is_asked_for_after_so_many_bytes_or_so_long_and_not_again_until_then() {
    let mut replica = Replica::start(Disk::standalone());
    replica.sync();
    replica.propose(&[vec![0; 10_000]]);
    assert!(replica.sync().contains("snapshot needed"));
    replica.propose(&[vec![0; 9_000]]);
    assert!(!replica.sync().contains("snapshot needed"));
    replica.propose(&[vec![0; 1]]);
    let next = replica.disk.sync();
    assert_eq!(replica.step(3_600_000, Input::Synced { next }), "committed 6\nsnapshot needed\n");
}

#[test]
fn a_snapshot_holds_only_what_is_committed_and_the_log_may_begin_behind_it() {
    let mut replica = Replica::start(Disk::standalone());
    let snapshot = |replica: &Replica, end| replica.raft.snapshot(Offset(end), Timestamp(5), at(0));
    assert_eq!(snapshot(&replica, 3).unwrap_err(), NotCommitted);
    replica.sync();
    replica.propose(&[vec![7]]);
    assert_eq!(snapshot(&replica, 4).unwrap_err(), NotCommitted);
    assert_eq!(snapshot(&replica, 0).unwrap_err(), NotCommitted, "below the epoch's start");
    replica.sync();
    let mut writer = snapshot(&replica, 4).unwrap();
    let id = writer.id();
    assert_eq!(id.file_name(), "00000000000000000004-0000000001.checkpoint");
    writer.append(vec![7]);
    replica.disk.checkpoint = Some((id, writer.finish()));
    replica.step(0, Input::Snapshotted { id });

    // Whether the log still holds what the snapshot covers makes no difference.
    for keep in [0, 2] {
        let mut disk = replica.disk.clone();
        disk.batches.drain(..2 - keep);
        let state = disk.load();
        assert_eq!((state.next_offset(), state.last_epoch(), state.kraft_version()), (Offset(4), LeaderEpoch(1), 1));
        let mut again = Replica::start(disk);
        assert!(told(&mut again.effects).contains("append 4..5 epoch 2: LeaderChange\n"));
    }
}

#[test]
fn the_quorum_describes_itself_as_kafka_does() {
    let mut replica = Replica::start(Disk::standalone());
    assert_eq!(replica.raft.describe(Timestamp(9)).high_watermark, Offset(-1));
    replica.sync();
    let told = replica.raft.describe(Timestamp(9));
    assert_eq!((told.leader_id, told.leader_epoch, told.high_watermark), (BrokerId(1), LeaderEpoch(1), Offset(3)));
    let voter = &told.current_voters[0];
    assert_eq!(
        (voter.replica_id, voter.log_end_offset, voter.last_fetch_timestamp),
        (BrokerId(1), Offset(3), Timestamp(9))
    );
    assert_eq!(voter.replica_directory_id.to_string(), DIRECTORY);
    let nodes = replica.raft.describe_nodes();
    assert_eq!((nodes[0].node_id, nodes[0].listeners[0].port), (BrokerId(1), 9193));
}

#[test]
fn a_damaged_or_discontinuous_log_is_refused() {
    let mut replica = Replica::start(Disk::standalone());
    replica.propose(&[vec![1]]);
    replica.propose(&[vec![2]]);
    let batches = replica.disk.batches;
    let load = |batches: &[&[u8]]| {
        let mut state = ControlState::new(VoterSet::default());
        batches.iter().try_for_each(|batch| state.on_loaded(&RecordBatch::new(batch).unwrap()))
    };
    let [first, second, third] = &batches[..] else { panic!("three batches") };
    assert_eq!(load(&[first, second, third]), Ok(()));
    assert_eq!(load(&[first, third]), Err(crate::LoadError::Gap { expected: Offset(3), found: Offset(4) }));
    let mut flipped = second.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(load(&[first, &flipped]), Err(crate::LoadError::Crc { at: Offset(3) }));
    let mut older = second.clone();
    protocol::records::batch::patch_placement(&mut older, Offset(3), LeaderEpoch(0));
    assert_eq!(load(&[first, &older]), Err(crate::LoadError::Epoch { at: Offset(3), epoch: LeaderEpoch(0) }));
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Propose,
    Sync,
    Kill,
    PowerCut,
    Resign,
    Wait,
}

fn event() -> impl Strategy<Value = Event> {
    use Event::{Kill, PowerCut, Propose, Resign, Sync, Wait};
    prop_oneof![5 => Just(Propose), 5 => Just(Sync), 1 => Just(Kill), 1 => Just(PowerCut), 1 => Just(Resign), 1 => Just(Wait)]
}

proptest! {
    /// The two promises of a quorum: what was committed is there for ever, and offset and epoch name one record only,
    /// even though a power cut takes what was not synced.
    #[test]
    fn nothing_committed_is_lost_and_no_record_s_place_is_given_twice(events in proptest::collection::vec(event(), 1..60)) {
        let mut replica = Replica::start(Disk::standalone());
        let mut committed: Vec<Vec<u8>> = Vec::new();
        let mut written = std::collections::BTreeMap::new();
        let mut now = 0;
        for (i, event) in events.into_iter().enumerate() {
            match event {
                Event::Propose if replica.raft.is_leader() => { replica.propose(&[i.to_be_bytes().to_vec()]); }
                Event::Propose => {}
                Event::Sync => { replica.sync(); }
                Event::Kill => replica = Replica::start(replica.disk.clone()),
                Event::PowerCut => {
                    let mut disk = replica.disk.clone();
                    disk.batches.truncate(disk.synced);
                    replica = Replica::start(disk);
                }
                Event::Resign => {
                    let epoch = replica.raft.epoch();
                    replica.step(now, Input::Resign { epoch });
                }
                Event::Wait => {
                    now += 1000;
                    replica.step(now, Input::Timeout);
                }
            }
            for batch in &replica.disk.batches {
                let header = RecordBatch::new(batch).unwrap();
                let place = (header.base_offset, header.partition_leader_epoch);
                prop_assert_eq!(written.entry(place).or_insert_with(|| batch.clone()), batch);
            }
            if let Some(high_watermark) = replica.raft.high_watermark() {
                let below = |batch: &&Vec<u8>| RecordBatch::new(batch).unwrap().next_offset() <= high_watermark;
                committed = replica.disk.batches.iter().take_while(below).cloned().collect();
            }
            prop_assert!(replica.disk.batches.starts_with(&committed), "a committed batch is gone");
        }
    }

    #[test]
    fn no_bytes_make_the_loader_panic(at in 0usize..504, byte: u8, cut in 0usize..504) {
        let mut bytes = include_bytes!("../testdata/first-start.log").to_vec();
        bytes[at] = byte;
        bytes.truncate(504 - cut);
        let mut state = ControlState::new(VoterSet::default());
        let mut rest = &mut bytes[..];
        // A checksum that is right, so that what is behind it is looked at too.
        while let Ok(Some((batch, _))) = next_batch(rest) {
            let size = batch.bytes().len();
            protocol::records::batch::patch_crc(&mut rest[..size]);
            let (batch, behind) = rest.split_at_mut(size);
            let _ = state.on_loaded(&RecordBatch::new(batch).unwrap());
            rest = behind;
        }
    }
}
