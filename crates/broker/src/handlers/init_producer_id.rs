//! InitProducerId (key 22), versions 0–5: an id for an idempotent producer.
//!
//! Each request gets a new id with epoch 0, also one that brings an id and epoch of before (v3+): without a transactional
//! id these mean nothing, and Apache Kafka ignores them too. Ids come from a block of 1,000 that the controller has
//! given to this broker; only the first request, and each thousandth, waits for a new block.
//!
//! Not done yet: transactional ids. They get TRANSACTIONAL_ID_AUTHORIZATION_FAILED, which no client retries; an empty one
//! is INVALID_REQUEST, as in Apache Kafka.

use protocol::{
    ErrorCode,
    messages::init_producer_id::{InitProducerIdRequest, InitProducerIdResponse},
    types::{Now, ProducerEpoch, ProducerId},
};

use crate::{answer::Reply, dispatch::Context, node::Node};

/// Answers InitProducerId.
pub fn handle(
    node: &Node,
    _: &Context<'_>,
    request: InitProducerIdRequest<'_>,
    now: Now,
) -> Reply<InitProducerIdResponse> {
    if let Some(id) = &request.transactional_id {
        let error_code =
            if id.is_empty() { ErrorCode::INVALID_REQUEST } else { ErrorCode::TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
        return InitProducerIdResponse { error_code, ..InitProducerIdResponse::default() }.into();
    }
    node.controller.producer_id(now, |id: Result<ProducerId, ErrorCode>| match id {
        Ok(producer_id) => InitProducerIdResponse {
            producer_id,
            producer_epoch: ProducerEpoch(0),
            ..InitProducerIdResponse::default()
        },
        Err(error_code) => InitProducerIdResponse { error_code, ..InitProducerIdResponse::default() },
    })
}
