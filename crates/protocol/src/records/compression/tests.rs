use proptest::prelude::*;

use super::*;

const LIMIT: usize = 1 << 20;

fn compressed(compression: Compression, input: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    compression.compress(input, &mut output);
    output
}

/// Bytes of which some runs compress and some do not.
fn mixed(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            if (i >> 10) % 3 == 0 { (state >> 56) as u8 } else { (i % 17) as u8 }
        })
        .collect()
}

#[test]
fn what_is_compressed_comes_back_at_every_level() {
    let input = mixed(300_000, 7);
    for codec in CompressionType::ALL {
        let mut levels = vec![codec.level_default()];
        if let Some(range) = codec.levels() {
            levels.extend([*range.start(), 1, *range.end()]);
        }
        for level in levels {
            let compression = Compression::at_level(codec, level).expect("Kafka allows this level");
            let output = compressed(compression, &input);
            // At its lowest level zstd looks for nothing.
            assert!(codec == CompressionType::None || level < -1 || output.len() < input.len(), "{codec} at {level}");
            assert_eq!(decompress(codec, &output, LIMIT).unwrap(), input, "{codec} at {level}");
        }
    }
}

#[test]
fn levels_that_kafka_refuses_are_refused() {
    for (codec, level) in [
        (CompressionType::None, 1),
        (CompressionType::Gzip, 0),
        (CompressionType::Gzip, 10),
        (CompressionType::Snappy, 1),
        (CompressionType::Lz4, 0),
        (CompressionType::Lz4, 18),
        (CompressionType::Zstd, 23),
        (CompressionType::Zstd, -131_073),
    ] {
        assert_eq!(Compression::at_level(codec, level), None, "{codec} at {level}");
    }
}

#[test]
fn names_and_ids_are_kafkas() {
    for (id, name) in ["none", "gzip", "snappy", "lz4", "zstd"].into_iter().enumerate() {
        let codec = CompressionType::from_id(id as u8).unwrap();
        assert_eq!((codec.name(), codec as usize), (name, id));
        assert_eq!(CompressionType::from_name(name), Some(codec));
    }
    assert_eq!(CompressionType::from_id(5), None);
    assert_eq!(CompressionType::from_name("producer"), None);
}

/// 50 MiB of zeros come as less than 4 and are stopped at 100,000 bytes.
fn a_bomb_stops_at_the_limit(codec: CompressionType) {
    let limit = 100_000;
    let bomb = compressed(Compression::of(codec), &vec![0; 50 << 20]);
    assert!(bomb.len() < 4 << 20);
    assert_eq!(decompress(codec, &bomb, limit), Err(DecompressError::TooLarge { limit }));
}

#[test]
fn a_gzip_bomb_stops_at_the_limit() {
    a_bomb_stops_at_the_limit(CompressionType::Gzip);
}

#[test]
fn a_snappy_bomb_stops_at_the_limit() {
    a_bomb_stops_at_the_limit(CompressionType::Snappy);
}

#[test]
fn an_lz4_bomb_stops_at_the_limit() {
    a_bomb_stops_at_the_limit(CompressionType::Lz4);
}

#[test]
fn a_zstd_bomb_stops_at_the_limit() {
    a_bomb_stops_at_the_limit(CompressionType::Zstd);
    // Streamed, the frame does not say how large it becomes.
    let limit = 100_000;
    let bomb = zstd::stream::encode_all(&vec![0; 50 << 20][..], 3).unwrap();
    assert_eq!(decompress(CompressionType::Zstd, &bomb, limit), Err(DecompressError::TooLarge { limit }));
}

#[test]
fn the_limit_itself_is_allowed() {
    let input = mixed(100_000, 3);
    for codec in &CompressionType::ALL[1..] {
        let output = compressed(Compression::of(*codec), &input);
        assert_eq!(decompress(*codec, &output, input.len()).unwrap(), input, "{codec}");
        let limit = input.len() - 1;
        assert_eq!(decompress(*codec, &output, limit), Err(DecompressError::TooLarge { limit }), "{codec}");
    }
}

#[test]
fn a_cut_body_is_corrupt() {
    let input = mixed(100_000, 5);
    for codec in &CompressionType::ALL[1..] {
        let output = compressed(Compression::of(*codec), &input);
        for length in (0..output.len()).step_by(output.len() / 97).chain([output.len() - 1, output.len() - 4]) {
            // Cut between two blocks, xerial's framing looks whole: it has no end.
            if let Ok(decompressed) = decompress(*codec, &output[..length], LIMIT) {
                assert_eq!(*codec, CompressionType::Snappy, "{length} bytes");
                assert!(input.starts_with(&decompressed) && decompressed.len() < input.len());
            }
        }
    }
}

#[test]
fn snappy_is_read_raw_and_framed() {
    let input = mixed(100_000, 9);
    let raw = snap::raw::Encoder::new().compress_vec(&input).unwrap();
    assert_eq!(decompress(CompressionType::Snappy, &raw, LIMIT).unwrap(), input);

    // Two streams, one after the other.
    let mut twice = compressed(Compression::of(CompressionType::Snappy), &input);
    twice.extend_from_slice(&twice.clone());
    assert_eq!(decompress(CompressionType::Snappy, &twice, LIMIT).unwrap(), [&input[..], &input[..]].concat());
}

#[test]
fn snappy_that_announces_a_gigabyte_gets_none() {
    // A raw block: 2^30 as a varint, and a literal of one byte.
    let block = [0x80, 0x80, 0x80, 0x80, 0x04, 0, b'x'];
    assert_eq!(
        decompress(CompressionType::Snappy, &block, usize::MAX),
        Err(DecompressError::Corrupt { codec: CompressionType::Snappy })
    );
}

#[test]
fn lz4_frames_of_every_kind_are_read() {
    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

    let input = mixed(700_000, 11);
    for block_size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        for block_mode in [BlockMode::Independent, BlockMode::Linked] {
            for checksums in [false, true] {
                let info = FrameInfo::new()
                    .block_size(block_size)
                    .block_mode(block_mode)
                    .block_checksums(checksums)
                    .content_checksum(checksums)
                    .content_size(checksums.then_some(input.len() as u64));
                let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
                encoder.write_all(&input).unwrap();
                let mut frame = encoder.finish().unwrap();
                frame.extend_from_slice(b"what follows the frame");
                assert_eq!(decompress(CompressionType::Lz4, &frame, LIMIT).unwrap(), input);
            }
        }
    }
}

#[test]
fn lz4_with_a_wrong_header_checksum_is_refused() {
    let mut frame = compressed(Compression::of(CompressionType::Lz4), b"value");
    frame[6] ^= 1;
    assert!(decompress(CompressionType::Lz4, &frame, LIMIT).is_err());
}

#[test]
fn zstd_without_a_content_size_is_read() {
    // As Java writes it, who streams into the encoder.
    let input = mixed(900_000, 13);
    let frame = zstd::stream::encode_all(&input[..], 3).unwrap();
    assert!(matches!(zstd::zstd_safe::get_frame_content_size(&frame), Ok(None)));
    assert_eq!(decompress(CompressionType::Zstd, &frame, LIMIT).unwrap(), input);

    let zeros = vec![0; 900_000];
    let frame = zstd::stream::encode_all(&zeros[..], 3).unwrap();
    assert_eq!(decompress(CompressionType::Zstd, &frame, LIMIT).unwrap(), zeros);
}

#[test]
fn zstd_of_several_frames_is_read() {
    let mut twice = compressed(Compression::of(CompressionType::Zstd), &[1; 50_000]);
    Compression::of(CompressionType::Zstd).compress(&[2; 50_000], &mut twice);
    assert_eq!(decompress(CompressionType::Zstd, &twice, LIMIT).unwrap(), [[1; 50_000], [2; 50_000]].concat());
}

#[test]
fn gzip_of_several_members_is_read() {
    let mut twice = compressed(Compression::of(CompressionType::Gzip), b"one ");
    Compression::of(CompressionType::Gzip).compress(b"two", &mut twice);
    assert_eq!(&decompress(CompressionType::Gzip, &twice, LIMIT).unwrap()[..], b"one two");
}

proptest! {
    #[test]
    fn anything_comes_back(input in prop::collection::vec(any::<u8>(), 0..5_000)) {
        for codec in CompressionType::ALL {
            let output = compressed(Compression::of(codec), &input);
            prop_assert_eq!(&decompress(codec, &output, input.len()).unwrap()[..], &input[..]);
        }
    }

    #[test]
    fn garbage_is_an_error_or_bounded(input in prop::collection::vec(any::<u8>(), 0..2_000), limit in 0usize..10_000) {
        for codec in &CompressionType::ALL[1..] {
            if let Ok(output) = decompress(*codec, &input, limit) {
                prop_assert!(output.len() <= limit);
            }
        }
    }

    #[test]
    fn a_flipped_bit_is_an_error_or_bounded(seed: u64, at: prop::sample::Index, bit in 0u8..8) {
        let input = mixed(70_000, seed);
        for codec in &CompressionType::ALL[1..] {
            let mut output = compressed(Compression::of(*codec), &input);
            let at = at.index(output.len());
            output[at] ^= 1 << bit;
            if let Ok(output) = decompress(*codec, &output, 100_000) {
                prop_assert!(output.len() <= 100_000);
            }
        }
    }
}
