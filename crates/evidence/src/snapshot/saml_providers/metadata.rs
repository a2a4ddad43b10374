//! Reads from the metadata of a SAML identity provider how long it and its certificates are valid.
//!
//! See "Metadata for the OASIS Security Assertion Markup Language (SAML) V2.0", sections 2.3 and 2.4.
//! <https://docs.oasis-open.org/security/saml/v2.0/saml-metadata-2.0-os.pdf>

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};
use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::time::Time;

use crate::shapes::parse_end;

/// The longest metadata that IAM accepts.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html>
const MAX_LENGTH: usize = 10_000_000;

const TOO_LARGE: &str = "is larger than 10000000 bytes";
const NO_XML: &str = "is not valid XML";
const NO_IDENTITY_PROVIDER: &str = "describes no identity provider";
const NO_CERTIFICATE: &str = "holds a signing certificate that cannot be read";
const NO_DATE: &str = "has a validUntil that is not a date";
pub(super) const NOT_YET: &str = "holds only signing certificates that are not valid yet";

/// The elements that may have a `validUntil`.
const WITH_VALIDITY: [&str; 3] = ["EntitiesDescriptor", "EntityDescriptor", "IDPSSODescriptor"];

/// How long an identity provider can be trusted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Validity {
    /// The earliest `validUntil` of its description or of an enclosing element, if any.
    pub(super) metadata: Option<Timestamp>,
    /// The end of the period in which it always has a valid signing certificate; in the past if it
    /// has none now. None if there is no certificate.
    pub(super) certificates: Option<Timestamp>,
}

/// Reads the metadata, and judges its certificates at `as_of`. The error is the predicate of a
/// message.
///
/// Entities are not expanded, so they cannot enlarge the text.
pub(super) fn read(xml: &str, as_of: Timestamp) -> Result<Validity, &'static str> {
    if xml.len() > MAX_LENGTH {
        return Err(TOO_LARGE);
    }
    let mut reader = Reader::from_str(xml);
    let mut scan = Scan::default();
    loop {
        match reader.read_event().map_err(|_| NO_XML)? {
            Event::Start(tag) => scan.open(&tag)?,
            Event::End(tag) => scan.close(tag.local_name().as_ref())?,
            Event::Text(text) => scan.text(&text),
            Event::CData(text) => scan.text(&text),
            Event::GeneralRef(reference) => scan.reference(&reference),
            Event::Eof => return scan.end(as_of),
            _ => {}
        }
    }
}

/// The position of a scan, and what it found so far.
#[derive(Default)]
struct Scan {
    depth: usize,
    /// The number of open elements that describe an identity provider. Certificates of other roles
    /// do not sign assertions.
    identity_providers: usize,
    is_described: bool,
    /// The depth and `validUntil` of each open element that has one.
    open_ends: Vec<(usize, Timestamp)>,
    /// The earliest end of a described identity provider.
    metadata_end: Option<Timestamp>,
    /// The certificates of the open key, if it is a signing key.
    key: Option<Vec<Period>>,
    /// The base64 text of the open certificate of such a key.
    certificate: Option<String>,
    /// The validity periods of the signing keys.
    periods: Vec<Period>,
}

/// The validity period of a certificate.
#[derive(Clone, Copy)]
struct Period {
    from: Timestamp,
    until: Timestamp,
}

impl Scan {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), &'static str> {
        self.depth += 1;
        let name = tag.local_name();
        if WITH_VALIDITY.contains(&name.as_ref())
            && let Some(end) = valid_until(tag)?
        {
            self.open_ends.push((self.depth, end));
        }
        match name.as_ref() {
            "IDPSSODescriptor" => {
                self.identity_providers += 1;
                self.is_described = true;
                let ends = self.open_ends.iter().map(|(_, end)| *end);
                self.metadata_end = ends.chain(self.metadata_end).min();
            }
            "KeyDescriptor" if self.identity_providers > 0 && signs(tag) => {
                self.key = Some(Vec::new());
            }
            "X509Certificate" if self.key.is_some() => self.certificate = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), &'static str> {
        self.depth = self.depth.saturating_sub(1);
        self.open_ends.retain(|(depth, _)| *depth <= self.depth);
        match name {
            "IDPSSODescriptor" => {
                self.identity_providers = self.identity_providers.saturating_sub(1);
            }
            // A chain may also contain the certificate of an authority, which is valid for longer.
            "KeyDescriptor" => {
                let chain = self.key.take().into_iter().flatten();
                self.periods.extend(chain.min_by_key(|period| period.until));
            }
            "X509Certificate" => {
                if let (Some(text), Some(key)) = (self.certificate.take(), &mut self.key) {
                    key.push(period(&text).ok_or(NO_CERTIFICATE)?);
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

    /// Handles a reference, which may be a line break. One that is not a character makes the base64
    /// invalid.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let char = reference.resolve_char_ref().ok().flatten().unwrap_or('&');
        self.text(char.encode_utf8(&mut [0; 4]));
    }

    fn end(self, as_of: Timestamp) -> Result<Validity, &'static str> {
        match self {
            Scan { depth: 1.., .. } => Err(NO_XML),
            Scan { is_described: false, .. } => Err(NO_IDENTITY_PROVIDER),
            Scan { metadata_end, periods, .. } => {
                Ok(Validity { metadata: metadata_end, certificates: last_end(periods, as_of)? })
            }
        }
    }
}

/// Returns the first time from `as_of` on at which no certificate is valid; if none is valid at
/// `as_of`, when the last one expired.
fn last_end(mut periods: Vec<Period>, as_of: Timestamp) -> Result<Option<Timestamp>, &'static str> {
    if periods.is_empty() {
        return Ok(None);
    }
    periods.sort_by_key(|period| period.from);
    let mut end = as_of;
    for period in &periods {
        if period.from <= end {
            end = end.max(period.until);
        }
    }
    if end > as_of {
        return Ok(Some(end));
    }
    let ended = periods
        .iter()
        .map(|period| period.until)
        .filter(|until| *until <= as_of);
    ended.max().map(Some).ok_or(NOT_YET)
}

/// Returns the element's `validUntil`, if it has one. SAML's times are in UTC, with or without a
/// `Z`.
fn valid_until(tag: &BytesStart<'_>) -> Result<Option<Timestamp>, &'static str> {
    let attribute = tag.try_get_attribute("validUntil").map_err(|_| NO_XML)?;
    let Some(attribute) = attribute else {
        return Ok(None);
    };
    let text = attribute.value.trim();
    let end = parse_end(text).or_else(|_| parse_end(&format!("{text}Z")));
    end.map(Some).map_err(|_| NO_DATE)
}

/// Whether a key signs. A key without a `use` serves every use.
fn signs(tag: &BytesStart<'_>) -> bool {
    match tag.try_get_attribute("use") {
        Ok(Some(attribute)) => attribute.value.trim() != "encryption",
        _ => true,
    }
}

/// Returns the validity period of a certificate in base64. A date beyond the last timestamp becomes
/// that one.
fn period(base64: &str) -> Option<Period> {
    let der = BASE64.decode(base64).ok()?;
    // Raw, since identity providers do not all follow RFC 5280 to the letter.
    let certificate = CertificateInner::<Raw>::from_der(&der).ok()?;
    let validity = certificate.tbs_certificate().validity();
    let moment = |time: &Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Some(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    };
    Some(Period { from: moment(&validity.not_before)?, until: moment(&validity.not_after)? })
}

#[cfg(test)]
mod tests;
