//! Snappy as Kafka has it: Java writes the *xerial* framing, most others one raw block, and readers take both.
//!
//! ```text
//! xerial   magic 82 "SNAPPY" 00 · version i32 · lowest compatible version i32 · (length i32 · raw block)*
//! ```
//!
//! Streams may follow one another: the magic then stands where a length would, and is negative as one.
//!
//! Source: snappy-java `SnappyInputStream`, `SnappyOutputStream`.

use super::Problem;

const MAGIC: [u8; 8] = [0x82, b'S', b'N', b'A', b'P', b'P', b'Y', 0];
const HEADER_SIZE: usize = 16;
const BLOCK_SIZE: usize = 32 * 1024;

pub(super) fn compress(input: &[u8], output: &mut Vec<u8>) {
    output.extend_from_slice(&MAGIC);
    output.extend_from_slice(&1i32.to_be_bytes());
    output.extend_from_slice(&1i32.to_be_bytes());
    let mut encoder = snap::raw::Encoder::new();
    for block in input.chunks(BLOCK_SIZE) {
        let start = output.len();
        output.resize(start + 4 + snap::raw::max_compress_len(block.len()), 0);
        let length =
            encoder.compress(block, &mut output[start + 4..]).expect("there is room for the largest possible block");
        output[start..start + 4].copy_from_slice(&(length as i32).to_be_bytes());
        output.truncate(start + 4 + length);
    }
}

pub(super) fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    let mut output = Vec::new();
    if !body.starts_with(&MAGIC) {
        decompress_block(body, &mut output, limit)?;
        return Ok(output);
    }
    let mut rest = body;
    while !rest.is_empty() {
        if rest.starts_with(&MAGIC) {
            rest = rest.get(HEADER_SIZE..).ok_or(Problem::Corrupt)?;
            continue;
        }
        let (length, after) = rest.split_first_chunk().ok_or(Problem::Corrupt)?;
        let length = usize::try_from(i32::from_be_bytes(*length)).map_err(|_| Problem::Corrupt)?;
        let (block, after) = after.split_at_checked(length).ok_or(Problem::Corrupt)?;
        decompress_block(block, &mut output, limit)?;
        rest = after;
    }
    Ok(output)
}

fn decompress_block(block: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Problem> {
    // Three bytes of input make at most a copy of 64.
    let possible = block.len().saturating_mul(64) / 3 + 64;
    let announced = snap::raw::decompress_len(block).map_err(|_| Problem::Corrupt)?;
    if announced > possible {
        return Err(Problem::Corrupt);
    }
    if announced > limit - output.len() {
        return Err(Problem::TooLarge);
    }
    let start = output.len();
    output.resize(start + announced, 0);
    snap::raw::Decoder::new().decompress(block, &mut output[start..]).map_err(|_| Problem::Corrupt)?;
    Ok(())
}
