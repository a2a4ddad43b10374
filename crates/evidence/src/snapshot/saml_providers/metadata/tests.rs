//! Metadata as identity providers write it, and as nobody should.
//!
//! The certificates are self-signed and were made for these tests; their names say when they end.

use super::*;

const ENDS_MARCH_2026: &str = "MIIBCDCBr6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAeFw0yMDAxMDEwMDAwMDBaFw0yNjAzMDExMjAwMDBaMA4xDDAKBgNVBAMMA2lkcDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKJFL2U2Ct04p/X1LE3tXMLrdlkF/RP81BTgMsF9fO97vuslW89aVv1dsZfB/okQBf+KLXXkiUHBzJmmdHGy1FwwCgYIKoZIzj0EAwIDSAAwRQIhAJlsi0dbX5Qo5AYnDpSGOCVhhRoJIlrGK+7MSerXpmOUAiBniXYFcy93EAR80lP23QyJ9QGQ3etT1Ty4BPjfc5th+Q==";
const ENDS_2027: &str = "MIIBBzCBr6ADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAeFw0yMDAxMDEwMDAwMDBaFw0yNzAxMDEwMDAwMDBaMA4xDDAKBgNVBAMMA2lkcDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC4TniILzFGSBXcqXr6DTW9EA0HCFySt3bF3VA8lwbkVpC0eFfuHtI3Nj+mZj5uh9Ki6nuehAeADDlNZSYiFb14wCgYIKoZIzj0EAwIDRwAwRAIgZnwvCcTCP90llTphDpw0QVqxWjFk+NN3Bk56iKmsD/QCIDBggqyd4e1kOqKyznSSXVDhdhKPNuuCCz9gk3nYAeBn";
/// RFC 5280's date for "no end that is known": 9999-12-31T23:59:59Z.
const ENDS_NEVER: &str = "MIIBCTCBsaADAgECAgEBMAoGCCqGSM49BAMCMA4xDDAKBgNVBAMMA2lkcDAgFw0yMDAxMDEwMDAwMDBaGA85OTk5MTIzMTIzNTk1OVowDjEMMAoGA1UEAwwDaWRwMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEIjTBbwPLngkW6+QAdF0xXIvi85Lcx6QNzivo38eltkn8SpbdvlURUm/SS4lj098dSsrndXGVxKxl5rx4Eh4/vTAKBggqhkjOPQQDAgNHADBEAiBYdi6QMRWVnMEtFF5qjF6Zbxpm7IeTulgc2Sv2a6CHtAIgAM+5OLRlBqAl3QeUsuJgjW/HusAiff15lMTOF3bVYd4=";
/// These two end with 2027, too.
const FROM_FEBRUARY_2026: &str = "MIIBAzCBqgIBATAKBggqhkjOPQQDAjAOMQwwCgYDVQQDDANpZHAwHhcNMjYwMjAxMDAwMDAwWhcNMjgwMTAxMDAwMDAwWjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATLTz/myhJNtS8NVn4uc2aomkqeOsN64H3Pol8Wc+lviV7RUJBPOekE9fr11ZdflHS/EzwzOlkj86hYDWvcy2d2MAoGCCqGSM49BAMCA0gAMEUCIQDXsfuJ/7MQfXojWQovyD5+SzWlJehDKIsEI+uTYtBV4wIgJNmNdJIIlzZto+xNBRypFbmdqh9+9DmnPDTDodKMj/M=";
const FROM_JUNE_2026: &str = "MIIBAzCBqgIBATAKBggqhkjOPQQDAjAOMQwwCgYDVQQDDANpZHAwHhcNMjYwNjAxMDAwMDAwWhcNMjgwMTAxMDAwMDAwWjAOMQwwCgYDVQQDDANpZHAwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQAEsRVIk88KS7ip+rTRLm4KgMyGi8o7+FHLy5QxgnU0jbri3zbfXDXOIKp+f4mSYlUxAOJ2A8s9/aci7CvheUMMAoGCCqGSM49BAMCA0gAMEUCIHfn+E9VcE3DHRKTKkCBZT+grxA1Aed30E33OWO74rjpAiEA5qySPhPcCAYYpyMtm8ncUNA/65toSWEIRBKShlANPes=";
const MARCH_2026: &str = "2026-03-01T12:00:00Z";
const YEAR_2027: &str = "2027-01-01T00:00:00Z";

fn as_of() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

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
    assert_eq!(read(xml, as_of()).map(|validity| validity.certificates), expected);
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

/// A certificate that is not valid yet takes over if the one before lasts until then.
#[test]
fn there_is_a_valid_certificate_at_every_moment_until_the_end() {
    let at = |as_of: &str, certificates: &[&str]| {
        let keys: Vec<String> = certificates.iter().map(|text| key("", &[text])).collect();
        let validity = read(&identity_provider(&keys), as_of.parse().unwrap());
        validity.map(|validity| validity.certificates.unwrap().to_string())
    };
    let (january, april, july) =
        ("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", "2026-07-01T00:00:00Z");
    let year_2028 = Ok("2028-01-01T00:00:00Z".to_owned());
    let march = Ok(MARCH_2026.to_owned());
    assert_eq!(at(january, &[FROM_FEBRUARY_2026, ENDS_MARCH_2026]), year_2028);
    assert_eq!(at(january, &[FROM_JUNE_2026, ENDS_MARCH_2026]), march);
    assert_eq!(at(april, &[FROM_JUNE_2026, ENDS_MARCH_2026]), march, "none is valid now");
    assert_eq!(at(july, &[FROM_JUNE_2026, ENDS_MARCH_2026]), year_2028);
    assert_eq!(at(january, &[FROM_FEBRUARY_2026]), Err(NOT_YET));
}

#[test]
fn the_earliest_end_around_an_identity_provider_counts() {
    let (first, second) = ("2026-03-01T12:00:00Z", "2027-01-01T00:00:00Z");
    let until = |date: &str| format!("validUntil=\"{date}\"");
    let of = |file: &str, entity: &str, role: &str| {
        let xml = format!(
            "<md:EntitiesDescriptor {file}><md:EntityDescriptor {}></md:EntityDescriptor>\
             <md:EntityDescriptor {entity}><md:SPSSODescriptor {}></md:SPSSODescriptor>\
             <md:IDPSSODescriptor {role}></md:IDPSSODescriptor></md:EntityDescriptor>\
             </md:EntitiesDescriptor>",
            until("2020-01-01T00:00:00Z"),
            until("2020-01-01T00:00:00Z"),
        );
        read(&xml, as_of()).map(|validity| validity.metadata.map(|end| end.to_string()))
    };
    assert_eq!(of("", "", ""), Ok(None), "others that have ended do not count");
    for (file, entity, role) in
        [(first, second, second), (second, first, second), (second, second, first)]
    {
        assert_eq!(of(&until(file), &until(entity), &until(role)), Ok(Some(first.to_owned())));
    }
    assert_eq!(of("", "", &until("2026-03-01T12:00:00")), Ok(Some(first.to_owned())));
    let never = of("", &until("9999-12-31T23:59:59Z"), "");
    assert_eq!(never, Ok(Some(Timestamp::MAX.to_string())));
    for text in ["", "soon", "2026-03-01"] {
        assert_eq!(of("", &until(text), ""), Err(NO_DATE), "{text:?}");
    }
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
    let validity = read(&identity_provider(&[key("", &[ENDS_NEVER])]), as_of());
    assert_eq!(validity.map(|validity| validity.certificates), Ok(Some(Timestamp::MAX)));
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
