// Filters: which findings are shown.

const choices = [...document.querySelectorAll("button[data-filter]")];
const selects = [...document.querySelectorAll("select[data-filter]")];
const chosenFirst = new Set(choices.filter((choice) => choice.ariaPressed === "true"));

/** The values of a filter by which a finding is chosen. */
const value = {
  severity: (finding) => finding.severity,
  status: (finding) => finding.status,
  rule: (finding) => String(finding.rule),
  family: (finding) => data.rules[finding.rule].family,
  account: (finding) => finding.account,
};

/** All text that is searched; made once for each finding. */
const searchable = new WeakMap();
const haystack = (finding) => {
  let text = searchable.get(finding);
  if (text === undefined) {
    const { id, title } = data.rules[finding.rule];
    const { resource, name, message, fingerprint } = finding;
    text = [id, title, resource, name, message, fingerprint].join("\n").toLowerCase();
    searchable.set(finding, text);
  }
  return text;
};

/** The values that are allowed, by filter; a filter without any allows all. */
const allowed = () => {
  const sets = new Map();
  const allow = (filter, wanted) => sets.set(filter, (sets.get(filter) ?? new Set()).add(wanted));
  for (const { ariaPressed, dataset } of choices) {
    if (ariaPressed === "true") allow(dataset.filter, dataset.value);
  }
  for (const { value: wanted, dataset } of selects) if (wanted !== "") allow(dataset.filter, wanted);
  return [...sets];
};

/** The findings that pass all filters and hold all words of the search. */
const filtered = () => {
  const sets = allowed();
  const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  return data.findings.filter((finding) =>
    sets.every(([filter, wanted]) => wanted.has(value[filter](finding)))
    && words.every((word) => haystack(finding).includes(word)));
};

/** Sets every filter back, or lets all findings through. */
const resetFilters = (everything) => {
  byId("search").value = "";
  for (const menu of selects) menu.value = "";
  for (const choice of choices) choice.ariaPressed = String(!everything && chosenFirst.has(choice));
};

/** Lets through only what has that value. */
const filterBy = (filter, wanted) => {
  resetFilters(true);
  for (const choice of choices) {
    const { dataset } = choice;
    choice.ariaPressed = String(dataset.filter === filter && dataset.value === wanted);
  }
  for (const menu of selects) if (menu.dataset.filter === filter) menu.value = wanted;
};
