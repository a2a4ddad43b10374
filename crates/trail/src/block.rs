//! Examines sixty-four bytes at once, with a bit for each in a word, the lowest for the first byte.

/// The number of bits in a word.
pub(crate) const BLOCK: usize = 64;

/// The bytes that meet a condition.
#[inline]
pub(crate) fn bits(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u64 {
    // Multiplication by this moves a one in each of eight bytes to a bit of the highest byte.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut ones = [0; BLOCK];
    for (one, byte) in ones.iter_mut().zip(block) {
        *one = u8::from(is(*byte));
    }
    let mut bits = 0;
    for (index, word) in ones.as_chunks().0.iter().enumerate() {
        bits |= (u64::from_le_bytes(*word).wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    bits
}

/// For each bit, whether the number of set bits up to and including it is odd.
pub(crate) fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// The first bit set at this place or higher.
pub(crate) fn first_from(place: usize, bits: u64) -> Option<usize> {
    let left = u64::MAX.checked_shl(u32::try_from(place).ok()?)? & bits;
    (left != 0).then(|| left.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_its_bit() {
        for byte in 0..=u8::MAX {
            for at in 0..BLOCK {
                let mut block = [byte ^ 0x40; BLOCK];
                block[at] = byte;
                assert_eq!(bits(&block, |one| one == byte), 1 << at);
            }
        }
    }

    #[test]
    fn parity_counts_the_bits_up_to_each() {
        assert_eq!(parity(0b1001_0010), !0b0111_0001);
    }

    #[test]
    fn bits_are_found_one_after_another() {
        let bits = 1 << 63 | 0b101;
        assert_eq!(
            [0, 1, 3, 64].map(|place| first_from(place, bits)),
            [Some(0), Some(2), Some(63), None]
        );
    }
}
