//! The details of users, groups, roles and policies: everything is kept, and sorted.

use serde_json::json;

use super::fake::*;
use super::*;

const POLICIES: &str = "<member><PolicyName>b</PolicyName><PolicyDocument>%7B%7D</PolicyDocument></member>\
    <member><PolicyName>a</PolicyName><PolicyDocument>%7B</PolicyDocument></member>";
const ATTACHED: &str = "<AttachedManagedPolicies>\
    <member><PolicyName>x</PolicyName><PolicyArn>arn:aws:iam::aws:policy/x</PolicyArn></member>\
    <member><PolicyName>w</PolicyName><PolicyArn>arn:aws:iam::aws:policy/w</PolicyArn></member>\
    </AttachedManagedPolicies>";
const BOUNDARY: &str = "<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType>\
    <PermissionsBoundaryArn>arn:aws:iam::aws:policy/b</PermissionsBoundaryArn></PermissionsBoundary>";
const TAGS: &str = "<Tags><member><Key>z</Key><Value>1</Value></member>\
    <member><Key>a</Key><Value>2</Value></member></Tags>";
const CREATED: &str = "<CreateDate>2024-01-01T00:00:00Z</CreateDate>";

fn details() -> String {
    let users = format!(
        "<member><UserName>zoe</UserName><Arn>{ARN}:user/zoe</Arn>{CREATED}</member>\
         <member><Path>/eng/</Path><UserName>ann</UserName><UserId>AIDA1</UserId>\
         <Arn>{ARN}:user/eng/ann</Arn>{CREATED}<UserPolicyList>{POLICIES}</UserPolicyList>\
         <GroupList><member>two</member><member>one</member></GroupList>{ATTACHED}{BOUNDARY}{TAGS}\
         </member>"
    );
    let groups = format!(
        "<member><Path>/</Path><GroupName>g</GroupName><GroupId>AGPA1</GroupId>\
         <Arn>{ARN}:group/g</Arn>{CREATED}<GroupPolicyList>{POLICIES}</GroupPolicyList>{ATTACHED}\
         </member>"
    );
    let roles = format!(
        "<member><Path>/</Path><RoleName>r</RoleName><RoleId>AROA1</RoleId><Arn>{ARN}:role/r</Arn>\
         {CREATED}<AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument><InstanceProfileList>\
         <member><Path>/</Path><InstanceProfileName>p</InstanceProfileName>\
         <InstanceProfileId>AIPA1</InstanceProfileId><Arn>{ARN}:instance-profile/p</Arn>{CREATED}\
         <Roles/></member></InstanceProfileList><RolePolicyList>{POLICIES}</RolePolicyList>{ATTACHED}\
         {BOUNDARY}{TAGS}<RoleLastUsed><LastUsedDate>2025-01-01T00:00:00Z</LastUsedDate>\
         <Region>eu-west-1</Region></RoleLastUsed></member>"
    );
    let policies = format!(
        "<member><PolicyName>m</PolicyName><PolicyId>ANPA1</PolicyId><Arn>{ARN}:policy/m</Arn>\
         <Path>/</Path><DefaultVersionId>v2</DefaultVersionId><AttachmentCount>1</AttachmentCount>\
         <PermissionsBoundaryUsageCount>2</PermissionsBoundaryUsageCount>\
         <IsAttachable>true</IsAttachable>{CREATED}<UpdateDate>2024-02-01T00:00:00Z</UpdateDate>\
         <PolicyVersionList><member><Document>%7B%7D</Document><VersionId>v2</VersionId>\
         <IsDefaultVersion>true</IsDefaultVersion>{CREATED}</member><member>\
         <Document>%7B%7D</Document><VersionId>v1</VersionId>\
         <IsDefaultVersion>false</IsDefaultVersion></member></PolicyVersionList></member>"
    );
    answer(
        "GetAccountAuthorizationDetails",
        &format!(
            "<IsTruncated>false</IsTruncated><UserDetailList>{users}</UserDetailList>\
             <GroupDetailList>{groups}</GroupDetailList><RoleDetailList>{roles}</RoleDetailList>\
             <Policies>{policies}</Policies>"
        ),
    )
}

#[tokio::test]
async fn everything_is_kept_and_sorted() {
    let aws = FakeAws::start().await;
    aws.says("GetAccountAuthorizationDetails", "", 200, &details())
        .await;
    let inline = json!([
        {"PolicyName": "a", "PolicyDocument": "{"}, {"PolicyName": "b", "PolicyDocument": {}},
    ]);
    let attached = json!([
        {"PolicyName": "w", "PolicyArn": "arn:aws:iam::aws:policy/w"},
        {"PolicyName": "x", "PolicyArn": "arn:aws:iam::aws:policy/x"},
    ]);
    let boundary = json!({
        "PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:aws:iam::aws:policy/b",
    });
    let tags = json!([{"Key": "a", "Value": "2"}, {"Key": "z", "Value": "1"}]);
    let created = "2024-01-01T00:00:00Z";
    let expected = json!({
        "UserDetailList": [
            {"Path": "/eng/", "UserName": "ann", "UserId": "AIDA1",
             "Arn": format!("{ARN}:user/eng/ann"), "CreateDate": created, "UserPolicyList": inline,
             "GroupList": ["one", "two"], "AttachedManagedPolicies": attached,
             "PermissionsBoundary": boundary, "Tags": tags},
            {"Path": "", "UserName": "zoe", "UserId": "", "Arn": format!("{ARN}:user/zoe"),
             "CreateDate": created, "UserPolicyList": [], "GroupList": [],
             "AttachedManagedPolicies": [], "Tags": []},
        ],
        "GroupDetailList": [
            {"Path": "/", "GroupName": "g", "GroupId": "AGPA1", "Arn": format!("{ARN}:group/g"),
             "CreateDate": created, "GroupPolicyList": inline, "AttachedManagedPolicies": attached},
        ],
        "RoleDetailList": [
            {"Path": "/", "RoleName": "r", "RoleId": "AROA1", "Arn": format!("{ARN}:role/r"),
             "CreateDate": created, "AssumeRolePolicyDocument": {},
             "InstanceProfileList": [
                 {"InstanceProfileName": "p", "Arn": format!("{ARN}:instance-profile/p"),
                  "CreateDate": created},
             ],
             "RolePolicyList": inline, "AttachedManagedPolicies": attached,
             "PermissionsBoundary": boundary, "Tags": tags,
             "RoleLastUsed": {"LastUsedDate": "2025-01-01T00:00:00Z", "Region": "eu-west-1"}},
        ],
        "Policies": [
            {"PolicyName": "m", "PolicyId": "ANPA1", "Arn": format!("{ARN}:policy/m"), "Path": "/",
             "DefaultVersionId": "v2", "AttachmentCount": 1, "PermissionsBoundaryUsageCount": 2,
             "IsAttachable": true, "CreateDate": created, "UpdateDate": "2024-02-01T00:00:00Z",
             "PolicyVersionList": [
                 {"Document": {}, "VersionId": "v1", "IsDefaultVersion": false},
                 {"Document": {}, "VersionId": "v2", "IsDefaultVersion": true, "CreateDate": created},
             ]},
        ],
    });
    assert_eq!(document(&aws.collect().await, Source::AccountAuthorizationDetails), expected);
}
