//! LZ4 frames. The blocks are `lz4_flex`'s, the frame around them is read here.
//!
//! ```text
//! frame   magic u32 · flags u8 · block size u8 · [content size u64] · header checksum u8 · block* · 0 u32 · [checksum]
//! block   size u32, top bit: stored · bytes · [checksum u32]                                     (little endian)
//! ```
//!
//! `lz4_flex` reads frames too, but sets buffers for the largest block aside for a frame of twenty bytes, takes a frame
//! without its end for a whole one, and knows the legacy format, all unlike Java's reader. As there, what follows the
//! frame is ignored and the content checksum is not compared: the batch's CRC has vouched for these bytes. Unlike
//! there, blocks may be linked.
//!
//! Source: the LZ4 frame format 1.6; Kafka `Lz4BlockInputStream`.

use std::io::Write;

use lz4_flex::{
    block::{self, DecompressError},
    frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo},
};
use twox_hash::XxHash32;

use super::Problem;

const MAGIC: [u8; 4] = 0x184d_2204u32.to_le_bytes();
const STORED: u32 = 1 << 31;
/// How far back a block may reach into the one before it.
const WINDOW: usize = 64 * 1024;

pub(super) fn compress(input: &[u8], output: &mut Vec<u8>) {
    let info = FrameInfo::new().block_size(BlockSize::Max64KB).block_mode(BlockMode::Independent);
    let mut encoder = FrameEncoder::with_frame_info(info, output);
    encoder.write_all(input).expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail");
}

/// What the frame's header says.
struct Frame {
    linked: bool,
    block_checksums: bool,
    content_checksum: bool,
    block_size_max: usize,
}

pub(super) fn decompress(body: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    let mut rest = body;
    let frame = read_header(&mut rest)?;
    let mut output = Vec::new();
    loop {
        let size = u32::from_le_bytes(take(&mut rest)?);
        if size == 0 {
            if frame.content_checksum {
                take::<4>(&mut rest)?;
            }
            return Ok(output);
        }
        let (stored, size) = (size & STORED != 0, (size & !STORED) as usize);
        if size > frame.block_size_max {
            return Err(Problem::Corrupt);
        }
        let (bytes, after) = rest.split_at_checked(size).ok_or(Problem::Corrupt)?;
        rest = after;
        if frame.block_checksums && take(&mut rest)? != XxHash32::oneshot(0, bytes).to_le_bytes() {
            return Err(Problem::Corrupt);
        }
        if !stored {
            decompress_block(&frame, bytes, &mut output, limit)?;
        } else if size > limit - output.len() {
            return Err(Problem::TooLarge);
        } else {
            output.extend_from_slice(bytes);
        }
    }
}

fn read_header(rest: &mut &[u8]) -> Result<Frame, Problem> {
    if take(rest)? != MAGIC {
        return Err(Problem::Corrupt);
    }
    let descriptor = *rest;
    let [flags, block_size] = take(rest)?;
    // Version 1, no reserved bit, no dictionary.
    if flags & 0b1100_0011 != 0b0100_0000 || block_size & 0b1000_1111 != 0 {
        return Err(Problem::Corrupt);
    }
    let block_size_max = match block_size >> 4 {
        size @ 4..=7 => 1 << (8 + 2 * u32::from(size)),
        _ => return Err(Problem::Corrupt),
    };
    if flags & 0b1000 != 0 {
        take::<8>(rest)?;
    }
    let descriptor = &descriptor[..descriptor.len() - rest.len()];
    let [checksum] = take(rest)?;
    if checksum != (XxHash32::oneshot(0, descriptor) >> 8) as u8 {
        return Err(Problem::Corrupt);
    }
    Ok(Frame {
        linked: flags & 0b10_0000 == 0,
        block_checksums: flags & 0b1_0000 != 0,
        content_checksum: flags & 0b100 != 0,
        block_size_max,
    })
}

fn decompress_block(frame: &Frame, block: &[u8], output: &mut Vec<u8>, limit: usize) -> Result<(), Problem> {
    // A byte of input lengthens a match by at most 255.
    let possible = block.len().saturating_mul(255).saturating_add(64).min(frame.block_size_max);
    let start = output.len();
    let room = possible.min(limit - start);
    output.resize(start + room, 0);
    let (before, into) = output.split_at_mut(start);
    let result = if frame.linked {
        block::decompress_into_with_dict(block, into, &before[start.saturating_sub(WINDOW)..])
    } else {
        block::decompress_into(block, into)
    };
    match result {
        Ok(length) => {
            output.truncate(start + length);
            Ok(())
        }
        Err(DecompressError::OutputTooSmall { .. }) if room < possible => Err(Problem::TooLarge),
        Err(_) => Err(Problem::Corrupt),
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Problem> {
    let (bytes, after) = rest.split_first_chunk().ok_or(Problem::Corrupt)?;
    *rest = after;
    Ok(*bytes)
}
