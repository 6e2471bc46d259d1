//! What this node keeps for a later version of itself, or for Apache Kafka: ACLs, SCRAM credentials, quotas and
//! delegation tokens. A snapshot of a log that holds some must not lose them; nothing here is acted upon yet.
//!
//! Source: Kafka `AclsImage`, `ScramImage`, `ClientQuotasImage`, `DelegationTokenImage`.

use std::collections::BTreeMap;

use protocol::{
    stored::metadata::*,
    types::{Str, Uuid},
};

use crate::MetadataRecord;

/// A quota belongs to these parts of an identity, sorted, and has this key.
type QuotaKey = (Vec<(Str<'static>, Option<Str<'static>>)>, Str<'static>);

/// The records that say what is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptImage {
    quotas: BTreeMap<QuotaKey, ClientQuotaRecord<'static>>,
    acls: BTreeMap<Uuid, AccessControlEntryRecord<'static>>,
    scram: BTreeMap<(i8, Str<'static>), UserScramCredentialRecord<'static>>,
    tokens: BTreeMap<Str<'static>, DelegationTokenRecord<'static>>,
}

impl KeptImage {
    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.quotas.is_empty() && self.acls.is_empty() && self.scram.is_empty() && self.tokens.is_empty()
    }

    pub(super) fn replay_quota(&mut self, record: ClientQuotaRecord<'static>) {
        let mut entity: Vec<_> =
            record.entity.iter().map(|part| (part.entity_type.clone(), part.entity_name.clone())).collect();
        entity.sort();
        let key = (entity, record.key.clone());
        if record.remove {
            self.quotas.remove(&key);
        } else {
            self.quotas.insert(key, record);
        }
    }

    pub(super) fn replay_acl(&mut self, record: AccessControlEntryRecord<'static>) {
        self.acls.insert(record.id, record);
    }

    pub(super) fn replay_remove_acl(&mut self, record: &RemoveAccessControlEntryRecord) {
        self.acls.remove(&record.id);
    }

    pub(super) fn replay_scram(&mut self, record: UserScramCredentialRecord<'static>) {
        self.scram.insert((record.mechanism, record.name.clone()), record);
    }

    pub(super) fn replay_remove_scram(&mut self, record: RemoveUserScramCredentialRecord<'static>) {
        self.scram.remove(&(record.mechanism, record.name));
    }

    pub(super) fn replay_token(&mut self, record: DelegationTokenRecord<'static>) {
        self.tokens.insert(record.token_id.clone(), record);
    }

    pub(super) fn replay_remove_token(&mut self, record: &RemoveDelegationTokenRecord<'static>) {
        self.tokens.remove(&record.token_id);
    }

    pub(super) fn write(&self, records: &mut Vec<MetadataRecord>) {
        records.extend(self.quotas.values().cloned().map(MetadataRecord::from));
        records.extend(self.acls.values().cloned().map(MetadataRecord::from));
        records.extend(self.scram.values().cloned().map(MetadataRecord::from));
        records.extend(self.tokens.values().cloned().map(MetadataRecord::from));
    }
}
