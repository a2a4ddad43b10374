//! Signing certificates in the metadata of a SAML identity provider.
//!
//! See "Metadata for the OASIS Security Assertion Markup Language (SAML) V2.0", section 2.4.
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;

/// What IAM takes at most.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html>
const MAX_LENGTH: usize = 10_000_000;

const TOO_LARGE: &str = "is larger than 10000000 bytes";
const NO_XML: &str = "is not valid XML";
const NO_IDENTITY_PROVIDER: &str = "describes no identity provider";
const NO_CERTIFICATE: &str = "holds a signing certificate that cannot be read";

/// When the last of the keys that the identity provider signs with can no longer be used: the end
/// of its certificate. None: there is no certificate. The error says why the metadata does not tell.
///
/// Entities are not expanded, so that none can make the text larger than it is.
pub(super) fn signing_certificates_end(xml: &str) -> Result<Option<Timestamp>, &'static str> {
    if xml.len() > MAX_LENGTH {
        return Err(TOO_LARGE);
    }
    let mut reader = Reader::from_str(xml);
    let mut scan = Scan::default();
    loop {
        match reader.read_event().map_err(|_| NO_XML)? {
            Event::Start(tag) => scan.open(&tag),
            Event::End(tag) => scan.close(tag.local_name().as_ref())?,
            Event::Text(text) => scan.text(&text),
            Event::CData(text) => scan.text(&text),
            Event::GeneralRef(reference) => scan.reference(&reference),
            Event::Eof => return scan.end(),
            _ => {}
        }
    }
}

/// Where in the document the scan is, and what it found.
#[derive(Default)]
struct Scan {
    depth: usize,
    /// How many open elements describe an identity provider. The other roles that metadata can
    /// describe have certificates too, with which no assertion is signed.
    identity_providers: usize,
    is_described: bool,
    /// The ends of the certificates of the open key, if it signs.
    key: Option<Vec<Timestamp>>,
    /// The text of the open certificate of such a key, in base64.
    certificate: Option<String>,
    /// The ends of the keys.
    ends: Vec<Timestamp>,
}

impl Scan {
    fn open(&mut self, tag: &BytesStart<'_>) {
        self.depth += 1;
        match tag.local_name().as_ref() {
            "IDPSSODescriptor" => {
                self.identity_providers += 1;
                self.is_described = true;
            }
            "KeyDescriptor" if self.identity_providers > 0 && signs(tag) => {
                self.key = Some(Vec::new());
            }
            "X509Certificate" if self.key.is_some() => self.certificate = Some(String::new()),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) -> Result<(), &'static str> {
        self.depth = self.depth.saturating_sub(1);
        match name {
            "IDPSSODescriptor" => {
                self.identity_providers = self.identity_providers.saturating_sub(1);
            }
            // A chain may hold the certificate of an authority, which lives longer.
            "KeyDescriptor" => self.ends.extend(self.key.take().into_iter().flatten().min()),
            "X509Certificate" => {
                if let (Some(text), Some(key)) = (self.certificate.take(), &mut self.key) {
                    key.push(certificate_end(&text).ok_or(NO_CERTIFICATE)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&mut self, text: &str) {
        if let Some(certificate) = &mut self.certificate {
            certificate.extend(text.chars().filter(|char| !char.is_ascii_whitespace()));
        }
    }

    /// A line break may be written as a reference; what is not a character makes the text invalid base64.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let char = reference.resolve_char_ref().ok().flatten().unwrap_or('&');
        self.text(char.encode_utf8(&mut [0; 4]));
    }

    fn end(self) -> Result<Option<Timestamp>, &'static str> {
        match self {
            Scan { depth: 1.., .. } => Err(NO_XML),
            Scan { is_described: false, .. } => Err(NO_IDENTITY_PROVIDER),
            Scan { ends, .. } => Ok(ends.into_iter().max()),
        }
    }
}

/// A key without a use serves every use.
fn signs(tag: &BytesStart<'_>) -> bool {
    match tag.try_get_attribute("use") {
        Ok(Some(attribute)) => attribute.value.trim() != "encryption",
        _ => true,
    }
}

/// When the certificate of that base64 text ends. An end beyond all dates means that it never does.
fn certificate_end(base64: &str) -> Option<Timestamp> {
    let der = BASE64.decode(base64).ok()?;
    // Raw: nobody but the identity provider need follow RFC 5280 to the letter.
    let certificate = CertificateInner::<Raw>::from_der(&der).ok()?;
    let end = certificate.tbs_certificate().validity().not_after.to_unix_duration();
    let seconds = i64::try_from(end.as_secs()).ok()?;
    Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
}

#[cfg(test)]
mod tests;
