//! ListGroups, DescribeGroups, DeleteGroups: groups as an operator sees them.
//!
//! Groups of the later protocols are listed, since their ids are taken, in the state "Unknown" if they have members.
//! DescribeGroups does not know them, as it does not in Kafka; an empty one can be deleted, but for a share group, whose
//! state lies in another topic.
//!
//! Source: Kafka `GroupMetadataManager.listGroups`, `describeGroups`; `GroupCoordinatorShard.deleteGroups`; KIP-518,
//! KIP-848, KIP-1043.

use std::{collections::BTreeSet, sync::Arc};

use protocol::{
    ErrorCode,
    messages::{
        delete_groups::DeletableGroupResult,
        describe_groups::{DescribedGroup, DescribedGroupMember},
        list_groups::{ListGroupsRequest, ListedGroup},
    },
    types::Str,
};

use super::{
    Change, Found, GroupCoordinator, Outcome,
    classic::{ClassicGroup, Member, Phase},
    error::GroupError,
    request::Response,
    sent,
    state::{OtherType, StoredOther},
};
use crate::runtime::{Record, Token};

/// From this version on a group that does not exist is an error.
const NOT_FOUND_SINCE: i16 = 6;

impl GroupCoordinator {
    /// The groups that a filter lets through; an empty filter lets all. A filter that names nothing known lets none.
    pub(super) fn list(&self, request: &ListGroupsRequest<'_>) -> Result<Vec<ListedGroup<'static>>, ErrorCode> {
        let wanted = |filter: &[Str<'_>], name: &str| {
            filter.is_empty() || filter.iter().any(|wanted| wanted.to_text().trim().eq_ignore_ascii_case(name))
        };
        let groups = self.state.groups().filter_map(|(id, _)| {
            let (state, group_type, protocol_type) = match self.find(id) {
                Found::None => return None,
                Found::Classic(group) => {
                    (group.phase.name(), "classic", group.protocol_type.as_deref().unwrap_or_default().to_owned())
                }
                Found::Other(other) => {
                    let state = if other.is_empty() { "Empty" } else { "Unknown" };
                    (state, other.group_type.name(), other.group_type.protocol_type().to_owned())
                }
            };
            if !wanted(&request.states_filter, state) || !wanted(&request.types_filter, group_type) {
                return None;
            }
            Some(ListedGroup {
                group_id: sent(id),
                protocol_type: protocol_type.into(),
                group_state: state.into(),
                group_type: group_type.into(),
            })
        });
        Ok(groups.collect())
    }

    pub(super) fn describe(&self, version: i16, ids: &[Str<'_>]) -> Vec<DescribedGroup<'static>> {
        let describe = |id: &Str<'_>| match self.find(&id.to_text()) {
            Found::Classic(group) => described(&group),
            Found::None | Found::Other(_) => {
                let dead = DescribedGroup {
                    group_id: id.clone().into_owned(),
                    group_state: "Dead".into(),
                    ..DescribedGroup::default()
                };
                if version < NOT_FOUND_SINCE {
                    return dead;
                }
                let error_message = Some(format!("Group {id} not found.").into());
                DescribedGroup { error_code: GroupError::NoSuchGroup.code(), error_message, ..dead }
            }
        };
        ids.iter().map(describe).collect()
    }

    pub(super) fn delete_groups(&self, token: Token, ids: &[Str<'_>]) -> Outcome {
        let mut outcome = Outcome::nothing();
        let ids: BTreeSet<_> = ids.iter().map(Str::to_text).collect();
        let results = ids.iter().map(|id| {
            let error_code = match self.delete(id) {
                Ok(records) => {
                    outcome.records.extend(records);
                    outcome.changes.push(Change::Gone(Arc::from(&**id)));
                    ErrorCode::NONE
                }
                Err(error) => error.code(),
            };
            DeletableGroupResult { group_id: sent(id), error_code, error_message: None }
        });
        let results = results.collect();
        outcome.answer_also(token, Response::DeleteGroups(results));
        outcome
    }

    fn delete(&self, id: &str) -> Result<Vec<Record>, GroupError> {
        match self.find(id) {
            Found::None => Err(GroupError::NoSuchGroup),
            Found::Classic(group) if group.phase != Phase::Empty => Err(GroupError::NotEmpty),
            Found::Classic(_) => Ok(self.tombstones(id, None)),
            Found::Other(other) if !other.is_empty() => Err(GroupError::NotEmpty),
            Found::Other(StoredOther { group_type: OtherType::Share, .. }) => Err(GroupError::OtherType),
            Found::Other(other) => Ok(self.tombstones(id, Some(other))),
        }
    }
}

fn described(group: &ClassicGroup) -> DescribedGroup<'static> {
    // What members say under a protocol is shown only once one is agreed on.
    let is_stable = matches!(group.phase, Phase::Stable(_));
    let describe = |member: &Arc<Member>| DescribedGroupMember {
        member_id: sent(&member.id),
        group_instance_id: member.instance_id.as_deref().map(sent),
        client_id: sent(&member.client_id),
        client_host: sent(&member.client_host),
        member_metadata: if is_stable { group.metadata_of(member).to_vec().into() } else { Vec::new().into() },
        member_assignment: member.assignment.to_vec().into(),
    };
    DescribedGroup {
        group_id: sent(&group.id),
        group_state: group.phase.name().into(),
        protocol_type: sent(group.protocol_type.as_deref().unwrap_or_default()),
        protocol_data: group.protocol.as_deref().filter(|_| is_stable).map(sent).unwrap_or_default(),
        members: group.members.values().map(describe).collect(),
        ..DescribedGroup::default()
    }
}
