//! Messages that kill a server that believes them.

use super::{fetch::FetchRequest, metadata::MetadataRequest, produce::ProduceRequest};
use crate::codec::{DecodeProblem, decode};

#[test]
fn a_metadata_request_of_four_bytes_that_announces_two_billion_topics_is_refused() {
    for version in 1..=8 {
        let error = decode::<MetadataRequest<'_>>(&i32::MAX.to_be_bytes(), version).unwrap_err();
        assert_eq!((error.field, error.offset), ("MetadataRequest.topics", 4), "version {version}");
        assert_eq!(error.problem, DecodeProblem::Length { length: i64::from(i32::MAX), remaining: 0 });
    }
}

#[test]
fn a_varint_of_five_bytes_that_announces_four_billion_topics_is_refused() {
    for version in 9..=13 {
        let error = decode::<MetadataRequest<'_>>(&[0xff, 0xff, 0xff, 0xff, 0x0f], version).unwrap_err();
        assert_eq!((error.field, error.offset), ("MetadataRequest.topics", 5), "version {version}");
    }
    // One bit more than 32, and a varint that does not end.
    for bytes in [[0xff, 0xff, 0xff, 0xff, 0x1f], [0xff; 5]] {
        assert!(decode::<MetadataRequest<'_>>(&bytes, 12).is_err(), "{bytes:?}");
    }
}

#[test]
fn arrays_inside_arrays_cannot_announce_more_than_there_is() {
    // Produce 9: no transactional id, acks, timeout; one topic without a name and two billion partitions.
    let produce = [0, 0, 1, 0, 0, 0, 1, 2, 1, 0xff, 0xff, 0xff, 0xff, 0x07];
    let error = decode::<ProduceRequest<'_>>(&produce, 9).unwrap_err();
    assert_eq!(error.field, "TopicProduceData.partitionData");
    // Fetch 4 up to its topics: one, without a name, and two billion partitions.
    let mut fetch = vec![0; 17];
    fetch.extend([0, 0, 0, 1, 0, 0, 0x7f, 0xff, 0xff, 0xff]);
    let error = decode::<FetchRequest<'_>>(&fetch, 4).unwrap_err();
    assert_eq!(error.field, "FetchTopic.partitions");
}
