"""What an account has beside its users: providers, certificates, contacts, an organization.

Filled into moto's backends; what moto does not answer is answered here, in the shapes of AWS's API
references. What it answers with fixed dates gets those of the scenario.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from moto.account.models import account_backends
from moto.core.responses import ActionResult
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse
from moto.organizations.models import FakeServiceAccess, organizations_backends
from werkzeug.exceptions import HTTPException

from moments import Moment, moment

REGION = "us-east-1"
# When bob mistyped his password.
FAILED_AT = moment(1 / 24)


@dataclass
class SamlProvider:
    name: str
    metadata: str
    valid_until: Moment


@dataclass
class OidcProvider:
    url: str
    client_ids: list[str]


@dataclass
class ServerCertificate:
    name: str
    expires: Moment


@dataclass
class ServiceCredential:
    user: str
    service: str
    created: Moment
    expires: Moment | None = None  # none: never
    active: bool = True
    id: str | None = None  # none: made up


@dataclass
class Analyzer:
    kind: str
    region: str | None = None  # none: every region


@dataclass
class Surroundings:
    saml_providers: list[SamlProvider] = field(default_factory=list)
    oidc_providers: list[OidcProvider] = field(default_factory=list)
    server_certificates: list[ServerCertificate] = field(default_factory=list)
    service_credentials: list[ServiceCredential] = field(default_factory=list)
    contacts: dict[str, str] = field(default_factory=dict)  # type: email address
    organization: bool = False  # whether the account manages one
    root_features: list[str] = field(default_factory=list)  # of the organization
    sts_token_version: int = 1
    analyzers: list[Analyzer] = field(default_factory=list)  # in scenarios: types, in every region
    partners: list[str] = field(default_factory=list)  # names, each with an approved request
    issuer: str | None = None  # of tokens for services outside of AWS; none: it issues none

    def __post_init__(self) -> None:
        self.saml_providers = made(SamlProvider, self.saml_providers)
        self.oidc_providers = made(OidcProvider, self.oidc_providers)
        self.server_certificates = made(ServerCertificate, self.server_certificates)
        self.service_credentials = made(ServiceCredential, self.service_credentials)
        self.analyzers = [
            Analyzer(each) if isinstance(each, str) else each for each in self.analyzers
        ]


def made(kind: type, entries: list[Any]) -> list[Any]:
    """The entries of a scenario as objects of that class, unless they are."""
    return [kind(**each) if isinstance(each, dict) else each for each in entries]


def fill(backend: IAMBackend, entry: Surroundings, region: str) -> None:
    """Puts them into moto's backends of the account."""
    backend.surroundings = entry
    backend.account_summary._global_endpoint_token_version = entry.sts_token_version
    for saml in entry.saml_providers:
        provider = backend.create_saml_provider(saml.name, saml.metadata)
        provider.valid_until = moment(saml.valid_until)
    for oidc in entry.oidc_providers:
        backend.create_open_id_connect_provider(
            f"https://{oidc.url}", ["0" * 40], oidc.client_ids, []
        )
    backend.certificate_metadata = [
        certificate_metadata(backend, each) for each in entry.server_certificates
    ]
    backend.credential_metadata = [
        credential_metadata(*each) for each in enumerate(entry.service_credentials)
    ]
    contacts = account_backends[backend.account_id]["aws"]
    for kind, address in entry.contacts.items():
        contacts.put_alternate_contact(kind, address, "Somebody", "+1 555 0100", "Officer")
    if entry.organization:
        organizations_backends[backend.account_id]["aws"].create_organization(
            region, FeatureSet="ALL"
        )


def certificate_metadata(backend: IAMBackend, entry: ServerCertificate) -> dict[str, Any]:
    return {
        "ServerCertificateName": entry.name,
        "Path": "/",
        "Arn": f"arn:aws:iam::{backend.account_id}:server-certificate/{entry.name}",
        "ServerCertificateId": "ASCACKCEVSQ6C2EXAMPLE",
        "UploadDate": moment(800),
        "Expiration": moment(entry.expires),
    }


def credential_metadata(index: int, entry: ServiceCredential) -> dict[str, Any]:
    expires = {} if entry.expires is None else {"ExpirationDate": moment(entry.expires)}
    return {
        "UserName": entry.user,
        "Status": "Active" if entry.active else "Inactive",
        "ServiceUserName": f"{entry.user}-at-service",
        "CreateDate": moment(entry.created),
        "ServiceSpecificCredentialId": entry.id or f"ACCA{index:016}",
        "ServiceName": entry.service,
        **expires,
    }


def list_server_certificates(response: IamResponse) -> ActionResult:
    certificates = getattr(response.backend, "certificate_metadata", [])
    return ActionResult({"ServerCertificateMetadataList": certificates, "IsTruncated": False})


def list_service_specific_credentials(response: IamResponse) -> ActionResult:
    credentials = getattr(response.backend, "credential_metadata", [])
    return ActionResult({"ServiceSpecificCredentials": credentials, "IsTruncated": False})


class IamError(HTTPException):
    """An error of IAM that moto does not have."""

    code = 400

    def __init__(self, code: str, message: str) -> None:
        super().__init__(
            '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>'
            f"<Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
            "<RequestId>7a62c49f-347e-4fc4-9331-6e8e3dexample</RequestId></ErrorResponse>"
        )

    def get_headers(self, *_: Any, **__: Any) -> list[tuple[str, str]]:
        return [("Content-Type", "text/xml")]


def list_organizations_features(response: IamResponse) -> ActionResult:
    entry = getattr(response.backend, "surroundings", Surroundings())
    if not entry.organization:
        raise IamError("OrganizationNotFoundException", "The account is in none.")
    organization = organizations_backends[response.current_account]["aws"].org
    return ActionResult({"OrganizationId": organization.id, "EnabledFeatures": entry.root_features})


def list_delegation_requests(response: IamResponse) -> ActionResult:
    entry = getattr(response.backend, "surroundings", Surroundings())
    requests = [
        {
            "DelegationRequestId": f"dr-{index:016}",
            "RequestorId": "444455556666",
            "RequestorName": partner,
            "State": "FINALIZED",
            "ExpirationTime": moment(-5),
        }
        for index, partner in enumerate(entry.partners)
    ]
    return ActionResult({"DelegationRequests": requests, "isTruncated": False})


def get_outbound_web_identity_federation_info(response: IamResponse) -> ActionResult:
    entry = getattr(response.backend, "surroundings", Surroundings())
    if entry.issuer is None:
        raise IamError("FeatureDisabled", "Outbound web identity federation is off.")
    return ActionResult({"IssuerIdentifier": entry.issuer, "JwtVendingEnabled": True})


def analyzers(account: str, entry: Surroundings, region: str) -> dict[str, Any]:
    """ListAnalyzers' answer, which moto has no backend for."""
    return {
        "analyzers": [
            {
                "arn": f"arn:aws:access-analyzer:{region}:{account}:analyzer/{each.kind.lower()}",
                "name": each.kind.lower(),
                "type": each.kind,
                "status": "ACTIVE",
                "createdAt": "2025-01-01T00:00:00Z",
            }
            for each in entry.analyzers
            if each.region in (None, region)
        ]
    }


def lookup_events(account: str, region: str, request: dict[str, Any]) -> dict[str, Any]:
    """LookupEvents' answer: bob mistyped his password once, and nothing else happened."""
    attribute = request["LookupAttributes"][0]["AttributeValue"]
    if attribute != "signin.amazonaws.com" or region != REGION:
        return {"Events": []}
    record = {
        "eventVersion": "1.08",
        "eventID": "5c7b2f9e-3f6e-4d39-9a52-0f1e2d3c4b5a",
        "eventTime": FAILED_AT.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "signin.amazonaws.com",
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "eventCategory": "Management",
        "awsRegion": region,
        "recipientAccountId": account,
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "Mozilla/5.0",
        "userIdentity": {"type": "IAMUser", "accountId": account, "userName": "bob"},
        "errorMessage": "Failed authentication",
        "requestParameters": None,
        "responseElements": {"ConsoleLogin": "Failure"},
        "additionalEventData": {"MFAUsed": "No", "MobileVersion": "No"},
    }
    event = {
        "EventId": record["eventID"],
        "EventTime": FAILED_AT.timestamp(),
        "CloudTrailEvent": json.dumps(record),
    }
    return {"Events": [event]}


def create_analyzer(entry: Surroundings, region: str, request: dict[str, Any]) -> dict[str, Any]:
    entry.analyzers.append(Analyzer(request["type"], region))
    return {"arn": f"arn:aws:access-analyzer:{region}:analyzer/{request['analyzerName']}"}


def delete_server_certificate(response: IamResponse) -> ActionResult:
    backend, name = response.backend, response._get_param("ServerCertificateName")
    backend.certificate_metadata = [
        each for each in backend.certificate_metadata if each["ServerCertificateName"] != name
    ]
    return ActionResult({})


def create_service_specific_credential(response: IamResponse) -> ActionResult:
    days = response._get_param("CredentialAgeDays")
    entry = ServiceCredential(
        user=response._get_param("UserName"),
        service=response._get_param("ServiceName"),
        created=0,
        expires=None if days is None else -float(days),
    )
    credentials = response.backend.credential_metadata
    credentials.append(credential_metadata(len(credentials), entry))
    return ActionResult({"ServiceSpecificCredential": credentials[-1]})


def service_specific_credential(response: IamResponse) -> dict[str, Any]:
    """The credential that a request names."""
    wanted = response._get_param("ServiceSpecificCredentialId")
    for credential in response.backend.credential_metadata:
        if credential["ServiceSpecificCredentialId"] == wanted:
            return credential
    raise IamError("NoSuchEntity", f"No such credential: {wanted}")


def update_service_specific_credential(response: IamResponse) -> ActionResult:
    service_specific_credential(response)["Status"] = response._get_param("Status")
    return ActionResult({})


def delete_service_specific_credential(response: IamResponse) -> ActionResult:
    credential = service_specific_credential(response)
    response.backend.credential_metadata.remove(credential)
    return ActionResult({})


def set_security_token_service_preferences(response: IamResponse) -> ActionResult:
    version = response._get_param("GlobalEndpointTokenVersion")
    response.backend.account_summary._global_endpoint_token_version = int(version[1])
    return ActionResult({})


def enable_organizations_root_credentials_management(response: IamResponse) -> ActionResult:
    entry = response.backend.surroundings
    entry.root_features.append("RootCredentialsManagement")
    return list_organizations_features(response)


def simulate_principal_policy(response: IamResponse) -> ActionResult:
    """Answers without evaluating anything."""
    return ActionResult({"EvaluationResults": [], "IsTruncated": False})


def update_saml_provider(backend: IAMBackend, saml_provider_arn: str, document: str) -> Any:
    """Takes the date on which the provider ends from its metadata, as AWS does."""
    provider = backend.get_saml_provider(saml_provider_arn)
    provider.saml_metadata_document = document
    valid_until = ElementTree.fromstring(document).attrib["validUntil"]
    provider.valid_until = moment(valid_until)
    return provider


def install() -> None:
    """Replaces or adds answers of moto's classes, in this process."""
    for answer in (
        create_service_specific_credential,
        delete_server_certificate,
        delete_service_specific_credential,
        enable_organizations_root_credentials_management,
        get_outbound_web_identity_federation_info,
        list_delegation_requests,
        list_organizations_features,
        list_server_certificates,
        list_service_specific_credentials,
        set_security_token_service_preferences,
        simulate_principal_policy,
        update_service_specific_credential,
    ):
        setattr(IamResponse, answer.__name__, answer)
    IAMBackend.update_saml_provider = update_saml_provider
    FakeServiceAccess.TRUSTED_SERVICES.append("iam.amazonaws.com")
