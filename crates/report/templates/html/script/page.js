// The page: what its controls, links and keys do.

const data = JSON.parse(byId("data").textContent);
const statusWords = new Map(data.statuses);

/** The gravest first, and those that ask for work before others. */
const sortFindings = () => {
  const statuses = [...statusWords.keys()];
  const rank = ({ severity, status }) => {
    const rests = status === "pass" || status === "not_applicable";
    return (rests ? 1000 : 0) + data.severities.indexOf(severity) * 10 + statuses.indexOf(status);
  };
  const ranks = new Map(data.findings.map((finding) => [finding, rank(finding)]));
  data.findings.sort((a, b) => ranks.get(a) - ranks.get(b));
};

/** Opens a finding, which may not be drawn yet. */
const openFinding = (fingerprint) => {
  const drawn = () => document.querySelector(`[data-fingerprint="${CSS.escape(fingerprint)}"]`);
  if (!drawn()) {
    resetFilters(true);
    byId("search").value = fingerprint;
    show();
  }
  const finding = drawn();
  finding.open = true;
  finding.closest("details.group")?.setAttribute("open", "");
  finding.scrollIntoView({ block: "start" });
  finding.querySelector("summary").focus({ preventScroll: true });
};

/** Shows the findings that have that value, and moves the reader there. */
const showOnly = (filter, wanted) => {
  filterBy(filter, wanted);
  show();
  byId("findings").scrollIntoView();
  byId("count").focus({ preventScroll: true });
};

/** Follows the fragment of the address to a finding, or to the findings of a rule. */
const followAddress = () => {
  const target = location.hash.slice(1);
  const sought = target.replace("finding-", "");
  if (data.findings.some(({ fingerprint }) => fingerprint === sought)) openFinding(sought);
  const rule = byId(target)?.dataset.group;
  if (rule !== undefined) showOnly("rule", rule);
};

/** Links to a rule or a status become filters. */
const followLink = (event) => {
  const link = event.target.closest("a[data-rule], a[data-status]");
  if (!link) return;
  const { rule, status } = link.dataset;
  const known = status !== undefined || data.findings.some((finding) => String(finding.rule) === rule);
  if (!known) return;
  event.preventDefault();
  if (status === undefined) showOnly("rule", rule);
  else showOnly("status", status);
};

const onKey = (event) => {
  const isTyping = event.target.matches("input, select, textarea");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    byId("search").focus();
  }
};

/** Waits until nothing was typed for a moment. */
const settled = (act) => {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, 120);
  };
};

const start = () => {
  sortFindings();
  for (const menu of [...selects, byId("grouping")]) menu.addEventListener("change", show);
  byId("search").addEventListener("input", settled(show));
  byId("reset").addEventListener("click", () => { resetFilters(false); show(); });
  for (const choice of choices) {
    choice.addEventListener("click", () => {
      choice.ariaPressed = String(choice.ariaPressed !== "true");
      show();
    });
  }
  document.addEventListener("click", followLink);
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", followAddress);
  show();
  // Where the script does not get so far, in an old browser, the findings by rule stay.
  byId("explorer").hidden = false;
  document.documentElement.classList.add("live");
  followAddress();
};

if (byId("explorer")) start();
