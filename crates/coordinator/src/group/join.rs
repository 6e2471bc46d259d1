//! JoinGroup: enter a group or its next generation.
//!
//! | who | what happens |
//! |---|---|
//! | no id, dynamic, v4+ | gets an id and MEMBER_ID_REQUIRED; it is *pending* until it comes back (KIP-394) |
//! | no id, dynamic, v0–v3 | a member at once |
//! | no id, static | a member at once, or takes over the place of its instance id; the one before is fenced (KIP-345) |
//! | a pending id | a member now |
//! | a member, PreparingRebalance | parked until all have joined |
//! | a member, CompletingRebalance | the same answer again if it says the same, else a rebalance |
//! | the leader, Stable | a rebalance: something it sees has changed |
//! | another member, Stable | the same answer again if it says the same, else a rebalance |
//!
//! A group that is asked to join for the first time gets a record at once, so that it exists. Where Kafka writes that
//! record even for a join that it refuses, a refused join leaves nothing behind here.
//!
//! Source: Kafka `GroupMetadataManager.classicGroupJoinToClassicGroup` and what it calls; KIP-62, KIP-345, KIP-394,
//! KIP-814.

use std::sync::Arc;

use protocol::{
    ErrorCode,
    messages::join_group::{JoinGroupRequest, JoinGroupResponse},
    types::Now,
};

use super::{
    Caller, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Member, Phase, Protocol, Waiter, join_refused, protocols, span_ms, sync_refused},
    decision::Decision,
    error::GroupError,
    records,
    request::Response,
    sent, text, too_long,
};
use crate::runtime::Token;

/// From this version on a member gets its id before it joins (KIP-394).
const MEMBER_ID_REQUIRED_SINCE: i16 = 4;
/// From this version on a leader can be told to leave the assignment as it is (KIP-814).
const SKIP_ASSIGNMENT_SINCE: i16 = 9;

/// A join, with what it says brought into the form that is kept.
struct Join<'a> {
    waiter: Waiter,
    caller: &'a Caller<'a>,
    member_id: Arc<str>,
    instance_id: Option<Arc<str>>,
    protocol_type: Arc<str>,
    protocols: Arc<[Protocol]>,
    rebalance_timeout_ms: i32,
    session_timeout_ms: i32,
}

impl GroupCoordinator {
    pub(super) fn join(&self, now: Now, token: Token, caller: &Caller<'_>, request: &JoinGroupRequest<'_>) -> Outcome {
        let refuse = |member_id: &str, error: GroupError| {
            Outcome::answer(token, join_refused(caller.version, member_id, error.code()))
        };
        let member_id = text(&request.member_id);
        if let Err(error) = self.check_join(caller, request) {
            return refuse(&member_id, error);
        }
        let id = request.group_id.to_text();
        let (group, is_new_group) = match self.find(&id) {
            Found::Classic(group) => (Arc::unwrap_or_clone(group), false),
            Found::None if member_id.is_empty() => (ClassicGroup::new(text(&request.group_id), now), true),
            Found::None => return refuse(&member_id, GroupError::UnknownMember),
            Found::Other(_) => return refuse("", GroupError::InconsistentProtocol),
        };
        let join = Join {
            waiter: Waiter { token, version: caller.version },
            caller,
            member_id,
            instance_id: request.group_instance_id.as_ref().map(text),
            protocol_type: text(&request.protocol_type),
            protocols: protocols(&request.protocols),
            rebalance_timeout_ms: match request.rebalance_timeout_ms {
                // Version 0 has no such field.
                _ if caller.version == 0 => request.session_timeout_ms,
                rebalance_timeout_ms => rebalance_timeout_ms,
            },
            session_timeout_ms: request.session_timeout_ms,
        };
        let mut decision = self.decide(group, now);
        if is_new_group {
            decision.outcome.records.push(records::new_group(&decision.group.id, now.wall));
            decision.outcome.otherwise = Some(join_refused(caller.version, "", ErrorCode::NONE));
        }
        match decision.join(&join) {
            Ok(()) => decision.done(),
            // A member that there is no room for any more is out, whatever it says.
            Err(GroupError::Full) if decision.group.members.contains_key(&join.member_id) => {
                decision.drop_member(&join.member_id);
                decision.complete_if_all_joined();
                decision.answer(token, join_refused(caller.version, "", GroupError::Full.code()));
                decision.done()
            }
            Err(error @ GroupError::Full) => refuse("", error),
            Err(error) => refuse(&join.member_id, error),
        }
    }

    fn check_join(&self, caller: &Caller<'_>, request: &JoinGroupRequest<'_>) -> Result<(), GroupError> {
        if request.group_id.is_empty() {
            return Err(GroupError::EmptyGroupId);
        }
        let allowed = self.config.min_session_timeout_ms..=self.config.max_session_timeout_ms;
        if !allowed.contains(&request.session_timeout_ms) {
            return Err(GroupError::SessionTimeout);
        }
        // What a member is called has to fit into its record, a dash and a UUID behind it.
        let room = i16::MAX as usize - "-".len() - UUID_LENGTH;
        let instance_id = request.group_instance_id.as_ref().map_or(0, |id| id.to_text().len());
        let names = request.protocols.iter().map(|protocol| &protocol.name);
        if caller.client_id.len() > room
            || caller.client_host.len() > room
            || instance_id > room
            || names.chain([&request.protocol_type, &request.member_id]).any(too_long)
        {
            return Err(GroupError::TooLong);
        }
        Ok(())
    }
}

impl Decision<'_> {
    /// Whether there is room. In a rebalance those count who have joined: who comes last has to go.
    fn accepts(&self, id: &str) -> bool {
        let (group, max) = (&self.group, self.config.max_size);
        let member = group.members.get(id);
        match group.phase {
            Phase::Empty => true,
            Phase::PreparingRebalance(_) => {
                member.is_some_and(|member| member.joining.is_some()) || group.joining_count() < max
            }
            Phase::CompletingRebalance(_) | Phase::Stable(_) => member.is_some() || group.members.len() < max,
        }
    }

    fn join(&mut self, join: &Join<'_>) -> Result<(), GroupError> {
        if !self.accepts(&join.member_id) {
            return Err(GroupError::Full);
        }
        if !self.group.supports(&join.protocol_type, &join.protocols) {
            return Err(GroupError::InconsistentProtocol);
        }
        if !join.member_id.is_empty() { self.join_known(join) } else { self.join_unknown(join) }
    }

    fn join_unknown(&mut self, join: &Join<'_>) -> Result<(), GroupError> {
        if let Some(instance_id) = &join.instance_id {
            let new_id = member_id(instance_id, join.caller.random);
            match self.group.static_members.get(instance_id).cloned() {
                Some(old_id) => self.take_over(join, &old_id, &new_id),
                None => self.add_joining(join, new_id),
            }
            return Ok(());
        }
        let new_id = member_id(join.caller.client_id, join.caller.random);
        if join.waiter.version < MEMBER_ID_REQUIRED_SINCE {
            self.add_joining(join, new_id);
            return Ok(());
        }
        let deadline = self.now.mono.plus_ms(span_ms(join.session_timeout_ms));
        let response = join_refused(join.waiter.version, &new_id, ErrorCode::MEMBER_ID_REQUIRED);
        self.group.pending.insert(new_id, deadline);
        self.answer(join.waiter.token, response);
        Ok(())
    }

    fn join_known(&mut self, join: &Join<'_>) -> Result<(), GroupError> {
        let id = &join.member_id;
        if join.instance_id.is_none() && self.group.pending.contains_key(id) {
            self.add_joining(join, Arc::clone(id));
            return Ok(());
        }
        self.group.check_member(id, join.instance_id.as_deref())?;
        let says_the_same = self.group.members[id].protocols == join.protocols;
        let again = match self.group.phase {
            Phase::Empty | Phase::PreparingRebalance(_) => true,
            Phase::CompletingRebalance(_) => !says_the_same,
            Phase::Stable(_) => self.group.is_leader(id) || !says_the_same,
        };
        if again {
            self.update(id, join);
            self.rebalance_or_complete();
        } else {
            let response = self.group.joined(join.waiter.version, id);
            self.answer(join.waiter.token, Response::JoinGroup(response));
        }
        Ok(())
    }

    /// A new member, its join parked.
    fn add_joining(&mut self, join: &Join<'_>, id: Arc<str>) {
        let member = Member {
            id,
            instance_id: join.instance_id.clone(),
            client_id: join.caller.client_id.into(),
            client_host: join.caller.client_host.into(),
            rebalance_timeout_ms: join.rebalance_timeout_ms,
            session_timeout_ms: join.session_timeout_ms,
            protocols: Arc::clone(&join.protocols),
            assignment: Arc::default(),
            is_new: true,
            joining: Some(join.waiter),
            syncing: None,
            deadline: None,
        };
        self.add_member(&join.protocol_type, member);
    }

    /// A member says again what it wants; its join is parked. An earlier join of it, which it has given up, is told to
    /// be made again: Kafka leaves that one without an answer.
    fn update(&mut self, id: &str, join: &Join<'_>) {
        self.answer_join(id, |_, version| join_refused(version, id, ErrorCode::REBALANCE_IN_PROGRESS));
        let member = self.group.member_mut(id);
        member.protocols = Arc::clone(&join.protocols);
        member.rebalance_timeout_ms = join.rebalance_timeout_ms;
        member.session_timeout_ms = join.session_timeout_ms;
        member.joining = Some(join.waiter);
    }

    /// A static member comes back without its id: whoever goes by the old one is fenced, the place stays.
    fn take_over(&mut self, join: &Join<'_>, old_id: &Arc<str>, new_id: &Arc<str>) {
        self.answer_join(old_id, |_, version| join_refused(version, old_id, ErrorCode::FENCED_INSTANCE_ID));
        self.answer_sync(old_id, |_, _| sync_refused(ErrorCode::FENCED_INSTANCE_ID));
        let leader_before = self.group.leader.clone();
        let was_leader = self.group.is_leader(old_id);
        let old = self.group.remove(old_id).expect("the instance id names a member");
        self.group.insert(Member { id: Arc::clone(new_id), is_new: false, deadline: None, ..(*old).clone() });
        if was_leader {
            self.group.leader = Some(Arc::clone(new_id));
        }
        self.heard(new_id);
        self.update(new_id, join);
        match self.group.phase {
            Phase::Stable(_) if self.group.elect_protocol() == self.group.protocol => {
                self.stay_stable(join, new_id, leader_before);
            }
            Phase::Stable(_) | Phase::CompletingRebalance(_) => self.prepare_rebalance(),
            Phase::PreparingRebalance(_) => self.complete_if_all_joined(),
            Phase::Empty => unreachable!("an empty group has no static members"),
        }
    }

    /// A static member came back to a stable group and changes nothing in it: the group goes on, under the new id.
    ///
    /// Before v9 a leader that is told its own id would begin to assign, so it is told the one it had before.
    fn stay_stable(&mut self, join: &Join<'_>, id: &Arc<str>, leader_before: Option<Arc<str>>) {
        self.outcome.records.push(records::group_metadata(&self.group));
        let skips = join.waiter.version >= SKIP_ASSIGNMENT_SINCE;
        self.answer_join(id, |group, version| {
            let joined = group.joined(version, id);
            Response::JoinGroup(if skips {
                JoinGroupResponse { skip_assignment: group.is_leader(id), ..joined }
            } else {
                let leader = leader_before.as_deref().map(sent).unwrap_or_default();
                JoinGroupResponse { leader, members: Vec::new(), ..joined }
            })
        });
    }
}

const UUID_LENGTH: usize = 36;

/// A member's id: what it is called, and a random UUID (version 4) in Java's form.
fn member_id(called: &str, mut random: [u8; 16]) -> Arc<str> {
    random[6] = (random[6] & 0x0f) | 0x40;
    random[8] = (random[8] & 0x3f) | 0x80;
    let number = u128::from_be_bytes(random);
    let hex = format!("{number:032x}");
    let id = format!("{called}-{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
    id.into()
}
