//! What AWS documents about services and issuers, as data.

/// Services whose documentation has roles ask for `aws:SourceAccount` or `aws:SourceArn`, under the heading
/// of cross-service confused deputy prevention. Roles of services such as EC2 and Lambda are handed over by
/// `iam:PassRole` within one account, and these services send neither key.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>
pub(super) const DEPUTIES: [&str; 51] = [
    "appstream.amazonaws.com",
    "appsync.amazonaws.com",
    "aps.amazonaws.com",
    "batchoperations.s3.amazonaws.com",
    "bedrock-agentcore.amazonaws.com",
    "bedrock.amazonaws.com",
    "budgets.amazonaws.com",
    "cloudformation.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "codebuild.amazonaws.com",
    "codepipeline.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "comprehend.amazonaws.com",
    "config.amazonaws.com",
    "databrew.amazonaws.com",
    "datasync.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "dlm.amazonaws.com",
    "dms.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "elasticmapreduce.amazonaws.com",
    "events.amazonaws.com",
    "export.rds.amazonaws.com",
    "fis.amazonaws.com",
    "forecast.amazonaws.com",
    "frauddetector.amazonaws.com",
    "grafana.amazonaws.com",
    "greengrass.amazonaws.com",
    "iot.amazonaws.com",
    "iotevents.amazonaws.com",
    "kendra.amazonaws.com",
    "kinesisanalytics.amazonaws.com",
    "lexv2.amazonaws.com",
    "logs.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "omics.amazonaws.com",
    "osis-pipelines.amazonaws.com",
    "personalize.amazonaws.com",
    "pinpoint.amazonaws.com",
    "pipes.amazonaws.com",
    "rekognition.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "ses.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
    "textract.amazonaws.com",
    "transcribe.amazonaws.com",
    "transfer.amazonaws.com",
    "translate.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
];

/// OIDC issuers that many organizations share, and the key that tells their tenants apart; a claim alone
/// is a key of that issuer.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html>
pub(super) const SHARED_ISSUERS: [(&str, &str); 22] = [
    ("agent.buildkite.com", "sub"),
    ("api.pulumi.com/oidc", "aud"),
    ("app.terraform.io", "sub"),
    ("cognito-identity.amazonaws.com", "aud"),
    ("gitlab.com", "sub"),
    ("oidc-configuration.audit-log.githubusercontent.com", "sub"),
    ("oidc.codefresh.io", "sub"),
    ("oidc.op1.openshiftapps.com/2c51blsaqa9gkjt0o9rt11mle8mmropu", "sub"),
    ("oidc.op1.openshiftapps.com/2f785sojlpb85i7402pk3qogugim5nfb", "sub"),
    ("oidc.vercel.com", "aud"),
    ("proidc.upbound.io", "sub"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/22ejnvnnturfmt6km08idd0nt4hekbn7", "sub"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/23e3sd27sju1hoou6ohfs68vbno607tr", "sub"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/23ne21h005qjl3n33d8dui5dlrmv2tmg", "sub"),
    ("rh-oidc.s3.us-east-1.amazonaws.com/24jrf12m5dj7ljlfb4ta2frhrcoadm26", "sub"),
    ("sandboxes.cloud", "aud"),
    ("scalr.io", "sub"),
    ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d", "sts:RoleSessionName"),
    ("studio.datachain.ai/api", "sub"),
    ("token.actions.githubusercontent.com", "sub"),
    ("tokens.cloud.shisho.dev", "sub"),
    ("vstoken.actions.githubusercontent.com", "sub"),
];

/// Whether the service can say for whom it acts; also as `states.eu-west-1.amazonaws.com` and in China.
pub(super) fn is_deputy(service: &str) -> bool {
    let name = service.to_ascii_lowercase();
    let name = name.strip_suffix(".cn").unwrap_or(&name);
    let is_region =
        |label: &&str| label.contains('-') && label.ends_with(|c: char| c.is_ascii_digit());
    let labels: Vec<&str> = name.split('.').collect();
    let global: Vec<&str> = labels.into_iter().filter(|label| !is_region(label)).collect();
    DEPUTIES.contains(&global.join(".").as_str())
}

/// The key that a trust policy must ask for, if the issuer is shared.
pub(super) fn tenant_key(issuer: &str) -> Option<String> {
    let issuer = issuer.trim_end_matches('/').to_ascii_lowercase();
    let (_, claim) = SHARED_ISSUERS.iter().find(|(shared, _)| *shared == issuer)?;
    let key = if claim.contains(':') { (*claim).to_owned() } else { format!("{issuer}:{claim}") };
    Some(key.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_known_in_every_region_and_partition() {
        assert!(is_deputy("states.amazonaws.com"));
        assert!(is_deputy("states.eu-west-1.amazonaws.com"));
        assert!(is_deputy("logs.cn-north-1.amazonaws.com.cn"));
        assert!(is_deputy("ecs-tasks.amazonaws.com"));
        assert!(!is_deputy("ec2.amazonaws.com") && !is_deputy("lambda.amazonaws.com"));
    }

    #[test]
    fn issuers_have_a_key_each() {
        let github = "token.actions.githubusercontent.com";
        assert_eq!(tenant_key(github), Some(format!("{github}:sub")));
        assert_eq!(tenant_key("api.pulumi.com/oidc"), Some("api.pulumi.com/oidc:aud".to_owned()));
        let sentinel = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/";
        assert_eq!(tenant_key(sentinel), Some("sts:rolesessionname".to_owned()));
        assert_eq!(tenant_key("oidc.eks.eu-west-1.amazonaws.com/id/A1"), None);
    }

    #[test]
    fn tables_are_sorted() {
        assert!(DEPUTIES.is_sorted() && SHARED_ISSUERS.is_sorted());
    }
}
