//! The metadata of a SAML provider.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis_fuzz::snapshot;
use portcullis_model::Source;
use serde_json::json;

fuzz_target!(|metadata: &str| {
    let provider = json!({
        "Arn": "arn:aws:iam::111122223333:saml-provider/idp",
        "CreateDate": "2026-01-01T00:00:00Z",
        "ValidUntil": "2126-01-01T00:00:00Z",
        "SAMLMetadataDocument": metadata,
    });
    let answer = json!({ "SAMLProviderList": [provider], "SAMLProviders": [provider] });
    let caller = json!({
        "UserId": "AIDAEXAMPLE",
        "Account": "111122223333",
        "Arn": "arn:aws:iam::111122223333:user/ann",
    });
    let snapshot = snapshot([
        (Source::CallerIdentity, "caller-identity.json", caller.to_string().into_bytes()),
        (Source::SamlProviders, "saml-providers.json", answer.to_string().into_bytes()),
    ]);
    assert!(snapshot.saml_providers.known().is_some_and(|providers| providers.len() == 1));
});
