use super::*;
use crate::{
    codec::Message,
    messages::{fetch::FetchRequest, init_producer_id::InitProducerIdRequest},
    registry,
    stored::metadata::PartitionChangeRecord,
    types::Uuid,
};

fn field<'v>(value: &'v dyn Struct, name: &str) -> &'v dyn Reflect {
    let index = value.schema().fields.iter().position(|field| field.name == name);
    value.field(index.unwrap_or_else(|| panic!("{} has {name}", value.schema().name)))
}

#[test]
fn a_struct_describes_itself_in_kafkas_words() {
    let schema = FetchRequest::SCHEMA;
    assert_eq!((schema.name, schema.key, schema.versions.to_string()), ("FetchRequest", 1, "4-18".to_owned()));
    let described: Vec<String> = schema
        .body
        .fields
        .iter()
        .map(|f| format!("{} {} {} {:?}", f.name, f.kind, f.versions, f.tag))
        .take(4)
        .collect();
    assert_eq!(
        described,
        [
            "clusterId string 12+ Some(0)",
            "replicaId int32 4-14 None",
            "replicaState ReplicaState 15+ Some(1)",
            "maxWaitMs int32 0+ None"
        ]
    );
    assert_eq!(schema.body.fields[9].kind.to_string(), "[]FetchTopic");
}

#[test]
fn defaults_are_read_from_a_new_one() {
    let new = (FetchRequest::SCHEMA.body.new)();
    assert!(matches!(field(&*new, "clusterId").get(), Value::Null));
    assert!(matches!(field(&*new, "maxBytes").get(), Value::Int(0x7fff_ffff)));
    let Value::Struct(state) = field(&*new, "replicaState").get() else { panic!("a struct") };
    assert!(matches!(field(state, "replicaEpoch").get(), Value::Int(-1)));
}

#[test]
fn what_is_set_is_there_and_what_does_not_fit_is_refused() {
    let mut record = PartitionChangeRecord::default();
    let fields = PartitionChangeRecord::SCHEMA.body.fields;
    let index = |name: &str| fields.iter().position(|f| f.name == name).unwrap();
    record.field_mut(index("topicId")).set(Scalar::Uuid(Uuid::ONE)).unwrap();
    let isr = record.field_mut(index("isr")).list_mut().expect("an array");
    isr.push().set(Scalar::Int(7)).unwrap();
    assert_eq!(isr.push().set(Scalar::Int(1 << 31)), Err(Misfit));
    assert_eq!(record.field_mut(index("topicId")).set(Scalar::Null), Err(Misfit));
    assert_eq!(record.field_mut(index("isr")).set(Scalar::Int(1)), Err(Misfit));
    assert_eq!((record.topic_id, record.isr.as_ref().map(Vec::len)), (Uuid::ONE, Some(2)));
    record.field_mut(index("isr")).set(Scalar::Null).unwrap();
    assert_eq!(record.isr, None);
}

#[test]
fn an_unstable_version_exists_for_tools_only() {
    let schema = InitProducerIdRequest::SCHEMA;
    assert_eq!((schema.versions.max, schema.stable_max), (6, 5));
    let api = crate::api::Api::of(crate::api::ApiKey::INIT_PRODUCER_ID).unwrap();
    assert!(api.has_version(5) && !api.has_version(6));
    assert!(schema.encode(&*(schema.body.new)(), &mut crate::Writer::new(), 6).is_ok());
    assert!(registry::find("InitProducerIdRequest").is_some());
}
