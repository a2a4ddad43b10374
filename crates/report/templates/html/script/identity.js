// Identities: users, groups and roles, with their keys and their policies.

const PRINCIPALS = new Set(["user", "group", "role"]);

/** The name at the end of an ARN. */
const nameIn = (arn) => arn.split("/").at(-1);

/** `user`, for the ARN of a user. */
const kindIn = (arn) => arn.split(":").slice(5).join(":").split("/")[0];

/** The ARNs of whom a finding is about: who has the key or the policy, else the resource itself. */
const identities = ({ kind, resource, evidence = [] }) => {
  if (PRINCIPALS.has(kind)) return [resource];
  // What belongs to a principal is named below it, as in …:user/ann/access-key/….
  if (PRINCIPALS.has(kindIn(resource))) return [resource.split("/").slice(0, -2).join("/")];
  const [, holders] = evidence.find(([name]) => name === "policy.attached_to") ?? [];
  return Array.isArray(holders) && holders.length > 0 ? holders.map(String) : [resource];
};

/** What people call a resource: `access key AKIA…`. */
const called = ({ kind, name }) => (kind === name ? name : `${kind} ${name}`);

/** All evidence about an identity, its keys and its policies, each fact once. */
const factsOf = (findings) =>
  [...Map.groupBy(findings, ({ resource }) => resource).values()].map((some) => {
    const facts = new Map(some.flatMap(({ evidence = [] }) => evidence));
    return section(called(some[0]), evidenceTable([...facts]));
  });

/** What heads the card of an identity: whose keys and policies it shows, and what is known of them. */
const identityHead = (arn, findings) => {
  const others = new Set(findings.filter(({ resource }) => resource !== arn).map(called));
  const facts = element("details", { class: "facts-of" }, element("summary", {}, "All facts"));
  facts.addEventListener("toggle", () => facts.append(...factsOf(findings)), { once: true });
  const related = others.size > 0 ? `with ${[...others].join(", ")}` : "";
  return element("div", { class: "identity" },
    element("p", { class: "quiet" }, element("span", { class: "code" }, arn), ` ${related}`), facts);
};
