// The page: what its controls, links and keys do.

/** The text of the data; that of a large report is packed. */
const readData = async () => {
  const { type, textContent } = byId("data");
  if (type === "application/json") return textContent;
  const packed = atob(textContent);
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index += 1) bytes[index] = packed.charCodeAt(index);
  const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(text).text();
};

let data;
let statusWords;

/** Puts what repeats in its places: a thing stands where it is new, and its number among those where it comes again. */
const fillIn = () => {
  const filler = () => {
    const things = [];
    return (thing) => {
      if (typeof thing === "number") return things[thing];
      things.push(thing);
      return thing;
    };
  };
  const [text, instruction] = [filler(), filler()];
  for (const finding of data.findings) {
    finding.kind = text(finding.kind);
    for (const fact of finding.evidence ?? []) fact[0] = text(fact[0]);
    if (finding.sources !== null) finding.sources = text(finding.sources);
    finding.remediation = finding.remediation?.map(instruction);
    finding.notes = finding.notes?.map(text);
  }
};

/** The most severe first, and those that ask for work before others. */
const sortFindings = () => {
  const statuses = [...statusWords.keys()];
  const rank = ({ severity, status }) => (isWork(status) ? 0 : 1000)
    + data.severities.indexOf(severity) * 10 + statuses.indexOf(status);
  const ranked = [...Map.groupBy(data.findings, rank)].sort(([a], [b]) => a - b);
  data.findings = ranked.flatMap(([, findings]) => findings);
};

/** Opens a finding, which may not be drawn yet. */
const openFinding = (fingerprint) => {
  const drawn = () => document.querySelector(`[data-fingerprint="${CSS.escape(fingerprint)}"]`);
  if (!drawn()) {
    clearFilters();
    byId("search").value = fingerprint;
    show();
  }
  const finding = drawn();
  finding.open = true;
  finding.closest("details.group")?.setAttribute("open", "");
  finding.scrollIntoView({ block: "start" });
  finding.querySelector("summary").focus({ preventScroll: true });
};

/** Shows what passes the filters now, and moves the reader there; a finding that is alone is opened. */
const goToList = () => {
  show();
  if (shown.length === 1) byId("list").querySelector(".finding").open = true;
  byId("count").scrollIntoView();
  byId("count").focus({ preventScroll: true });
};

/** Follows the fragment of the address: to filters, a finding, or the findings of a rule. */
const followAddress = () => {
  const target = location.hash.slice(1);
  const sought = target.replace("finding-", "");
  const rule = byId(target)?.dataset.rule;
  if (data.findings.some(({ fingerprint }) => fingerprint === sought)) {
    openFinding(sought);
  } else if (rule !== undefined) {
    clearFilters();
    chosen.rule.add(rule);
    goToList();
  } else if (target.includes("=")) {
    readAddress();
    goToList();
  }
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

/** Gives a button to each command that the page itself holds. */
const addCopyButtons = () => {
  for (const pre of document.querySelectorAll(".person pre")) {
    const frame = element("div", { class: "command" });
    pre.replaceWith(frame);
    frame.append(pre, copyButton("the command", pre.textContent, pre));
  }
};

const start = async () => {
  data = JSON.parse(await readData());
  fillIn();
  statusWords = new Map(data.statuses);
  sortFindings();
  makeControls();
  resetFilters();
  byId("grouping").addEventListener("change", update);
  byId("search").addEventListener("input", settled(update));
  byId("reset").addEventListener("click", () => { resetFilters(); update(); });
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", followAddress);
  offerDownloads();
  followPrinter();
  show();
  // Where the script does not get so far, in an old browser, the plain list stays.
  byId("explorer").hidden = false;
  document.documentElement.classList.add("live");
  followAddress();
};

addCopyButtons();
if (byId("explorer")) start();
