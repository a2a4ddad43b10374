//! Reading files that the user, or a change under review, names.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use encoding_rs::{Encoding, UTF_8};

/// Opens a regular file for reading.
///
/// # Errors
/// If the file cannot be read, or is a pipe or a device, which may never end.
pub fn open_file(path: &Path) -> io::Result<File> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => io::Error::new(ErrorKind::NotFound, "it does not exist"),
        _ => error,
    })?;
    if metadata.is_dir() {
        return Err(io::Error::new(ErrorKind::IsADirectory, "it is a directory"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}

/// Reads a regular file of at most `max_bytes`.
///
/// # Errors
/// As for [`open_file`]; if the file is larger.
pub fn read_file(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let file = open_file(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::with_capacity(length.min(max_bytes).try_into().unwrap_or(0));
    // Some of the kernel's files are longer than their metadata says.
    file.take(max_bytes + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        let message = format!("it is larger than {max_bytes} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Reads a text file, decoded by [`to_utf8`].
///
/// # Errors
/// As for [`read_file`]; if the content is not text.
pub fn read_text(path: &Path, max_bytes: u64) -> io::Result<String> {
    let bytes = read_file(path, max_bytes)?;
    String::from_utf8(to_utf8(&bytes).into_owned())
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is not UTF-8 text"))
}

/// Returns text as UTF-8 without a byte order mark. UTF-16, which `>` writes in Windows PowerShell,
/// is recognised by its byte order mark. Anything else is returned unchanged.
///
/// <https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_character_encoding>
pub fn to_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let Some((encoding, mark)) = Encoding::for_bom(bytes) else {
        return bytes.into();
    };
    let text = &bytes[mark..];
    if encoding == UTF_8 {
        return text.into();
    }
    // Truncated or invalid characters become U+FFFD.
    let (text, _) = encoding.decode_without_bom_handling(text);
    text.into_owned().into_bytes().into()
}

/// Reads a text file inside a directory, as [`read_text`] does.
///
/// # Errors
/// As for [`read_text`]; if the path is a link that leads out of the directory, since an error
/// message may quote the text, and the link may come from somebody else's change.
pub fn read_text_in(directory: &Path, path: &Path, max_bytes: u64) -> io::Result<String> {
    if !fs::canonicalize(path)?.starts_with(fs::canonicalize(directory)?) {
        return Err(io::Error::other("it is a link that leads out of its directory"));
    }
    read_text(path, max_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_size_and_no_more() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, "\u{feff}text").unwrap();
        assert_eq!(read_text(&path, 7).unwrap(), "text");
        assert_eq!(read_file(&path, 6).unwrap_err().kind(), ErrorKind::FileTooLarge);
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(read_text(&path, 7).unwrap_err().to_string(), "it is not UTF-8 text");
        for (path, words) in [
            (directory.path(), "it is a directory"),
            (&directory.path().join("absent"), "it does not exist"),
        ] {
            assert_eq!(read_file(path, 7).unwrap_err().to_string(), words);
        }
    }

    #[test]
    fn text_is_decoded_by_its_mark() {
        for bytes in [
            &b"a\xc3\xbc"[..],
            b"\xef\xbb\xbfa\xc3\xbc",
            b"\xff\xfea\0\xfc\0",
            b"\xfe\xff\0a\0\xfc",
        ] {
            assert_eq!(*to_utf8(bytes), *"a\u{fc}".as_bytes());
        }
        // Half a character, and half a pair.
        assert_eq!(*to_utf8(b"\xff\xfea\0\xfc"), *"a\u{fffd}".as_bytes());
        assert_eq!(*to_utf8(b"\xff\xfe\x3d\xd8"), *"\u{fffd}".as_bytes());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_endless_or_elsewhere_is_not_read() {
        use std::os::unix::fs::symlink;
        let not_regular = read_file(Path::new("/dev/zero"), 7)
            .unwrap_err()
            .to_string();
        assert_eq!(not_regular, "it is not a regular file");
        let (rules, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(home.path().join("credentials"), "secret").unwrap();
        fs::write(rules.path().join("own.toml"), "own").unwrap();
        let (outside, inside) =
            (rules.path().join("outside.toml"), rules.path().join("inside.toml"));
        symlink(home.path().join("credentials"), &outside).unwrap();
        symlink("own.toml", &inside).unwrap();
        assert_eq!(read_text_in(rules.path(), &inside, 7).unwrap(), "own");
        let error = read_text_in(rules.path(), &outside, 7)
            .unwrap_err()
            .to_string();
        assert_eq!(error, "it is a link that leads out of its directory");
    }
}
