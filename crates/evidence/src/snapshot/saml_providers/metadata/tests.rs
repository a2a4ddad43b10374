//! Metadata as identity providers write it, and as nobody should.
//!
//! The certificates are self-signed and were made for these tests; their names say when they end.

use super::*;

const ENDS_MARCH_2026: &str = "MIIBCDCBr6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAeFw0yMDAxMDEwMDAwMDBaFw0yNjAzMDExMjAwMDBaMA4xDDAKBgNVBAMMA2lkcDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKJFL2U2Ct04p/X1LE3tXMLrdlkF/RP81BTgMsF9fO97vuslW89aVv1dsZfB/okQBf+KLXXkiUHBzJmmdHGy1FwwCgYIKoZIzj0EAwIDSAAwRQIhAJlsi0dbX5Qo5AYnDpSGOCVhhRoJIlrGK+7MSerXpmOUAiBniXYFcy93EAR80lP23QyJ9QGQ3etT1Ty4BPjfc5th+Q==";
const ENDS_2027: &str = "MIIBBzCBr6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAeFw0yMDAxMDEwMDAwMDBaFw0yNzAxMDEwMDAwMDBaMA4xDDAKBgNVBAMMA2lkcDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC4TniILzFGSBXcqXr6DTW9EA0HCFySt3bF3VA8lwbkVpC0eFfuHtI3Nj+mZj5uh9Ki6nuehAeADDlNZSYiFb14wCgYIKoZIzj0EAwIDRwAwRAIgZnwvCcTCP90llTphDpw0QVqxWjFk+NN3Bk56iKmsD/QCIDBggqyd4e1kOqKyznSSXVDhdhKPNuuCCz9gk3nYAeBn";
/// RFC 5280's date for "no end that is known": 9999-12-31T23:59:59Z.
const ENDS_NEVER: &str = "MIIBCTCBsaADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAgFw0yMDAxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowDjEMMAoGA1UEAwwDaWRwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIjTBbwPLngkW6+QAdF0xXIvi85Lcx6QNzivo38eltkn8SpbdvlURUm/SS4lj098dSsrndXGVxKxl5rx4Eh4/vTAKBggqhkjOPQQDAgNHADBEAiBYdi6QMRWVnMEtFF5qjF6Zbxpm7IeTulgc2Sv2a6CHtAIgAM+5OLRlBqAl3QeUsuJgjW/HusAiff15lMTOF3bVYd4=";
const MARCH_2026: &str = "2026-03-01T12:00:00Z";
const YEAR_2027: &str = "2027-01-01T00:00:00Z";

/// A key with these certificates.
fn key(attributes: &str, certificates: &[&str]) -> String {
    let tag = |text: &&str| format!("<ds:X509Certificate>{text}</ds:X509Certificate>");
    let certificates = certificates.iter().map(tag).collect::<Vec<_>>().concat();
    format!(
        "<md:KeyDescriptor {attributes}><ds:KeyInfo><ds:X509Data>{certificates}</ds:X509Data>\
         </ds:KeyInfo></md:KeyDescriptor>"
    )
}

fn described(role: &str, keys: &[String]) -> String {
    format!(
        "<?xml version=\"1.0\"?><md:EntityDescriptor \
         xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" \
         entityID=\"https://idp.example.com\"><md:{role}>{}</md:{role}></md:EntityDescriptor>",
        keys.concat()
    )
}

#[track_caller]
fn check(xml: &str, expected: Result<Option<&str>, &'static str>) {
    let expected = expected.map(|end| end.map(|end| end.parse().unwrap()));
    assert_eq!(signing_certificates_end(xml), expected);
}

fn identity_provider(keys: &[String]) -> String {
    described("IDPSSODescriptor", keys)
}

#[test]
fn the_last_signing_key_counts() {
    let old = key("use=\"signing\"", &[ENDS_MARCH_2026]);
    let new = key("use='signing'", &[ENDS_2027]);
    check(&identity_provider(std::slice::from_ref(&old)), Ok(Some(MARCH_2026)));
    check(&identity_provider(&[new.clone(), old.clone()]), Ok(Some(YEAR_2027)));
    check(&identity_provider(&[old, key("", &[ENDS_2027])]), Ok(Some(YEAR_2027)));
    check(&identity_provider(&[]), Ok(None));
}

#[test]
fn keys_that_sign_no_assertion_do_not_count() {
    let signing = key("use=\"signing\"", &[ENDS_MARCH_2026]);
    let encryption = key("use=\"encryption\"", &[ENDS_2027]);
    check(&identity_provider(&[signing.clone(), encryption]), Ok(Some(MARCH_2026)));
    let both = identity_provider(&[signing]).replace(
        "</md:EntityDescriptor>",
        &format!(
            "<md:SPSSODescriptor>{}</md:SPSSODescriptor></md:EntityDescriptor>",
            key("", &[ENDS_2027])
        ),
    );
    check(&both, Ok(Some(MARCH_2026)));
    let of_the_file =
        both.replace("<md:IDP", "<ds:X509Certificate>AAAA</ds:X509Certificate><md:IDP");
    check(&of_the_file, Ok(Some(MARCH_2026)));
}

#[test]
fn of_a_chain_the_first_to_end_counts() {
    check(&identity_provider(&[key("", &[ENDS_MARCH_2026, ENDS_2027])]), Ok(Some(MARCH_2026)));
}

#[test]
fn base64_may_be_broken_into_lines_and_be_cdata() {
    let (first, rest) = ENDS_2027.split_at(64);
    for text in [
        format!("\n  {first}\r\n  {rest}\n"),
        format!("{first}&#13;&#xA;{rest}"),
        format!("<![CDATA[{ENDS_2027}]]>"),
        format!("{first}<!-- -->{rest}"),
    ] {
        check(&identity_provider(&[key("", &[&text])]), Ok(Some(YEAR_2027)));
    }
}

#[test]
fn an_end_beyond_all_dates_is_the_last_date() {
    let end = signing_certificates_end(&identity_provider(&[key("", &[ENDS_NEVER])]));
    assert_eq!(end, Ok(Some(Timestamp::MAX)));
}

#[test]
fn what_cannot_be_read_is_said() {
    for text in ["", "AAAA", "%", "&certificate;", &ENDS_2027[4..], &ENDS_2027[..200]] {
        let xml = identity_provider(&[key("", &[ENDS_2027]), key("", &[text])]);
        check(&xml, Err(NO_CERTIFICATE));
    }
    let whole = identity_provider(&[key("", &[ENDS_2027])]);
    for xml in ["<html>", "<a></b>", "<a b", "<a>&</a>", &whole[..whole.len() - 30]] {
        check(xml, Err(NO_XML));
    }
    for xml in ["", "text", "<html></html>", &described("SPSSODescriptor", &[])] {
        check(xml, Err(NO_IDENTITY_PROVIDER));
    }
}

/// Nested entities that would expand to gigabytes, a megabyte of nesting, and too much of anything.
#[test]
fn hostile_metadata_takes_no_time_and_no_stack() {
    let laugh = |n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10));
    let laughs = (1..20).map(laugh).collect::<Vec<_>>().concat();
    let billion = format!(
        "<!DOCTYPE a [<!ENTITY e0 \"{ENDS_2027}\">{laughs}]>{}",
        identity_provider(&[key("", &["&e19;"])])
    );
    check(&billion, Err(NO_CERTIFICATE));
    check(&"<a>".repeat(400_000), Err(NO_XML));
    let deep = "<a>".repeat(400_000) + &"</a>".repeat(400_000);
    check(&deep, Err(NO_IDENTITY_PROVIDER));
    let attributes = "a=\"\" ".repeat(200_000);
    check(&identity_provider(&[key(&attributes, &[ENDS_2027])]), Ok(Some(YEAR_2027)));
    check(&" ".repeat(MAX_LENGTH + 1), Err(TOO_LARGE));
}
