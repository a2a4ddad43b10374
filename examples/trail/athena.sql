-- What `portcullis signins` reads of a trail, from the table that AWS documents for CloudTrail:
-- https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table.html
-- Each line is an event. Put in the table's name, a place for the result, and the days.
-- Of an answer only its outcome is kept, since answers of STS hold credentials.
UNLOAD (
  SELECT json_format(CAST(MAP(
    ARRAY['eventID', 'eventTime', 'eventSource', 'eventName', 'eventType', 'eventCategory', 'awsRegion',
          'recipientAccountId', 'sourceIPAddress', 'userAgent', 'errorCode', 'errorMessage', 'userIdentity',
          'requestParameters', 'responseElements', 'additionalEventData', 'serviceEventDetails'],
    ARRAY[CAST(eventid AS JSON), CAST(eventtime AS JSON), CAST(eventsource AS JSON), CAST(eventname AS JSON),
          CAST(eventtype AS JSON), CAST(eventcategory AS JSON), CAST(awsregion AS JSON),
          CAST(recipientaccountid AS JSON), CAST(sourceipaddress AS JSON), CAST(useragent AS JSON),
          CAST(errorcode AS JSON), CAST(errormessage AS JSON),
          CAST(MAP(
            ARRAY['type', 'principalId', 'arn', 'accountId', 'accessKeyId', 'userName', 'onBehalfOf'],
            ARRAY[CAST(useridentity.type AS JSON), CAST(useridentity.principalid AS JSON),
                  CAST(useridentity.arn AS JSON), CAST(useridentity.accountid AS JSON),
                  CAST(useridentity.accesskeyid AS JSON), CAST(useridentity.username AS JSON),
                  CAST(MAP(ARRAY['userId'], ARRAY[useridentity.onbehalfof.userid]) AS JSON)]
          ) AS JSON),
          json_parse(requestparameters),
          CAST(MAP(
            ARRAY[eventname],
            ARRAY[element_at(CAST(json_parse(responseelements) AS MAP(VARCHAR, JSON)), eventname)]
          ) AS JSON),
          json_parse(additionaleventdata), json_parse(serviceeventdetails)]
  ) AS JSON)) AS event
  FROM cloudtrail_logs
  WHERE "timestamp" BETWEEN '2026/11/01' AND '2026/11/30'
    AND (eventsource IN ('signin.amazonaws.com', 'sso.amazonaws.com', 'sso-directory.amazonaws.com')
      OR (eventsource IN ('iam.amazonaws.com', 'account.amazonaws.com') AND readonly = 'false')
      OR (eventsource = 'sts.amazonaws.com'
        AND (eventname IN ('AssumeRoot', 'GetFederationToken', 'GetSessionToken')
          OR (eventname IN ('AssumeRole', 'AssumeRoleWithSAML') AND errorcode IS NOT NULL))))
) TO 's3://BUCKET/signins/' WITH (format = 'TEXTFILE', compression = 'GZIP')
