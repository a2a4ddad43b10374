// Ways to more power: each as a sentence, with its steps up to where it ends.

/** The ways that a finding's evidence shows. */
const waysOf = ({ evidence = [] }) => evidence
  .flatMap(([, value]) => (Array.isArray(value) ? value : []))
  .filter((way) => typeof way?.way === "string" && Array.isArray(way.grants) && way.grants.every(isRecord));

/** A policy by its ARN; a role's own ARN stands for its trust policy. */
const policyIn = (arn) => {
  const parts = arn.split("/");
  const kind = kindIn(arn);
  if (kind === "policy") return `policy ${nameIn(arn)}`;
  if (parts.length > 3 && parts.at(-2) === "policy") {
    return `inline policy ${nameIn(arn)} of ${kind} ${parts.at(-3)}`;
  }
  return `the trust policy of ${kind} ${nameIn(arn)}`;
};

/** What a principal may do, and which statements allow it. */
const step = (who, { way, grants }) => {
  const allowed = grants.map(({ action, policy, statement, conditional }) => element("li", {},
    `${action} is allowed by statement ${statement} of ${policyIn(String(policy))}`,
    conditional ? ", under conditions" : ""));
  return element("li", {}, `${who} may ${way}`, element("ul", {}, ...allowed));
};

/** The first way on from a target, where a finding about it shows one. */
const wayOn = (target) =>
  waysOf(data.findings.find((finding) => finding.resource === target && waysOf(finding).length > 0) ?? {})[0];

/** Whether a finding shows that someone is an administrator. */
const isAdministrator = (arn) => data.findings.some(({ resource, evidence = [] }) => resource === arn
  && evidence.some(([name, value]) => name.endsWith(".administrator") && value === true));

/** The steps of a way: the first, and those that its target can go on with. */
const path = (finding, first) => {
  const isPrincipal = PRINCIPALS.has(finding.kind);
  const steps = [step(isPrincipal ? called(finding) : `Anyone who has ${called(finding)}`, first)];
  const passed = new Set([finding.resource]);
  for (let { target } = first; typeof target === "string" && !passed.has(target);) {
    passed.add(target);
    const next = wayOn(target);
    const who = `${kindIn(target)} ${nameIn(target)}`;
    if (next) steps.push(step(who, next));
    else if (isAdministrator(target)) steps.push(element("li", {}, `${who} is an administrator`));
    target = next?.target;
  }
  return element("ol", { class: "path" }, ...steps);
};
