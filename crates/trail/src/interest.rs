//! Selects the events about sign-ins and credentials, and the field that shows the outcome of each.

use crate::header::Header;

/// What to do with a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Interest {
    /// It concerns sign-ins or credentials.
    Judge(OutcomeField),
    /// It is another event.
    Pass,
    /// It belongs to another log: Insights, network activity or aggregates.
    OtherLog,
}

/// The field that shows the outcome of an event.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OutcomeField {
    /// `responseElements.<event name>`.
    ResponseElements,
    /// `serviceEventDetails.<event name>`.
    ServiceEventDetails,
    /// `additionalEventData.success`.
    AdditionalEventData,
    /// The error code; a call without one succeeded.
    ErrorCode,
}

/// Events of the console's own pages.
///
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-aws-console-sign-in-events.html>
const CONSOLE: &[&str] = &[
    "CheckMfa",
    "ConsoleLogin",
    "EmailUpdated",
    "ExitRole",
    "ExternalIdPDirectoryLogin",
    "GetSigninToken",
    "PasswordRecoveryCompleted",
    "PasswordRecoveryRequested",
    "PasswordUpdated",
    "RenewRole",
    "SwitchRole",
];

/// Changes to passwords, MFA devices, keys, users and identity providers.
///
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html>
pub const IAM: &[&str] = &[
    "AddClientIDToOpenIDConnectProvider",
    "ChangePassword",
    "CreateAccessKey",
    "CreateLoginProfile",
    "CreateOpenIDConnectProvider",
    "CreateSAMLProvider",
    "CreateServiceSpecificCredential",
    "CreateUser",
    "CreateVirtualMFADevice",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteAccountPasswordPolicy",
    "DeleteLoginProfile",
    "DeleteOpenIDConnectProvider",
    "DeleteSAMLProvider",
    "DeleteSSHPublicKey",
    "DeleteServiceSpecificCredential",
    "DeleteSigningCertificate",
    "DeleteUser",
    "DeleteVirtualMFADevice",
    "EnableMFADevice",
    "EnableOrganizationsRootCredentialsManagement",
    "EnableOrganizationsRootSessions",
    "ResetServiceSpecificCredential",
    "ResyncMFADevice",
    "UpdateAccessKey",
    "UpdateAccountPasswordPolicy",
    "UpdateLoginProfile",
    "UpdateOpenIDConnectProviderThumbprint",
    "UpdateSAMLProvider",
    "UpdateSSHPublicKey",
    "UpdateServiceSpecificCredential",
    "UpdateSigningCertificate",
    "UpdateUser",
    "UploadSSHPublicKey",
    "UploadSigningCertificate",
];

/// The steps of a sign-in to Identity Center.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/understanding-sign-in-events.html>
pub(crate) const IDENTITY_CENTER: [&str; 3] =
    ["CredentialChallenge", "CredentialVerification", "UserAuthentication"];

/// Changes of Identity Center's passwords and of where its users come from.
///
/// <https://docs.aws.amazon.com/singlesignon/latest/userguide/logging-using-cloudtrail.html>
const SSO: &[&str] = &[
    "AssociateDirectory",
    "CreateBearerToken",
    "CreateExternalIdPConfigurationForDirectory",
    "DeleteExternalIdPConfigurationForDirectory",
    "DisableExternalIdPConfigurationForDirectory",
    "DisassociateDirectory",
    "EnableExternalIdPConfigurationForDirectory",
    "ImportExternalIdPCertificate",
    "UpdateExternalIdPConfigurationForDirectory",
    "UpdatePassword",
];

/// The services that have such events.
const SERVICES: [&[u8]; 6] = [b"account", b"iam", b"signin", b"sso", b"sso-directory", b"sts"];

impl Header<'_> {
    /// What to do with the record.
    pub(crate) fn interest(&self) -> Interest {
        use OutcomeField::{AdditionalEventData, ErrorCode, ResponseElements, ServiceEventDetails};

        let is_other = |it: &[u8]| matches!(it, b"Insight" | b"NetworkActivity" | b"Aggregated");
        if self.event_category.is_some_and(is_other)
            || matches!(self.event_type, Some(b"AwsCloudTrailInsight" | b"AwsAggregatedEvent"))
        {
            return Interest::OtherLog;
        }
        let source = self.event_source.unwrap_or_default();
        let service = source
            .split(|&byte| byte == b'.')
            .next()
            .unwrap_or_default();
        // Without a name, it may be any event of its service.
        let Some(name) = self.event_name.filter(|name| !name.is_empty()) else {
            let is_concerned = SERVICES.contains(&service);
            return if is_concerned {
                Interest::Judge(ErrorCode)
            } else {
                Interest::Pass
            };
        };
        let field = match service {
            b"signin" | b"sso" | b"sso-directory" => match name {
                b"AuthorizeOAuth2Access" | b"CreateOAuth2Token" => AdditionalEventData,
                _ if is_one_of(name, &IDENTITY_CENTER) => ServiceEventDetails,
                _ if is_one_of(name, SSO) => ErrorCode,
                b"ExternalIdPDirectoryLogin" => ResponseElements,
                _ if service != b"signin" => return Interest::Pass,
                // AWS Sign-In also has an API.
                _ if self.event_type == Some(b"AwsApiCall") && !is_one_of(name, CONSOLE) => {
                    ErrorCode
                }
                _ => ResponseElements,
            },
            b"sts" => match name {
                // Programs assume roles all the time; only refusals are of interest.
                b"AssumeRole" | b"AssumeRoleWithSAML" if self.error_code.is_some() => ErrorCode,
                b"AssumeRoot" | b"GetFederationToken" | b"GetSessionToken" => ErrorCode,
                _ => return Interest::Pass,
            },
            b"iam" if is_one_of(name, IAM) => ErrorCode,
            b"account"
                if matches!(name, b"StartPrimaryEmailUpdate" | b"AcceptPrimaryEmailUpdate") =>
            {
                ErrorCode
            }
            _ => return Interest::Pass,
        };
        Interest::Judge(field)
    }
}

fn is_one_of(name: &[u8], names: &[&str]) -> bool {
    names.iter().any(|one| one.as_bytes() == name)
}

/// The service of an event source: `signin` of `signin.amazonaws.com`.
pub(crate) fn service(event_source: &str) -> &str {
    event_source.split('.').next().unwrap_or_default()
}
