// Filters: which findings are shown. What is chosen stands in the fragment of the page's address, so
// that links choose, and that what is shown can be passed on and returned to.

const itself = (key) => [key];

/** Each filter: what it looks at in a finding, which few findings differ in, and the values of that. */
const filters = {
  severity: { key: ({ severity }) => severity, values: itself },
  status: { key: ({ status }) => status, values: itself },
  rule: { key: ({ rule }) => rule, values: (rule) => [data.rules[rule].id] },
  family: { key: ({ rule }) => rule, values: (rule) => [data.rules[rule].family] },
  control: { key: ({ rule }) => rule, values: (rule) => data.rules[rule].controls },
  kind: { key: ({ kind }) => kind, values: itself },
  account: { key: ({ account }) => account, values: itself },
  identity: { key: (finding) => finding, values: (finding) => identities(finding) },
};
const filterNames = Object.keys(filters);
/** There are too many identities to count each. */
const countedNames = filterNames.filter((name) => name !== "identity");

/** The values that a filter lets through; one without any lets all through. */
const chosen = Object.fromEntries(filterNames.map((name) => [name, new Set()]));

const isWork = (status) => status !== "pass" && status !== "not_applicable";

/** Lets all findings through. */
const clearFilters = () => {
  byId("search").value = "";
  for (const values of Object.values(chosen)) values.clear();
};

/** Sets every filter to what it is at first: only what is open or, if nothing is, what else asks for work. */
const resetFilters = () => {
  clearFilters();
  const statuses = [...new Set(data.findings.map(({ status }) => status))];
  const first = statuses.includes("open") ? ["open"] : statuses.filter(isWork);
  if (first.length < statuses.length) chosen.status = new Set(first);
};

/** Whether only open findings are let through, whatever else is chosen. */
const isOpenOnly = () => chosen.status.size === 1 && chosen.status.has("open");

/** What is chosen, as the parameters of an address. */
const parameters = () => {
  const some = new URLSearchParams();
  for (const name of filterNames) for (const value of chosen[name]) some.append(name, value);
  const search = byId("search").value;
  if (search !== "") some.set("search", search);
  const group = byId("grouping").value;
  if (group !== "rule") some.set("group", group);
  return some.size > 0 ? String(some) : "status=";
};

const readAddress = () => {
  const some = new URLSearchParams(location.hash.slice(1));
  clearFilters();
  for (const name of filterNames) {
    chosen[name] = new Set(some.getAll(name).filter((value) => value !== ""));
  }
  byId("search").value = some.get("search") ?? "";
  const group = some.get("group");
  if (Object.hasOwn(groupings, group)) byId("grouping").value = group;
};

const writeAddress = () => history.replaceState(null, "", `#${parameters()}`);

/** All text that is searched; made once for each finding. */
const searchable = new WeakMap();
const haystack = (finding) => {
  let text = searchable.get(finding);
  if (text === undefined) {
    const { id, title } = data.rules[finding.rule];
    const { resource, message, fingerprint, name } = finding;
    const words = [id, title, resource, name, message, fingerprint, ...identities(finding)];
    text = words.join("\n").toLowerCase();
    searchable.set(finding, text);
  }
  return text;
};

const increase = (counts, key, by) => counts.set(key, (counts.get(key) ?? 0) + by);

/** How many findings there are of each value, by how many there are of each key. */
const countValues = (name, keys) => {
  const counts = new Map();
  for (const [key, count] of keys) {
    for (const value of filters[name].values(key)) increase(counts, value, count);
  }
  return counts;
};

/**
 * The findings that pass all filters and hold all words of the search; and for each filter, how many
 * there would be of each value if that value alone were chosen.
 */
const filtered = () => {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const active = filterNames.filter((name) => chosen[name].size > 0);
  const keys = Object.fromEntries(filterNames.map((name) => [name, new Map()]));
  const findings = [];
  const stops = (name, finding) => {
    const { key, values } = filters[name];
    return !values(key(finding)).some((value) => chosen[name].has(value));
  };
  for (const finding of data.findings) {
    if (!words.every((word) => haystack(finding).includes(word))) continue;
    const failing = active.filter((name) => stops(name, finding));
    if (failing.length === 0) findings.push(finding);
    if (failing.length > 1) continue;
    for (const name of failing.length === 0 ? countedNames : failing) {
      increase(keys[name], filters[name].key(finding), 1);
    }
  }
  const counts = Object.fromEntries(countedNames.map((name) => [name, countValues(name, keys[name])]));
  return { findings, counts };
};
