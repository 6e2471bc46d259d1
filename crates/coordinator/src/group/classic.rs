//! A classic group as it goes on: its phase, its members, and who of them waits for what.
//!
//! ```text
//!              first join                 all have joined, or time is up           the leader's sync
//!     Empty ─────────────► PreparingRebalance ─────────────────► CompletingRebalance ─────────► Stable
//!       ▲                      │        ▲                               │                          │
//!       └── no member is left ─┘        └── a join, a leave, a death ───┴──────────────────────────┘
//! ```
//!
//! In PreparingRebalance a JoinGroup is parked until every known member has sent one; then all are answered and the
//! generation is one higher. In CompletingRebalance a SyncGroup is parked until the leader's brings the assignments.
//! A member that is *pending* was given an id (MEMBER_ID_REQUIRED, KIP-394) and has not come back with it: it holds a
//! rebalance up like a member, and is none.
//!
//! Source: Kafka `ClassicGroup`, `ClassicGroupMember`, `ClassicGroupState`; KIP-62, KIP-134, KIP-345, KIP-394.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::{
    ErrorCode, codec,
    messages::{
        join_group::{JoinGroupRequestProtocol, JoinGroupResponse, JoinGroupResponseMember},
        sync_group::SyncGroupResponse,
    },
    stored::{consumer_protocol::ConsumerProtocolSubscription, split_prefix},
    types::{Monotonic, Now, Str, Timestamp},
};

use super::{
    error::GroupError,
    request::Response,
    sent,
    state::{StoredClassic, StoredMember},
    text,
};
use crate::runtime::{Completion, Token};

/// The protocol type of consumers, whose subscriptions the coordinator can read.
const CONSUMER: &str = "consumer";

/// A classic group.
#[derive(Clone, Debug)]
pub(super) struct ClassicGroup {
    pub id: Arc<str>,
    pub phase: Phase,
    /// When the phase began.
    pub state_since: Timestamp,
    /// One higher with each rebalance that completes.
    pub generation: i32,
    /// `None` until a member has joined. Shared by all members.
    pub protocol_type: Option<Arc<str>>,
    /// What the members of this generation have chosen; each of them lists it.
    pub protocol: Option<Arc<str>>,
    /// Who assigns; one of the members.
    pub leader: Option<Arc<str>>,
    pub members: BTreeMap<Arc<str>, Arc<Member>>,
    /// The member behind each instance id.
    pub static_members: BTreeMap<Arc<str>, Arc<str>>,
    /// Ids given out and not used yet, and until when they may be.
    pub pending: BTreeMap<Arc<str>, Monotonic>,
    /// What the members of this generation read, where that is known.
    pub subscribed_topics: Option<Arc<BTreeSet<Box<str>>>>,
    /// The entry in the coordinator's timers; not after [`next_deadline`](Self::next_deadline).
    pub wakeup: Option<Monotonic>,
}

/// Where a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No members.
    Empty,
    /// Members are to join.
    PreparingRebalance(Joining),
    /// Members have joined and are to sync.
    CompletingRebalance(Syncing),
    /// The members have assignments. Some may still have to fetch theirs.
    Stable(Option<Syncing>),
}

/// How long members may take to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joining {
    pub deadline: Monotonic,
    /// Set if the group was empty before: then it waits for members that nobody knows yet.
    pub initial: Option<InitialDelay>,
}

/// The first rebalance waits a while for more members, and again as long as more come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InitialDelay {
    /// The delay under way.
    pub delay_ms: u64,
    /// How much longer it may take after that.
    pub remaining_ms: u64,
    /// Whether somebody came during the delay under way.
    pub member_added: bool,
}

/// Who still has to sync, and until when; never nobody: the leader is among them until the group is stable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Syncing {
    pub deadline: Monotonic,
    pub missing: BTreeSet<Arc<str>>,
}

/// Who is parked, and what its answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Waiter {
    pub token: Token,
    pub version: i16,
}

/// A protocol that a member speaks, and what it says under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Protocol {
    pub name: Arc<str>,
    pub metadata: Arc<[u8]>,
}

/// A member of a classic group.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub id: Arc<str>,
    /// Set for a static member (KIP-345).
    pub instance_id: Option<Arc<str>>,
    pub client_id: Arc<str>,
    pub client_host: Arc<str>,
    /// As the client sent it; negative counts as 0.
    pub rebalance_timeout_ms: i32,
    pub session_timeout_ms: i32,
    /// In the order of the client's preference; shared, as it is large and rarely changes.
    pub protocols: Arc<[Protocol]>,
    pub assignment: Arc<[u8]>,
    /// Has not had an answer to a join yet, so cannot heartbeat.
    pub is_new: bool,
    /// The parked JoinGroup.
    pub joining: Option<Waiter>,
    /// The parked SyncGroup.
    pub syncing: Option<Waiter>,
    /// By when it is to be heard of; `None` while it is parked and its last deadline has passed.
    pub deadline: Option<Monotonic>,
}

/// The protocols of a request, to be kept.
pub(super) fn protocols(of: &[JoinGroupRequestProtocol<'_>]) -> Arc<[Protocol]> {
    of.iter().map(|p| Protocol { name: text(&p.name), metadata: Arc::from(&*p.metadata) }).collect()
}

/// A timeout of a client as a span; negative counts as none.
pub(super) fn span_ms(timeout_ms: i32) -> u64 {
    u64::try_from(timeout_ms).unwrap_or(0)
}

impl Phase {
    /// As DescribeGroups and ListGroups call it.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Empty => "Empty",
            Self::PreparingRebalance(_) => "PreparingRebalance",
            Self::CompletingRebalance(_) => "CompletingRebalance",
            Self::Stable(_) => "Stable",
        }
    }
}

impl Member {
    /// What it says under a protocol.
    pub(super) fn metadata(&self, protocol: &str) -> Option<&Arc<[u8]>> {
        self.protocols.iter().find(|p| &*p.name == protocol).map(|p| &p.metadata)
    }

    /// Whether silence is no sign of death: it waits for us.
    pub(super) const fn is_excused(&self) -> bool {
        !self.is_new && (self.joining.is_some() || self.syncing.is_some())
    }

    fn stored(stored: &StoredMember, protocol: Option<&Arc<str>>) -> Self {
        let protocols =
            protocol.map(|name| Protocol { name: Arc::clone(name), metadata: Arc::clone(&stored.subscription) });
        Self {
            id: Arc::clone(&stored.id),
            instance_id: stored.instance_id.clone(),
            client_id: Arc::clone(&stored.client_id),
            client_host: Arc::clone(&stored.client_host),
            rebalance_timeout_ms: stored.rebalance_timeout_ms,
            session_timeout_ms: stored.session_timeout_ms,
            protocols: protocols.into_iter().collect(),
            assignment: Arc::clone(&stored.assignment),
            is_new: false,
            joining: None,
            syncing: None,
            deadline: None,
        }
    }
}

impl ClassicGroup {
    /// A group that nobody has joined yet.
    pub(super) fn new(id: Arc<str>, now: Now) -> Self {
        let stored = StoredClassic { state_since: Some(now.wall), ..StoredClassic::default() };
        Self::stored(&id, &stored)
    }

    /// The group as the log has it, without anything that goes on.
    pub(super) fn stored(id: &Arc<str>, stored: &StoredClassic) -> Self {
        let mut group = Self {
            id: Arc::clone(id),
            phase: if stored.members.is_empty() { Phase::Empty } else { Phase::Stable(None) },
            state_since: stored.state_since.unwrap_or(Timestamp::NONE),
            generation: stored.generation,
            protocol_type: stored.protocol_type.clone(),
            protocol: stored.protocol.clone(),
            leader: None,
            members: BTreeMap::new(),
            static_members: BTreeMap::new(),
            pending: BTreeMap::new(),
            subscribed_topics: None,
            wakeup: None,
        };
        for member in &stored.members {
            group.insert(Member::stored(member, stored.protocol.as_ref()));
        }
        if let Some(leader) = stored.leader.as_ref().filter(|leader| group.members.contains_key(*leader)) {
            group.leader = Some(Arc::clone(leader));
        }
        group.subscribed_topics = group.read_subscriptions();
        group
    }

    /// The group as the log has it, each member with its whole session timeout ahead.
    pub(super) fn resume(id: &Arc<str>, stored: &StoredClassic, now: Now) -> Self {
        let mut group = Self::stored(id, stored);
        for member in group.members.values_mut() {
            let member = Arc::make_mut(member);
            member.deadline = Some(now.mono.plus_ms(span_ms(member.session_timeout_ms)));
        }
        group
    }

    /// Whether nothing goes on in it that the log does not say.
    pub(super) fn is_as_stored(&self) -> bool {
        self.phase == Phase::Empty && self.pending.is_empty()
    }

    /// Puts a member in; the first to come leads.
    pub(super) fn insert(&mut self, member: Member) {
        if let Some(instance) = &member.instance_id {
            self.static_members.insert(Arc::clone(instance), Arc::clone(&member.id));
        }
        self.leader.get_or_insert_with(|| Arc::clone(&member.id));
        self.pending.remove(&member.id);
        self.members.insert(Arc::clone(&member.id), Arc::new(member));
    }

    /// Takes a member out; another one leads then, if it led.
    pub(super) fn remove(&mut self, id: &str) -> Option<Arc<Member>> {
        let removed = self.members.remove(id)?;
        if let Some(instance) = &removed.instance_id {
            self.static_members.remove(instance);
        }
        self.has_synced(id);
        if self.is_leader(id) {
            self.leader = self.members.keys().next().cloned();
        }
        Some(removed)
    }

    /// Nobody waits for this member's sync any more.
    pub(super) fn has_synced(&mut self, id: &str) {
        match &mut self.phase {
            Phase::CompletingRebalance(syncing) => {
                syncing.missing.remove(id);
            }
            Phase::Stable(syncing) => {
                if let Some(Syncing { missing, .. }) = syncing {
                    missing.remove(id);
                    if missing.is_empty() {
                        *syncing = None;
                    }
                }
            }
            Phase::Empty | Phase::PreparingRebalance(_) => {}
        }
    }

    /// A member to change.
    ///
    /// # Panics
    /// If there is none of this id.
    pub(super) fn member_mut(&mut self, id: &str) -> &mut Member {
        Arc::make_mut(self.members.get_mut(id).expect("the caller has seen the member"))
    }

    pub(super) fn is_leader(&self, id: &str) -> bool {
        self.leader.as_deref() == Some(id)
    }

    /// The ids of all members, to change them one by one.
    pub(super) fn member_ids(&self) -> Vec<Arc<str>> {
        self.members.keys().cloned().collect()
    }

    /// How many members are parked in a join.
    pub(super) fn joining_count(&self) -> usize {
        self.members.values().filter(|member| member.joining.is_some()).count()
    }

    /// Whether a rebalance has nobody left to wait for.
    pub(super) fn all_have_joined(&self) -> bool {
        self.pending.is_empty() && self.members.values().all(|member| member.joining.is_some())
    }

    /// How long members may take for a rebalance: as long as the most patient of them.
    pub(super) fn rebalance_timeout_ms(&self) -> u64 {
        self.members.values().map(|member| span_ms(member.rebalance_timeout_ms)).max().unwrap_or(0)
    }

    /// Whether whoever speaks these protocols can be a member.
    pub(super) fn supports(&self, protocol_type: &str, protocols: &[Protocol]) -> bool {
        if self.phase == Phase::Empty {
            return !protocol_type.is_empty() && !protocols.is_empty();
        }
        self.protocol_type.as_deref() == Some(protocol_type) && protocols.iter().any(|p| self.is_shared(&p.name))
    }

    /// Whether all members speak a protocol.
    fn is_shared(&self, protocol: &str) -> bool {
        self.members.values().all(|member| member.metadata(protocol).is_some())
    }

    /// The protocol for the next generation: of those that all members speak, the one that most of them prefer. A tie
    /// goes to the one that the leader names first; Kafka leaves that to chance.
    ///
    /// `None` without members, or if they share none, which no sequence of joins brings about.
    pub(super) fn elect_protocol(&self) -> Option<Arc<str>> {
        let leader = self.members.get(self.leader.as_ref()?)?;
        let shared: Vec<&Arc<str>> =
            leader.protocols.iter().map(|p| &p.name).filter(|name| self.is_shared(name)).collect();
        let votes = |name: &Arc<str>| {
            let prefers = |member: &&Arc<Member>| {
                member.protocols.iter().find(|p| shared.contains(&&p.name)).is_some_and(|p| p.name == *name)
            };
            self.members.values().filter(prefers).count()
        };
        // `max_by_key` takes the last of equals.
        shared.iter().rev().max_by_key(|name| votes(name)).map(|name| Arc::clone(name))
    }

    /// What a member says under the chosen protocol.
    pub(super) fn metadata_of<'a>(&self, member: &'a Member) -> &'a [u8] {
        self.protocol.as_deref().and_then(|protocol| member.metadata(protocol)).map_or(&[], |metadata| metadata)
    }

    /// The topics that the members read, if they are consumers whose subscriptions can be understood.
    pub(super) fn read_subscriptions(&self) -> Option<Arc<BTreeSet<Box<str>>>> {
        if !self.is_of_consumers() {
            return None;
        }
        let mut topics = BTreeSet::new();
        for member in self.members.values() {
            let (version, rest) = split_prefix(self.metadata_of(member)).ok()?;
            if version < 0 {
                return None;
            }
            // The topics have stood in front since the first version.
            let subscription: ConsumerProtocolSubscription<'_> = codec::decode(rest, 0).ok()?;
            topics.extend(subscription.topics.iter().map(|topic| Box::from(&*topic.to_text())));
        }
        Some(Arc::new(topics))
    }

    pub(super) fn is_of_consumers(&self) -> bool {
        self.protocol_type.as_deref() == Some(CONSUMER)
    }

    /// Whether somebody may be reading a topic; consumers that cannot be understood may read any.
    pub(super) fn is_subscribed_to(&self, topic: &str) -> bool {
        self.subscribed_topics.as_ref().map_or(self.is_of_consumers(), |topics| topics.contains(topic))
    }

    /// Whether `id`, with its instance id if it has one, speaks for a member.
    pub(super) fn check_member(&self, id: &str, instance: Option<&str>) -> Result<(), GroupError> {
        if let Some(instance) = instance {
            let by = self.static_members.get(instance).ok_or(GroupError::UnknownMember)?;
            if **by != *id {
                return Err(GroupError::Fenced { by: Arc::clone(by) });
            }
        }
        if self.members.contains_key(id) { Ok(()) } else { Err(GroupError::UnknownMember) }
    }

    /// Whether a request speaks of this generation.
    pub(super) fn check_generation(&self, generation: i32) -> Result<(), GroupError> {
        if generation == self.generation {
            return Ok(());
        }
        Err(GroupError::IllegalGeneration { current: self.generation })
    }

    /// When something happens if nobody is heard of.
    pub(super) fn next_deadline(&self) -> Option<Monotonic> {
        let phase = match &self.phase {
            Phase::PreparingRebalance(joining) => Some(joining.deadline),
            Phase::CompletingRebalance(syncing) | Phase::Stable(Some(syncing)) => Some(syncing.deadline),
            Phase::Empty | Phase::Stable(None) => None,
        };
        let members = self.members.values().filter_map(|member| member.deadline);
        members.chain(self.pending.values().copied()).chain(phase).min()
    }

    /// The answer to the join of a member of this generation. Only the leader is told who the others are.
    pub(super) fn joined(&self, version: i16, id: &str) -> JoinGroupResponse<'static> {
        let members = if self.is_leader(id) { self.described() } else { Vec::new() };
        let protocol = self.protocol.as_deref().map(sent);
        JoinGroupResponse {
            generation_id: self.generation,
            protocol_type: self.protocol_type.as_deref().map(sent),
            protocol_name: if version < 7 { Some(protocol.unwrap_or_default()) } else { protocol },
            leader: self.leader.as_deref().map(sent).unwrap_or_default(),
            member_id: sent(id),
            members,
            ..JoinGroupResponse::default()
        }
    }

    fn described(&self) -> Vec<JoinGroupResponseMember<'static>> {
        let describe = |member: &Arc<Member>| JoinGroupResponseMember {
            member_id: sent(&member.id),
            group_instance_id: member.instance_id.as_deref().map(sent),
            metadata: self.metadata_of(member).to_vec().into(),
        };
        self.members.values().map(describe).collect()
    }

    /// The answer to the sync of a member of this generation.
    pub(super) fn synced(&self, member: &Member) -> SyncGroupResponse<'static> {
        SyncGroupResponse {
            protocol_type: self.protocol_type.as_deref().map(sent),
            protocol_name: self.protocol.as_deref().map(sent),
            assignment: member.assignment.to_vec().into(),
            ..SyncGroupResponse::default()
        }
    }

    /// What everybody who is parked is told when the coordinator ends.
    pub(super) fn abandon(&self, error: ErrorCode) -> Vec<Completion<Response>> {
        let mut completions = Vec::new();
        for member in self.members.values() {
            if let Some(waiter) = member.joining {
                let response = join_refused(waiter.version, &member.id, error);
                completions.push(Completion { token: waiter.token, response });
            }
            if let Some(waiter) = member.syncing {
                completions.push(Completion { token: waiter.token, response: sync_refused(error) });
            }
        }
        completions
    }
}

/// A JoinGroup's answer that says `error`.
pub(super) fn join_refused(version: i16, member_id: &str, error: ErrorCode) -> Response {
    Response::JoinGroup(JoinGroupResponse {
        error_code: error,
        // "" stood for nothing before the name could be null.
        protocol_name: (version < 7).then_some(Str::EMPTY),
        member_id: sent(member_id),
        ..JoinGroupResponse::default()
    })
}

/// A SyncGroup's answer that says `error`.
pub(super) fn sync_refused(error: ErrorCode) -> Response {
    Response::SyncGroup(SyncGroupResponse { error_code: error, ..SyncGroupResponse::default() })
}
