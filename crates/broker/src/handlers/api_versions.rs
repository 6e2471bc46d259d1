//! ApiVersions (key 18), versions 0–4: which APIs, versions and features a node has.
//!
//! What is advertised is what [`SERVED`] lists, with the versions that Kafka 4.3 has. One range is not the truth: Produce
//! is said to begin at 0 although 3 is the lowest, because old librdkafka switches compression off where 0 is missing
//! (KAFKA-18659); Apache Kafka says the same.
//!
//! - v3: the client tells its software's name and version; what is not made of letters, digits, `-` and `.` is refused
//!   with INVALID_REQUEST.
//! - v4: supported features with a minimum of 0. Clients before it fail to read those (KAFKA-17492), so they are left out.
//! - A version too new is answered in version 0 with UNSUPPORTED_VERSION (KIP-511); see [`unsupported_version`].

use protocol::{
    ErrorCode,
    api::{Api, ApiKey},
    messages::api_versions::{
        ApiVersion, ApiVersionsRequest, ApiVersionsResponse, FinalizedFeatureKey, SupportedFeatureKey,
    },
    types::{Now, Str},
};

use crate::{
    answer::Reply,
    dispatch::{Context, SERVED, is_served},
    node::Node,
};

/// Answers ApiVersions.
pub fn handle(
    node: &Node,
    cx: &Context<'_>,
    request: ApiVersionsRequest<'_>,
    _: Now,
) -> Reply<ApiVersionsResponse<'static>> {
    if cx.version() >= 3
        && !(is_software_word(&request.client_software_name) && is_software_word(&request.client_software_version))
    {
        let error_code = ErrorCode::INVALID_REQUEST;
        return ApiVersionsResponse { error_code, ..ApiVersionsResponse::default() }.into();
    }
    let supported_features = metadata::controller::features::supported(node.config.unstable_feature_versions)
        .into_iter()
        .filter(|(_, range)| cx.version() >= 4 || *range.start() > 0)
        .map(|(name, range)| SupportedFeatureKey {
            name: name.into(),
            min_version: *range.start(),
            max_version: *range.end(),
        })
        .collect();
    let finalized = |(name, level): (String, i16)| FinalizedFeatureKey {
        name: name.into(),
        max_version_level: level,
        min_version_level: level,
    };
    ApiVersionsResponse {
        error_code: ErrorCode::NONE,
        api_keys: advertised(cx.peer.is_controller),
        throttle_time_ms: 0,
        supported_features,
        finalized_features_epoch: node.metadata_offset().0,
        finalized_features: node.finalized_features().into_iter().map(finalized).collect(),
        zk_migration_ready: false,
    }
    .into()
}

/// The answer, in version 0, to a version that this node does not know.
#[must_use]
pub fn unsupported_version() -> ApiVersionsResponse<'static> {
    ApiVersionsResponse {
        error_code: ErrorCode::UNSUPPORTED_VERSION,
        api_keys: vec![range(ApiKey::API_VERSIONS)],
        ..ApiVersionsResponse::default()
    }
}

fn advertised(is_controller: bool) -> Vec<ApiVersion> {
    SERVED.iter().filter(|(key, _)| is_served(*key, is_controller)).map(|(key, _)| range(*key)).collect()
}

fn range(key: ApiKey) -> ApiVersion {
    let api = Api::of(key).expect("every API that is served is known");
    let min_version = if key == ApiKey::PRODUCE { 0 } else { api.min };
    ApiVersion { api_key: key.0, min_version, max_version: api.max }
}

/// Letters and digits at both ends, `-` and `.` between them.
fn is_software_word(word: &Str<'_>) -> bool {
    let inner = |c: &u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.');
    match word.as_bytes() {
        [] => false,
        [first, .., last] if !(first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric()) => false,
        [only] => only.is_ascii_alphanumeric(),
        bytes => bytes.iter().all(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_names_itself_in_letters_digits_dashes_and_dots() {
        for good in ["a", "apache-kafka-java", "4.3.1", "confluent-kafka-python", "2.16.1-rdkafka-2.16.0"] {
            assert!(is_software_word(&good.into()), "{good}");
        }
        for bad in ["", "-a", "a-", "a b", "1.0_x", "1.0+x", "."] {
            assert!(!is_software_word(&bad.into()), "{bad}");
        }
    }

    #[test]
    fn produce_is_said_to_begin_at_0_for_old_librdkafka() {
        let produce = advertised(false).into_iter().find(|api| api.api_key == 0);
        assert_eq!(produce, Some(ApiVersion { api_key: 0, min_version: 0, max_version: 13 }));
    }
}
