//! Heartbeat: a member is alive, and learns whether it has to join again.
//!
//! Source: Kafka `GroupMetadataManager.classicGroupHeartbeatToClassicGroup`.

use std::sync::Arc;

use protocol::{
    ErrorCode,
    messages::heartbeat::{HeartbeatRequest, HeartbeatResponse},
    types::{Now, Str},
};

use super::{
    Change, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Phase, span_ms},
    error::GroupError,
    request::Response,
};
use crate::runtime::Token;

impl GroupCoordinator {
    pub(super) fn heartbeat(&self, now: Now, token: Token, request: &HeartbeatRequest<'_>) -> Outcome {
        let mut outcome = Outcome::nothing();
        let error_code = match self.check_heartbeat(request) {
            Err(error) => error.code(),
            Ok(group) => {
                outcome.changes.push(heard(&group, &request.member_id.to_text(), now));
                match group.phase {
                    Phase::PreparingRebalance(_) => ErrorCode::REBALANCE_IN_PROGRESS,
                    _ => ErrorCode::NONE,
                }
            }
        };
        let response = HeartbeatResponse { throttle_time_ms: 0, error_code };
        outcome.answer_also(token, Response::Heartbeat(response));
        outcome
    }

    fn check_heartbeat(&self, request: &HeartbeatRequest<'_>) -> Result<Arc<ClassicGroup>, GroupError> {
        if request.group_id.is_empty() {
            return Err(GroupError::EmptyGroupId);
        }
        let Found::Classic(group) = self.find(&request.group_id.to_text()) else {
            return Err(GroupError::UnknownMember);
        };
        let instance_id = request.group_instance_id.as_ref().map(Str::to_text);
        group.check_member(&request.member_id.to_text(), instance_id.as_deref())?;
        group.check_generation(request.generation_id)?;
        Ok(group)
    }
}

/// A member of `group` was heard of.
///
/// # Panics
/// If the group has no such member.
pub(super) fn heard(group: &ClassicGroup, member_id: &str, now: Now) -> Change {
    let member = &group.members[member_id];
    let deadline = now.mono.plus_ms(span_ms(member.session_timeout_ms));
    Change::Heard(Arc::clone(&group.id), Arc::clone(&member.id), deadline)
}
