# A role that may audit the account and do nothing else, for one CI job only: it trusts the identity tokens of one
# issuer, for one audience and one subject. The permissions are those that `portcullis permissions --rule-set strict` prints.
#
# GitHub: https://docs.github.com/en/actions/reference/security/oidc
# GitLab: https://docs.gitlab.com/ci/cloud_services/aws/

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.81" # the first that needs no thumbprint of the issuer
    }
  }
}

variable "issuer" {
  description = "Who issues the tokens, without https://; gitlab.com for GitLab"
  type        = string
  default     = "token.actions.githubusercontent.com"
}

variable "audience" {
  description = "Whom the tokens are for; https://gitlab.com for GitLab"
  type        = string
  default     = "sts.amazonaws.com"
}

# One repository, and in it one branch (GitHub, GitLab) or one environment (GitHub):
#   repo:OWNER/NAME:ref:refs/heads/main
#   repo:OWNER/NAME:environment:audit
#   project_path:GROUP/PROJECT:ref_type:branch:ref:main
variable "subject" {
  description = "Which job may assume the role"
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9._:/@-]+$", var.subject))
    error_message = "The subject names one job: no wildcard."
  }
}

variable "create_provider" {
  description = "false if the account already has a provider for the issuer: there can be only one"
  type        = bool
  default     = true
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

resource "aws_iam_openid_connect_provider" "ci" {
  count = var.create_provider ? 1 : 0

  url            = "https://${var.issuer}"
  client_id_list = [var.audience]
}

data "aws_iam_policy_document" "trust" {
  statement {
    effect  = "Allow"
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type = "Federated"
      identifiers = [
        "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:oidc-provider/${var.issuer}",
      ]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:aud"
      values   = [var.audience]
    }

    condition {
      test     = "StringEquals"
      variable = "${var.issuer}:sub"
      values   = [var.subject]
    }
  }
}

resource "aws_iam_role" "portcullis" {
  name                 = "portcullis-audit"
  description          = "Read-only calls of the Portcullis audit"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = 3600

  # AWS checks that the provider exists.
  depends_on = [aws_iam_openid_connect_provider.ci]
}

data "aws_iam_policy_document" "portcullis" {
  statement {
    effect = "Allow"

    actions = [
      "access-analyzer:ListAnalyzers",
      "account:GetAlternateContact",
      "iam:GenerateCredentialReport",
      "iam:GetAccountAuthorizationDetails",
      "iam:GetAccountPasswordPolicy",
      "iam:GetAccountSummary",
      "iam:GetCredentialReport",
      "iam:GetOpenIDConnectProvider",
      "iam:GetOutboundWebIdentityFederationInfo",
      "iam:GetSAMLProvider",
      "iam:ListAccessKeys",
      "iam:ListAccountAliases",
      "iam:ListDelegationRequests",
      "iam:ListMFADevices",
      "iam:ListOpenIDConnectProviders",
      "iam:ListOrganizationsFeatures",
      "iam:ListSAMLProviders",
      "iam:ListServerCertificates",
      "iam:ListServiceSpecificCredentials",
      "iam:ListVirtualMFADevices",
      "organizations:DescribeOrganization",
    ]

    resources = ["*"]
  }
}

resource "aws_iam_policy" "portcullis" {
  name        = "portcullis"
  description = "Read-only calls of the Portcullis audit"
  policy      = data.aws_iam_policy_document.portcullis.json
}

resource "aws_iam_role_policy_attachment" "portcullis" {
  role       = aws_iam_role.portcullis.name
  policy_arn = aws_iam_policy.portcullis.arn
}

output "role_arn" {
  description = "What the CI job assumes"
  value       = aws_iam_role.portcullis.arn
}
