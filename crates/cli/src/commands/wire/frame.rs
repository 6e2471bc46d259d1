//! What stands in front of a message, and tells what it is.
//!
//! | kind | in front |
//! |---|---|
//! | request, response | its header |
//! | record of the metadata log, or of remote log metadata | three varints: 1, type, version |
//! | coordinator's key | its type, `int16` |
//! | coordinator's value, and data | its version, `int16` |
//! | control record | nothing; its first field is its version |

use protocol::{
    api::{Api, ApiKey, RequestHeader, ResponseHeader},
    codec::{Message as _, Reader, Writer},
    registry::{self, Entry, MessageKind},
    schema::MessageSchema,
    stored,
};
use serde_json::{Value, json};

use super::{decode_message, encode_message, json as message_json};

/// A frame that was read.
pub(super) struct Read {
    pub(super) entry: Entry,
    pub(super) version: i16,
    pub(super) json: Value,
}

/// Reads a frame of the message `entry`, or of whichever the frame says.
pub(super) fn decode(entry: Option<Entry>, version: Option<i16>, bytes: &[u8]) -> Result<Read, String> {
    let kind = match (entry, bytes) {
        (Some(entry), _) => entry.kind,
        // A request begins with its key, and none is above 255; a metadata record begins with a 1.
        (None, [0, ..]) => MessageKind::Request,
        (None, [1, ..]) => MessageKind::Metadata,
        (None, _) => return Err("neither a request nor a record of the metadata log; name the message".to_owned()),
    };
    let mut reader = Reader::new(bytes);
    match kind {
        MessageKind::Request => decode_request(entry, version, reader),
        MessageKind::Response => decode_response(entry, version, reader),
        MessageKind::Metadata | MessageKind::RemoteLog => {
            let frame = stored::read_metadata_frame(&mut reader).map_err(|error| error.to_string())?;
            let entry = of_key(entry, kind, frame.key)?;
            body(entry, same(version, frame.version)?, reader)
        }
        MessageKind::Key => {
            let key = int16(&mut reader)?;
            let entry = of_key(entry, kind, key)?;
            body(entry, same(version, entry.schema.versions.max)?, reader)
        }
        MessageKind::Value | MessageKind::Data => {
            let found = int16(&mut reader)?;
            body(known(entry)?, same(version, found)?, reader)
        }
        MessageKind::Control => {
            let found = int16(&mut reader)?;
            body(known(entry)?, same(version, found)?, Reader::new(bytes))
        }
        MessageKind::Header => {
            let version = version.ok_or("nothing in front of a header tells its version; say it")?;
            body(known(entry)?, version, reader)
        }
    }
}

/// Writes a message behind what stands in front of it.
pub(super) fn encode(entry: Entry, version: i16, json: &Value, writer: &mut Writer) -> Result<(), String> {
    let key = entry.schema.key;
    match entry.kind {
        MessageKind::Request | MessageKind::Response => {
            let (Some(header), Some(body)) = (json.get("header"), json.get("body")) else {
                return Err("a framed request or response is {\"header\":{…},\"body\":{…}}".to_owned());
            };
            let api = api(key)?;
            let (schema, header_version) = match entry.kind {
                MessageKind::Request => (RequestHeader::SCHEMA, api.request_header_version(version)),
                _ => (ResponseHeader::SCHEMA, api.response_header_version(version)),
            };
            let differs = |name: &str, number: i16| header.get(name).is_some_and(|said| *said != number);
            if differs("requestApiKey", key) || differs("requestApiVersion", version) {
                return Err(format!("the header is of another request than {} {version}", entry.schema.name));
            }
            encode_message(Entry { kind: MessageKind::Header, schema }, header_version, header, writer)?;
            return encode_message(entry, version, body, writer);
        }
        MessageKind::Metadata | MessageKind::RemoteLog => {
            stored::write_metadata_frame(writer, stored::MetadataFrame { key, version });
        }
        MessageKind::Key => writer.put(&key.to_be_bytes()),
        MessageKind::Value | MessageKind::Data => writer.put(&version.to_be_bytes()),
        MessageKind::Control | MessageKind::Header => {}
    }
    encode_message(entry, version, json, writer)
}

fn decode_request(entry: Option<Entry>, version: Option<i16>, mut reader: Reader<'_>) -> Result<Read, String> {
    let start = RequestHeader::decode_start(&mut reader.clone()).map_err(|error| error.to_string())?;
    let api = api(start.api_key.0)?;
    let entry = of_key(entry, MessageKind::Request, api.key.0)?;
    let version = same(version, start.api_version)?;
    let header = header(RequestHeader::SCHEMA, api.request_header_version(version), &mut reader)?;
    let body = decode_message(entry, version, &mut reader)?;
    Ok(Read { entry, version, json: json!({ "header": header, "body": body }) })
}

fn decode_response(entry: Option<Entry>, version: Option<i16>, mut reader: Reader<'_>) -> Result<Read, String> {
    let entry = known(entry)?;
    let version = version.ok_or("a response does not tell its version; say it")?;
    let header = header(ResponseHeader::SCHEMA, api(entry.schema.key)?.response_header_version(version), &mut reader)?;
    let body = decode_message(entry, version, &mut reader)?;
    Ok(Read { entry, version, json: json!({ "header": header, "body": body }) })
}

fn header(schema: &MessageSchema, version: i16, reader: &mut Reader<'_>) -> Result<Value, String> {
    let header = schema.decode(reader, version).map_err(|error| error.to_string())?;
    Ok(message_json::of(&*header, Some(version)))
}

fn body(entry: Entry, version: i16, mut reader: Reader<'_>) -> Result<Read, String> {
    Ok(Read { entry, version, json: decode_message(entry, version, &mut reader)? })
}

fn int16(reader: &mut Reader<'_>) -> Result<i16, String> {
    let bytes = reader.take(2).map_err(|error| error.to_string())?;
    Ok(i16::from_be_bytes([bytes[0], bytes[1]]))
}

fn known(entry: Option<Entry>) -> Result<Entry, String> {
    entry.ok_or_else(|| "which message is it? begin the line with its name".to_owned())
}

/// The message of a kind that has the key; it must be `entry`, if one is named.
fn of_key(entry: Option<Entry>, kind: MessageKind, key: i16) -> Result<Entry, String> {
    match entry {
        Some(entry) if entry.schema.key == key => Ok(entry),
        Some(entry) => Err(format!("{} has key {}, and this has {key}", entry.schema.name, entry.schema.key)),
        None => registry::all()
            .find(|entry| entry.kind == kind && entry.schema.key == key)
            .ok_or_else(|| format!("there is no {} with key {key}", kind.name())),
    }
}

fn same(said: Option<i16>, found: i16) -> Result<i16, String> {
    match said {
        Some(said) if said != found => Err(format!("this is version {found}, and not {said}")),
        _ => Ok(found),
    }
}

fn api(key: i16) -> Result<&'static Api, String> {
    Api::of(ApiKey(key)).ok_or_else(|| format!("there is no API with key {key}"))
}
