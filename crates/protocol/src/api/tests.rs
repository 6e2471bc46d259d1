use super::*;
use crate::messages::{api_versions::ApiVersionsResponse, metadata::MetadataRequest};

#[test]
fn the_keys_are_those_of_the_messages_and_ascend() {
    assert!(APIS.windows(2).all(|pair| pair[0].key < pair[1].key));
    assert_eq!(ApiKey(MetadataRequest::KEY), ApiKey::METADATA);
}

#[test]
fn a_request_comes_back_out_of_its_frame() {
    let request = MetadataRequest { topics: None, ..MetadataRequest::default() };
    for version in [1, 8, 9, 13] {
        let frame = request_frame(&request, version, 7, Some("me".into())).unwrap();
        let NextFrame::Whole(body) = next_frame(&frame, 100) else { panic!("a whole frame") };
        let mut reader = Reader::new(body);
        let mut header = RequestHeader::decode_start(&mut reader).unwrap();
        let api = Api::of(header.api_key).unwrap();
        header.decode_rest(&mut reader, api.request_header_version(version)).unwrap();
        assert_eq!((header.correlation_id, header.client_id), (7, Some("me".into())));
        let decoded: MetadataRequest<'_> = codec::decode_from(&mut reader, version).unwrap();
        assert_eq!(decoded.topics, None, "v{version}");
        assert_eq!(reader.remaining(), 0);
    }
}

#[test]
fn the_answer_to_api_versions_has_a_header_without_tags() {
    let mut writer = Writer::new();
    let api = Api::of(ApiKey::API_VERSIONS).unwrap();
    write_response(&mut writer, api, 4, 9, &ApiVersionsResponse::default()).unwrap();
    let frame = writer.into_bytes();
    assert_eq!(frame[4..10], [0, 0, 0, 9, 0, 0], "the error code follows the correlation id");
}

#[test]
fn a_frame_waits_for_its_bytes_and_is_refused_beyond_the_limit() {
    assert_eq!(next_frame(&[0, 0], 10), NextFrame::Incomplete { needed: 4 });
    assert_eq!(next_frame(&[0, 0, 0, 2, 1], 10), NextFrame::Incomplete { needed: 6 });
    assert_eq!(next_frame(&[0, 0, 0, 2, 1, 2, 3], 10), NextFrame::Whole(&[1, 2]));
    assert_eq!(next_frame(&[0, 0, 0, 11], 10), NextFrame::Refused { size: 11 });
    assert_eq!(next_frame(&[0xff; 4], 10), NextFrame::Refused { size: -1 });
}
