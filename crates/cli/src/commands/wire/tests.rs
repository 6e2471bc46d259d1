use protocol::{registry::MessageKind, schema::sample};
use serde_json::json;

use super::*;

/// A line through `milena wire decode`, or `encode`, with `--framed` or without.
fn asked(
    of: fn(&Lines, Option<Entry>, &str) -> Result<String, String>,
    framed: bool,
    line: &str,
) -> Result<String, String> {
    of(&Lines { message: None, version: None, framed }, None, line)
}

/// Numbers below a bound, from a seed.
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) % bound
    }
}

#[test]
fn every_message_at_every_version_comes_back_from_json() {
    let mut choose = chance(1);
    for entry in registry::all() {
        for version in entry.schema.versions.min..=entry.schema.versions.max {
            for _ in 0..3 {
                let mut message = (entry.schema.body.new)();
                sample::fill(&mut *message, version, &mut choose);
                let mut writer = Writer::new();
                entry.schema.encode(&*message, &mut writer, version).unwrap();
                let bytes = hex(&writer.into_bytes());
                let front = format!("{} {version}", entry.schema.name);
                let json = asked(decode, false, &format!("{front} {bytes}")).unwrap();
                assert_eq!(asked(encode, false, &format!("{front} {json}")), Ok(bytes), "{front} {json}");
            }
        }
    }
}

#[test]
fn every_frame_tells_what_it_holds() {
    let mut choose = chance(2);
    for entry in registry::all().filter(|entry| !matches!(entry.kind, MessageKind::Header | MessageKind::Response)) {
        let schema = entry.schema;
        let version = schema.versions.max;
        let mut message = (schema.body.new)();
        sample::fill(&mut *message, version, &mut choose);
        if entry.kind == MessageKind::Control {
            message.field_mut(0).set(protocol::schema::Scalar::Int(version.into())).unwrap();
        }
        let mut json = json::of(&*message, Some(version));
        if entry.kind == MessageKind::Request {
            let header = json!({
                "requestApiKey": schema.key, "requestApiVersion": version, "correlationId": 7, "clientId": null,
            });
            json = json!({ "header": header, "body": json });
        }
        let line = format!("{} {version} {json}", schema.name);
        let frame = asked(encode, true, &line).unwrap();
        let tells_its_name = matches!(entry.kind, MessageKind::Request | MessageKind::Metadata);
        let asks = if tells_its_name { frame } else { format!("{} {frame}", schema.name) };
        assert_eq!(asked(decode, true, &asks), Ok(line));
    }
}

#[test]
fn a_response_is_framed_where_its_version_is_said() {
    let line = r#"HeartbeatResponse 4 {"header":{"correlationId":7},"body":{"throttleTimeMs":0,"errorCode":25}}"#;
    let frame = asked(encode, true, line).unwrap();
    assert_eq!(frame, "000000070000000000001900");
    let json = asked(decode, true, &format!("HeartbeatResponse 4 {frame}")).unwrap();
    assert_eq!(format!("HeartbeatResponse 4 {json}"), line);
}

#[test]
fn json_is_what_kafka_writes() {
    let json = asked(decode, false, "HeartbeatRequest 4 026700000001026d0000");
    let due = r#"{"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":null}"#;
    assert_eq!(json.as_deref(), Ok(due));
    // Bytes are base64.
    let line = "JoinGroupRequest 0 0001670000177000000001630000000100017200000002ff00";
    let due = concat!(
        r#"{"groupId":"g","sessionTimeoutMs":6000,"memberId":"","protocolType":"c","#,
        r#""protocols":[{"name":"r","metadata":"/wA="}]}"#
    );
    assert_eq!(asked(decode, false, line).as_deref(), Ok(due));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for (line, said) in [
        ("ApiVersionsRequest 3 0b6d79", "field ApiVersionsRequest.clientSoftwareName"),
        ("ApiVersionsRequest 3 zz", "not a digit"),
        ("ApiVersionsRequest 3 0", "half a byte"),
        ("ApiVersionsRequest 99 00", "no version 99"),
        ("ApiVersionsRequest 0 00", "1 bytes follow the end"),
        ("NoRequest 0 00", "no message NoRequest"),
        ("", "NAME VERSION HEX"),
    ] {
        let error = asked(decode, false, line).unwrap_err();
        assert!(error.contains(said), "{line}: {error}");
    }
    for (line, said) in [
        ("HeartbeatRequest 0 {}", "HeartbeatRequest.groupId is missing"),
        (r#"HeartbeatRequest 0 {"groupId":"g","generationId":1,"memberId":"m","x":1}"#, "no field x"),
        (r#"HeartbeatRequest 0 {"groupId":"g","generationId":"1","memberId":"m"}"#, "generationId is of type int32"),
        (r#"HeartbeatRequest 0 {"groupId":null,"generationId":1,"memberId":"m"}"#, "groupId is never null"),
        ("HeartbeatRequest 0 {", "EOF"),
    ] {
        let error = asked(encode, false, line).unwrap_err();
        assert!(error.contains(said), "{line}: {error}");
    }
    for (line, said) in [
        ("", "a line is"),
        ("ff00", "name the message"),
        ("7fff0000", "name the message"),
        ("0063000000000001", "no API with key 99"),
        ("OffsetCommitKey 0002", "has key 1, and this has 2"),
        ("HeartbeatResponse 0000", "say it"),
    ] {
        let error = asked(decode, true, line).unwrap_err();
        assert!(error.contains(said), "{line}: {error}");
    }
    let header = r#"{"requestApiKey":12,"requestApiVersion":1,"correlationId":7,"clientId":null}"#;
    let line = format!(r#"HeartbeatRequest 0 {{"header":{header},"body":{{}}}}"#);
    assert!(asked(encode, true, &line).unwrap_err().contains("another request"));
}

#[test]
fn a_value_that_a_version_cannot_hold_is_refused_or_dropped_by_kafkas_rule() {
    let line = r#"HeartbeatRequest 0 {"groupId":"g","generationId":1,"memberId":"m","groupInstanceId":"i"}"#;
    assert!(asked(encode, false, line).unwrap_err().contains("does not exist in version 0"));
    let line = r#"HeartbeatResponse 0 {"errorCode":0,"throttleTimeMs":5}"#;
    assert_eq!(asked(encode, false, line).as_deref(), Ok("0000"));
}
