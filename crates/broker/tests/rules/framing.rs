//! Frames, headers and versions: what closes a connection, and what does not.

use protocol::{
    ErrorCode,
    api::{self, Api, ApiKey},
    messages::{
        api_versions::{ApiVersionsRequest, ApiVersionsResponse},
        fetch::FetchRequest,
        metadata::MetadataRequest,
        produce::ProduceRequest,
        sasl_authenticate::SaslAuthenticateRequest,
        sasl_handshake::SaslHandshakeRequest,
    },
};

use crate::{
    batches::{MAGIC, batch, damaged},
    node::{Got, TestNode, decode_frame, fetch_partition, fetch_request, produce_request},
    server::{TestServer, make_topic},
};

/// A frame of any key and version, with the header up to the correlation id and `rest` behind it.
fn raw(key: i16, version: i16, rest: &[u8]) -> Vec<u8> {
    let mut frame = ((8 + rest.len()) as i32).to_be_bytes().to_vec();
    frame.extend(key.to_be_bytes());
    frame.extend(version.to_be_bytes());
    frame.extend(7_i32.to_be_bytes());
    frame.extend(rest);
    frame
}

/// The end of a header of version 2, for a client without an id: null, and no tags.
const ANONYMOUS: &[u8] = &[0xff, 0xff, 0];

fn software(name: &'static str, version: &'static str) -> ApiVersionsRequest<'static> {
    ApiVersionsRequest {
        client_software_name: name.into(),
        client_software_version: version.into(),
        ..ApiVersionsRequest::default()
    }
}

#[test]
fn an_unknown_version_of_api_versions_is_answered_in_version_0_with_the_versions_there_are() {
    let node = TestNode::new();
    for version in [5, 99, i16::MAX, -1] {
        for body in [&[][..], b"garbage"] {
            let Got::Frame(frame) = node.exchange_frame(&raw(18, version, &[ANONYMOUS, body].concat())) else {
                panic!("version {version} got no answer");
            };
            let response: ApiVersionsResponse<'_> = decode_frame::<ApiVersionsRequest<'static>>(0, frame);
            assert_eq!(response.error_code, ErrorCode::UNSUPPORTED_VERSION);
            let keys = response.api_keys.iter().map(|api| (api.api_key, api.min_version, api.max_version));
            assert_eq!(keys.collect::<Vec<_>>(), [(18, 0, 4)]);
        }
    }
}

#[test]
fn an_unknown_version_of_api_versions_still_needs_a_whole_header() {
    let node = TestNode::new();
    let without_tags = &[0xff, 0xff][..];
    let client_id_too_long = &[0x00, 0x09, b'x', 0][..];
    for rest in [without_tags, &[], client_id_too_long] {
        assert_eq!(node.exchange_frame(&raw(18, 99, rest)), Got::Closed, "{rest:?}");
    }
}

#[test]
fn a_client_names_its_software_in_letters_digits_dashes_and_dots() {
    let node = TestNode::new();
    for bad in ["", "-a", "a-", "a b", "1.0_x", "1.0+x"] {
        for request in [software(bad, "1"), software("a", bad)] {
            let response = node.ask(3, &request);
            assert_eq!(response.error_code, ErrorCode::INVALID_REQUEST, "{bad:?}");
            assert_eq!(response.api_keys, []);
        }
    }
    assert_eq!(node.ask(3, &software("apache-kafka-java", "4.3.1")).error_code, ErrorCode::NONE);
    // Before version 3 nobody says.
    assert_eq!(node.ask(2, &software("", "")).error_code, ErrorCode::NONE);
}

#[test]
fn what_is_advertised_is_served_and_the_same_in_every_version() {
    let node = TestNode::new();
    let newest = node.ask(4, &software("a", "1")).api_keys;
    assert!(newest.windows(2).all(|pair| pair[0].api_key < pair[1].api_key), "ascending");
    for version in 0..4 {
        assert_eq!(node.ask(version, &software("a", "1")).api_keys, newest);
    }
    for advertised in &newest {
        let api = Api::of(ApiKey(advertised.api_key)).expect("an API of Kafka");
        let min = if api.key == ApiKey::PRODUCE { 0 } else { api.min };
        assert_eq!((advertised.min_version, advertised.max_version), (min, api.max), "{}", api.name);
    }
    let init_producer_id = newest.iter().find(|api| api.api_key == 22).expect("InitProducerId");
    assert_eq!(init_producer_id.max_version, 5, "version 6 is not stable yet");
}

#[test]
fn a_controller_listener_serves_what_is_a_controllers() {
    let node = TestNode::new().on_controller();
    let keys = node.ask(4, &software("a", "1")).api_keys;
    let keys = keys.iter().map(|api| api.api_key).collect::<Vec<_>>();
    assert!(keys.contains(&18) && keys.contains(&19) && keys.contains(&55) && keys.contains(&60), "{keys:?}");
    assert!(!keys.contains(&0) && !keys.contains(&3) && !keys.contains(&10), "{keys:?}");
    assert_eq!(node.exchange_frame(&raw(3, 0, &[0xff, 0xff, 0, 0, 0, 0])), Got::Closed);
}

#[test]
fn features_are_told_as_old_clients_can_read_them() {
    let node = TestNode::new();
    let old = node.ask(3, &software("a", "1"));
    let supported = |response: &ApiVersionsResponse<'_>| {
        response
            .supported_features
            .iter()
            .map(|f| (f.name.to_string(), f.min_version, f.max_version))
            .collect::<Vec<_>>()
    };
    assert_eq!(supported(&old), [("metadata.version".to_owned(), 7, 30)]);
    let new = node.ask(4, &software("a", "1"));
    assert_eq!(new.supported_features.len(), 7);
    for response in [&old, &new] {
        let mut finalized = response
            .finalized_features
            .iter()
            .map(|f| (f.name.to_string(), f.min_version_level, f.max_version_level))
            .collect::<Vec<_>>();
        finalized.sort();
        let expected = [
            ("eligible.leader.replicas.version", 1),
            ("group.version", 1),
            ("kraft.version", 1),
            ("metadata.version", 30),
            ("share.version", 1),
            ("streams.version", 1),
            ("transaction.version", 2),
        ];
        assert_eq!(finalized, expected.map(|(name, level)| (name.to_owned(), level, level)));
        assert!(response.finalized_features_epoch > 0);
    }
}

#[test]
fn the_answer_to_api_versions_has_no_tags_in_its_header() {
    let node = TestNode::new();
    let frame = node.frame(4, &software("a", "1"));
    let Got::Frame(answer) = node.exchange_frame(&frame) else { panic!("an answer") };
    assert_eq!(answer[4..8], frame[8..12], "the correlation id");
    assert_eq!(answer[8..10], [0, 0], "right behind it the error code");
}

#[test]
fn what_is_not_served_closes_the_connection() {
    let node = TestNode::new();
    for key in [4, 5, 6, 7, 52, 56, 58, 62, 93, 94, 95, 1000, -1] {
        assert_eq!(node.exchange_frame(&raw(key, 0, ANONYMOUS)), Got::Closed, "key {key}");
    }
    for (key, version) in [(0, 0), (0, 1), (0, 2), (0, 14), (1, 3), (1, 19), (3, 14), (22, 6), (3, -1), (19, 1)] {
        assert_eq!(node.exchange_frame(&raw(key, version, ANONYMOUS)), Got::Closed, "key {key} version {version}");
    }
}

#[test]
fn unknown_tags_are_ignored_in_any_order() {
    let node = TestNode::new();
    // Metadata 9: no topics, no creation, no operations; the header has the tags 9 and 3, the body 5 and 1.
    let header = [0xff, 0xff, 2, 9, 1, b'x', 3, 0];
    let body = [1, 0, 0, 0, 2, 5, 0, 1, 2, b'x', b'y'];
    let Got::Frame(frame) = node.exchange_frame(&raw(3, 9, &[&header[..], &body].concat())) else {
        panic!("an answer");
    };
    assert_eq!(decode_frame::<MetadataRequest<'static>>(9, frame).brokers.len(), 1);
}

#[test]
fn bytes_behind_a_body_are_ignored() {
    let node = TestNode::new();
    let mut frame = node.frame(4, &software("a", "1"));
    frame.extend(b"and more");
    let size = (frame.len() - 4) as i32;
    frame[..4].copy_from_slice(&size.to_be_bytes());
    assert!(matches!(node.exchange_frame(&frame), Got::Frame(_)));
}

#[test]
fn an_array_length_below_minus_one_is_null() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let all = [&[0xff, 0xff][..], &(-2_i32).to_be_bytes()].concat();
    let Got::Frame(frame) = node.exchange_frame(&raw(3, 1, &all)) else { panic!("an answer") };
    assert_eq!(decode_frame::<MetadataRequest<'static>>(1, frame).topics.len(), 1);
}

#[test]
fn counts_beyond_the_frame_and_nulls_where_none_may_be_close_the_connection() {
    let node = TestNode::new();
    let client = &[0xff, 0xff][..];
    let huge = [client, &i32::MAX.to_be_bytes()].concat();
    assert_eq!(node.exchange_frame(&raw(3, 1, &huge)), Got::Closed, "an array of 2^31 - 1");
    let varint_of_6_bytes = [client, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 1]].concat();
    assert_eq!(node.exchange_frame(&raw(3, 9, &varint_of_6_bytes)), Got::Closed, "a varint of 6 bytes");
    let null_name = [client, &1_i32.to_be_bytes(), &(-1_i16).to_be_bytes()].concat();
    assert_eq!(node.exchange_frame(&raw(3, 1, &null_name)), Got::Closed, "a null name");
    let cut = [client, &[0, 0]].concat();
    assert_eq!(node.exchange_frame(&raw(3, 1, &cut)), Got::Closed, "a body cut short");
    // OffsetFetch 1 cannot ask for all topics.
    let null_topics = [client, &1_i16.to_be_bytes(), b"g", &(-1_i32).to_be_bytes()].concat();
    assert_eq!(node.exchange_frame(&raw(9, 1, &null_topics)), Got::Closed, "null topics in OffsetFetch 1");
}

#[test]
fn a_client_id_may_be_anything() {
    let node = TestNode::new();
    let not_utf8 = [&2_i16.to_be_bytes()[..], &[0xc3, 0x28]].concat();
    let below_minus_one = (-2_i16).to_be_bytes().to_vec();
    for client_id in [not_utf8, below_minus_one] {
        assert!(matches!(node.exchange_frame(&raw(18, 0, &client_id)), Got::Frame(_)), "{client_id:?}");
    }
}

#[test]
fn every_request_cut_at_any_byte_is_refused_or_read_and_never_more() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let requests = [
        node.frame(12, &fetch_request(&[("t", &[fetch_partition(0, 0)])])),
        node.frame(11, &produce_request(1, &[("t", 0, batch(&["a", "b"]))])),
        node.frame(12, &MetadataRequest { topics: None, ..MetadataRequest::default() }),
    ];
    for whole in requests {
        for length in 4..whole.len() - 1 {
            let mut cut = whole[..length].to_vec();
            cut[..4].copy_from_slice(&((length - 4) as i32).to_be_bytes());
            let got = node.exchange_frame(&cut);
            // What is cut off may have been tags only; a Produce may be left with a part of its batch.
            assert!(matches!(got, Got::Closed | Got::Frame(_)), "{length} bytes: {got:?}");
        }
    }
}

#[test]
fn a_frame_of_a_size_that_is_not_accepted_closes_the_connection_at_once() {
    let server = TestServer::with(&[]);
    let sizes = [-1, i32::MIN, i32::MAX, 100 * 1024 * 1024 + 1];
    for size in sizes {
        let mut client = server.connect();
        client.send(&size.to_be_bytes());
        client.assert_closed(&format!("a frame of {size} bytes"));
    }
    for (what, bytes) in [
        ("HTTP", &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..]),
        ("TLS", &[0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        ("an empty frame", &[0, 0, 0, 0]),
    ] {
        let mut client = server.connect();
        client.send(bytes);
        client.assert_closed(what);
    }
    server.connect().assert_open();
}

#[test]
fn answers_come_in_the_order_of_the_requests_even_behind_a_fetch_that_waits() {
    let server = TestServer::with(&[]);
    let mut client = server.connect();
    make_topic(&mut client);
    // The topic is empty, so this one waits.
    let fetch = FetchRequest { max_wait_ms: 300, ..fetch_request(&[("t", &[fetch_partition(0, 0)])]) };
    let sent = [
        client.request(12, &fetch),
        client.request(9, &MetadataRequest { topics: None, ..MetadataRequest::default() }),
        client.request(4, &software("a", "1")),
    ];
    assert_eq!(sent.map(|_| client.next_answered()), sent);
}

#[test]
fn a_half_closed_client_is_still_answered() {
    let server = TestServer::with(&[]);
    let mut client = server.connect();
    let sent = [client.request(4, &software("a", "1")), client.request(0, &software("a", "1"))];
    client.half_close();
    assert_eq!(sent.map(|_| client.next_answered()), sent);
    client.assert_closed("everything is answered");
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let server = TestServer::with(&[]);
    let mut client = server.connect();
    let frame = api::request_frame(&software("a", "1"), 4, 11, None).expect("a request");
    for byte in frame {
        client.send(&[byte]);
    }
    assert_eq!(client.next_answered(), 11);
}

#[test]
fn acks_0_is_never_answered_and_a_failure_of_it_closes_the_connection() {
    let node = TestNode::new();
    node.topic("t", 1, &[]);
    let send = |request: &ProduceRequest<'static>| node.exchange_frame(&node.frame(11, request));
    assert_eq!(send(&produce_request(0, &[("t", 0, batch(&["a"]))])), Got::Nothing);
    assert_eq!(node.fetch("t", 0).high_watermark.0, 1);
    assert_eq!(send(&produce_request(0, &[("unknown", 0, batch(&["a"]))])), Got::Closed);
    assert_eq!(send(&produce_request(0, &[("t", 0, damaged(&batch(&["a"]), 17, &[0; 4]))])), Got::Closed);
    assert_eq!(send(&produce_request(0, &[("t", 0, damaged(&batch(&["a"]), MAGIC, &[1]))])), Got::Closed);
}

#[test]
fn sasl_on_a_plaintext_listener_is_an_illegal_state() {
    let node = TestNode::new();
    for version in 0..=1 {
        let handshake = node.ask(version, &SaslHandshakeRequest { mechanism: "PLAIN".into() });
        assert_eq!(handshake.error_code, ErrorCode::ILLEGAL_SASL_STATE);
    }
    for version in 0..=2 {
        let authenticate = node.ask(version, &SaslAuthenticateRequest::default());
        assert_eq!(authenticate.error_code, ErrorCode::ILLEGAL_SASL_STATE);
    }
}
