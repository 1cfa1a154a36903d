//! Undoes gzip piece by piece, with bounded memory whatever the other side sends.
//!
//! Owns the decoder's state. Must not know where the bytes come from.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes of a piece at most.
const PIECE: usize = 64 * 1024;
/// gzip's largest window.
const WINDOW_BITS: u8 = 15;

/// A stream of gzip, maybe of several members.
#[derive(Debug)]
pub(super) struct Gunzip {
    inner: Decompress,
    input: Vec<u8>,
    /// Bytes of the input that were taken.
    at: usize,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Before the first member or between two.
    Between,
    /// Within one.
    Within,
    /// Within one, and more may come out without more input.
    Full,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self { inner: Decompress::new_gzip(WINDOW_BITS), input: Vec::new(), at: 0, place: Place::Between }
    }
}

impl Gunzip {
    /// Takes what came, after [`Gunzip::piece`] gave nothing.
    pub(super) fn feed(&mut self, bytes: Vec<u8>) {
        if self.at == self.input.len() {
            (self.input, self.at) = (bytes, 0);
        } else {
            self.input.extend(bytes);
        }
    }

    /// The next piece of what was packed; `None` when more input is needed.
    pub(super) fn piece(&mut self) -> Result<Option<Vec<u8>>, String> {
        while self.at < self.input.len() || self.place == Place::Full {
            let mut piece = Vec::with_capacity(PIECE);
            let before = self.inner.total_in();
            let status = self
                .inner
                .decompress_vec(&self.input[self.at..], &mut piece, FlushDecompress::None)
                .map_err(|_| "its compressed text is damaged".to_owned())?;
            let taken = (self.inner.total_in() - before) as usize;
            self.at += taken;
            self.place = match status {
                Status::StreamEnd => {
                    self.inner = Decompress::new_gzip(WINDOW_BITS);
                    Place::Between
                }
                _ if piece.len() == piece.capacity() => Place::Full,
                _ => Place::Within,
            };
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
            if taken == 0 && self.place == Place::Within {
                break;
            }
        }
        Ok(None)
    }

    /// Whether the input so far ends where a stream may end.
    pub(super) fn is_whole(&self) -> bool {
        self.place == Place::Between
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    /// What comes out of pieces of `size` bytes, and whether it is whole; the longest piece is checked.
    fn unpack(bytes: &[u8], size: usize) -> Result<(Vec<u8>, bool), String> {
        let (mut gunzip, mut text) = (Gunzip::default(), Vec::new());
        for part in bytes.chunks(size) {
            gunzip.feed(part.to_vec());
            while let Some(piece) = gunzip.piece()? {
                assert!(!piece.is_empty() && piece.len() <= PIECE * 2);
                text.extend(piece);
            }
        }
        Ok((text, gunzip.is_whole()))
    }

    #[test]
    fn pieces_of_any_size_give_the_text() {
        let text: Vec<u8> = (0..300_000_u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let bytes = packed(&text);
        for size in [1, 7, 4096, bytes.len()] {
            assert!(unpack(&bytes, size).unwrap() == (text.clone(), true), "{size}");
        }
        let two = [packed(b"one "), packed(b"two")].concat();
        assert_eq!(unpack(&two, 3).unwrap(), (b"one two".to_vec(), true));
        assert_eq!(unpack(&packed(b""), 3).unwrap(), (Vec::new(), true));
        assert_eq!(unpack(b"", 3).unwrap(), (Vec::new(), true), "an answer may be empty");
    }

    #[test]
    fn a_bomb_comes_in_bounded_pieces() {
        let bytes = packed(&vec![0; 20 << 20]);
        assert_eq!(unpack(&bytes, bytes.len()).unwrap().0.len(), 20 << 20);
    }

    #[test]
    fn what_is_damaged_or_cut_is_told() {
        let bytes = packed(&(0..50_000_u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
        for end in [1, 9, 100, bytes.len() - 1] {
            assert!(!unpack(&bytes[..end], 64).unwrap().1, "{end}");
        }
        assert!(unpack(b"<html>no gzip</html>", 64).is_err());
        let mut wrong = bytes.clone();
        let at = wrong.len() - 6;
        wrong[at] ^= 1;
        assert!(unpack(&wrong, 4096).is_err(), "the checksum");
    }
}
