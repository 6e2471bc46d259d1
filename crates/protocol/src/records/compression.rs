//! The codecs of record batches, and bounds on what they may do to us.
//!
//! A few kilobytes of any codec can announce gigabytes. So decompression has a budget, and sets memory aside only as
//! the bytes that came can account for it: a length that a codec announces is compared with the most that so many
//! compressed bytes can ever become, and output grows from there. Going over the budget is its own error, because it
//! says nothing about the bytes being wrong.
//!
//! What each codec is in Kafka:
//!
//! | codec | read | written |
//! |---|---|---|
//! | gzip | any number of members | one member |
//! | snappy | xerial framing (what Java writes) or one raw block (what others write) | xerial, blocks of 32 KiB |
//! | lz4 | one frame, blocks independent or linked | independent blocks of 64 KiB, as Java does |
//! | zstd | any number of frames | one frame |
//!
//! Levels are Kafka's (KIP-390). The LZ4 encoder has one level only, its fastest; a higher one is accepted and has no
//! effect.
//!
//! Source: Kafka `common.compress`, `CompressionType`.

use std::{
    borrow::Cow,
    cell::RefCell,
    fmt,
    io::{Read, Write},
    ops::RangeInclusive,
};

mod lz4;
mod snappy;

/// How the body of a batch is compressed. The order is that of the ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CompressionType {
    /// Not at all.
    #[default]
    None = 0,
    /// Gzip (RFC 1952).
    Gzip = 1,
    /// Snappy.
    Snappy = 2,
    /// LZ4 frames.
    Lz4 = 3,
    /// Zstandard (KIP-110).
    Zstd = 4,
}

impl CompressionType {
    /// All of them, by id.
    pub const ALL: [Self; 5] = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];

    /// The codec of an id in the attributes of a batch.
    #[must_use]
    pub const fn from_id(id: u8) -> Option<Self> {
        match id {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            2 => Some(Self::Snappy),
            3 => Some(Self::Lz4),
            4 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The codec of a name in a config.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.name() == name)
    }

    /// Its name in a config.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }

    /// The levels that Kafka allows, where the codec has levels. Gzip's default, -1, is allowed beside its range.
    #[must_use]
    pub const fn levels(self) -> Option<RangeInclusive<i32>> {
        match self {
            Self::None | Self::Snappy => None,
            Self::Gzip => Some(1..=9),
            Self::Lz4 => Some(1..=17),
            Self::Zstd => Some(-131_072..=22),
        }
    }

    /// Kafka's default level; 0 where the codec has none.
    #[must_use]
    pub const fn level_default(self) -> i32 {
        match self {
            Self::None | Self::Snappy => 0,
            Self::Gzip => -1,
            Self::Lz4 => 9,
            Self::Zstd => 3,
        }
    }
}

impl fmt::Display for CompressionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A codec at a level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compression {
    codec: CompressionType,
    level: i32,
}

impl Compression {
    /// No compression.
    pub const NONE: Self = Self::of(CompressionType::None);

    /// A codec at its default level.
    #[must_use]
    pub const fn of(codec: CompressionType) -> Self {
        Self { codec, level: codec.level_default() }
    }

    /// A codec at `level`; `None` if Kafka does not allow it. Codecs without levels take their default, 0, only.
    #[must_use]
    pub fn at_level(codec: CompressionType, level: i32) -> Option<Self> {
        let allowed = level == codec.level_default() || codec.levels().is_some_and(|levels| levels.contains(&level));
        allowed.then_some(Self { codec, level })
    }

    /// The codec.
    #[must_use]
    pub const fn codec(self) -> CompressionType {
        self.codec
    }

    /// Appends `input`, compressed, to `output`.
    pub fn compress(self, input: &[u8], output: &mut Vec<u8>) {
        const INFALLIBLE: &str = "writing to memory does not fail";
        match self.codec {
            CompressionType::None => output.extend_from_slice(input),
            CompressionType::Gzip => {
                let level = match u32::try_from(self.level) {
                    Ok(level) => flate2::Compression::new(level),
                    Err(_) => flate2::Compression::default(),
                };
                let mut encoder = flate2::write::GzEncoder::new(output, level);
                encoder.write_all(input).expect(INFALLIBLE);
                encoder.finish().expect(INFALLIBLE);
            }
            CompressionType::Snappy => snappy::compress(input, output),
            CompressionType::Lz4 => lz4::compress(input, output),
            CompressionType::Zstd => {
                let compressed = zstd::bulk::compress(input, self.level).expect("the level is in range");
                output.extend_from_slice(&compressed);
            }
        }
    }
}

/// Why the body of a batch could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecompressError {
    /// The attributes name a codec that does not exist.
    UnknownCodec,
    /// The body is not of the codec that the attributes name, or is cut.
    Corrupt {
        /// That codec.
        codec: CompressionType,
    },
    /// The body is larger than the caller allows.
    TooLarge {
        /// What the caller allows, in bytes.
        limit: usize,
    },
}

impl fmt::Display for DecompressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownCodec => f.write_str("the batch names a compression codec that does not exist"),
            Self::Corrupt { codec } => write!(f, "the batch's records cannot be decompressed as {codec}"),
            Self::TooLarge { limit } => write!(f, "the batch's records decompress to more than {limit} bytes"),
        }
    }
}

impl std::error::Error for DecompressError {}

/// The decompressed form of `body`, which borrows from it if there is nothing to decompress.
///
/// # Errors
/// [`DecompressError::Corrupt`]; [`DecompressError::TooLarge`] when there would be more than `limit` bytes. Memory use
/// stays within twice `limit` and a constant, whatever the bytes announce.
pub fn decompress(codec: CompressionType, body: &[u8], limit: usize) -> Result<Cow<'_, [u8]>, DecompressError> {
    let output = match codec {
        CompressionType::None => return Ok(Cow::Borrowed(body)),
        CompressionType::Gzip => read_to_end(flate2::bufread::MultiGzDecoder::new(body), limit),
        CompressionType::Snappy => snappy::decompress(body, limit),
        CompressionType::Lz4 => lz4::decompress(body, limit),
        CompressionType::Zstd => decompress_zstd(body, limit),
    };
    output.map(Cow::Owned).map_err(|problem| match problem {
        Problem::Corrupt => DecompressError::Corrupt { codec },
        Problem::TooLarge => DecompressError::TooLarge { limit },
    })
}

/// A [`DecompressError`] before it knows its codec and limit.
enum Problem {
    Corrupt,
    TooLarge,
}

fn read_to_end(mut from: impl Read, limit: usize) -> Result<Vec<u8>, Problem> {
    const STEP_MIN: usize = 16 * 1024;
    let mut output = Vec::new();
    let mut length = 0;
    loop {
        if length == output.len() {
            // One byte over the limit shows that there is more.
            let step = length.max(STEP_MIN).min((limit - length).saturating_add(1));
            output.resize(length + step, 0);
        }
        match from.read(&mut output[length..]) {
            Ok(0) => {
                output.truncate(length);
                return Ok(output);
            }
            Ok(count) => length += count,
            Err(_) => return Err(Problem::Corrupt),
        }
        if length > limit {
            return Err(Problem::TooLarge);
        }
    }
}

thread_local! {
    /// A context is 160 KB to set up, more work than a small batch. It carries nothing from one call to the next.
    static ZSTD: RefCell<zstd::zstd_safe::DCtx<'static>> = RefCell::new(zstd::zstd_safe::DCtx::create());
}

/// Decompresses whole frames into the output, which then is the window too: a frame that announces a window of
/// gigabytes costs nothing. Where the size is not known the output grows by trying again, at most a third more work.
fn decompress_zstd(body: &[u8], limit: usize) -> Result<Vec<u8>, Problem> {
    use zstd::zstd_safe;

    /// What zstd answers when the output has no more room: its error 70, as a `size_t` below zero.
    const OUTPUT_TOO_SMALL: usize = 0usize.wrapping_sub(70);
    /// A block has a header of three bytes, and at most this many in it.
    const BLOCK_SIZE_MAX: usize = 128 * 1024;

    // What one frame announces is all there is; damage can look like more.
    let announced = match zstd_safe::get_frame_content_size(body).map_err(|_| Problem::Corrupt)? {
        Some(size) if zstd_safe::find_frame_compressed_size(body) == Ok(body.len()) => {
            usize::try_from(size).unwrap_or(usize::MAX)
        }
        _ => usize::MAX,
    };
    let possible = announced.min((body.len() / 3).saturating_mul(BLOCK_SIZE_MAX));
    // What could be is believed up to a ratio that data can be expected to have.
    let plausible = body.len().saturating_mul(8).saturating_add(16 * 1024);
    let mut room = possible.min(plausible).min(limit);
    loop {
        let mut output = Vec::with_capacity(room);
        match ZSTD.with_borrow_mut(|context| context.decompress(&mut output, body)) {
            Ok(_) if output.len() > limit => return Err(Problem::TooLarge),
            Ok(_) => return Ok(output),
            Err(OUTPUT_TOO_SMALL) if room < possible.min(limit) => {
                room = room.max(1024).saturating_mul(4).min(possible).min(limit);
            }
            Err(OUTPUT_TOO_SMALL) if limit < possible => return Err(Problem::TooLarge),
            Err(_) => return Err(Problem::Corrupt),
        }
    }
}

#[cfg(test)]
mod tests;
