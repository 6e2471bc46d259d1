//! LeaveGroup: members leave, or are made to.
//!
//! An administrator removes a static member by its instance id alone. A leave by a group's last member makes the group
//! empty, and writes that.
//!
//! Source: Kafka `GroupMetadataManager.classicGroupLeaveToClassicGroup`; KIP-345, KIP-800.

use std::sync::Arc;

use protocol::{
    ErrorCode,
    messages::leave_group::{LeaveGroupRequest, LeaveGroupResponse, MemberIdentity, MemberResponse},
    types::{Now, Str},
};

use super::{Caller, Found, GroupCoordinator, Outcome, decision::Decision, error::GroupError, request::Response};
use crate::runtime::Token;

/// From this version on several members can leave with one request.
const BATCH_SINCE: i16 = 3;

impl GroupCoordinator {
    pub(super) fn leave(
        &self,
        now: Now,
        token: Token,
        caller: &Caller<'_>,
        request: &LeaveGroupRequest<'_>,
    ) -> Outcome {
        if request.group_id.is_empty() {
            let error_code = GroupError::EmptyGroupId.code();
            let response = LeaveGroupResponse { error_code, ..LeaveGroupResponse::default() };
            return Outcome::answer(token, Response::LeaveGroup(response));
        }
        let one;
        let members = if caller.version >= BATCH_SINCE {
            &request.members
        } else {
            one = vec![MemberIdentity { member_id: request.member_id.clone(), ..MemberIdentity::default() }];
            &one
        };
        let id = request.group_id.to_text();
        let Found::Classic(group) = self.find(&id) else {
            let errors = vec![GroupError::UnknownMember.code(); members.len()];
            return Outcome::answer(token, response(caller.version, members, &errors));
        };
        let mut decision = self.decide(Arc::unwrap_or_clone(group), now);
        let errors: Vec<ErrorCode> = members
            .iter()
            .map(|member| decision.leave(member).err().map_or(ErrorCode::NONE, |error| error.code()))
            .collect();
        if errors.contains(&ErrorCode::NONE) {
            decision.after_departure();
        }
        decision.answer(token, response(caller.version, members, &errors));
        decision.done()
    }
}

impl Decision<'_> {
    fn leave(&mut self, identity: &MemberIdentity<'_>) -> Result<(), GroupError> {
        let id = identity.member_id.to_text();
        let instance_id = identity.group_instance_id.as_ref().map(Str::to_text);
        if id.is_empty() {
            let member = instance_id.and_then(|instance_id| self.group.static_members.get(&*instance_id).cloned());
            self.drop_member(&member.ok_or(GroupError::UnknownMember)?);
            return Ok(());
        }
        if self.group.pending.remove(&*id).is_some() {
            return Ok(());
        }
        self.group.check_member(&id, instance_id.as_deref())?;
        self.drop_member(&id);
        Ok(())
    }
}

/// Before v3 the one member's error is that of the whole.
fn response(version: i16, members: &[MemberIdentity<'_>], errors: &[ErrorCode]) -> Response {
    if version < BATCH_SINCE {
        return Response::LeaveGroup(LeaveGroupResponse { error_code: errors[0], ..LeaveGroupResponse::default() });
    }
    let members = members.iter().zip(errors).map(|(member, error)| MemberResponse {
        member_id: member.member_id.clone().into_owned(),
        group_instance_id: member.group_instance_id.clone().map(Str::into_owned),
        error_code: *error,
    });
    Response::LeaveGroup(LeaveGroupResponse { members: members.collect(), ..LeaveGroupResponse::default() })
}
