use std::{net::SocketAddr, time::Instant};

use protocol::{
    api::write_response,
    codec::Writer,
    messages::{
        api_versions::ApiVersion,
        metadata::{MetadataRequest, MetadataResponse},
        offset_delete::OffsetDeleteRequest,
    },
};
use tokio::net::TcpListener;

use super::*;

/// A peer that answers whatever comes with what `answer` makes of it: the header's key, version and id, in the order
/// in which requests come. `None` closes the connection.
async fn peer(mut answer: impl FnMut(ApiKey, i16, i32) -> Option<Vec<u8>> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        while let Ok(Some(frame)) = read_frame(&mut socket).await {
            let header = api::RequestHeader::decode_start(&mut Reader::new(&frame)).unwrap();
            match answer(header.api_key, header.api_version, header.correlation_id) {
                Some(bytes) => socket.write_all(&bytes).await.unwrap(),
                None => return,
            }
        }
    });
    address
}

fn versions_answer(version: i16, id: i32, code: ErrorCode, keys: &[(ApiKey, i16, i16)]) -> Vec<u8> {
    let response = ApiVersionsResponse {
        error_code: code,
        api_keys: keys
            .iter()
            .map(|&(key, min_version, max_version)| ApiVersion { api_key: key.0, min_version, max_version })
            .collect(),
        ..ApiVersionsResponse::default()
    };
    frame_of(ApiKey::API_VERSIONS, version, id, &response)
}

fn frame_of<M: Message + Encode>(key: ApiKey, version: i16, id: i32, response: &M) -> Vec<u8> {
    let mut writer = Writer::new();
    write_response(&mut writer, Api::of(key).unwrap(), version, id, response).unwrap();
    writer.into_bytes()
}

fn metadata_answer(version: i16, id: i32) -> Vec<u8> {
    let cluster_id = Some(Str::from(id.to_string()));
    frame_of(ApiKey::METADATA, version, id, &MetadataResponse { cluster_id, ..MetadataResponse::default() })
}

async fn connect(address: SocketAddr) -> Result<Connection, ConnectError> {
    Connection::connect(&address.to_string(), &ConnectOptions::default()).await
}

#[tokio::test]
async fn the_newest_common_version_is_used() {
    let address = peer(|key, version, id| {
        Some(match key {
            ApiKey::API_VERSIONS => versions_answer(
                version,
                id,
                ErrorCode::NONE,
                &[(ApiKey::METADATA, 2, 9), (ApiKey::FETCH, 4, 99), (ApiKey::OFFSET_DELETE, 7, 8)],
            ),
            _ => {
                assert_eq!(version, 9);
                metadata_answer(version, id)
            }
        })
    })
    .await;
    let connection = connect(address).await.unwrap();
    let answer = connection.call(&MetadataRequest::default()).await.unwrap();
    assert_eq!(answer.version(), 9);
    assert_eq!(connection.version_up_to::<MetadataRequest<'_>>(4).unwrap(), 4);
    assert!(connection.version_up_to::<MetadataRequest<'_>>(1).is_err());
    assert_eq!(connection.version::<protocol::messages::fetch::FetchRequest<'_>>().unwrap(), 18);
    let error = connection.call(&OffsetDeleteRequest::default()).await.unwrap_err();
    assert!(error.to_string().ends_with("has OffsetDelete in versions 7-8, and this client in 0-0"), "{error}");
}

#[tokio::test]
async fn a_broker_too_old_for_the_first_question_is_asked_again_in_version_0() {
    let address = peer(|_, version, id| {
        let code = if version == 0 { ErrorCode::NONE } else { ErrorCode::UNSUPPORTED_VERSION };
        Some(versions_answer(0, id, code, &[(ApiKey::METADATA, 0, 1)]))
    })
    .await;
    let connection = connect(address).await.unwrap();
    assert_eq!(connection.versions().range(ApiKey::METADATA), Some((0, 1)));
}

#[tokio::test]
async fn answers_find_their_requests_in_whatever_order_they_come() {
    let mut held = None;
    let address = peer(move |key, version, id| {
        if key == ApiKey::API_VERSIONS {
            return Some(versions_answer(version, id, ErrorCode::NONE, &[(ApiKey::METADATA, 0, 13)]));
        }
        Some(match held.take() {
            None => {
                held = Some(id);
                Vec::new()
            }
            Some(first) => [metadata_answer(version, id), metadata_answer(version, first)].concat(),
        })
    })
    .await;
    let connection = connect(address).await.unwrap();
    let submit = async || connection.submit(&MetadataRequest::default(), 13).await.unwrap();
    let (first, second) = (submit().await, submit().await);
    for (submitted, id) in [(first, "0"), (second, "1")] {
        let answer = submitted.answer(Duration::from_secs(10)).await.unwrap();
        let response = answer.read::<MetadataRequest<'_>>().unwrap();
        assert_eq!(response.cluster_id.unwrap(), id);
    }
}

#[tokio::test]
async fn whoever_waits_learns_that_the_connection_ended() {
    let address = peer(|key, version, id| {
        (key == ApiKey::API_VERSIONS)
            .then(|| versions_answer(version, id, ErrorCode::NONE, &[(ApiKey::METADATA, 0, 13)]))
    })
    .await;
    let connection = connect(address).await.unwrap();
    for _ in 0..2 {
        let error = connection.call(&MetadataRequest::default()).await.unwrap_err();
        assert!(matches!(error, CallError::Closed { .. }), "{error}");
    }
    assert!(!connection.is_open());
}

#[tokio::test]
async fn what_does_not_speak_kafka_is_named() {
    for (bytes, says) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP server"),
        (&[0x15, 3, 3, 0, 2, 2, 50], "TLS"),
        (&[0xff; 64], "no frame"),
        (&[0, 0, 0, 5, 0, 0, 0, 0, 9], "cannot be read"),
    ] {
        let address = peer(|_, _, _| Some(bytes.to_vec())).await;
        let error = connect(address).await.unwrap_err();
        assert!(matches!(error, ConnectError::NotKafka { .. }) && error.to_string().contains(says), "{error}");
    }
    let address = peer(|_, _, _| None).await;
    assert!(matches!(connect(address).await.unwrap_err(), ConnectError::NotKafka { .. }));
}

#[tokio::test]
async fn a_port_without_a_listener_is_refused_at_once() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let started = Instant::now();
    let error = connect(free).await.unwrap_err();
    assert!(matches!(error, ConnectError::Refused { .. }), "{error}");
    assert!(started.elapsed() < ConnectOptions::default().connect_timeout);
    for address in ["localhost", ":9092", "localhost:port"] {
        let error = Connection::connect(address, &ConnectOptions::default()).await.unwrap_err();
        assert!(matches!(error, ConnectError::Address { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_silent_peer_is_given_up() {
    let address = peer(|_, _, _| Some(Vec::new())).await;
    let options = ConnectOptions { connect_timeout: Duration::from_millis(20), ..ConnectOptions::default() };
    let error = Connection::connect(&address.to_string(), &options).await.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
}
